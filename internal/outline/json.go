package outline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// An ordered is a JSON object whose keys keep their order.
type ordered[T any] []entry[T]

type entry[T any] struct {
	key   string
	value T
}

func (o *ordered[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil { // {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		e := entry[T]{key: key.(string)}
		if err := d.Decode(&e.value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

type (
	jsonResolve struct {
		Worlds     []jsonWorld
		Interfaces []jsonInterface
		Types      []jsonType
		Packages   []struct {
			Name               string
			Docs               jsonDocs
			Interfaces, Worlds ordered[int]
		}
	}
	jsonDocs      struct{ Contents string }
	jsonStability struct {
		Stable   struct{ Since, Deprecated string }
		Unstable struct{ Feature, Deprecated string }
	}
	jsonWorld struct {
		Name             string
		Imports, Exports ordered[jsonItem]
		Package          int
		Docs             jsonDocs
		Stability        jsonStability
	}
	jsonItem struct {
		Interface *struct {
			ID        int
			Stability jsonStability
		}
		Function *jsonFunction
		Type     *int
	}
	jsonInterface struct {
		Name      string
		Types     ordered[int]
		Functions ordered[jsonFunction]
		Docs      jsonDocs
		Stability jsonStability
		Package   int
	}
	jsonFunction struct {
		Name   string
		Kind   json.RawMessage
		Params []struct {
			Name string
			Type json.RawMessage
		}
		Result    json.RawMessage
		Docs      jsonDocs
		Stability jsonStability
	}
	jsonType struct {
		Name      string
		Kind      json.RawMessage
		Owner     *struct{ Interface, World *int }
		Docs      jsonDocs
		Stability jsonStability
	}
	jsonParts struct {
		Fields []struct {
			Name string
			Type json.RawMessage
			Docs jsonDocs
		}
		Cases []struct {
			Name string
			Type json.RawMessage
			Docs jsonDocs
		}
		Flags []struct {
			Name string
			Docs jsonDocs
		}
		Types       []json.RawMessage
		OK, Err     json.RawMessage
		Own, Borrow *int
	}
)

func (s jsonStability) String() string {
	return gates(s.Stable.Since, s.Unstable.Feature, s.Stable.Deprecated+s.Unstable.Deprecated)
}

// FromJSON gives the outline of what wasm-tools wrote, with docs or without.
func FromJSON(text []byte, docs bool) (out string, err error) {
	var r jsonResolve
	if err := json.Unmarshal(text, &r); err != nil {
		return "", err
	}
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("the JSON is not what this test expects: %v", x)
		}
	}()
	o := outline{noDocs: !docs}
	for _, p := range r.Packages {
		o.line(0, p.Docs.Contents, "package "+p.Name, "")
		for _, e := range p.Interfaces {
			i := r.Interfaces[e.value]
			o.line(1, i.Docs.Contents, "interface "+i.Name, i.Stability.String())
			r.members(&o, 2, i)
		}
		for _, e := range p.Worlds {
			w := r.Worlds[e.value]
			o.line(1, w.Docs.Contents, "world "+w.Name, w.Stability.String())
			r.items(&o, "import", w.Imports)
			r.items(&o, "export", w.Exports)
		}
	}
	return o.String(), nil
}

func (r *jsonResolve) members(o *outline, indent int, i jsonInterface) {
	for _, e := range i.Types {
		t := r.Types[e.value]
		o.line(indent, t.Docs.Contents, "type "+e.key+" = "+r.kind(o, t), t.Stability.String())
	}
	for _, e := range i.Functions {
		o.line(indent, e.value.Docs.Contents, r.function(e.value), e.value.Stability.String())
	}
}

func (r *jsonResolve) items(o *outline, word string, items ordered[jsonItem]) {
	for _, e := range items {
		switch it := e.value; {
		case it.Interface != nil:
			i := r.Interfaces[it.Interface.ID]
			if i.Name != "" {
				o.line(2, "", word+" "+strings.ReplaceAll(e.key, fmt.Sprintf("interface-%d", it.Interface.ID), "")+r.path(it.Interface.ID), it.Interface.Stability.String())
				continue
			}
			o.line(2, i.Docs.Contents, word+" "+e.key+": interface", it.Interface.Stability.String())
			r.members(o, 3, i)
		case it.Function != nil:
			o.line(2, it.Function.Docs.Contents, word+" "+r.function(*it.Function), it.Function.Stability.String())
		default:
			t := r.Types[*it.Type]
			o.line(2, t.Docs.Contents, word+" type "+e.key+" = "+r.kind(o, t), t.Stability.String())
		}
	}
}

func (r *jsonResolve) path(iface int) string {
	i := r.Interfaces[iface]
	return r.Packages[i.Package].Name + "/" + i.Name
}

func (r *jsonResolve) function(f jsonFunction) string {
	var parts []string
	for _, p := range f.Params {
		parts = append(parts, p.Name+": "+r.typ(p.Type))
	}
	text := "func " + f.Name + "(" + strings.Join(parts, ", ") + ")"
	if f.Result != nil {
		text += " -> " + r.typ(f.Result)
	}
	if bytes.Contains(f.Kind, []byte("async")) {
		text = "async " + text
	}
	return text
}

// typ describes a mentioned type: a primitive's name or a type's index.
func (r *jsonResolve) typ(raw json.RawMessage) string {
	var n int
	if json.Unmarshal(raw, &n) != nil {
		var name string
		if len(raw) == 0 || json.Unmarshal(raw, &name) != nil {
			panic("a type is neither a name nor a number: " + string(raw))
		}
		if name == "" {
			return "_"
		}
		return name
	}
	if string(raw) == "null" {
		return "_"
	}
	return r.typeAt(n)
}

func (r *jsonResolve) typeAt(n int) string {
	t := r.Types[n]
	switch {
	case t.Name == "":
		return r.kind(&outline{}, t)
	case t.Owner == nil:
		return t.Name
	case t.Owner.World != nil:
		return r.Worlds[*t.Owner.World].Name + "#" + t.Name
	case r.Interfaces[*t.Owner.Interface].Name == "":
		return "interface#" + t.Name
	}
	return r.path(*t.Owner.Interface) + "#" + t.Name
}

func (r *jsonResolve) kind(o *outline, t jsonType) string {
	var word string
	if json.Unmarshal(t.Kind, &word) == nil {
		return word
	}
	var kinds ordered[json.RawMessage]
	if err := json.Unmarshal(t.Kind, &kinds); err != nil || len(kinds) != 1 {
		panic(fmt.Sprint("kind ", string(t.Kind), err))
	}
	raw := kinds[0].value
	var p jsonParts
	var types []json.RawMessage
	if raw[0] == '{' {
		if err := json.Unmarshal(raw, &p); err != nil {
			panic(err)
		}
	} else if raw[0] == '[' {
		if err := json.Unmarshal(raw, &types); err != nil {
			panic(err)
		}
	}
	var parts []string
	add := func(docs jsonDocs, text string) {
		parts = append(parts, text+o.docs(docs.Contents))
	}
	switch word = kinds[0].key; word {
	case "type":
		return r.typ(raw)
	case "record":
		for _, f := range p.Fields {
			add(f.Docs, f.Name+": "+r.typ(f.Type))
		}
	case "variant", "enum":
		for _, c := range p.Cases {
			text := c.Name
			if c.Type != nil && string(c.Type) != "null" {
				text += "(" + r.typ(c.Type) + ")"
			}
			add(c.Docs, text)
		}
	case "flags":
		for _, f := range p.Flags {
			add(f.Docs, f.Name)
		}
	case "tuple":
		for _, t := range p.Types {
			add(jsonDocs{}, r.typ(t))
		}
	case "result":
		add(jsonDocs{}, r.typ(p.OK))
		add(jsonDocs{}, r.typ(p.Err))
	case "handle":
		if p.Borrow != nil {
			return "borrow " + r.typeAt(*p.Borrow)
		}
		return "own " + r.typeAt(*p.Own)
	case "map":
		add(jsonDocs{}, r.typ(types[0]))
		add(jsonDocs{}, r.typ(types[1]))
	case "fixed-length-list":
		word = "list"
		add(jsonDocs{}, r.typ(types[0]))
		add(jsonDocs{}, string(types[1]))
	default: // list, option, stream, future
		add(jsonDocs{}, r.typ(raw))
	}
	return word + " {" + strings.Join(parts, ", ") + "}"
}
