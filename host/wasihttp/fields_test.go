package wasihttp

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func (f *Fields) String() string {
	var s []string
	for _, x := range f.list {
		s = append(s, fmt.Sprintf("%s=%s", x.Name, x.Value))
	}
	return strings.Join(s, " ")
}

// change is set or append as a guest sees it.
func change(f *Fields, op func(string, ...[]byte) (uint8, bool), name string, values ...string) string {
	var vs [][]byte
	for _, v := range values {
		vs = append(vs, []byte(v))
	}
	c, ok := f.check(name)
	if ok {
		c, ok = op(name, vs...)
	}
	if ok {
		return "ok"
	}
	return [...]string{"invalid-syntax", "forbidden", "immutable", "size-exceeded", "other"}[c]
}

func TestFields(t *testing.T) {
	f := &Fields{}
	add := func(name string, v ...string) string { return change(f, f.add, name, v...) }
	set := func(name string, v ...string) string {
		return change(f, func(n string, vs ...[]byte) (uint8, bool) { return f.set(n, vs) }, name, v...)
	}
	for i, c := range []struct{ got, want, fields string }{
		{add("X-Case", "a"), "ok", ""},
		{add("x-cASE", "b"), "ok", ""},
		{add("other", ""), "ok", "X-Case=a x-cASE=b other="},
		{set("x-case", "c", "d"), "ok", "other= x-case=c x-case=d"},
		{set("other"), "ok", "x-case=c x-case=d"},
		{add("", "a"), "invalid-syntax", ""},
		{add("a b", "a"), "invalid-syntax", ""},
		{add("a:", "a"), "invalid-syntax", ""},
		{add("\u00e4", "a"), "invalid-syntax", ""},
		{add("a", "x\ny"), "invalid-syntax", ""},
		{add("a", "x\x00"), "invalid-syntax", ""},
		{set("x-case", "fine", "\r"), "invalid-syntax", "x-case=c x-case=d"},
		{add("a", "\t\u00e4 \xff"), "ok", ""},
		{add("Connection", "close"), "forbidden", ""},
		{set("HOST", "x"), "forbidden", ""},
		{add("Transfer-Encoding", "chunked"), "forbidden", ""},
		{add("Upgrade", "h2c"), "forbidden", ""},
		{add("big", strings.Repeat("x", MaxFieldsSize)), "size-exceeded", ""},
		{set("x-case", strings.Repeat("x", MaxFieldsSize)), "size-exceeded", "x-case=c x-case=d a=\t\u00e4 \xff"},
	} {
		if c.got != c.want {
			t.Errorf("case %d: %s, want %s", i, c.got, c.want)
		}
	}
	if got := f.String(); got != "x-case=c x-case=d a=\t\u00e4 \xff" {
		t.Errorf("in the end: %s", got)
	}
	for n := 0; ; n++ {
		if got := add("n", "v"); got == "size-exceeded" {
			if n < 1000 || n > 10000 {
				t.Errorf("full after %d fields", n)
			}
			break
		}
	}
}

func TestFieldsSizeIsGivenBack(t *testing.T) {
	f := &Fields{}
	big := strings.Repeat("x", MaxFieldsSize/2)
	for range 5 {
		if got := change(f, f.add, "Big", big); got != "ok" {
			t.Fatal(got)
		}
		f.remove("bIG")
	}
	if f.size != 0 || f.has("big") || len(f.list) != 0 {
		t.Errorf("size %d", f.size)
	}
}

func TestFieldsFrozen(t *testing.T) {
	f := &Fields{}
	f.add("a", []byte("1"))
	g := f.freeze()
	if got := change(g, g.add, "b", "2"); got != "immutable" {
		t.Error(got)
	}
	h := g.clone()
	if got := change(h, h.add, "b", "2"); got != "ok" || g.String() != "a=1" {
		t.Error(got, g)
	}
}

func TestFieldsOfHeader(t *testing.T) {
	f := fieldsOf(http.Header{
		"X-B": {"1", "2"}, "X-A": {"3"}, "Connection": {"close"}, "Keep-Alive": {"1"}, "Expect": {"100-continue"}, "Te": {"trailers"},
	}, "expect")
	if got := f.String(); got != "te=trailers x-a=3 x-b=1 x-b=2" {
		t.Error(got)
	}
	h := http.Header{}
	(&Fields{list: []Field{{"content-type", []byte("a")}, {"X-cAsE", []byte("b")}, {"x-case", []byte("c")}, {"host", []byte("no")}}}).copyTo(h, "")
	if got := fmt.Sprint(h); got != "map[Content-Type:[a] X-cAsE:[b] x-case:[c]]" {
		t.Error(got)
	}
}

func TestValidTargets(t *testing.T) {
	for _, c := range []struct {
		valid func(string) bool
		good  []string
		bad   []string
	}{
		{validPath,
			[]string{"", "/", "/a/b?c=d&e=%20", "?x", "*", "//x", "/{a}|b"},
			[]string{"a", "/a b", "/a#b", "/\x00", "/\u00e4", "http://x/"}},
		{validScheme,
			[]string{"http", "HTTPS", "git+ssh", "a1.-"},
			[]string{"", "1a", "a b", "a:", "+a", "\u00e4"}},
		{validAuthority,
			[]string{"localhost", "example.com:80", "[::1]:8080", "user:pass@host", "1.2.3.4"},
			[]string{"", "a b", "host/path", "host?", "host:port", "[::1", "a#b", ":80"}},
		{validToken,
			[]string{"GET", "x-y_z", "!#$%&'*+-.^_`|~"},
			[]string{"", "G T", "a/b", "\u00e4", "a\n"}},
	} {
		for _, s := range c.good {
			if !c.valid(s) {
				t.Errorf("%q is invalid", s)
			}
		}
		for _, s := range c.bad {
			if c.valid(s) {
				t.Errorf("%q is valid", s)
			}
		}
	}
}
