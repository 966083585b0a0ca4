package abi

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"testing"
)

// testdata/definitions.json holds what the specification's executable model
// (canonical-abi/definitions.py) answered to random questions: values lifted
// from memory images, half of them damaged, values lifted from arbitrary core
// values, and sequences of operations on a handle table.
type definitions struct {
	Memory []struct {
		Type        []any
		Enc         StringEncoding
		Size, Align uint32
		Flat        string
		Ptr         uint32
		Mem, Want   string
	}
	Flat []struct {
		Type            []any
		Core            []string
		Flat, Mem, Want string
	}
	Tables []struct {
		Ops  []string
		Live int
	}
}

func readDefinitions(t *testing.T) *definitions {
	b, err := os.ReadFile("testdata/definitions.json")
	if err != nil {
		t.Fatal(err)
	}
	d := new(definitions)
	if err := json.Unmarshal(b, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func flatText(flat []CoreType) (s string) {
	for _, c := range flat {
		s += map[CoreType]string{I32: "i", I64: "I", CF32: "f", CF64: "F"}[c]
	}
	return s
}

func memoryOf(t *testing.T, image string) *fakeGuest {
	mem, err := hex.DecodeString(image)
	if err != nil {
		t.Fatal(err)
	}
	return &fakeGuest{mem: mem}
}

// answer prints what was lifted, or "trap" for a trap.
func answer(tuple *Type, v reflect.Value, err error) string {
	if code(err) != 0 {
		return "trap"
	} else if err != nil {
		return err.Error()
	}
	return text(tuple, v.Elem())
}

func TestLoadAsDefined(t *testing.T) {
	for i, c := range readDefinitions(t).Memory {
		ft, g, _ := signature(c.Type, nil)
		tuple := ft.ParamTuple()
		if tuple.Size() != c.Size || tuple.Align() != c.Align || flatText(tuple.Flat()) != c.Flat {
			t.Errorf("case %d: %s: size %d align %d flat %s, want %d %d %s", i, describe(c.Type),
				tuple.Size(), tuple.Align(), flatText(tuple.Flat()), c.Size, c.Align, c.Flat)
			continue
		}
		p, err := BindGo(ft, g, reflect.TypeFor[struct{}](), nil)
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		cx := memoryOf(t, c.Mem).call(c.Enc)
		cx.begin()
		v := reflect.New(g)
		if err = cx.view(); err == nil {
			err = p.params.load(cx, c.Ptr, v.UnsafePointer())
		}
		if got := answer(tuple, v, err); got != c.Want {
			t.Errorf("case %d: %s:\n got %s (%v)\nwant %s", i, describe(c.Type), got, err, c.Want)
		}
		checkMove(t, i, ft, c.Mem, c.Enc, c.Ptr, g, c.Want)
	}
}

// checkMove moves the same value to another memory, in each encoding, and
// lifts it there.
func checkMove(t *testing.T, i int, ft *FuncType, image string, enc StringEncoding, ptr uint32, g reflect.Type, want string) {
	tr, err := BindTransfer(ft, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := BindGo(ft, g, reflect.TypeFor[struct{}](), nil)
	if err != nil {
		t.Fatal(err)
	}
	for to := UTF8; to <= Latin1UTF16; to++ {
		from, guest := memoryOf(t, image).call(enc), newGuest()
		cx := guest.call(to)
		if err := from.view(); err != nil {
			t.Fatal(err)
		}
		cx.begin()
		v := reflect.New(g)
		dst, err := cx.alloc(tr.params.align, tr.params.size)
		if err == nil {
			err = tr.params.copy(from, cx, ptr, dst)
		}
		if err == nil {
			err = p.params.load(cx, dst, v.UnsafePointer())
		}
		if got := answer(ft.ParamTuple(), v, err); got != want {
			t.Errorf("case %d: moved from encoding %d to %d:\n got %s (%v)\nwant %s", i, enc, to, got, err, want)
		}
	}
}

func TestLiftFlatAsDefined(t *testing.T) {
	for i, c := range readDefinitions(t).Flat {
		ft, g, _ := signature(c.Type, nil)
		p, err := BindGo(ft, g, reflect.TypeFor[struct{}](), nil)
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		if got := flatText(p.Host.Params); got != c.Flat {
			t.Errorf("case %d: flat %s, want %s", i, got, c.Flat)
			continue
		}
		stack := make([]uint64, len(c.Core))
		for j, s := range c.Core {
			stack[j], _ = strconv.ParseUint(s, 10, 64)
			if c.Flat[j] == 'i' || c.Flat[j] == 'f' {
				stack[j] |= 0xdead << 32 // wazero leaves dirt there
			}
		}
		v := reflect.New(g)
		err = p.LiftParams(memoryOf(t, c.Mem).call(UTF8), stack, v.UnsafePointer())
		if got := answer(ft.ParamTuple(), v, err); got != c.Want {
			t.Errorf("case %d: %s %v:\n got %s (%v)\nwant %s", i, describe(c.Type), c.Core, got, err, c.Want)
		}
	}
}

func TestTableAsDefined(t *testing.T) {
	for i, seq := range readDefinitions(t).Tables {
		var table Table
		types := []*ResourceType{{Name: "a"}, {Name: "b"}, {Name: "c", Impl: &table}}
		caller, callee := Call{Opts: &Options{Table: &table}}, Call{Opts: &Options{Table: &table}}
		for j, line := range seq.Ops {
			var name, want string
			var k int
			var rep, h uint32
			if _, err := fmt.Sscanf(line, "%s %d %d %d = %s", &name, &k, &rep, &h, &want); err != nil {
				t.Fatal(line, err)
			}
			got, err := tableOp(&table, &caller, &callee, name, types[k], rep, h)
			text := fmt.Sprint(got)
			if err != nil {
				text = "trap"
			}
			if text != want {
				t.Fatalf("sequence %d, op %d: %s: got %s (%v)", i, j, line, text, err)
			}
		}
		if table.Len() != seq.Live {
			t.Errorf("sequence %d: %d live handles, want %d", i, table.Len(), seq.Live)
		}
	}
}

func tableOp(table *Table, caller, callee *Call, name string, rt *ResourceType, rep, h uint32) (uint32, error) {
	var e Entry
	var err error
	switch name {
	case "own":
		return table.AddOwn(rt, rep, nil)
	case "borrow":
		return table.addBorrow(callee, Entry{Type: rt, Rep: rep})
	case "take":
		e, err = table.TakeOwn(h, rt)
	case "lend":
		e, err = table.lend(caller, h, rt)
	case "get":
		e, err = table.Lookup(h, rt)
	case "drop":
		e, err = table.Remove(h, rt)
	case "endlend":
		return 0, caller.End()
	case "endtask":
		return 0, callee.End()
	}
	return e.Rep, err
}
