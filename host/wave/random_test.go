package wave

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// A writer makes types and texts of their values at random.
type writer struct{ *rand.Rand }

func (w writer) typ(depth int) *host.Type {
	kind := host.Kind(w.IntN(int(host.KindFlags) + 1))
	if depth == 0 && kind > host.KindString {
		kind %= host.KindString + 1
	}
	t := &host.Type{Kind: kind}
	switch kind {
	case host.KindList:
		t.Elem = w.typ(depth - 1)
		if w.IntN(3) == 0 {
			t.Len = 1 + w.Uint32N(5)
		}
	case host.KindRecord, host.KindTuple, host.KindVariant, host.KindEnum:
		for i := range 1 + w.IntN(5) {
			f := host.NamedType{Name: fmt.Sprintf("n%d", i)}
			if i == 3 {
				f.Name = keywords[w.IntN(len(keywords))]
			}
			if kind != host.KindEnum && (kind != host.KindVariant || w.IntN(3) > 0) {
				f.Type = w.typ(depth - 1)
			}
			if kind == host.KindTuple {
				f.Name = ""
			}
			if kind == host.KindRecord || kind == host.KindTuple {
				t.Fields = append(t.Fields, f)
			} else {
				t.Cases = append(t.Cases, f)
			}
		}
	case host.KindOption:
		t.Cases = option(w.typ(depth - 1)).Cases
	case host.KindResult:
		t.Cases = result(nil, nil).Cases
		for i := range t.Cases {
			if w.IntN(3) > 0 {
				t.Cases[i].Type = w.typ(depth - 1)
			}
		}
	case host.KindFlags:
		for i := range 1 + w.IntN(32) {
			t.Labels = append(t.Labels, fmt.Sprintf("l%d", i))
		}
	}
	return t
}

// space is white space that does not matter.
func (w writer) space() string { return []string{"", "", " ", "\n", "// [x\n"}[w.IntN(5)] }

// join writes a sequence, perhaps with a comma at its end.
func (w writer) join(open string, list []string, end string) string {
	s := strings.Join(list, w.space()+","+w.space())
	if len(list) > 0 && w.IntN(4) == 0 {
		s += ","
	}
	return open + w.space() + s + w.space() + end
}

// text writes a value of type t.
func (w writer) text(t *host.Type) string {
	if i, ok := integers[t.Kind]; ok {
		bits := w.Uint64() >> (64 - i.bits) >> w.IntN(i.bits)
		if i.signed {
			return strconv.FormatInt(int64(bits<<(64-i.bits))>>(64-i.bits), 10)
		}
		return strconv.FormatUint(bits, 10)
	}
	var list []string
	switch t.Kind {
	case host.KindBool:
		return strconv.FormatBool(w.IntN(2) > 0)
	case host.KindF32:
		return w.float(float64(math.Float32frombits(w.Uint32())), 32)
	case host.KindF64:
		return w.float(math.Float64frombits(w.Uint64()), 64)
	case host.KindChar:
		return "'" + w.char() + "'"
	case host.KindString:
		for range w.IntN(6) {
			list = append(list, w.char())
		}
		return `"` + strings.Join(list, "") + `"`
	case host.KindList:
		n := int(t.Len)
		if n == 0 {
			n = w.IntN(5)
		}
		for range n {
			list = append(list, w.text(t.Elem))
		}
		return w.join("[", list, "]")
	case host.KindTuple:
		for _, f := range t.Fields {
			list = append(list, w.text(f.Type))
		}
		return w.join("(", list, ")")
	case host.KindRecord:
		return w.record(t)
	case host.KindFlags:
		for _, i := range w.Perm(len(t.Labels))[:w.IntN(len(t.Labels)+1)] {
			list = append(list, t.Labels[i])
		}
		return w.join("{", list, "}")
	case host.KindOption:
		return w.open([]string{"none", "some"}, t, 1)
	case host.KindResult:
		return w.open([]string{"ok", "err"}, t, 0)
	}
	c := t.Cases[w.IntN(len(t.Cases))]
	return w.payload("%"+c.Name, c.Type)
}

func (w writer) float(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.ToLower(fmt.Sprint(f)), "+")
	}
	return strconv.FormatFloat(f, []byte("eEf")[w.IntN(3)], -1, bits)
}

func (w writer) char() string {
	return []string{"a", "é", "☃", "🌊", `\'`, `\"`, `\\`, `\n`, `\u{0}`, `\u{10FFFF}`, " ", "/"}[w.IntN(12)]
}

func (w writer) payload(name string, t *host.Type) string {
	if t == nil {
		return name
	}
	return name + w.space() + "(" + w.space() + w.text(t) + w.space() + ")"
}

// open writes an option or result, whose case at may stand alone.
func (w writer) open(names []string, t *host.Type, at int) string {
	i := w.IntN(2)
	if c := t.Cases[i].Type; i == at && flat(c) && w.IntN(2) > 0 {
		return w.text(c)
	}
	return w.payload(names[i], t.Cases[i].Type)
}

