package test

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wave"
)

// answerSelf answers the arguments: as a tuple, or the first one.
func answerSelf(f *host.FuncType, args []any) any {
	switch {
	case f.Result == nil:
		return nil
	case f.Result.Kind == host.KindTuple:
		return args
	}
	return args[0]
}

// defineAll defines all that a component imports of the test's packages, by
// functions that answer their arguments.
func defineAll(d *host.Definitions, externs []host.Extern) {
	for _, e := range externs {
		switch {
		case e.Resource:
			d.Resource(e.Name, host.NewResource[struct{}](e.Name, nil))
		case e.Func == nil:
		case e.Func.Async:
			d.Async(e.Name, host.AsyncFunc(func(_ *host.Call, args []any, done *host.Completion[any]) error {
				go done.Resolve(answerSelf(e.Func, args))
				return nil
			}))
		default:
			d.Func(e.Name, host.Func(func(_ *host.Call, args []any) (any, error) {
				return answerSelf(e.Func, args), nil
			}))
		}
	}
}

// randomValue makes a value of type t.
func randomValue(r *rand.Rand, t *host.Type) any {
	switch t.Kind {
	case host.KindBool:
		return r.IntN(2) > 0
	case host.KindF32:
		return math.Float32frombits(r.Uint32())
	case host.KindF64:
		return math.Float64frombits(r.Uint64())
	case host.KindChar:
		return []rune("aé☃🌊\x00")[r.IntN(5)]
	case host.KindString:
		return strings.Repeat("a☃\"", r.IntN(4))
	case host.KindS64:
		return int64(r.Uint64())
	case host.KindU64:
		return r.Uint64()
	case host.KindList:
		list := make([]any, r.IntN(4))
		if t.Len > 0 {
			list = make([]any, t.Len)
		}
		for i := range list {
			list[i] = randomValue(r, t.Elem)
		}
		return list
	case host.KindRecord:
		fields := map[string]any{}
		for _, f := range t.Fields {
			fields[f.Name] = randomValue(r, f.Type)
		}
		return fields
	case host.KindTuple:
		return randomArgs(r, t.Fields)
	case host.KindFlags:
		return slices.DeleteFunc(slices.Clone(t.Labels), func(string) bool { return r.IntN(2) > 0 })
	case host.KindEnum:
		return t.Cases[r.IntN(len(t.Cases))].Name
	case host.KindVariant, host.KindOption, host.KindResult:
		return randomCase(r, t)
	}
	return r.IntN(128) // fits all other integers
}

func randomArgs(r *rand.Rand, params []host.NamedType) []any {
	args := make([]any, len(params))
	for i, p := range params {
		args[i] = randomValue(r, p.Type)
	}
	return args
}

func randomCase(r *rand.Rand, t *host.Type) any {
	i := r.IntN(len(t.Cases))
	var v any
	if c := t.Cases[i].Type; c != nil {
		v = randomValue(r, c)
	}
	switch {
	case t.Kind == host.KindVariant:
		return host.Variant{Case: t.Cases[i].Name, Value: v}
	case t.Kind == host.KindOption:
		return host.Option[any]{Some: i == 1, Value: v}
	case i == 0:
		return host.OK[any, any](v)
	}
	return host.Err[any](v)
}

// dynamicValues makes an instance of the guest that answers what the host
// answers, with a host that knows nothing of its types.
func dynamicValues(t *testing.T) (*host.Component, *host.InstancePre, *host.Instance) {
	ctx := context.Background()
	binary, err := os.ReadFile(component(t, "values"))
	if err != nil {
		t.Fatal(err)
	}
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close(ctx) })
	c, err := engine.Compile(ctx, "values", binary)
	if err != nil {
		t.Fatal(err)
	}
	linker := host.NewLinker(engine)
	wasi.AddToLinker(linker)
	for _, e := range c.Imports() {
		if strings.HasPrefix(e.Name, "test:") {
			defineAll(linker.Instance(e.Name), e.Instance)
		}
		defineAll(linker.Instance(""), []host.Extern{e})
	}
	pre, err := linker.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, wasi.Config{Stderr: os.Stderr})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(ctx) })
	return c, pre, in
}

// TestDynamicValues sends values of all types through a guest and back, all of
// it by descriptions that the component gives.
func TestDynamicValues(t *testing.T) {
	c, pre, in := dynamicValues(t)
	called := 0
	for _, e := range c.Exports() {
		if !strings.HasPrefix(e.Name, "test:values/echo") {
			continue
		}
		for _, x := range e.Instance {
			if x.Func == nil || x.Name == "tables" {
				continue // the guest has maps there, which lose the order
			}
			f, err := pre.Function(e.Name, x.Name)
			if err != nil {
				t.Fatal(err)
			}
			if f.Type().Async != strings.HasSuffix(e.Name, "later") {
				t.Errorf("%s %s: %s", e.Name, x.Name, f.Type())
			}
			called++
			dynamicCalls(t, in, e.Name+"#"+x.Name, f)
		}
	}
	if called != 26 {
		t.Errorf("%d functions called, want 26", called)
	}
}

func dynamicCalls(t *testing.T, in *host.Instance, name string, f *host.Function) {
	var wg sync.WaitGroup
	for seed := range uint64(4) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, 1))
			for range 10 {
				args := randomArgs(r, f.Type().Params)
				want, err := wave.Format(answerSelf(f.Type(), args), f.Type().Result)
				if err != nil {
					t.Error(name, err)
					return
				}
				v, err := f.Call(t.Context(), in, args...)
				if err != nil {
					t.Error(name, err)
					return
				}
				if got, err := wave.Format(v, f.Type().Result); got != want || err != nil {
					t.Errorf("%s:\n got %s (%v)\nwant %s", name, got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
