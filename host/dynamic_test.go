package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

func dynamic(t testing.TB, pre *InstancePre, name string) *Function {
	t.Helper()
	f, err := pre.Function("", name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// An async function is one function of dynamic values on either side, and the
// resources in results that nobody takes are dropped.
func TestDynamicAsync(t *testing.T) {
	p := newProgram(t)
	res := p.resource("test:fetch/fetch", "thing")
	p = relayProgramOf(p, handle(abi.Own, res), chained)
	dropped := 0
	cancel := func() {}
	rt := NewResource("thing", func(_ *Instance, v *thing) { *v.dropped++ })
	pre := p.link(func(l *Linker) {
		l.Instance("test:fetch/fetch").Resource("thing", rt).Async("fetch",
			AsyncFunc(func(c *Call, args []any, done *Completion[any]) error {
				cancel() // takes effect when the guest has returned
				switch args[0].(uint32) {
				case 0:
					c.Instance().Post(func() { done.Resolve(&thing{&dropped}) })
				case 1:
					done.Resolve("no thing")
				default:
					done.Resolve(&thing{&dropped})
				}
				return nil
			}))
	})
	get := dynamic(t, pre, "get")
	if s := get.Type().String(); s != "async func(a: u32) -> own<thing>" {
		t.Errorf("get is %s", s)
	}
	in := instance(t, pre)
	ctx, stop := context.WithCancel(context.Background())
	cancel = stop
	if _, err := get.Call(ctx, in, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	checkEmpty(t, in)
	cancel = func() {}
	if dropped != 1 {
		t.Errorf("%d things dropped, want 1", dropped)
	}
	v, err := get.Call(context.Background(), in, uint32(2))
	if _, ok := v.(*thing); err != nil || !ok || dropped != 1 {
		t.Errorf("got %v, %v, %d dropped", v, err, dropped)
	}
	checkEmpty(t, in)
	_, err = get.Call(context.Background(), in, 1)
	var trap *Trap
	if !errors.As(err, &trap) || !strings.Contains(err.Error(), "fetch-isyswasfa-start") ||
		!strings.Contains(err.Error(), "own wants *host.thing for resource thing, have string") {
		t.Errorf("a result that does not fit: %v", err)
	}
}

func TestDynamicMistakes(t *testing.T) {
	answer := any(uint32(1))
	pre := addProgram(t).link(func(l *Linker) {
		l.Instance("test:calc/ops@1.0.3").Func("twice", Func(func(*Call, []any) (any, error) { return answer, nil }))
	})
	f := dynamic(t, pre, "add")
	in := instance(t, pre)
	ctx := context.Background()
	for _, c := range []struct {
		args []any
		want string
	}{
		{nil, "add: the function wants 2 argument(s), have 0"},
		{[]any{1, 2, 3}, "add: the function wants 2 argument(s), have 3"},
		{[]any{1, "x"}, "add: param 2 (b): u32 wants uint32, have string"},
		{[]any{-1, 1}, "add: param 1 (a): -1 does not fit u32"},
	} {
		if _, err := f.Call(ctx, in, c.args...); err == nil || err.Error() != c.want {
			t.Errorf("%v: %v, want %s", c.args, err, c.want)
		}
	}
	if v, err := f.Call(ctx, in, 20, 1); err != nil || v != uint32(1) {
		t.Errorf("after mistakes: %v, %v", v, err)
	}
	if _, err := f.Call(ctx, instance(t, addProgram(t).link(defineTwice(twice))), 1, 1); err == nil || !strings.Contains(err.Error(), "another component") {
		t.Error(err)
	}
	answer = "one"
	if _, err := f.Call(ctx, in, 20, 1); err == nil || !strings.Contains(err.Error(), "result: u32 wants uint32, have string") {
		t.Error(err)
	}
	if _, err := pre.Function("", "g"); err == nil || !strings.Contains(err.Error(), "does not export the function g") {
		t.Error(err)
	}
}

func TestExterns(t *testing.T) {
	p := newProgram(t)
	res := p.resource("test:fetch/fetch", "thing")
	p = relayProgramOf(p, handle(abi.Own, res), chained)
	c := &Component{prog: &p.prog}
	var text strings.Builder
	var write func(indent string, list []Extern)
	write = func(indent string, list []Extern) {
		for _, e := range list {
			fmt.Fprintf(&text, "%s%s", indent, e.Name)
			if e.Func != nil {
				fmt.Fprintf(&text, ": %s", e.Func)
			}
			if e.Resource {
				text.WriteString(": resource")
			}
			text.WriteByte('\n')
			write(indent+"  ", e.Instance)
		}
	}
	for _, e := range c.Imports() {
		if strings.HasPrefix(e.Name, "test:") {
			write("import ", []Extern{e})
		}
	}
	write("export ", c.Exports())
	want := `import test:fetch/fetch
import   thing: resource
import   fetch: async func(a: u32) -> own<thing>
export get: async func(a: u32) -> own<thing>
`
	if text.String() != want {
		t.Errorf("got\n%swant\n%s", text.String(), want)
	}
}

func TestTypeString(t *testing.T) {
	str := &Type{Kind: KindString}
	bomb := &Type{Kind: KindBool}
	for range 40 {
		bomb = &Type{Kind: KindTuple, Fields: []NamedType{{Type: bomb}, {Type: bomb}}}
	}
	for _, c := range []struct {
		t    *Type
		want string
	}{
		{&Type{Kind: KindList, Elem: str, Len: 3}, "list<string, 3>"},
		{&Type{Kind: KindRecord, Fields: []NamedType{{"a", str}, {"b", &Type{Kind: KindEnum, Name: "color"}}}}, "record { a: string, b: color }"},
		{&Type{Kind: KindVariant, Cases: []NamedType{{"x", str}, {"y", nil}}}, "variant { x(string), y }"},
		{&Type{Kind: KindResult, Cases: []NamedType{{"ok", nil}, {"error", str}}}, "result<_, string>"},
		{&Type{Kind: KindResult, Cases: []NamedType{{"ok", nil}, {"error", nil}}}, "result"},
		{&Type{Kind: KindOption, Cases: []NamedType{{"none", nil}, {"some", str}}}, "option<string>"},
		{&Type{Kind: KindFlags, Labels: []string{"r", "w"}}, "flags { r, w }"},
		{&Type{Kind: KindBorrow, Resource: "thing"}, "borrow<thing>"},
	} {
		if got := c.t.String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if n := len(bomb.String()); n > 2*maxTypeText {
		t.Errorf("a type of %d bytes", n)
	}
}

// BenchmarkDynamic measures calls with dynamic values; BenchmarkCallScalar has
// the same call with Go types.
func BenchmarkDynamic(b *testing.B) {
	ctx := context.Background()
	b.Run("scalar", func(b *testing.B) {
		b.ReportAllocs()
		pre := addProgram(b).link(defineTwice(twice))
		f, in := dynamic(b, pre, "add"), instance(b, pre)
		for b.Loop() {
			if _, err := f.Call(ctx, in, uint32(1), uint32(2)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("host", func(b *testing.B) {
		b.ReportAllocs()
		pre := addProgram(b).link(func(l *Linker) {
			l.Instance("test:calc/ops@1.0.3").Func("twice", Func(func(_ *Call, args []any) (any, error) {
				return 2 * args[0].(uint32), nil
			}))
		})
		f, in := export[pair, uint32](b, pre, "add"), instance(b, pre)
		for b.Loop() {
			if _, err := f.Call(ctx, in, pair{1, 2}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