func (w writer) record(t *host.Type) string {
	var list []string
	for _, i := range w.Perm(len(t.Fields)) {
		f := t.Fields[i]
		if f.Type.Kind == host.KindOption && w.IntN(3) == 0 {
			continue
		}
		list = append(list, f.Name+w.space()+":"+w.space()+w.text(f.Type))
	}
	if list == nil {
		return "{" + w.space() + ":" + w.space() + "}"
	}
	return w.join("{", list, "}")
}

// abiType gives the type as the ABI has it.
func abiType(t *host.Type) *abi.Type {
	if t == nil {
		return nil
	}
	out := &abi.Type{Kind: t.Kind, Elem: abiType(t.Elem), Len: t.Len, Labels: t.Labels}
	for _, f := range t.Fields {
		out.Fields = append(out.Fields, abi.Field{Name: f.Name, Type: abiType(f.Type)})
	}
	for _, c := range t.Cases {
		out.Cases = append(out.Cases, abi.Case{Name: c.Name, Type: abiType(c.Type)})
	}
	return out
}

// A memory is a linear memory with an allocator.
type memory []byte

func (m *memory) Size() uint32 { return uint32(len(*m)) }

func (m *memory) Read(off, n uint32) ([]byte, bool) {
	if uint64(off)+uint64(n) > uint64(len(*m)) {
		return nil, false
	}
	return (*m)[off : off+n], true
}

func (m *memory) realloc(_ context.Context, _, _, align, size uint32) (uint32, error) {
	ptr := abi.AlignTo(m.Size(), align)
	*m = append(*m, make([]byte, ptr+size-m.Size())...)
	return ptr, nil
}

// through passes a value into a guest as an argument, and on to the host as
// one.
func through(t *testing.T, typ *host.Type, enc abi.StringEncoding, v any) any {
	ft := &abi.FuncType{Params: []abi.Field{{Name: "v", Type: abiType(typ)}}}
	plan, err := abi.BindGo(ft, reflect.TypeFor[[]any](), reflect.TypeFor[struct{}](), nil)
	if err != nil {
		t.Fatal(err)
	}
	mem := make(memory, 16)
	cx := &abi.Call{Opts: &abi.Options{Memory: &mem, Realloc: mem.realloc, Encoding: enc}}
	stack := make([]uint64, abi.MaxFlatParams+1)
	args, got := []any{v}, []any(nil)
	err = plan.LowerParams(cx, stack, unsafe.Pointer(&args))
	if err == nil {
		err = plan.LiftParams(cx, stack, unsafe.Pointer(&got))
	}
	if err != nil {
		t.Fatalf("%v: %v", v, err)
	}
	return got[0]
}

func TestRandom(t *testing.T) {
	w := writer{rand.New(rand.NewPCG(4, 2))}
	n := 20000
	if testing.Short() {
		n = 2000
	}
	for i := range n {
		typ := w.typ(w.IntN(5))
		text := w.text(typ)
		v, err := Parse(text, typ)
		if err != nil {
			t.Fatalf("%s\n%v", typ, err)
		}
		first, err := Format(v, typ)
		if err != nil {
			t.Fatal(err)
		}
		lifted := through(t, typ, abi.StringEncoding(i%3), v)
		last, err := Format(lifted, typ)
		if err != nil || last != first {
			t.Fatalf("%s\n%s became\n%s (%v)", typ, first, last, err)
		}
		again, err := Parse(last, typ)
		if err != nil || !strings.Contains(last, "nan") && (!reflect.DeepEqual(again, v) || !reflect.DeepEqual(lifted, v)) {
			t.Fatalf("%s\n%s:\n%#v\n%#v\n%#v (%v)", typ, last, v, lifted, again, err)
		}
	}
}

var fuzzTypes = []*host.Type{
	boolean, u8, prim(host.KindS64), f32, f64, char, str, listOf(listOf(str)), three, tuple(u8, str, option(char)),
	basic, loose, shape, color, perms, option(shape), option(option(color)), result(basic, perms), result(nil, f64),
	listOf(result(option(loose), tuple(shape, listOf(f32)))), thing,
}

// FuzzParse reads texts as values of many types: what is accepted must be
// written and read again as the same, and what is not must show where.
func FuzzParse(f *testing.F) {
	w := writer{rand.New(rand.NewPCG(1, 1))}
	for i, t := range fuzzTypes[:len(fuzzTypes)-1] {
		f.Add(i, w.text(t))
	}
	for _, s := range []string{"\"\"\"\n  a\n  \"\"\"", `'\u{`, "-inf", "{:", "// x", "%", "\xff"} {
		f.Add(6, s)
	}
	f.Fuzz(func(t *testing.T, n int, text string) {
		typ := fuzzTypes[uint(n)%uint(len(fuzzTypes))]
		v, err := Parse(text, typ)
		if err != nil {
			if lines := strings.Split(err.Error(), "\n"); len(lines) != 3 || !strings.Contains(lines[2], "^") {
				t.Errorf("%q", err)
			}
			return
		}
		out, err := Format(v, typ)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(out, typ)
		if err != nil {
			t.Fatal(err)
		}
		if last, err := Format(again, typ); err != nil || last != out {
			t.Errorf("%s became %s (%v)", out, last, err)
		}
	})
}
