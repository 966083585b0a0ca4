package outline

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// FromModel gives the outline of a model, with docs or without.
func FromModel(r *wit.Resolve, docs bool) string {
	o := outline{noDocs: !docs}
	for _, p := range r.Packages {
		o.line(0, p.Docs, "package "+p.Name.String(), "")
		for _, i := range p.Interfaces {
			o.line(1, i.Docs, "interface "+i.Name, stability(i.Stability))
			modelMembers(&o, 2, i)
		}
		for _, w := range p.Worlds {
			o.line(1, w.Docs, "world "+w.Name, stability(w.Stability))
			modelItems(&o, "import", w.Imports)
			modelItems(&o, "export", w.Exports)
		}
	}
	return o.String()
}

func stability(s wit.Stability) string { return gates(s.Since, s.Unstable, s.Deprecated) }

func modelMembers(o *outline, indent int, i *wit.Interface) {
	for _, t := range i.Types {
		o.line(indent, t.Docs, "type "+t.Name+" = "+modelKind(o, t), stability(t.Stability))
	}
	for _, f := range i.Funcs {
		o.line(indent, f.Docs, modelFunction(f), stability(f.Stability))
	}
}

func modelItems(o *outline, word string, items []*wit.WorldItem) {
	for _, it := range items {
		switch {
		case it.Interface == nil && it.Func == nil:
			o.line(2, it.Docs, word+" type "+it.Name+" = "+modelKind(o, it.Type), stability(it.Stability))
		case it.Func != nil:
			o.line(2, it.Docs, word+" "+modelFunction(it.Func), stability(it.Stability))
		case it.Interface.Name == "":
			o.line(2, it.Docs, word+" "+it.Name+": interface", stability(it.Stability))
			modelMembers(o, 3, it.Interface)
		default:
			name := it.Name
			if name == it.Interface.ID() {
				name = ""
			}
			o.line(2, "", word+" "+name+modelPath(it.Interface), stability(it.Stability))
		}
	}
}

func modelPath(i *wit.Interface) string { return i.Package.Name.String() + "/" + i.Name }

func modelFunction(f *wit.Function) string {
	var parts []string
	for _, p := range f.Params {
		parts = append(parts, p.Name+": "+modelType(p.Type))
	}
	text := "func " + f.ABIName() + "(" + strings.Join(parts, ", ") + ")"
	if f.Result != nil {
		text += " -> " + modelType(f.Result)
	}
	if f.Async {
		text = "async " + text
	}
	return text
}

func modelType(t wit.Type) string {
	d, ok := t.(*wit.TypeDef)
	switch {
	case t == nil:
		return "_"
	case !ok:
		return t.(wit.Primitive).String()
	case d.Name == "":
		return modelKind(&outline{}, d)
	case d.World != nil:
		return d.World.Name + "#" + d.Name
	case d.Interface.Name == "":
		return "interface#" + d.Name
	}
	return modelPath(d.Interface) + "#" + d.Name
}

func modelKind(o *outline, d *wit.TypeDef) string {
	var parts []string
	add := func(docs, text string) {
		parts = append(parts, text+o.docs(docs))
	}
	labels := func(all []wit.Label) {
		for _, l := range all {
			add(l.Docs, l.Name)
		}
	}
	word := ""
	switch k := d.Kind.(type) {
	case *wit.Alias:
		return modelType(k.Type)
	case *wit.Resource:
		return "resource"
	case *wit.Handle:
		if k.Borrow {
			return "borrow " + modelType(k.Resource)
		}
		return "own " + modelType(k.Resource)
	case *wit.Record:
		word = "record"
		for _, f := range k.Fields {
			add(f.Docs, f.Name+": "+modelType(f.Type))
		}
	case *wit.Variant:
		word = "variant"
		for _, c := range k.Cases {
			text := c.Name
			if c.Type != nil {
				text += "(" + modelType(c.Type) + ")"
			}
			add(c.Docs, text)
		}
	case *wit.Enum:
		word = "enum"
		labels(k.Cases)
	case *wit.Flags:
		word = "flags"
		labels(k.Flags)
	default:
		word = strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", k), "*wit."))
		if r, ok := k.(*wit.Result); ok {
			parts = []string{modelType(r.OK), modelType(r.Err)}
			break
		}
		for _, t := range wit.Parts(d) {
			add("", modelType(t))
		}
		if l, ok := k.(*wit.List); ok && l.Len > 0 {
			add("", fmt.Sprint(l.Len))
		}
		if len(parts) == 0 && word != "tuple" {
			add("", "_")
		}
	}
	return word + " {" + strings.Join(parts, ", ") + "}"
}
