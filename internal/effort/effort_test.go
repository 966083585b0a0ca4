package effort

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

func parse(t *testing.T, text string) *wasm.Module {
	t.Helper()
	bin, err := wat.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := wasm.Parse(bin)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestCounts compares what is counted in functions with what was counted by
// hand; weights of instructions are left out.
func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       counts
	}{
		{"a straight line", `(func (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))`,
			counts{args: 3, vars: 1, blocks: 1, depths: 1, crowd: 1, squares: 1, live: 1}},
		{"branches to the end", `(func (local i32) (br_if 0 (local.get 0)) (br_if 0 (local.get 0)))`,
			counts{vars: 1, blocks: 5, finds: 1, aliases: 1, crowd: 9, depths: 0 + 2 + 1 + 4 + 2 + 1}},
		{"an if with both branches", `(func (local i32) (if (local.get 0) (then) (else)) (drop (local.get 0)))`,
			counts{vars: 1, blocks: 4, meets: 1, paths: 2, chains: 4, reach: 2, aliases: 1, crowd: 5, depths: 2 + 1 + 1 + 1 + 1 + 2}},
		{"a loop that moves a value", `(func (local i32 i32) (loop (local.set 0 (local.get 1)) (br_if 0 (local.get 0))))`,
			counts{vars: 1, blocks: 5, meets: 1, paths: 2, chains: 3, finds: 1, aliases: 1, crowd: 5, nesting: 1, moves: 1, depths: 0 + 1 + 1 + 4 + 2 + 3 + 3 + 4}},
		{"a global in two blocks", `(global i32 (i32.const 0)) (memory 1) (func (drop (global.get 0)) (br_if 0 (global.get 0)) (drop (global.get 0)))`,
			counts{loaded: 3, blocks: 3, finds: 1, aliases: 1, crowd: 4, depths: 0 + 2 + 1 + 1}},
		{"code that cannot be reached", `(func (local i32) (return) (block (br_if 0 (local.get 0))))`,
			counts{blocks: 1, crowd: 1, depths: 0 + 1}},
	} {
		m := parse(t, "(module "+c.text+")")
		bodies, _ := m.Bodies()
		w := &walker{m: newModule(m)}
		got, err := w.function(m.Types[0], bodies[0])
		if err != nil {
			t.Fatal(err)
		}
		if got.instrs = 0; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// TestErrors refuses modules whose cost cannot be told.
func TestErrors(t *testing.T) {
	for want, b := range map[string]*wasm.Builder{
		"function 0: unknown instruction": {Types: []wasm.FuncType{{}}, Funcs: []wasm.Func{{Body: []byte{0xff, 0x0b}}}},
	} {
		m, err := wasm.Parse(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Of(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// FuzzOf looks at arbitrary code, and sees to it that more of it does not cost
// less.
func FuzzOf(f *testing.F) {
	const suite = "../../../shared/suites/component-model"
	for _, bin := range wast.Binaries(suite) {
		f.Add(bin)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := &wasm.Builder{
			Types: []wasm.FuncType{{}, {Params: []wasm.ValType{wasm.I32}, Results: []wasm.ValType{wasm.I32}}},
			Funcs: []wasm.Func{{Type: 1, Raw: append([]byte{1, 9, 0x7f}, body...)}}, Tags: []uint32{0},
		}
		m, err := wasm.Parse(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		bound, err := Of(m)
		if err != nil {
			return
		}
		if bound.Time < 0 || bound.Memory < 0 || math.IsNaN(bound.Time+bound.Memory) || math.IsInf(bound.Time+bound.Memory, 0) {
			t.Errorf("%+v", bound)
		}
		b.Funcs[0].Raw = append(append([]byte{1, 9, 0x7f}, 0x20, 0, 0x0d, 0), body...)
		if m, err = wasm.Parse(b.Bytes()); err != nil {
			t.Fatal(err)
		}
		if more, err := Of(m); err != nil || more.Time < bound.Time {
			t.Errorf("%v, and with a branch before %v, %v", bound, more, err)
		}
	})
}
