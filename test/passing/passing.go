// Package passing runs components that pass values on, for tests.
package passing

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/abi/abitest"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// A Batch is some random types with random values of each.
type Batch struct {
	Descs  []abitest.Desc
	Types  []*abi.Type
	Values [][]any // by type
}

// NewBatch makes a batch of types at most so deep, without those that are not
// wanted, with as many values of each.
func NewBatch(g *abitest.Generator, types, values, depth int, unwanted func(*abi.Type) bool) *Batch {
	b := &Batch{}
	for len(b.Types) < types {
		d := g.Type(depth)
		t := abitest.TypeOf(d)
		if unwanted != nil && unwanted(t) {
			continue
		}
		list := make([]any, values)
		for i := range list {
			list[i] = g.Value(t)
		}
		b.Descs, b.Types, b.Values = append(b.Descs, d), append(b.Types, t), append(b.Values, list)
	}
	return b
}

// Component gives a composition for the types (see [abitest.Composition]).
func (b *Batch) Component(encodings ...abi.StringEncoding) ([]byte, error) {
	return wast.Assemble(abitest.Composition(b.Types, encodings))
}

// Text gives the text of a value.
func (b *Batch) Text(typ, value int) string {
	return abitest.Text(b.Types[typ], reflect.ValueOf(&b.Values[typ][value]).Elem())
}

// Each calls f with every value, and gives the first error of each
// type.
func (b *Batch) Each(f func(typ, value int) error) error {
	var errs []error
	for i, list := range b.Values {
		var err error
		for j := range list {
			if e := f(i, j); e != nil && err == nil {
				err = fmt.Errorf("type %.300v, value %.300s: %w", b.Descs[i], b.Text(i, j), e)
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Run calls a component for the types with all values. Each one must reach the
// host, and come back, as it was.
func (b *Batch) Run(ctx context.Context, engine *host.Engine, binary []byte) error {
	c, err := engine.Compile(ctx, "passing", binary)
	if err != nil {
		return err
	}
	linker := host.NewLinker(engine)
	var seen any
	for i := range b.Types {
		linker.Instance(abitest.Instance).Func(fmt.Sprint("x", i), host.Func(func(_ *host.Call, args []any) (any, error) {
			seen = args[0]
			return args[0], nil
		}))
	}
	pre, err := linker.Link(c)
	if err != nil {
		return err
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		return err
	}
	defer in.Close(ctx)
	return b.Each(func(typ, value int) error {
		f, err := pre.Function(abitest.Instance, fmt.Sprint("x", typ))
		if err != nil {
			return err
		}
		got, err := f.Call(ctx, in, b.Values[typ][value])
		if err != nil {
			return err
		}
		return b.Same(typ, value, b.text(typ, &seen), b.text(typ, &got))
	})
}

func (b *Batch) text(typ int, v *any) string {
	return abitest.Text(b.Types[typ], reflect.ValueOf(v).Elem())
}

// Same compares the texts of what the host saw and of what came back with that
// of the value.
func (b *Batch) Same(typ, value int, seen, got string) error {
	if want := b.Text(typ, value); seen != want || got != want {
		return fmt.Errorf("the host got %s, and the caller %s", seen, got)
	}
	return nil
}
