package encode_test

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform/encode"
)

const nativeWorld = `package t:t;
interface api {
  resource token { enroll: async func(n: string) -> string; }
  record note { text: string, by: token }
  talk: async func(x: option<future<error-context>>, y: stream<note>) -> stream<note>;
}
interface served {
  use api.{note};
  resource desk { take: static async func(f: future<list<papers>>) -> stream<papers>; }
  record papers { owner: desk, kind: kind, note: note }
  enum kind { old, young }
}
interface other {
  use served.{papers};
  use api.{token};
  sort: async func(p: papers) -> future<papers>;
}
world w {
  import api;
  import bytes: async func(a: stream<u8>);
  export served;
  export other;
  export main: async func() -> future<string>;
}`

// sigs are signatures of built-ins and functions.
var sigs = func() (list []wasm.FuncType) {
	for _, text := range strings.Fields(": :i i: i:i ii: ii:i iii:i :l l: iiii:i iiiii:i iiiii:") {
		var sides [2][]wasm.ValType
		for i, side := range strings.Split(text, ":") {
			for _, c := range side {
				sides[i] = append(sides[i], map[rune]wasm.ValType{'i': wasm.I32, 'l': wasm.I64}[c])
			}
		}
		list = append(list, wasm.FuncType{Params: sides[0], Results: sides[1]})
	}
	return list
}()

// A choice makes decisions.
type choice []byte

func (c *choice) of(n int) int {
	if len(*c) == 0 {
		return 0
	}
	first := (*c)[0]
	*c = (*c)[1:]
	return int(first) % n
}

func (c *choice) word(words ...string) string { return words[c.of(len(words))] }

// A named is an imported function.
type named struct {
	module, name string
	sig          wasm.FuncType
}

// importOf makes up an import of parts, most of which fit together.
func (c *choice) importOf() named {
	places := []string{"$root", "[export]$root", "t:t/api", "[export]t:t/served", "[export]t:t/other", "env"}
	funcs := []string{"talk", "[method]token.enroll", "[static]desk.take", "sort", "main", "bytes", "token", "desk", ""}
	op := component.CanonTaskCancel + component.CanonOp(c.of(int(component.CanonThreadYieldThenPromote-component.CanonTaskCancel)+1))
	im := named{sig: op.Signature()}
	suffixes := []string{"-0", "-1", "-unit"}
	if op < component.CanonStreamNew || op > component.CanonFutureDropWritable {
		suffixes = []string{"", "-utf16", "-v0", "-i64-1"}
		if op != component.CanonTaskReturn {
			places, funcs = places[:2], funcs[8:]
		}
	}
	im.module = c.word(places...)
	im.name = c.word("", "", "[async-lower]", "[cancellable]") + "[" + strings.Replace(op.String(), ".", "-", 1) + c.word(suffixes...) + "]"
	if c.of(4) == 0 {
		im.name = c.word("[async-lower]", "", "[resource-drop]", "[resource-new]", "__wasm_get_tls_base", "__wasm_set_stack_pointer")
	}
	if im.name += c.word(funcs...); im.sig.Equal(sigs[0]) {
		im.sig = sigs[c.of(len(sigs))]
	}
	return im
}

// nativeModule makes a module with the imports given, of which something else
// is chosen, too: whose the memory is, how functions are exported.
func (c *choice) nativeModule(imports []named) []byte {
	var b wasm.Builder
	if c.of(2) == 0 {
		b.Memories = []wasm.Limits{{Min: 1}}
		b.Exports = []wasm.Export{{Name: "memory", Kind: wasm.KindMemory}}
	} else {
		b.Imports = []wasm.Import{{Module: "env", Name: "memory", Kind: wasm.KindMemory, Memory: wasm.Limits{Min: 1}}}
	}
	b.Tables = []wasm.Table{{Elem: wasm.FuncRef}}
	b.Exports = append(b.Exports, wasm.Export{Name: "__indirect_function_table", Kind: wasm.KindTable})
	for _, im := range imports {
		b.Imports = append(b.Imports, wasm.Import{Module: im.module, Name: im.name, Type: b.Type(im.sig)})
	}
	export := func(name string, sig wasm.FuncType) {
		b.Exports = append(b.Exports, wasm.Export{Name: name, Index: uint32(len(imports) + len(b.Funcs))})
		b.Funcs = append(b.Funcs, wasm.Func{Type: b.Type(sig), Body: []byte{0x00, 0x0b}}) // unreachable, end
	}
	export("cabi_realloc", sigs[9])
	if c.of(2) == 1 {
		export("__wasm_task_hook", sigs[2])
	}
	if c.of(2) == 1 {
		export("_initialize", sigs[0])
	}
	for i, name := range []string{"main", "t:t/served#[static]desk.take", "t:t/other#sort"} {
		sig := []wasm.FuncType{sigs[0], sigs[2], sigs[11]}[i]
		status := wasm.FuncType{Params: sig.Params, Results: sigs[1].Results}
		switch c.of(3) {
		case 0:
			export(name, status)
		case 1:
			export("[async-lift-stackful]"+name, sig)
		case 2:
			export("[async-lift]"+name, status)
			export("[callback][async-lift]"+name, sigs[6])
		}
	}
	return b.Bytes()
}

// FuzzNative encodes modules of native async. Of the imports that the bytes
// choose those are left that can be encoded alone. Then there is an error, or a
// valid component.
func FuzzNative(f *testing.F) {
	w := world(f, nativeWorld)
	for seed := range int64(40) {
		bytes := make([]byte, 300)
		rand.New(rand.NewSource(seed)).Read(bytes)
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		c := choice(bytes)
		var imports []named
		for range c.of(60) {
			im := c.importOf()
			if _, err := encode.Component(new(choice).nativeModule([]named{im}), w, encode.Options{}); err == nil {
				imports = append(imports, im)
			}
		}
		bin, err := encode.Component(c.nativeModule(imports), w, encode.Options{})
		if err != nil {
			return
		}
		decoded, err := component.Decode(bin)
		if err != nil {
			t.Fatal(err)
		}
		if err := component.Validate(decoded); err != nil {
			t.Error(err)
		}
	})
}
