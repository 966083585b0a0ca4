package host

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A direction tells who gives a value, for types that depend on it.
type direction uint8

const (
	both  direction = iota // in named types
	gives                  // the embedder gives it to the guest
	takes                  // the embedder gets it from the guest
)

var goPrimitives = map[wit.Primitive]string{
	wit.Bool: "bool", wit.S8: "int8", wit.U8: "uint8", wit.S16: "int16", wit.U16: "uint16", wit.S32: "int32", wit.U32: "uint32",
	wit.S64: "int64", wit.U64: "uint64", wit.F32: "float32", wit.F64: "float64", wit.Char: "rune", wit.String: "string",
	wit.ErrorContext: "struct{}",
}

// A typer writes Go types into a file: those of the user, or the host's
// shapes.
type typer struct {
	f   *file
	dir direction // of the user's types
	raw bool
}

func (f *file) user(d direction) typer { return typer{f: f, dir: d} }
func (f *file) shape() typer           { return typer{f: f, raw: true} }

// goType gives the Go type of a value that text on side s mentions.
func (w typer) goType(t wit.Type, s side) string {
	if p, ok := t.(wit.Primitive); ok {
		return goPrimitives[p]
	}
	d, ok := t.(*wit.TypeDef)
	if !ok {
		return "struct{}"
	}
	g := w.f.g
	if d.Name != "" {
		key := g.key(d, s)
		d = key.def
		if e := g.byKey[key]; e != nil && e.name != "" && !isResource(d) {
			if w.raw && e.raw != "" {
				return e.raw
			}
			return e.name
		}
		s = g.inside(d, s)
	}
	return w.structure(d, s)
}

func isResource(d *wit.TypeDef) bool {
	_, ok := d.Kind.(*wit.Resource)
	return ok
}

// structure gives the Go type of a type without a name of its own.
func (w typer) structure(d *wit.TypeDef, s side) string {
	switch k := d.Kind.(type) {
	case *wit.Alias:
		return w.goType(k.Type, s)
	case *wit.Handle:
		return w.handle(k, s)
	case *wit.Tuple:
		return w.tuple(k, s)
	case *wit.Option:
		return w.f.host() + "Option[" + w.goType(k.Type, s) + "]"
	case *wit.Result:
		return w.f.host() + "Result[" + w.goType(k.OK, s) + ", " + w.goType(k.Err, s) + "]"
	case *wit.List:
		if k.Len > 0 {
			return fmt.Sprintf("[%d]%s", k.Len, w.goType(k.Elem, s))
		}
		return "[]" + w.goType(k.Elem, s)
	case *wit.Map:
		if w.raw {
			return fmt.Sprintf("[]%sTuple2[%s, %s]", w.f.host(), w.goType(k.Key, s), w.goType(k.Value, s))
		}
		return "map[" + w.goType(k.Key, s) + "]" + w.goType(k.Value, s)
	case *wit.Stream, *wit.Future:
		return w.carrier(d, s)
	}
	w.f.g.fail("a type of kind %T has no name", d.Kind)
	return "struct{}"
}

func (w typer) handle(h *wit.Handle, s side) string {
	def := resourceOf(h)
	g := w.f.g
	if g.sideOf(def.Interface, s) == guests {
		if w.raw {
			return w.f.host() + "Ref"
		}
		return "*" + g.resource(def, guests)
	}
	if path, name, ok := libraryType(def); ok {
		return "*" + w.f.use(path) + name
	}
	if w.raw {
		return "*" + w.f.bindings() + "Host[" + g.resource(def, hosts) + "]"
	}
	return g.resource(def, hosts)
}

// resource gives the Go name of a resource.
func (g *generator) resource(def *wit.TypeDef, s side) string {
	if e := g.byKey[typeKey{def, s}]; e != nil {
		return e.name
	}
	g.fail("resource %s is not known", def.Name)
	return "struct{}"
}

// maxTuple is the largest tuple that package host names.
const maxTuple = 16

func (w typer) tuple(k *wit.Tuple, s side) string {
	n := len(k.Types)
	if n > maxTuple || n == 0 {
		var b strings.Builder
		for i, t := range k.Types {
			fmt.Fprintf(&b, "F%d %s; ", i, w.goType(t, s))
		}
		return "struct{ " + b.String() + "}"
	}
	elems := make([]string, n)
	for i, t := range k.Types {
		elems[i] = w.goType(t, s)
	}
	return fmt.Sprintf("%sTuple%d[%s]", w.f.host(), n, strings.Join(elems, ", "))
}

func (w typer) carrier(d *wit.TypeDef, s side) string {
	c := w.f.g.carrier(d, s)
	switch {
	case c == nil && w.raw:
		return "*" + w.f.wasi() + "InputStream"
	case c == nil && w.dir == gives:
		return w.f.use("io") + "Reader"
	case c == nil:
		return w.f.use("io") + "ReadCloser"
	case !w.raw && c.Stream:
		return w.f.use("iter") + "Seq2[" + w.goType(c.elem, s) + ", error]"
	case !w.raw:
		return "func(" + w.f.context() + ") (" + w.goType(c.elem, s) + ", error)"
	case c.side == guests:
		return w.f.host() + "Ref"
	case c.Stream:
		return "*" + w.f.wasi() + "StreamReceiver[" + w.goType(c.elem, s) + "]"
	}
	return "*" + w.f.wasi() + "Receiver[" + w.goType(c.elem, s) + "]"
}

// fieldNames gives the exported names of fields. reserved are those that are
// taken.
func fieldNames(names []string, reserved ...string) []string {
	taken := map[string]bool{}
	for _, r := range reserved {
		taken[r] = true
	}
	fields := make([]string, len(names))
	for i, n := range names {
		name := bindgen.UpperCamel(n)
		for taken[name] {
			name += "_"
		}
		taken[name] = true
		fields[i] = name
	}
	return fields
}
