package transform_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// TestABI has the core signatures and the layouts of results that every host
// and guest of the convention relies on: of the functions of isyswasfa's
// interfaces, and of those that the original's worlds have after rewriting.
// A layout is size and alignment in bytes, then what stands at which offset.
func TestABI(t *testing.T) {
	const (
		isy     = "import isyswasfa:isyswasfa/isyswasfa "
		http    = "import wasi:http/types@0.3.0-draft "
		handler = "wasi:http/handler@0.3.0-draft "
		trailer = "isyswasfa-receiver-own-trailers"
		events  = "8/4 list ptr@0 len@4"
	)
	funcs := map[string]*wit.Function{}
	for name, suffix := range map[string]string{"round-trip": "-round-trip", "proxy": "-echo"} {
		collect(funcs, polyfilled(t, name, suffix).World)
	}
	for _, c := range []struct{ function, imported, exported, result string }{
		{isy + "make-task", "(ret)", "", "12/4 tuple[own@0 own@4 own@8]"},
		{isy + "[method]ready.state", "(i32) -> i32", "", "4/4 u32@0"},
		{"import isyswasfa:io/poll block-isyswasfa-start", "(i32 ret)", "", "8/4 result tag@0 error:own@4"},
		{"import isyswasfa:io/poll block-isyswasfa-result", "(i32)", "", ""},
		{"import isyswasfa:io/pipe make-pipe", "(ret)", "", "8/4 tuple[own@0 own@4]"},
		{"export component:test/baz foo-isyswasfa-start", "(i32 i32 ret)", "(i32 i32) -> ptr", "12/4 result tag@0 ok:string ptr@4 len@8 error:own@4"},
		{"export component:test/baz foo-isyswasfa-result", "(i32 ret)", "(i32) -> ptr", "8/4 string ptr@0 len@4"},
		{"import " + handler + "handle-isyswasfa-start", "(i32 ret)", "(i32) -> ptr", "48/8 result tag@0 ok:result tag@8 ok:own@16 error:variant tag@16 … error:own@8"},
		{"export " + handler + "handle-isyswasfa-result", "(i32 ret)", "(i32) -> ptr", "40/8 result tag@0 ok:own@8 error:variant tag@8 …"},
		{http + "[static]body.finish-isyswasfa-start", "(i32 ret)", "", "48/8 result tag@0 ok:result tag@8 ok:option tag@16 some:own@20 error:variant tag@16 … error:own@8"},
		{http + "[static]body.finish-isyswasfa-result", "(i32 ret)", "", "40/8 result tag@0 ok:option tag@8 some:own@12 error:variant tag@8 …"},
		{http + "[static]" + trailer + ".receive-isyswasfa-start", "(i32 ret)", "", "12/4 result tag@0 ok:option tag@4 some:own@8 error:own@4"},
		{http + "[static]" + trailer + ".receive-isyswasfa-result", "(i32 ret)", "", "8/4 option tag@0 some:own@4"},
		{http + "[static]isyswasfa-sender-own-trailers.send", "(i32 i32)", "", ""},
		{http + "isyswasfa-pipe-own-trailers", "(ret)", "", "8/4 tuple[own@0 own@4]"},
		{"export isyswasfa-poll-round-trip", "", "(i32 i32) -> ptr", events},
		{"export isyswasfa-poll-echo", "", "(i32 i32) -> ptr", events},
		{http + "[method]fields.set", "(i32 i32 i32 i32 i32 ret)", "", "2/1 result tag@0 error:variant tag@1"},
		{http + "[method]request-options.set-connect-timeout", "(i32 i32 i64 ret)", "", "2/1 result tag@0 error:variant tag@1"},
		{http + "[method]request.set-scheme", "(i32 i32 i32 i32 i32) -> i32", "", "1/1 result tag@0"},
	} {
		f := funcs[c.function]
		if f == nil {
			t.Errorf("there is no %s", c.function)
			continue
		}
		ft, err := abi.FuncFromWIT(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := flat(ft, abi.Lowered); c.imported != "" && got != c.imported {
			t.Errorf("%s, imported: %s, want %s", c.function, got, c.imported)
		}
		if got := flat(ft, abi.Lifted); c.exported != "" && got != c.exported {
			t.Errorf("%s, exported: %s, want %s", c.function, got, c.exported)
		}
		got := ""
		if ft.Result != nil {
			got = fmt.Sprintf("%d/%d %s", ft.Result.Size(), ft.Result.Align(), layout(ft.Result, 0))
		}
		if got != c.result {
			t.Errorf("%s: result is %s, want %s", c.function, got, c.result)
		}
	}
	for name, want := range map[string]string{
		"poll-input":  "12/4 variant tag@0 listening:record[u32@4 own@8] ready:record[u32@4 own@8] cancel:record[u32@4 own@8] cancel-complete:u32@4",
		"poll-output": "12/4 variant tag@0 ready:record[u32@4 own@8] listen:record[u32@4 own@8] pending:record[u32@4 own@8] cancel:own@4 cancel-complete:own@4",
	} {
		typ := element(t, funcs["export isyswasfa-poll-echo"], name)
		if got := fmt.Sprintf("%d/%d %s", typ.Size(), typ.Align(), layout(typ, 0)); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	code := funcs["import wasi:http/handler@0.3.0-draft handle-isyswasfa-result"].Result.(*wit.TypeDef).Kind.(*wit.Result).Err
	if typ, err := abi.FromWIT(code); err != nil || typ.Size() != 32 || typ.Align() != 8 || typ.PayloadOffset() != 8 || len(typ.Cases) != 39 {
		t.Errorf("error-code is %v, %v", typ, err)
	}
}

// polyfilled gives a world of the original.
func polyfilled(t *testing.T, world, suffix string) *transform.Result {
	t.Helper()
	c := &testCase{world: world, texts: map[string]string{}}
	c.readDir(t, "testdata/original")
	w, err := c.load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := transform.Polyfill(w, transform.Options{Suffix: suffix, OriginalRules: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func collect(funcs map[string]*wit.Function, w *wit.World) {
	for word, items := range map[string][]*wit.WorldItem{"import ": w.Imports, "export ": w.Exports} {
		for _, it := range items {
			if it.Func != nil {
				funcs[word+it.Name] = it.Func
			} else if it.Interface != nil {
				for _, f := range it.Interface.Funcs {
					funcs[word+it.Name+" "+f.ABIName()] = f
				}
			}
		}
	}
}

// element gives the type of the elements of a list that the poll function
// takes or gives.
func element(t *testing.T, poll *wit.Function, name string) *abi.Type {
	t.Helper()
	for _, typ := range []wit.Type{poll.Params[0].Type, poll.Result} {
		elem := typ.(*wit.TypeDef).Kind.(*wit.List).Elem.(*wit.TypeDef)
		if elem.Name == name {
			a, err := abi.FromWIT(elem)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
	t.Fatalf("the poll function has no list of %s", name)
	return nil
}

// flat describes a core signature.
func flat(ft *abi.FuncType, dir abi.Direction) string {
	names := map[abi.CoreType]string{abi.I32: "i32", abi.I64: "i64", abi.CF32: "f32", abi.CF64: "f64"}
	sig := ft.Flatten(dir)
	var params []string
	for _, p := range sig.Params {
		params = append(params, names[p])
	}
	result := ""
	switch {
	case sig.IndirectResult && dir == abi.Lowered:
		params[len(params)-1] = "ret"
	case sig.IndirectResult:
		result = " -> ptr"
	case len(sig.Results) > 0:
		result = " -> " + names[sig.Results[0]]
	}
	return "(" + strings.Join(params, " ") + ")" + result
}

// layout describes what of a type stands at which offset. Variants that
// have very many cases are cut off.
func layout(t *abi.Type, at uint32) string {
	switch t.Kind {
	case abi.String, abi.List:
		return fmt.Sprintf("%s ptr@%d len@%d", t.Kind, at, at+4)
	case abi.Tuple, abi.Record:
		var parts []string
		for i, f := range t.Fields {
			parts = append(parts, layout(f.Type, at+t.FieldOffsets()[i]))
		}
		return fmt.Sprintf("%s[%s]", t.Kind, strings.Join(parts, " "))
	case abi.Variant, abi.Option, abi.Result:
		s := fmt.Sprintf("%s tag@%d", t.Kind, at)
		if len(t.Cases) > 9 {
			return s + " …"
		}
		for _, c := range t.Cases {
			if c.Type != nil {
				s += " " + c.Name + ":" + layout(c.Type, at+t.PayloadOffset())
			}
		}
		return s
	}
	return fmt.Sprintf("%s@%d", t.Kind, at)
}

type token struct{}

type event struct {
	State uint32
	Token *token
}

// The poll function takes and gives these.
type pollInput struct {
	Case                     uint8
	Listening, Ready, Cancel event
	CancelComplete           uint32
}

type pollOutput struct {
	Case                   uint8
	Ready, Listen, Pending event
	Cancel, CancelComplete *token
}

// memory is a guest's memory whose allocator only goes up.
type memory struct {
	bytes []byte
	next  uint32
}

func (m *memory) Size() uint32 { return uint32(len(m.bytes)) }

func (m *memory) Read(off, n uint32) ([]byte, bool) {
	return m.bytes[off : off+n : off+n], uint64(off)+uint64(n) <= uint64(len(m.bytes))
}

func (m *memory) realloc(_ context.Context, _, _, align, size uint32) (uint32, error) {
	p := abi.AlignTo(m.next, align)
	m.next = p + size
	return p, nil
}

// TestEventBytes passes one event of each kind to a poll function and takes
// one of each kind from it.
func TestEventBytes(t *testing.T) {
	ft, err := abi.FuncFromWIT(polyfilled(t, "proxy", "-echo").Poll)
	if err != nil {
		t.Fatal(err)
	}
	rt := &abi.ResourceType{Name: "token", Go: reflect.TypeFor[*token]()}
	type params struct{ Input []pollInput }
	p, err := abi.BindGo(ft, reflect.TypeFor[params](), reflect.TypeFor[[]pollOutput](), func(any) (abi.ResourceRef, error) {
		return abi.ResourceRef{Type: rt}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{bytes: make([]byte, 256), next: 0x40}
	table := &abi.Table{}
	cx := &abi.Call{Ctx: t.Context(), Opts: &abi.Options{Memory: m, Realloc: m.realloc, Table: table}}
	in := params{[]pollInput{
		{Case: 0, Listening: event{0x11, new(token)}},
		{Case: 1, Ready: event{0x22, new(token)}},
		{Case: 2, Cancel: event{0x33, new(token)}},
		{Case: 3, CancelComplete: 0x44},
	}}
	stack := make([]uint64, 2)
	if err := p.LowerParams(cx, stack, unsafe.Pointer(&in)); err != nil {
		t.Fatal(err)
	}
	if stack[0] != 0x40 || stack[1] != 4 {
		t.Errorf("the list is at %#x with %d events", stack[0], stack[1])
	}
	sent := m.bytes[0x40 : 0x40+4*12]
	for i := range 4 {
		copy(sent[i*12+1:i*12+4], "\x00\x00\x00") // padding
	}
	want := "000000001100000001000000" + "010000002200000002000000" + "020000003300000003000000" + "0300000044000000" + hex.EncodeToString(sent[44:])
	if got := hex.EncodeToString(sent); got != want {
		t.Errorf("events are\n%s, want\n%s", got, want)
	}

	// The guest answers with the handles it got, 1 to 3, and two more.
	for range 2 {
		if _, err := table.AddOwn(rt, 0, unsafe.Pointer(new(token))); err != nil {
			t.Fatal(err)
		}
	}
	answer, _ := hex.DecodeString("000000001100000001000000" + "010000002200000002000000" + "020000003300000003000000" +
		"030000000400000000000000" + "040000000500000000000000")
	copy(m.bytes[0x80:], answer)
	copy(m.bytes[0x20:], []byte{0x80, 0, 0, 0, 5, 0, 0, 0})
	var out []pollOutput
	if err := p.LiftResult(cx, []uint64{0x20}, unsafe.Pointer(&out)); err != nil {
		t.Fatal(err)
	}
	if len(out) != 5 || out[0].Ready.State != 0x11 || out[1].Listen.State != 0x22 || out[2].Pending.State != 0x33 ||
		out[3].Cancel == nil || out[4].CancelComplete == nil || table.Len() != 0 {
		t.Errorf("got %+v, %d handles left", out, table.Len())
	}
}
