package guest

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/wit"
)

// check tells what of a world cannot be generated. Generating may rely on
// what it lets pass.
func check(w *wit.World) error {
	for _, item := range w.Imports {
		c := checker{place: item.Name}
		switch {
		case item.Interface != nil:
			c.types(item.Interface.Types)
			c.funcs(item.Interface.Funcs)
		case item.Func != nil:
			c.funcs([]*wit.Function{item.Func})
		default:
			c.types([]*wit.TypeDef{item.Type})
		}
		if c.err != nil {
			return fmt.Errorf("import %w", c.err)
		}
	}
	for _, item := range w.Exports {
		c := checker{place: item.Name, export: true, world: item.Func != nil}
		if item.Interface != nil {
			c.types(item.Interface.Types)
			c.funcs(item.Interface.Funcs)
		} else {
			c.funcs([]*wit.Function{item.Func})
		}
		if c.err != nil {
			return fmt.Errorf("export %w", c.err)
		}
	}
	return nil
}

type checker struct {
	place         string
	export, world bool // world: a function of the world itself
	borrows       bool // the last value had a borrow in it
	err           error
}

func (c *checker) fail(at, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %s: %s", c.place, at, fmt.Sprintf(format, args...))
	}
}

func (c *checker) types(types []*wit.TypeDef) {
	for _, t := range types {
		if _, ok := t.Kind.(*wit.Resource); ok && c.export {
			c.fail(t.Name, "bindings for exported resources are not supported yet")
		}
		if !isOwn(t) {
			continue
		}
		c.kind("type "+t.Name, t.Kind)
	}
}

func (c *checker) funcs(funcs []*wit.Function) {
	for _, f := range funcs {
		for _, p := range f.Params {
			c.borrows = false
			c.value(fmt.Sprintf("%s: parameter %s", f.ABIName(), p.Name), p.Type)
			if c.export && c.borrows && f.Async {
				c.fail(f.ABIName(), "parameter %s: an exported async function cannot take a borrow, which ends before the function does", p.Name)
			}
		}
		c.value(f.ABIName()+": result", f.Result)
	}
}

func (c *checker) value(at string, t wit.Type) {
	switch t := t.(type) {
	case wit.Primitive:
		if t == wit.ErrorContext {
			c.fail(at, "error-context is not supported")
		}
	case *wit.TypeDef:
		c.kind(at, t.Kind)
	}
}

func (c *checker) kind(at string, k wit.Kind) {
	switch k := k.(type) {
	case *wit.Flags:
		if len(k.Flags) > 32 {
			c.fail(at, "%d flags; at most 32 are possible", len(k.Flags))
		}
	case *wit.Tuple:
		if len(k.Types) > 16 || len(k.Types) == 0 {
			c.fail(at, "a tuple of %d; 1 to 16 are supported", len(k.Types))
		}
	case *wit.Map:
		c.fail(at, "maps are not supported yet")
	case *wit.Handle:
		c.borrows = c.borrows || k.Borrow
	case *wit.Stream, *wit.Future:
		if c.export && !c.world && !isBytes(k) {
			c.fail(at, "streams and futures in exported interfaces are not supported yet, but for stream<u8>")
		}
	}
	for _, part := range wit.Parts(&wit.TypeDef{Kind: k}) {
		c.value(at, part)
	}
}

// isBytes tells stream<u8> from other kinds.
func isBytes(k wit.Kind) bool {
	s, ok := k.(*wit.Stream)
	return ok && s.Elem == wit.Type(wit.U8)
}
