package test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	binary "github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wat"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/bridge"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// kindsWIT has functions with parameters and results of all kinds, each of
// which answers its parameters.
const kindsWIT = `package test:kinds;
interface things {
  resource thing;
  record pair { a: u8, b: string }
  variant choice { none, one(pair), many(list<pair>) }
}
interface kinds {
  use things.{thing, pair, choice as selection};
  resource conn {
    constructor(n: u32);
    id: func() -> u32;
    read: async func(n: u32) -> string;
    open: static async func(s: string) -> conn;
  }
  record single { x: s16 }
  enum color { red, green }
  flags marks { a, b, c, d, e, f, g, h, i }
  of-bool: async func(v: bool) -> bool;
  of-s8: async func(v: s8) -> s8;
  of-u8: async func(v: u8) -> u8;
  of-u16: async func(v: u16) -> u16;
  of-s32: async func(v: s32) -> s32;
  of-u64: async func(v: u64) -> u64;
  of-f32: async func(v: f32) -> f32;
  of-f64: async func(v: f64) -> f64;
  of-char: async func(v: char) -> char;
  of-string: async func(v: string) -> string;
  of-single: async func(v: single) -> single;
  of-color: async func(v: color) -> color;
  of-marks: async func(v: marks) -> marks;
  of-nothing: async func();
  of-outcome: async func(v: result) -> result;
  of-pair: async func(v: pair) -> pair;
  of-selection: async func(v: selection) -> selection;
  of-lists: async func(v: list<list<string>>) -> list<list<string>>;
  of-option: async func(v: option<u8>) -> option<u8>;
  of-thing: async func(v: thing) -> thing;
  of-conns: async func(v: list<conn>) -> list<conn>;
  of-many: async func(a: u8, b: u64, c: f32, d: f64, e: string, f: string, g: string, h: string, i: string, j: string,
    k: string, l: option<conn>) -> tuple<u8, u64, f32, f64, string, string, string, string, string, string, string, option<conn>>;
  name-of: async func(v: borrow<thing>, w: borrow<conn>) -> u32;
  record held { n: u64, t: borrow<thing>, l: list<tuple<u8, borrow<conn>>> }
  variant lent { none, number(u64), number32(f32), double(f64), one(borrow<thing>), some(held) }
  sum-of: async func(a: list<borrow<thing>>, b: option<borrow<conn>>, c: result<held, list<list<borrow<conn>>>>) -> u32;
  sum-of-lent: async func(a: lent) -> u32;
  sum-of-list: async func(a: list<lent>) -> u32;
  sum-of-many: async func(a: list<held>, b: string, c: string, d: string, e: string, f: string, g: string, h: lent, i: borrow<conn>) -> u32;
  same: func(v: u32) -> u32;
}
world wants { import kinds; }
`

