package encode_test

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A dumper prints a component, one definition a line with its index, in a form
// near to the text format.
type dumper struct {
	strings.Builder
	counts map[component.Sort]int
}

var sortNames = map[component.Sort]string{
	component.SortCoreFunc: "core func", component.SortCoreTable: "core table", component.SortCoreMemory: "core memory", component.SortCoreType: "core type",
	component.SortCoreModule: "core module", component.SortCoreInstance: "core instance",
	component.SortFunc: "func", component.SortType: "type", component.SortInstance: "instance", component.SortComponent: "component",
}

func dump(c *component.Component) string {
	d := &dumper{counts: map[component.Sort]int{}}
	for _, def := range c.Defs {
		d.def(def)
	}
	return d.String()
}

func (d *dumper) line(s component.Sort, format string, args ...any) {
	fmt.Fprintf(d, "%s %d: %s\n", sortNames[s], d.counts[s], fmt.Sprintf(format, args...))
	d.counts[s]++
}

func (d *dumper) def(def component.Def) {
	switch def := def.(type) {
	case *component.CoreModule:
		d.module(def.Data)
	case *component.CoreInstance:
		if def.Instantiate {
			s := fmt.Sprintf("instantiate %d", def.Module)
			for _, a := range def.Args {
				s += fmt.Sprintf(" (with %q %d)", a.Name, a.Instance)
			}
			d.line(component.SortCoreInstance, "%s", s)
			return
		}
		s := "exports"
		for _, e := range def.Exports {
			s += fmt.Sprintf(" (%q %s %d)", e.Name, sortNames[e.Sort], e.Index)
		}
		d.line(component.SortCoreInstance, "%s", s)
	case *component.Nested:
		inner := dump(def.Component)
		d.line(component.SortComponent, "nested\n    %s", strings.TrimSpace(strings.ReplaceAll(inner, "\n", "\n    ")))
	case *component.Instance:
		if def.Instantiate {
			s := fmt.Sprintf("instantiate component %d", def.Component)
			for _, a := range def.Args {
				s += fmt.Sprintf(" (with %q %s %d)", a.Name, sortNames[a.Sort], a.Index)
			}
			d.line(component.SortInstance, "%s", s)
			return
		}
		s := "exports"
		for _, e := range def.Exports {
			s += fmt.Sprintf(" (%q %s %d)", e.Name, sortNames[e.Sort], e.Index)
		}
		d.line(component.SortInstance, "%s", s)
	case *component.Alias:
		d.line(def.Sort, "of instance %d %q", def.Instance, def.Name)
	case *component.TypeDef:
		d.typ(def.Type)
	case *component.Canon:
		d.canon(def)
	case *component.Import:
		d.line(def.Desc.Sort, "import %q%s %s", def.Name, attributes(def.Attrs), desc(def.Desc))
	case *component.Export:
		as := ""
		if def.Desc != nil {
			as = " as " + desc(*def.Desc)
		}
		d.line(def.Sort, "export %q%s %s %d%s", def.Name, attributes(def.Attrs), sortNames[def.Sort], def.Index, as)
	case *component.CoreType:
		d.line(component.SortCoreType, "func %v", def.Func.Params)
	default:
		fmt.Fprintf(d, "%T\n", def)
	}
}

func (d *dumper) module(data []byte) {
	m, err := wasm.Parse(data)
	if err != nil {
		d.line(component.SortCoreModule, "%v", err)
		return
	}
	var list []string
	for _, im := range m.Imports {
		list = append(list, im.Module+" "+im.Name)
	}
	s := "imports (" + strings.Join(list, ", ") + ")"
	list = nil
	for _, ex := range m.Exports {
		list = append(list, ex.Name)
	}
	s += " exports (" + strings.Join(list, ", ") + ")"
	if m.Start != nil {
		s += fmt.Sprintf(" start %d", *m.Start)
	}
	d.line(component.SortCoreModule, "%s", s)
}

func (d *dumper) canon(c *component.Canon) {
	opts := ""
	opt := func(name string, i *uint32) {
		if i != nil {
			opts += fmt.Sprintf(" (%s %d)", name, *i)
		}
	}
	opt("memory", c.Opts.Memory)
	opt("realloc", c.Opts.Realloc)
	opt("post-return", c.Opts.PostReturn)
	opt("callback", c.Opts.Callback)
	if c.Opts.Async {
		opts += " async"
	}
	if c.Opts.Encoding != component.UTF8 {
		opts += fmt.Sprintf(" (encoding %d)", c.Opts.Encoding)
	}
	s := c.Op.String()
	for _, imm := range c.Op.Immediates() {
		s += immediate(c, imm)
	}
	sort := component.SortCoreFunc
	if c.Op == component.CanonLift {
		sort = component.SortFunc
	}
	d.line(sort, "%s", s+opts)
}

