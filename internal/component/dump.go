package component

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// String describes the program in full, one line an item: what it imports,
// each step of instantiation with where every core import comes from, what it
// exports, and the poll functions.
func (p *Program) String() string {
	d := &dumper{p: p, seen: make(map[*abi.Type]bool)}
	for _, im := range p.Imports {
		d.importItem("import ", im)
	}
	for i, in := range p.Instances {
		d.line("instance %d: %s", i, in.Name)
	}
	for i, v := range p.Values {
		d.value(i, v)
	}
	for i, s := range p.Steps {
		d.step(i, s)
	}
	for _, ex := range p.Exports {
		d.exportItem("export ", ex)
	}
	for _, poll := range p.Polls {
		d.line("poll of instance %d: %s = %s", poll.Instance, poll.Name, funcRef(poll.Func))
	}
	return d.String()
}

type dumper struct {
	strings.Builder
	p      *Program
	seen   map[*abi.Type]bool // written out already
	indent string
}

func (d *dumper) line(format string, args ...any) {
	d.WriteString(d.indent)
	fmt.Fprintf(d, format, args...)
	d.WriteByte('\n')
}

func (d *dumper) nested(f func()) {
	d.indent += "  "
	f()
	d.indent = d.indent[2:]
}

func (d *dumper) importItem(prefix string, im *ImportItem) {
	switch {
	case im.Func != nil:
		d.line("%s%s: %s", prefix, im.Name, d.p.FuncString(im.Func))
	case im.Value != nil:
		d.line("%s%s: value %d", prefix, im.Name, im.Value.Index)
	case im.Resource != nil:
		d.resource(prefix, im.Name, im.Resource)
	case im.Type != nil:
		d.typ(prefix, im.Name, im.Type)
	default:
		d.line("%s%s: instance", prefix, im.Name)
		d.nested(func() {
			for _, sub := range im.Instance {
				d.importItem("", sub)
			}
		})
	}
}

func (d *dumper) resource(prefix, name string, r *Resource) {
	switch {
	case r.Imported:
		d.line("%s%s: resource %d, imported as %s", prefix, name, r.Index, strings.Join(r.Import, " "))
	default:
		d.line("%s%s: resource %d of instance %d", prefix, name, r.Index, r.Owner)
	}
}

func (d *dumper) typ(prefix, name string, t *abi.Type) {
	if other := d.p.Names[t]; other != "" && other != name {
		d.line("%stype %s = %s", prefix, name, other)
		return
	}
	if d.seen[t] {
		d.line("%stype %s, as above", prefix, name)
		return
	}
	d.seen[t] = true
	d.line("%stype %s = %s", prefix, name, d.p.Structure(t))
}

func (d *dumper) value(i int, v *Value) {
	typ := d.p.TypeString(v.Type)
	switch {
	case v.Import != nil:
		d.line("value %d: %s, imported as %s", i, typ, strings.Join(v.Import, " "))
	case v.Const != nil:
		d.line("value %d: %s, the constant %v", i, typ, v.Const)
	default:
		d.line("value %d: %s, of a start function", i, typ)
	}
}

func (d *dumper) exportItem(prefix string, ex *ExportItem) {
	switch {
	case ex.Func != nil:
		d.line("%s%s: %s = %s", prefix, ex.Name, d.p.FuncString(ex.Func.Type), funcRef(ex.Func))
	case ex.Value != nil:
		d.line("%s%s: value %d", prefix, ex.Name, ex.Value.Index)
	case ex.Resource != nil:
		d.resource(prefix, ex.Name, ex.Resource)
	case ex.Type != nil:
		d.typ(prefix, ex.Name, ex.Type)
	default:
		d.line("%s%s: instance", prefix, ex.Name)
		d.nested(func() {
			for _, sub := range ex.Instance {
				d.exportItem("", sub)
			}
		})
	}
}

func (d *dumper) step(i int, s Step) {
	switch s := s.(type) {
	case *CallStart:
		d.line("step %d: call of %s%s", i, funcRef(s.Func), s.values())
	case *DefineResource:
		r := s.Resource
		if s.Dtor.Kind == CoreNone {
			d.line("step %d: resource %d %s of instance %d", i, r.Index, r.Name, r.Owner)
		} else {
			d.line("step %d: resource %d %s of instance %d, destructor %s", i, r.Index, r.Name, r.Owner, s.Dtor)
		}
	case *InstantiateModule:
		m := d.p.Modules[s.Module]
		d.line("step %d: module %d (%d bytes) in instance %d", i, s.Module, len(m.Data), s.Instance)
		d.nested(func() {
			for _, a := range s.Args {
				d.line("%s %q %q = %s", a.Sort, a.Module, a.Name, a.Ref)
			}
		})
	}
}

// values gives what a start function takes and gives, as " (value 0) -> value 1".
func (s *CallStart) values() string {
	text := ""
	for _, a := range s.Args {
		text += fmt.Sprintf(" (value %d)", a.Index)
	}
	if s.Result != nil {
		text += fmt.Sprintf(" -> value %d", s.Result.Index)
	}
	return text
}

// String tells where a core definition comes from.
func (r CoreRef) String() string {
	switch r.Kind {
	case CoreExported:
		return fmt.Sprintf("step %d %q", r.Step, r.Name)
	case CoreLowered:
		return fmt.Sprintf("lower in instance %d%s %s", r.Instance, r.Opts, funcRef(r.Func))
	case CoreResourceNew:
		return fmt.Sprintf("resource.new %d in instance %d", r.Resource.Index, r.Instance)
	case CoreResourceDrop:
		return fmt.Sprintf("resource.drop %d in instance %d", r.Resource.Index, r.Instance)
	case CoreResourceRep:
		return fmt.Sprintf("resource.rep %d in instance %d", r.Resource.Index, r.Instance)
	case CoreAsync:
		return fmt.Sprintf("%s in instance %d", r.Name, r.Instance)
	}
	return "none"
}

func funcRef(f *Func) string {
	if f.Import != nil {
		return "import " + strings.Join(f.Import, " ")
	}
	return fmt.Sprintf("lift in instance %d%s %s", f.Instance, &f.Opts, f.Core)
}

// String gives the options that are set, as " (memory step 1 "m")".
func (o *Options) String() string {
	var parts []string
	if o.Encoding != UTF8 {
		parts = append(parts, [...]string{"utf8", "utf16", "latin1+utf16"}[o.Encoding])
	}
	for _, ref := range []struct {
		name string
		ref  CoreRef
	}{{"memory", o.Memory}, {"realloc", o.Realloc}, {"post-return", o.PostReturn}, {"async callback", o.Callback}} {
		if ref.ref.Kind != CoreNone {
			parts = append(parts, ref.name+" "+ref.ref.String())
		}
	}
	if o.Async && o.Callback.Kind == CoreNone {
		parts = append(parts, "async")
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
