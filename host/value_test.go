package host_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// A valueLab compiles components from text.
type valueLab struct {
	t      *testing.T
	ctx    context.Context
	engine *host.Engine
}

func newValueLab(t *testing.T) *valueLab {
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close(ctx) })
	return &valueLab{t, ctx, engine}
}

// instantiate gives the error of whichever step fails.
func (l *valueLab) instantiate(text string, define func(*host.Linker)) (*host.InstancePre, *host.Instance, error) {
	l.t.Helper()
	bin, err := wast.Assemble(text)
	if err != nil {
		l.t.Fatal(err)
	}
	c, err := l.engine.Compile(l.ctx, "lab", bin)
	if err != nil {
		return nil, nil, err
	}
	linker := host.NewLinker(l.engine)
	if define != nil {
		define(linker)
	}
	pre, err := linker.Link(c)
	if err != nil {
		return nil, nil, err
	}
	in, err := pre.Instantiate(l.ctx, host.InstanceConfig{})
	if err != nil {
		return pre, nil, err
	}
	l.t.Cleanup(func() { in.Close(l.ctx) })
	return pre, in, nil
}

// get reads an exported value.
func (l *valueLab) get(pre *host.InstancePre, in *host.Instance, iface, name string) any {
	l.t.Helper()
	v, err := pre.Value(iface, name)
	if err != nil {
		l.t.Fatal(err)
	}
	got, err := v.Get(in)
	if err != nil {
		l.t.Fatal(err)
	}
	return got
}

// same is the core module of a function that gives back the list it gets.
const same = `(core module $same
	(memory (export "memory") 1)
	(global $end (mut i32) (i32.const 64))
	(func (export "realloc") (param i32 i32 i32 i32) (result i32)
		(global.set $end (i32.and (i32.add (global.get $end) (i32.const 7)) (i32.const -8)))
		(global.get $end)
		(global.set $end (i32.add (global.get $end) (local.get 3))))
	(func (export "same") (param i32 i32) (result i32)
		(i32.store (i32.const 0) (local.get 0)) (i32.store offset=4 (i32.const 0) (local.get 1)) (i32.const 0)))
	(core instance $i (instantiate $same))`

// valueCases are types with two values each: in text, and as Go has them.
var valueCases = []struct {
	typ, text string
	want      any // the list of both
}{
	{"bool", "false true", []bool{false, true}},
	{"s8", "-128 127", []int8{-128, 127}},
	{"u8", "0 255", []uint8{0, 255}},
	{"s16", "-32768 32767", []int16{math.MinInt16, math.MaxInt16}},
	{"u16", "128 65535", []uint16{128, math.MaxUint16}},
	{"s32", "-2147483648 -65", []int32{math.MinInt32, -65}},
	{"u32", "64 4294967295", []uint32{64, math.MaxUint32}},
	{"s64", "-9223372036854775808 9223372036854775807", []int64{math.MinInt64, math.MaxInt64}},
	{"u64", "1 18446744073709551615", []uint64{1, math.MaxUint64}},
	{"f32", "-0.5 inf", []float32{-0.5, float32(math.Inf(1))}},
	{"f64", "1e300 -inf", []float64{1e300, math.Inf(-1)}},
	{"char", "'a' '🌍'", []rune{'a', '🌍'}},
	{"string", `"" "grüße"`, []string{"", "grüße"}},
	{`(record (field "a" u8) (field "b" string))`, `(record 1 "x") (record 2 "")`,
		[]any{host.Record{{Name: "a", Value: uint8(1)}, {Name: "b", Value: "x"}}, host.Record{{Name: "a", Value: uint8(2)}, {Name: "b", Value: ""}}}},
	{`(variant (case "a") (case "b" u64) (case "c" string))`, `(variant "b" 7) (variant "a")`,
		[]any{host.Variant{Case: "b", Value: uint64(7)}, host.Variant{Case: "a"}}},
	{`(enum "red" "green" "blue")`, `(enum "blue") (enum "red")`, []any{"blue", "red"}},
	{`(flags "a" "b" "c" "d" "e" "f" "g" "h" "i")`, `(flags "i" "b") (flags)`, []any{[]string{"b", "i"}, []string(nil)}},
	{`(tuple u8 string char)`, `(tuple 1 "2" '3') (tuple 4 "" '5')`, []any{[]any{uint8(1), "2", '3'}, []any{uint8(4), "", '5'}}},
	{`(list (list u16))`, `(list (list 1 2) (list)) (list)`, []any{[]any{[]uint16{1, 2}, []uint16(nil)}, []any(nil)}},
	{`(list u8 3)`, `(list 1 2 3) (list 4 5 6)`, []any{[]uint8{1, 2, 3}, []uint8{4, 5, 6}}},
	{`(map string u8)`, `(list (tuple "a" 1)) (list)`, []any{[]any{[]any{"a", uint8(1)}}, []any(nil)}},
	{`(option string)`, `none (some "x")`, []any{host.None[any](), host.Some[any]("x")}},
	{`(result)`, `ok error`, []any{host.OK[any, any](nil), host.Err[any, any](nil)}},
	{`(result u8)`, `(ok 1) error`, []any{host.OK[any, any](uint8(1)), host.Err[any, any](nil)}},
	{`(result (error string))`, `ok (error "no")`, []any{host.OK[any, any](nil), host.Err[any, any]("no")}},
	{`(result (option u8) (error (tuple char)))`, `(ok (some 1)) (error (tuple 'x'))`,
		[]any{host.OK[any, any](host.Some[any](uint8(1))), host.Err[any, any]([]any{'x'})}},
}

// TestValues sends a constant of each type on the whole way: it is imported by
// a component within, given to a start function that gives it back, exported,
// and read.
func TestValues(t *testing.T) {
	var text strings.Builder
	text.WriteString("(component ")
	for i, c := range valueCases {
		fmt.Fprintf(&text, `
			(type $p%[1]d %[2]s) (export $t%[1]d "t%[1]d" (type $p%[1]d))
			(value $v%[1]d (list $t%[1]d) (list %[3]s))
			(component $c%[1]d
				(import "t" (type $t (eq $t%[1]d)))
				(import "v" (value $v (list $t)))
				%[4]s
				(func $f (param "v" (list $t)) (result (list $t))
					(canon lift (core func $i "same") (memory $i "memory") (realloc (core func $i "realloc"))))
				(start $f (value $v) (result (value $w)))
				(export "w" (value $w)))
			(instance $i%[1]d (instantiate $c%[1]d (with "t" (type $t%[1]d)) (with "v" (value $v%[1]d))))
			(export "w%[1]d" (value $i%[1]d "w"))`, i, c.typ, c.text, same)
	}
	lab := newValueLab(t)
	pre, in, err := lab.instantiate(text.String()+")", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range valueCases {
		v, err := pre.Value("", fmt.Sprintf("w%d", i))
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.Get(in)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %#v, %v, want %#v", c.typ, got, err, c.want)
		}
		if again, err := v.Type().Canonical(got); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s: %#v is not canonical: %v", c.typ, got, err)
		}
	}
	if s := in.Stats(); s != (host.InstanceStats{}) {
		t.Errorf("left over: %v", s)
	}
}

func assembled(t *testing.T, text string) []byte {
	t.Helper()
	bin, err := wast.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}
