package guest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

// forwarding is a world whose guest passes each call of its export on to its
// import of the same interface: values go through lifting and lowering in both
// directions.
const forwarding = `package test:forward;

interface api {
  enum color { red, dark-green }
  flags access { read, write, %list }
  flags many { f0, f1, f2, f3, f4, f5, f6, f7, f8 }
  record point { x: f32, y: f64 }
  variant shape { empty, circle(f32), box(tuple<f64, f64>), label(string), dots(list<point>), other(option<s64>) }
  record all {
    b: bool, c: char, i8: s8, n8: u8, i16: s16, n16: u16, i32: s32, n32: u32, i64: s64, n64: u64,
    text: string, color: color, access: access, many: many, points: list<point>, names: list<string>,
    grid: list<list<u16>>, maybe: option<option<bool>>, either: result<point, string>, pair: tuple<u64, char>,
    shapes: list<shape>,
  }
  numbers: func(a: bool, b: s8, c: u16, d: s32, e: u64, f: f32, g: f64, h: char) -> f32;
  echo-all: func(all: all) -> all;
  echo-later: async func(all: all, now: bool) -> all;
  echo-shape: func(shape: shape, color: color) -> shape;
  echo-result: async func(r: result<s64, f32>, now: bool) -> result<f32, string>;
  scalar: async func(x: u32, now: bool) -> bool;
  nothing: async func(now: bool);
  two: async func(s: string, now: bool) -> tuple<string, list<u8>>;
}

world forward {
  import api;
  export api;
}
`

const forwarder = `package export_test_forward_api

import api "` + testTree + `/test_forward_api"

var (
	Numbers    = api.Numbers
	EchoAll    = api.EchoAll
	EchoLater  = api.EchoLater
	EchoShape  = api.EchoShape
	EchoResult = api.EchoResult
	Scalar     = api.Scalar
	Nothing    = api.Nothing
	Two        = api.Two
)
`

// The Go shapes of the world's types on the host's side.
type (
	point struct {
		X float32
		Y float64
	}
	pairOf[A, B any] struct {
		F0 A
		F1 B
	}
	shape struct {
		Case   uint8
		Circle float32
		Box    pairOf[float64, float64]
		Label  string
		Dots   []point
		Other  host.Option[int64]
	}
	all struct {
		B      bool
		C      rune
		I8     int8
		N8     uint8
		I16    int16
		N16    uint16
		I32    int32
		N32    uint32
		I64    int64
		N64    uint64
		Text   string
		Color  uint8
		Access uint8
		Many   uint16
		Points []point
		Names  []string
		Grid   [][]uint16
		Maybe  host.Option[host.Option[bool]]
		Either host.Result[point, string]
		Pair   pairOf[uint64, rune]
		Shapes []shape
	}
	allParam struct{ All all }
	allLater struct {
		All all
		Now bool
	}
	numbers struct {
		A bool
		B int8
		C uint16
		D int32
		E uint64
		F float32
		G float64
		H rune
	}
	shapeParams struct {
		Shape shape
		Color uint8
	}
	resultParams struct {
		R   host.Result[int64, float32]
		Now bool
	}
	scalarParams struct {
		X   uint32
		Now bool
	}
	nowParam  struct{ Now bool }
	twoParams struct {
		S   string
		Now bool
	}
)

// later resolves at once or from another goroutine.
func later[R any](now bool, done *host.Completion[R], v R) error {
	if now {
		done.Resolve(v)
	} else {
		go func() {
			time.Sleep(time.Millisecond)
			done.Resolve(v)
		}()
	}
	return nil
}

func forwardedResult(r host.Result[int64, float32]) host.Result[float32, string] {
	if r.IsErr {
		return host.OK[float32, string](r.Err)
	}
	return host.Err[float32](fmt.Sprint(r.OK))
}

func sum(p numbers) float32 {
	return float32(p.B) + float32(p.C) + float32(p.D) + float32(p.E) + p.F + float32(p.G) + float32(p.H)
}

