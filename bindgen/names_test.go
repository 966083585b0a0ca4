package bindgen

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/wit"
)

func TestNames(t *testing.T) {
	for _, tt := range []struct{ name, upper, lower, snake string }{
		{"DNS-timeout", "DnsTimeout", "dnsTimeout", "dns_timeout"},
		{"HTTP", "Http", "http", "http"},
		{"path-with-query", "PathWithQuery", "pathWithQuery", "path_with_query"},
		{"type", "Type", "type_", "type"},
		{"self", "Self", "self_", "self"},
		{"list-u8-n4", "ListU8N4", "listU8N4", "list_u8_n4"},
	} {
		if u, l, s := UpperCamel(tt.name), LowerCamel(tt.name), Snake(tt.name); u != tt.upper || l != tt.lower || s != tt.snake {
			t.Errorf("%s: %s, %s, %s", tt.name, u, l, s)
		}
	}
	i := &wit.Interface{Name: "monotonic-clock", Package: &wit.Package{Name: wit.PackageName{Namespace: "wasi", Name: "clocks", Version: "0.3.0-rc.1"}}}
	if a, b := PackageName(i, false), PackageName(i, true); a != "wasi_clocks_monotonic_clock" || b != "wasi_clocks_0_3_0_rc_1_monotonic_clock" {
		t.Errorf("PackageName: %s, %s", a, b)
	}
}

func TestComment(t *testing.T) {
	if got, want := Comment(" a\r\n\n  b  \n"), "// a\n//\n//   b\n"; got != want {
		t.Errorf("Comment = %q, want %q", got, want)
	}
	if got := Comment(" \n "); got != "" {
		t.Errorf("Comment = %q", got)
	}
}
