package wasihttp

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"Content-Type": true, "x_y.z~1": true, "": false, "a b": false, "a:b": false, "\u00e9": false, "a\x7f": false, "(a)": false,
	} {
		if got := validName(name); got != want {
			t.Errorf("validName(%q) = %v", name, got)
		}
	}
	if got := string(cleanValue(" a\r\nb: c\t")); got != "a  b: c" {
		t.Errorf("cleanValue = %q", got)
	}
}

func TestTrailerNames(t *testing.T) {
	h := http.Header{"Trailer": {"sum, Content-Length", "x-two,,bad name, Transfer-Encoding"}, "Other": {"1"}}
	if diff := cmp.Diff(http.Header{"Sum": nil, "X-Two": nil}, takeTrailerNames(h)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(http.Header{"Other": {"1"}}, h); diff != "" {
		t.Error(diff)
	}
	if got := takeTrailerNames(h); got == nil || len(got) > 0 {
		t.Errorf("got %v without a Trailer field", got)
	}
}

func TestContentLength(t *testing.T) {
	for value, want := range map[string]int64{"0": 0, " 12 ": 12, "-1": -1, "+1": -1, "1e3": -1, "9223372036854775808": -1} {
		h := http.Header{"Content-Length": {value}}
		if got := contentLength(h, -1); got != want || want < 0 && len(h) > 0 {
			t.Errorf("%q: got %d, header %v", value, got, h)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for _, c := range []struct{ method, target, want string }{
		{"GET", "/a?b", "/a?b"},
		{"GET", "?b", "/?b"},
		{"GET", "", "/"},
		{"OPTIONS", "*", "*"},
		{"CONNECT", "", "//host:1"},
		{"GET", "http://other/a", "http://other/a"},
	} {
		u, err := parseTarget(c.method, c.target, "host:1")
		if err != nil || u.String() != c.want {
			t.Errorf("%s %q: got %v, %v", c.method, c.target, u, err)
		}
	}
	if _, err := parseTarget("GET", "/%zz", ""); err == nil {
		t.Error("accepted a broken escape")
	}
}

func TestError(t *testing.T) {
	for _, c := range []struct {
		code    wasi_http_types.ErrorCode
		text    string
		timeout bool
	}{
		{wasi_http_types.MakeErrorCodeConnectionTimeout(), "wasi:http: connection-timeout", true},
		{wasi_http_types.MakeErrorCodeConfigurationError(), "wasi:http: configuration-error", false},
		{internalError("reason"), "wasi:http: internal-error: reason", false},
		{wasi_http_types.MakeErrorCodeInternalError(types.None[string]()), "wasi:http: internal-error", false},
		{wasi_http_types.MakeErrorCodeDnsError(wasi_http_types.DnsErrorPayload{Rcode: types.Some("NXDOMAIN")}), "wasi:http: DNS-error: NXDOMAIN", false},
	} {
		e := &Error{c.code}
		if e.Error() != c.text || e.Timeout() != c.timeout {
			t.Errorf("got %q, %v; want %q, %v", e, e.Timeout(), c.text, c.timeout)
		}
	}
}
