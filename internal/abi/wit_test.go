package abi_test

import (
	"fmt"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/wit"
)

func TestFromWIT(t *testing.T) {
	_, pkg, err := wit.ParseText(map[string]string{"t.wit": `package t:t;
interface i {
  resource r { get: func(n: u8) -> string; }
  type alias = r;
  record point { x: f32, y: f64 }
  enum color { red, green }
  flags bits { a, b, c, d, e, f, g, h, i }
  variant shape { dot, circle(f32), named(string) }
  all: func(p: point, c: color, b: bits, s: shape, o: option<u16>, e: result<_, char>) -> tuple<list<u8>, alias>;
  bytes: func(l: list<u8>, k: list<s64, 3>);
  piped: func(s: stream<string>, e: error-context) -> future;
  waits: async func() -> result<string>;
}`})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ fn, want string }{
		{"[method]r.get", "params 2 results 0 indirect false true"},
		{"all", "params 11 results 0 indirect false true"},
		{"bytes", "params 5 results 0 indirect false false"},
		{"piped", "params 2 results 1 indirect false false"},
		{"waits", "params 0 results 0 indirect false true"},
	} {
		var got string
		for _, fn := range pkg.Interfaces[0].Funcs {
			if fn.ABIName() != c.fn {
				continue
			}
			ft, err := abi.FuncFromWIT(fn)
			if err != nil {
				got = err.Error()
				continue
			}
			sig := ft.Flatten(abi.Lowered)
			params := len(sig.Params)
			if sig.IndirectResult {
				params--
			}
			got = fmt.Sprintf("params %d results %d indirect %t %t", params, len(sig.Results), sig.IndirectParams, sig.IndirectResult)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.fn, got, c.want)
		}
	}
	shape, err := abi.FromWIT(pkg.Interfaces[0].Types[5])
	if err != nil || shape.Kind != abi.Variant || shape.Size() != 12 || len(shape.Cases) != 3 {
		t.Errorf("shape is %+v, %v", shape, err)
	}
	alias, err := abi.FromWIT(&wit.TypeDef{Kind: &wit.Handle{Borrow: true, Resource: pkg.Interfaces[0].Types[1]}})
	if err != nil || alias.Kind != abi.Borrow || alias.Resource != any(pkg.Interfaces[0].Types[0]) {
		t.Errorf("borrow of an alias is %+v, %v", alias, err)
	}
}
