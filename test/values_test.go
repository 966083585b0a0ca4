package test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/bindings"
	values "github.com/isyswasfa/isyswasfa/test/cases/values/host"
)

// echoHost answers what it is given; it is the host's side of both echo
// interfaces.
type echoHost struct{ pause time.Duration }

func (h echoHost) wait() { time.Sleep(h.pause) }

func (h echoHost) Ints(_ context.Context, a uint8, b int8, c uint16, d int16, e uint32, f int32, g uint64, i int64) (host.Tuple8[uint8, int8, uint16, int16, uint32, int32, uint64, int64], error) {
	h.wait()
	return host.Tuple8[uint8, int8, uint16, int16, uint32, int32, uint64, int64]{F0: a, F1: b, F2: c, F3: d, F4: e, F5: f, F6: g, F7: i}, nil
}

func (h echoHost) Floats(_ context.Context, a float32, b float64, c bool) (host.Tuple3[float32, float64, bool], error) {
	h.wait()
	return host.Tuple3[float32, float64, bool]{F0: a, F1: b, F2: c}, nil
}

func (h echoHost) Texts(_ context.Context, a rune, b string, c []rune, d []bool) (host.Tuple4[rune, string, []rune, []bool], error) {
	h.wait()
	return host.Tuple4[rune, string, []rune, []bool]{F0: a, F1: b, F2: c, F3: d}, nil
}

func (h echoHost) Labels(_ context.Context, c values.Color, p values.Perms, m values.Many) (host.Tuple3[values.Color, values.Perms, values.Many], error) {
	h.wait()
	return host.Tuple3[values.Color, values.Perms, values.Many]{F0: c, F1: p, F2: m}, nil
}

func (h echoHost) RecordOfAll(_ context.Context, m values.Mixed) (values.Mixed, error) {
	h.wait()
	return m, nil
}

func (h echoHost) Variants(_ context.Context, s values.Shape, more []values.Shape) (host.Tuple2[values.Shape, []values.Shape], error) {
	h.wait()
	return host.Tuple2[values.Shape, []values.Shape]{F0: s, F1: more}, nil
}

func (h echoHost) Trees(_ context.Context, t values.Tree) (values.Tree, error) {
	h.wait()
	return t, nil
}

func (h echoHost) Plenty(_ context.Context, a, b values.Mixed, c values.Points) (host.Tuple3[values.Mixed, values.Mixed, values.Points], error) {
	h.wait()
	return host.Tuple3[values.Mixed, values.Mixed, values.Points]{F0: a, F1: b, F2: c}, nil
}

func (h echoHost) Tables(_ context.Context, m map[string]values.Mixed, n map[uint32][]string) (host.Tuple2[map[string]values.Mixed, map[uint32][]string], error) {
	h.wait()
	return host.Tuple2[map[string]values.Mixed, map[uint32][]string]{F0: m, F1: n}, nil
}

func (h echoHost) Arrays(_ context.Context, a [4]uint32, b [2]host.Tuple2[string, uint8]) (host.Tuple2[[4]uint32, [2]host.Tuple2[string, uint8]], error) {
	h.wait()
	return host.Tuple2[[4]uint32, [2]host.Tuple2[string, uint8]]{F0: a, F1: b}, nil
}

func (h echoHost) Results(_ context.Context, r host.Result[values.Mixed, values.Shape]) (values.Mixed, error) {
	h.wait()
	if r.IsErr {
		return r.OK, fmt.Errorf("wrapped: %w", r.Err)
	}
	return r.OK, nil
}

func (h echoHost) Failures(_ context.Context, r host.Result[uint32, string]) (uint32, error) {
	h.wait()
	if r.IsErr {
		return 0, bindings.Fail(r.Err)
	}
	return r.OK, nil
}

func (h echoHost) Colors(_ context.Context, r host.Result[struct{}, values.Color]) error {
	h.wait()
	if r.IsErr {
		return r.Err
	}
	return nil
}

