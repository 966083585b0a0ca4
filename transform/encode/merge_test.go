package encode_test

import (
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
)

// Each case replaces something of a world, of which a module that has both is
// told; "" where they go together.
var mergeCases = []struct{ old, new, want string }{
	{"", "", ""},
	{"interface api {", "interface api { more: func(x: char);", ""},
	{"type id = u32;", "type id = u32; type more = u32;", ""},
	{"f: func(x: id)", "f: func(x: u32)", ""},
	{"l: list<id>", "l: list<u32>", ""},
	{"type id = u32;", "type id = char;", `type t:t/api id than`},
	{"f: func(x: id)", "f: func(y: id)", `function t:t/api f as "f: func(y: id)", another world as "f: func(x: id)"`},
	{"f: func(x: id)", "f: func(x: id) -> r", `function t:t/api f as`},
	{"f: func(x: id)", "f: func(x: s32)", `function t:t/api f as`},
	{"variant v { a, b(u32) }", "variant v { a(u32), b }", `type t:t/api v than`},
	{"a: result<_, u32>", "a: result<u32>", `type t:t/api q than`},
	{"flags p { x, y }", "flags p { y, x }", `type t:t/api p than`},
	{"record q { a: result<_, u32> }", "enum q { a }", `type t:t/api q than`},
	{"get: func(o: borrow<res>)", "get: func(o: res)", `function t:t/api get as`},
	{"log: func(x: u32)", "log: func(x: char)", `function log as "log: func(x: char)"`},
	{"type mine = tuple<u32>", "type mine = tuple<char>", `type mine than`},
	{"export out: func()", "export out: func(x: u32)", `function out as "out: func(x: u32)"`},
	{"import named: interface { g", "import named: interface { h: func(); g", ""},
	{"import named: interface { g: func()", "import named: interface { g: func(x: u32)", `function named g as`},
	{"import named: interface { g: func(); }", "import named: api;", `interface named as "t:t/api", another world as ""`},
	{"use api.{r}; run: func(x: r);", "use api.{r}; run: func(x: option<r>);", `function t:t/out run as`},
}

const mergeWorld = `package t:t;
interface api {
  type id = u32;
  record r { l: list<id> }
  record q { a: result<_, u32> }
  variant v { a, b(u32) }
  flags p { x, y }
  resource res;
  get: func(o: borrow<res>);
  f: func(x: id);
}
interface out { use api.{r}; run: func(x: r); }
world w {
  type mine = tuple<u32>;
  import api;
  import named: interface { g: func(); }
  import log: func(x: u32);
  export out: func();
  export out;
}`

func TestMerge(t *testing.T) {
	core := assembled(t, `(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "out"))
  (func (export "t:t/out#run") (param i32 i32)))`)
	for _, c := range mergeCases {
		main := encode.Module{Core: core, Worlds: []*wit.World{world(t, mergeWorld), world(t, strings.Replace(mergeWorld, c.old, c.new, 1))}}
		_, err := encode.Modules(main, encode.Options{})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.new, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), "a world of the module has ") || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s:\n%v\ndoes not say\n%s", c.new, err, c.want)
		}
	}
}