func immediate(c *component.Canon, imm component.Immediate) string {
	if imm == component.ImmAsync && c.Async {
		return " async"
	}
	if imm == component.ImmCancellable && c.Cancellable {
		return " cancellable"
	}
	switch imm {
	case component.ImmCoreFunc:
		return fmt.Sprintf(" core func %d", c.CoreFunc)
	case component.ImmFunc:
		return fmt.Sprintf(" func %d", c.Func)
	case component.ImmType:
		return fmt.Sprintf(" type %d", c.Type)
	case component.ImmResult:
		return " " + val(c.Result)
	case component.ImmMemory:
		return fmt.Sprintf(" (memory %d)", c.Memory)
	case component.ImmCoreType:
		return fmt.Sprintf(" core type %d", c.CoreType)
	case component.ImmTable:
		return fmt.Sprintf(" core table %d", c.Table)
	case component.ImmVal:
		return " " + wasm.ValType(c.Val).String()
	case component.ImmSlot:
		return fmt.Sprintf(" %d", c.Slot)
	}
	return ""
}

func (d *dumper) typ(t component.Type) {
	inst, ok := t.(*component.InstanceType)
	if !ok {
		d.line(component.SortType, "%s", typ(t))
		return
	}
	d.line(component.SortType, "instance")
	n := 0
	for _, decl := range inst.Decls {
		switch {
		case decl.Type != nil:
			fmt.Fprintf(d, "  type %d: %s\n", n, typ(decl.Type))
			n++
		case decl.Alias != nil:
			fmt.Fprintf(d, "  type %d: outer %d type %d\n", n, decl.Alias.Count, decl.Alias.Index)
			n++
		case decl.Export.Desc.Sort == component.SortType:
			fmt.Fprintf(d, "  type %d: export %q%s %s\n", n, decl.Export.Name, attributes(decl.Export.Attrs), desc(decl.Export.Desc))
			n++
		default:
			fmt.Fprintf(d, "  export %q%s %s\n", decl.Export.Name, attributes(decl.Export.Attrs), desc(decl.Export.Desc))
		}
	}
}

func attributes(list []component.Attribute) (s string) {
	for _, a := range list {
		s += fmt.Sprintf(" (attribute %d %q)", a.Kind, a.Value)
	}
	return s
}

func desc(e component.ExternDesc) string {
	if e.Sort != component.SortType {
		return fmt.Sprintf("%s of type %d", sortNames[e.Sort], e.Index)
	}
	if e.Bound == component.BoundSub {
		return "sub resource"
	}
	return fmt.Sprintf("eq %d", e.Index)
}

func typ(t component.Type) string {
	switch t := t.(type) {
	case *component.FuncType:
		s := "func(" + fields(t.Params) + ")"
		if t.Async {
			s = "async " + s
		}
		if t.Result != nil {
			s += " -> " + val(t.Result)
		}
		return s
	case *component.ResourceType:
		if t.Dtor != nil {
			return fmt.Sprintf("resource (dtor %d)", *t.Dtor)
		}
		return "resource"
	case *component.DefinedType:
		return defined(t)
	}
	return fmt.Sprintf("%T", t)
}

func defined(t *component.DefinedType) string {
	switch t.Kind {
	case component.DefPrim:
		return val(&component.ValType{Prim: t.Prim})
	case component.DefRecord:
		return "record{" + fields(t.Fields) + "}"
	case component.DefVariant:
		return "variant{" + fields(t.Fields) + "}"
	case component.DefTuple:
		return "tuple<" + fields(t.Fields) + ">"
	case component.DefFlags:
		return "flags{" + strings.Join(t.Labels, ", ") + "}"
	case component.DefEnum:
		return "enum{" + strings.Join(t.Labels, ", ") + "}"
	case component.DefList:
		return "list<" + val(t.Elem) + ">"
	case component.DefMap:
		return "map<" + val(t.Key) + ", " + val(t.Elem) + ">"
	case component.DefOption:
		return "option<" + val(t.Elem) + ">"
	case component.DefResult:
		return "result<" + val(t.Elem) + ", " + val(t.Err) + ">"
	case component.DefOwn:
		return fmt.Sprintf("own<%d>", t.Res)
	case component.DefBorrow:
		return fmt.Sprintf("borrow<%d>", t.Res)
	case component.DefStream:
		return "stream<" + val(t.Elem) + ">"
	case component.DefFuture:
		return "future<" + val(t.Elem) + ">"
	}
	return fmt.Sprintf("kind %#x", t.Kind)
}

func fields(list []component.Named) string {
	var parts []string
	for _, f := range list {
		s := f.Name
		if f.Type != nil {
			if s != "" {
				s += ": "
			}
			s += val(f.Type)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

var primNames = strings.Fields("string char f64 f32 u64 s64 u32 s32 u16 s16 u8 s8 bool")

func val(v *component.ValType) string {
	switch {
	case v == nil:
		return "_"
	case v.Prim == component.PrimErrorContext:
		return "error-context"
	case v.Prim != 0:
		return primNames[v.Prim-component.PrimString]
	}
	return fmt.Sprint(v.Index)
}