// forwardHost defines the interface that the guest imports.
func forwardHost(l *host.Linker) {
	d := l.Instance("test:forward/api")
	d.Func("numbers", host.Func(func(_ *host.Call, p numbers) (float32, error) { return sum(p), nil }))
	d.Func("echo-all", host.Func(func(_ *host.Call, p allParam) (all, error) { return p.All, nil }))
	d.Async("echo-later", host.AsyncFunc(func(_ *host.Call, p allLater, done *host.Completion[all]) error {
		return later(p.Now, done, p.All)
	}))
	d.Func("echo-shape", host.Func(func(_ *host.Call, p shapeParams) (shape, error) { return p.Shape, nil }))
	d.Async("echo-result", host.AsyncFunc(func(_ *host.Call, p resultParams, done *host.Completion[host.Result[float32, string]]) error {
		return later(p.Now, done, forwardedResult(p.R))
	}))
	d.Async("scalar", host.AsyncFunc(func(_ *host.Call, p scalarParams, done *host.Completion[bool]) error {
		return later(p.Now, done, p.X > 1<<31)
	}))
	d.Async("nothing", host.AsyncFunc(func(_ *host.Call, p nowParam, done *host.Completion[struct{}]) error {
		return later(p.Now, done, struct{}{})
	}))
	d.Async("two", host.AsyncFunc(func(_ *host.Call, p twoParams, done *host.Completion[pairOf[string, []byte]]) error {
		return later(p.Now, done, pairOf[string, []byte]{p.S + "!", []byte(p.S)})
	}))
}

// buildForwarder gives the component.
func buildForwarder(t *testing.T) []byte {
	w, err := parse(forwarding)
	if err != nil {
		t.Fatal(err)
	}
	poly, err := transform.Polyfill(w, transform.Options{Suffix: "-forward"})
	if err != nil {
		t.Fatal(err)
	}
	files, err := Generate(w, poly, Options{ImportPath: testTree, Package: "main", Main: "forward"})
	if err != nil {
		t.Fatal(err)
	}
	files["export_test_forward_api/api.go"] = []byte(forwarder)
	bin, err := encode.Component(buildProgram(t, files, nil), poly.World, encode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// call calls an export of the forwarder and compares its result.
func call[P, R any](t *testing.T, pre *host.InstancePre, in *host.Instance, name string, p P, want R) {
	t.Helper()
	f, err := host.Export[P, R](pre, "test:forward/api", name)
	if err != nil {
		t.Error(err)
		return
	}
	got, err := f.Call(t.Context(), in, p)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s(%+v):\n%s", name, p, diff)
	}
}

// TestRun runs the forwarder.
func TestRun(t *testing.T) {
	ctx := context.Background()
	e, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	c, err := e.Compile(ctx, "forward", buildForwarder(t))
	if err != nil {
		t.Fatal(err)
	}
	l := host.NewLinker(e)
	wasi.AddToLinker(l)
	forwardHost(l)
	pre, err := l.Link(c)
	if err != nil {
		t.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: wasi.With(nil, wasi.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close(ctx)

	shapes := []shape{
		{Case: 0}, {Case: 1, Circle: 1.5}, {Case: 2, Box: pairOf[float64, float64]{-1, 1e300}}, {Case: 3, Label: "grüße"},
		{Case: 4, Dots: []point{{1, 2}, {3, 4}}}, {Case: 5}, {Case: 5, Other: host.Some(int64(-1))},
	}
	values := []all{
		{C: 'a', Points: []point{}, Names: []string{}, Grid: [][]uint16{}, Shapes: []shape{}, Pair: pairOf[uint64, rune]{0, 'b'}},
		{
			B: true, C: '😀', I8: -128, N8: 255, I16: -1 << 15, N16: 1<<16 - 1, I32: -1 << 31, N32: 1<<32 - 1, I64: -1 << 63, N64: 1<<64 - 1,
			Text: "text", Color: 1, Access: 5, Many: 0x101, Points: []point{{0.5, -0.25}}, Names: []string{"", "one", "two"},
			Grid: [][]uint16{{}, {1, 2, 65535}}, Maybe: host.Some(host.Some(true)), Either: host.Err[point]("no"),
			Pair: pairOf[uint64, rune]{1 << 63, 'é'}, Shapes: shapes,
		},
	}
	n := numbers{true, -5, 60000, -70000, 1 << 40, 0.5, 0.25, 'x'}
	call(t, pre, in, "numbers", n, sum(n))
	for _, v := range values {
		call(t, pre, in, "echo-all", allParam{v}, v)
	}
	for _, s := range shapes {
		call(t, pre, in, "echo-shape", shapeParams{s, 1}, s)
	}
	for _, now := range []bool{true, false} {
		for _, v := range values {
			call(t, pre, in, "echo-later", allLater{v, now}, v)
		}
		for _, r := range []host.Result[int64, float32]{host.OK[int64, float32](-7), host.Err[int64](float32(2.5))} {
			call(t, pre, in, "echo-result", resultParams{r, now}, forwardedResult(r))
		}
		call(t, pre, in, "scalar", scalarParams{1<<31 + 1, now}, true)
		call(t, pre, in, "scalar", scalarParams{1, now}, false)
		call(t, pre, in, "nothing", nowParam{now}, struct{}{})
		call(t, pre, in, "two", twoParams{"s", now}, pairOf[string, []byte]{"s!", []byte("s")})
	}
}