// importer makes a component that imports all of a world and uses nothing.
func importer(t *testing.T, text string) (*binary.Component, *binary.Surface) {
	t.Helper()
	_, pkg, err := wit.ParseText(map[string]string{"kinds.wit": text}, std.Files())
	if err != nil {
		t.Fatal(err)
	}
	r, err := transform.Polyfill(pkg.Worlds[0], transform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[abi.CoreType]string{abi.I32: "i32", abi.I64: "i64", abi.CF32: "f32", abi.CF64: "f64"}
	var core strings.Builder
	for _, it := range r.World.Imports {
		if it.Interface == nil || it.Interface.Name != "kinds" {
			continue
		}
		for _, fn := range it.Interface.Funcs {
			ft, err := abi.FuncFromWIT(fn)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&core, "(import %q %q (func", it.Name, fn.ABIName())
			sig := ft.Flatten(abi.Lowered)
			for _, p := range sig.Params {
				fmt.Fprintf(&core, " (param %s)", names[p])
			}
			for _, p := range sig.Results {
				fmt.Fprintf(&core, " (result %s)", names[p])
			}
			core.WriteString("))\n")
		}
	}
	core.WriteString(`(memory (export "memory") 1)
		(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (unreachable))
		(func (export "isyswasfa-poll") (param i32 i32) (result i32) (unreachable))`)
	module, err := wat.Assemble("(module " + core.String() + ")")
	if err != nil {
		t.Fatal(err)
	}
	bin, err := encode.Component(module, r.World, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := binary.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	surface, err := binary.Describe(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, surface
}

type (
	kindsThing struct{ n uint32 }
	kindsConn  struct{ n uint32 }
)

var (
	thingType = host.NewResource[kindsThing]("thing", nil)
	connType  = host.NewResource[kindsConn]("conn", nil)
)

// kindsAnswer is what all functions do.
func kindsAnswer(name string, args []any) any {
	switch {
	case name == "name-of" || strings.HasPrefix(name, "sum-of"):
		return sumOfBorrowed(args)
	case name == "[method]conn.read":
		return fmt.Sprint(args[0].(*kindsConn).n, " ", args[1])
	case name == "[method]conn.id":
		return args[0].(*kindsConn).n
	case name == "[constructor]conn":
		return &kindsConn{args[0].(uint32)}
	case name == "[static]conn.open":
		return &kindsConn{uint32(len(args[0].(string)))}
	case len(args) == 0:
		return nil
	case len(args) > 1:
		return args
	}
	return args[0]
}

// sumOfBorrowed adds up all resources in a value.
func sumOfBorrowed(v any) (n uint32) {
	switch v := v.(type) {
	case *kindsThing:
		return v.n
	case *kindsConn:
		return v.n
	case []any:
		for _, e := range v {
			n += sumOfBorrowed(e)
		}
	case host.Record:
		for _, f := range v {
			n += sumOfBorrowed(f.Value)
		}
	case host.Variant:
		return sumOfBorrowed(v.Value)
	case host.Option[any]:
		return sumOfBorrowed(v.Value)
	case host.Result[any, any]:
		return sumOfBorrowed(v.OK) + sumOfBorrowed(v.Err)
	}
	return n
}

// kindsArgs gives arguments for each function; those that are called several
// times have blanks behind their names.
func kindsArgs() map[string][]any {
	conn := &kindsConn{7}
	conns := []any{conn, &kindsConn{100}}
	held := host.Record{{Name: "n", Value: uint64(1 << 60)}, {Name: "t", Value: &kindsThing{1000}},
		{Name: "l", Value: []any{[]any{uint8(1), conn}, []any{uint8(2), conn}}}}
	lent := func(name string, v any) host.Variant { return host.Variant{Case: name, Value: v} }
	pair := host.Record{{Name: "a", Value: uint8(200)}, {Name: "b", Value: "hé"}}
	return map[string][]any{
		"of-bool": {true}, "of-s8": {int8(-100)}, "of-u8": {uint8(200)}, "of-u16": {uint16(60000)}, "of-s32": {int32(math.MinInt32)},
		"of-u64": {uint64(math.MaxUint64)}, "of-f32": {float32(1.5)}, "of-f64": {math.Pi}, "of-char": {'é'}, "of-string": {"hello, 世界"},
		"of-single": {host.Record{{Name: "x", Value: int16(-30000)}}}, "of-color": {"green"}, "of-marks": {[]string{"a", "i"}},
		"of-nothing": {}, "of-outcome": {host.Result[any, any]{IsErr: true}}, "of-pair": {pair},
		"of-selection": {host.Variant{Case: "many", Value: []any{pair, pair}}},
		"of-lists":     {[]any{[]string{"a", ""}, []string(nil), []string{strings.Repeat("long", 30000)}}},
		"of-option":    {host.Option[any]{Some: true, Value: uint8(3)}},
		"of-thing":     {&kindsThing{1}}, "of-conns": {[]any{conn, &kindsConn{8}}},
		"of-many":     {uint8(1), uint64(2), float32(3), 4.0, "5", "6", "7", "8", "9", "10", "11", host.Option[any]{Some: true, Value: conn}},
		"sum-of":      {[]any{&kindsThing{1}, &kindsThing{2}}, host.Option[any]{Some: true, Value: conn}, host.Result[any, any]{OK: held}},
		"sum-of ":     {[]any{}, host.Option[any]{}, host.Result[any, any]{IsErr: true, Err: []any{conns, []any{}, conns}}},
		"sum-of-lent": {lent("one", &kindsThing{5})}, "sum-of-lent ": {lent("some", held)}, "sum-of-lent  ": {lent("double", 1.5)},
		"sum-of-list": {[]any{lent("none", nil), lent("number", uint64(1)), lent("some", held), lent("one", &kindsThing{5})}},
		"sum-of-many": {[]any{held, held}, "", "", "", "", "", "", lent("some", held), conn},
		"name-of":     {&kindsThing{30}, &kindsConn{12}}, "[method]conn.read": {conn, uint32(9)},
		"[method]conn.id": {conn}, "[constructor]conn": {uint32(5)}, "[static]conn.open": {"four"}, "same": {uint32(77)},
	}
}

// differs tells which of them are async in one of the worlds.
func differs(name string) bool {
	return name != "same" && name != "[method]conn.id" && name != "[constructor]conn"
}

// TestBridgeKinds has values of all kinds cross a bridge, in both directions.
// Resources keep their identity, those of the interface itself, too.
func TestBridgeKinds(t *testing.T) {
	async, asyncSurface := importer(t, kindsWIT)
	plain, plainSurface := importer(t, strings.ReplaceAll(kindsWIT, "async ", ""))
	const name = "test:kinds/kinds"
	items := func(s *binary.Surface) []*binary.Item { return binary.Find(s.Imports, name).Items }
	for _, c := range []struct {
		name             string
		consumer         *binary.Component
		wanted, provided *binary.Surface
		define           func(d *host.Definitions, name string, async bool)
	}{
		{"async caller", async, asyncSurface, plainSurface, func(d *host.Definitions, name string, _ bool) {
			d.Func(name, host.Func(func(_ *host.Call, args []any) (any, error) { return kindsAnswer(name, args), nil }))
		}},
		{"plain caller", plain, plainSurface, asyncSurface, func(d *host.Definitions, name string, async bool) {
			if !async {
				d.Func(name, host.Func(func(_ *host.Call, args []any) (any, error) { return kindsAnswer(name, args), nil }))
				return
			}
			d.Async(name, host.AsyncFunc(func(_ *host.Call, args []any, done *host.Completion[any]) error {
				if len(name)%2 == 0 {
					done.Resolve(kindsAnswer(name, args))
					return nil
				}
				time.AfterFunc(time.Millisecond, func() { done.Resolve(kindsAnswer(name, args)) })
				return nil
			}))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			diffs := bridge.Differences(items(c.provided), items(c.wanted))
			if len(diffs) != 29 {
				t.Errorf("%d functions differ: %v", len(diffs), diffs)
			}
			bin, err := bridge.NewSource(c.consumer, c.wanted).Build(name, diffs)
			if err != nil {
				t.Fatal(err)
			}
			pre := linkBridge(t, bin, func(l *host.Linker) {
				l.Instance("test:kinds/things").Resource("thing", thingType)
				d := l.Instance(name).Resource("conn", connType).Resource("thing", thingType)
				for name := range kindsArgs() {
					if !strings.HasSuffix(name, " ") {
						c.define(d, name, differs(name))
					}
				}
			})
			in, err := pre.Instantiate(context.Background(), host.InstanceConfig{})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				for fn, args := range kindsArgs() {
					if !differs(fn) {
						continue // the host's own, passed on
					}
					fn = strings.TrimSpace(fn)
					f, err := pre.Function(name, fn)
					if err != nil {
						t.Fatal(err)
					}
					got, err := f.Call(context.Background(), in, args...)
					if err != nil {
						t.Fatalf("%s: %v", fn, err)
					}
					if d := cmp.Diff(kindsAnswer(fn, args), got, cmp.AllowUnexported(kindsThing{}, kindsConn{})); d != "" {
						t.Errorf("%s: %s", fn, d)
					}
					if fn == "of-thing" && got != args[0] {
						t.Error("another thing came back")
					}
				}
			}
			nothingIsOpen(t, in)
			if err := in.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

func linkBridge(t *testing.T, bin []byte, define func(l *host.Linker)) *host.InstancePre {
	t.Helper()
	ctx := context.Background()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(ctx) })
	c, err := e.Compile(ctx, "bridge", bin)
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(e)
	define(l)
	pre, err := l.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	return pre
}