func (h echoHost) Bare(_ context.Context, r host.Result[string, struct{}]) (string, error) {
	h.wait()
	if r.IsErr {
		return "", errors.New("any error")
	}
	return r.OK, nil
}

// worldHost has the functions of the world itself.
type worldHost struct{}

func (worldHost) Nothing(context.Context) error                      { return nil }
func (worldHost) Add(_ context.Context, a, b uint32) (uint32, error) { return a + b, nil }
func (worldHost) Later(_ context.Context, s string) (string, error)  { return s + "!", nil }

func startValues(t testing.TB) *values.Values { return startValuesWith(t, new(thingsHost)) }

func startValuesWith(t testing.TB, things *thingsHost) *values.Values {
	t.Helper()
	engine, c := compiled(t, "values")
	w, err := values.Instantiate(context.Background(), engine, c, values.Imports{
		Echo: echoHost{}, EchoLater: echoHost{pause: time.Millisecond}, World: worldHost{},
		Flows: flowsHost{}, Things: things,
	}, host.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(context.Background()) })
	return w
}

// TestValues sends random values of every type through the guest and back,
// sync and async, from several goroutines at once.
func TestValues(t *testing.T) {
	w := startValues(t)
	var wg sync.WaitGroup
	for seed := range uint64(8) {
		wg.Go(func() {
			r := random{rand.New(rand.NewPCG(seed, 1))}
			for range 40 {
				echoAll(t, r, w.Echo)
				echoAll(t, r, w.EchoLater)
				worldFunctions(t, r, w)
			}
		})
	}
	wg.Wait()
	if s := w.Instance().Stats(); s.Tasks != 0 || s.Handles != 0 || s.HostWork != 0 {
		t.Errorf("left over: %v", s)
	}
}

// echoes is what both exported interfaces have.
type echoes interface {
	Results(context.Context, host.Result[values.Mixed, values.Shape]) (values.Mixed, error)
	Failures(context.Context, host.Result[uint32, string]) (uint32, error)
	Colors(context.Context, host.Result[struct{}, values.Color]) error
	Bare(context.Context, host.Result[string, struct{}]) (string, error)
}

// echoAll calls every method of e with random values. Those that answer a
// tuple answer their parameters, the others their only one.
func echoAll(t *testing.T, r random, e echoes) {
	v := reflect.ValueOf(e)
	for i := range v.NumMethod() {
		name, typ := v.Type().Method(i).Name, v.Method(i).Type()
		if _, isResult := reflect.TypeFor[echoes]().MethodByName(name); isResult {
			continue
		}
		args := []reflect.Value{reflect.ValueOf(t.Context())}
		for j := 1; j < typ.NumIn(); j++ {
			args = append(args, r.value(typ.In(j)))
		}
		out := v.Method(i).Call(args)
		if err := out[1].Interface(); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		for j, arg := range args[1:] {
			got := out[0]
			if typ.NumIn() > 2 {
				got = got.Field(j)
			}
			if diff := cmp.Diff(arg.Interface(), got.Interface()); diff != "" {
				t.Errorf("%s: parameter %d, given and answered:\n%s", name, j, diff)
				return
			}
		}
	}
	echoResults(t, r, e)
}

func echoResults(t *testing.T, r random, e echoes) {
	ctx := t.Context()
	mixed := fill[host.Result[values.Mixed, values.Shape]](r)
	var got host.Result[values.Mixed, values.Shape]
	var err error
	if got.OK, err = e.Results(ctx, mixed); err != nil {
		got.Err, got.IsErr = errors.AsType[values.Shape](err)
	}
	if diff := cmp.Diff(mixed, got); diff != "" {
		t.Errorf("Results: %v\n%s", err, diff)
	}
	failure := fill[host.Result[uint32, string]](r)
	var back host.Result[uint32, string]
	if back.OK, err = e.Failures(ctx, failure); err != nil {
		back.Err, back.IsErr = bindings.AsValue[string](err)
	}
	if failure != back {
		t.Errorf("Failures: %v, %v instead of %v", err, back, failure)
	}
	color := fill[host.Result[struct{}, values.Color]](r)
	if err := e.Colors(ctx, color); color.IsErr != (err != nil) || err != nil && err != color.Err {
		t.Errorf("Colors: %v instead of %v", err, color)
	}
	bare := fill[host.Result[string, struct{}]](r)
	if s, err := e.Bare(ctx, bare); s != bare.OK || bare.IsErr && err != bindings.ErrFailed || !bare.IsErr && err != nil {
		t.Errorf("Bare: %q, %v instead of %v", s, err, bare)
	}
}

