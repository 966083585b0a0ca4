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
		c := checker{place: item.Name}
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
	place string
	err   error
}

func (c *checker) fail(at, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %s: %s", c.place, at, fmt.Sprintf(format, args...))
	}
}

func (c *checker) types(types []*wit.TypeDef) {
	for _, t := range types {
		if !isOwn(t) {
			continue
		}
		c.kind("type "+t.Name, t.Kind)
	}
}

func (c *checker) funcs(funcs []*wit.Function) {
	for _, f := range funcs {
		for _, p := range f.Params {
			c.value(fmt.Sprintf("%s: parameter %s", f.ABIName(), p.Name), p.Type)
		}
		c.value(f.ABIName()+": result", f.Result)
	}
}

func (c *checker) value(at string, t wit.Type) {
	switch t := t.(type) {
	case wit.Primitive:
		if t == wit.ErrorContext {
			c.fail(at, "error-context is not supported: WASI 0.2 has nothing like it")
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
	}
	for _, part := range wit.Parts(&wit.TypeDef{Kind: k}) {
		c.value(at, part)
	}
}

// isBytes tells stream<u8> from other kinds.
func isBytes(k wit.Kind) bool {
	s, ok := k.(*wit.Stream)
	return ok && s.Elem != nil && structure(s.Elem) == wit.Type(wit.U8)
}
