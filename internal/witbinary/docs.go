package witbinary

import (
	"encoding/json"

	"github.com/isyswasfa/isyswasfa/wit"
)

// docsSection is the custom section that has the docs of a package: a byte for
// the version, then JSON.
const docsSection = "package-docs"

type (
	packageDocs struct {
		Docs       string                   `json:"docs"`
		Worlds     map[string]worldDocs     `json:"worlds"`
		Interfaces map[string]interfaceDocs `json:"interfaces"`
	}
	interfaceDocs struct {
		Docs  string              `json:"docs"`
		Funcs map[string]itemDocs `json:"funcs"` // by the names that components have for them
		Types map[string]itemDocs `json:"types"`
	}
	// worldDocs has in interfaces and funcs those of imports, and of exports
	// that no import shares its name with.
	worldDocs struct {
		interfaceDocs
		Interfaces       map[string]interfaceDocs `json:"interfaces"`
		InterfaceExports map[string]interfaceDocs `json:"interface_exports"`
		FuncExports      map[string]itemDocs      `json:"func_exports"`
	}
	itemDocs struct {
		Docs  string            `json:"docs"`
		Items map[string]string `json:"items"` // fields, cases, flags
	}
)

// UnmarshalJSON reads docs that are a string, as early versions have it, or an
// object.
func (d *itemDocs) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &d.Docs) == nil {
		return nil
	}
	type object itemDocs
	return json.Unmarshal(b, (*object)(d))
}

// addDocs gives the items of the main package their docs.
func (d *decoder) addDocs(main *wit.Package) {
	if d.docs == nil {
		return
	}
	var docs packageDocs
	if len(d.docs) == 0 || d.docs[0] > 1 {
		d.failf("section %s has an unknown version", docsSection)
		return
	}
	if err := json.Unmarshal(d.docs[1:], &docs); err != nil {
		d.failf("section %s: %v", docsSection, err)
		return
	}
	main.Docs = docs.Docs
	for _, i := range main.Interfaces {
		docs.Interfaces[i.Name].add(i)
	}
	for _, w := range main.Worlds {
		docs.Worlds[w.Name].add(w)
	}
}

func (docs interfaceDocs) add(i *wit.Interface) {
	i.Docs = docs.Docs
	for _, t := range i.Types {
		docs.Types[t.Name].add(t)
	}
	for _, f := range i.Funcs {
		f.Docs = docs.Funcs[f.ABIName()].Docs
	}
}

func (docs worldDocs) add(w *wit.World) {
	w.Docs = docs.Docs
	for _, it := range w.Imports {
		switch {
		case it.Type != nil:
			docs.Types[it.Name].add(it.Type)
		case it.Func != nil:
			it.Docs = docs.Funcs[it.Name].Docs
			it.Func.Docs = it.Docs
		case it.Interface.Name == "":
			docs.Interfaces[it.Name].add(it.Interface)
		}
	}
	for _, it := range w.Exports {
		switch {
		case it.Func != nil:
			if it.Docs = docs.FuncExports[it.Name].Docs; it.Docs == "" {
				it.Docs = docs.Funcs[it.Name].Docs
			}
			it.Func.Docs = it.Docs
		case it.Interface != nil && it.Interface.Name == "":
			inner, ok := docs.InterfaceExports[it.Name]
			if !ok {
				inner = docs.Interfaces[it.Name]
			}
			inner.add(it.Interface)
		}
	}
}

func (docs itemDocs) add(t *wit.TypeDef) {
	t.Docs = docs.Docs
	switch k := t.Kind.(type) {
	case *wit.Record:
		for i := range k.Fields {
			k.Fields[i].Docs = docs.Items[k.Fields[i].Name]
		}
	case *wit.Variant:
		for i := range k.Cases {
			k.Cases[i].Docs = docs.Items[k.Cases[i].Name]
		}
	case *wit.Enum:
		for i := range k.Cases {
			k.Cases[i].Docs = docs.Items[k.Cases[i].Name]
		}
	case *wit.Flags:
		for i := range k.Flags {
			k.Flags[i].Docs = docs.Items[k.Flags[i].Name]
		}
	}
}