func worldFunctions(t *testing.T, r random, w *values.Values) {
	a, b := r.Uint32(), r.Uint32()
	if err := w.Nothing(t.Context()); err != nil {
		t.Errorf("Nothing: %v", err)
	}
	if sum, err := w.Add(t.Context(), a, b); sum != a+b || err != nil {
		t.Errorf("Add: %d, %v", sum, err)
	}
	s := fill[string](r)
	if got, err := w.Later(t.Context(), s); got != s+"!" || err != nil {
		t.Errorf("Later: %q, %v", got, err)
	}
}

// random makes values of the types of generated bindings.
type random struct{ *rand.Rand }

func fill[T any](r random) T { return r.value(reflect.TypeFor[T]()).Interface().(T) }

func (r random) value(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	r.set(v)
	return v
}

// flagsOf has what reflection cannot see: how many flags a type has.
var flagsOf = map[reflect.Type]int{reflect.TypeFor[values.Perms](): 3, reflect.TypeFor[values.Many](): 20}

func (r random) set(v reflect.Value) {
	t := v.Type()
	switch t.Kind() {
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> (64 - t.Bits()))
	case reflect.Int32: // maybe a rune
		v.SetInt(int64(r.rune()))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := t.Bits()
		if f := flagsOf[t]; f > 0 {
			n = f
		}
		v.SetUint(r.Uint64() >> (64 - n))
		if n := cases(t); n > 0 {
			v.SetUint(uint64(r.IntN(n)))
		}
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(float32(r.NormFloat64())))
	case reflect.String:
		v.SetString(r.text())
	case reflect.Slice:
		if n := r.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(t, n, n))
			for i := range n {
				r.set(v.Index(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			r.set(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		for range r.IntN(4) {
			v.SetMapIndex(r.value(t.Key()), r.value(t.Elem()))
		}
	case reflect.Struct:
		r.setStruct(v)
	}
}

// setStruct sets a record or tuple, or of an option, result or variant what
// its first field says.
func (r random) setStruct(v reflect.Value) {
	if v.NumField() == 0 {
		return
	}
	r.set(v.Field(0))
	switch v.Type().Field(0).Name {
	case "Some":
		if v.Field(0).Bool() {
			r.set(v.Field(1))
		}
	case "IsErr":
		arm := 1
		if v.Field(0).Bool() {
			arm = 2
		}
		r.set(v.Field(arm))
	case "Case":
		name := fmt.Sprint(v.Field(0))
		if payload := v.FieldByName(strings.ToUpper(name[:1]) + name[1:]); payload.IsValid() {
			r.set(payload)
		}
	default:
		for i := 1; i < v.NumField(); i++ {
			r.set(v.Field(i))
		}
	}
}

// cases counts the cases of an enum or of a variant's Case.
func cases(t reflect.Type) int {
	v := reflect.New(t).Elem()
	n := 0
	for ; n < 1<<t.Bits(); n++ {
		v.SetUint(uint64(n))
		s, ok := v.Interface().(fmt.Stringer)
		if !ok || strings.HasPrefix(s.String(), "unknown case") {
			break
		}
	}
	return n
}

func (r random) rune() rune {
	for {
		c := rune(r.Uint32() >> (11 + r.IntN(20)))
		if utf8.ValidRune(c) {
			return c
		}
	}
}

func (r random) text() string {
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteRune(r.rune())
	}
	return b.String()
}
