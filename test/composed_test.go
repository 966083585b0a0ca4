package test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host/wasihttp"
	service "github.com/isyswasfa/isyswasfa/test/cases/service/host"
)

// world answers all that the guests ask of the network.
func world(r *http.Request) *http.Response {
	if r.URL.Path == "/echo" {
		return mirror(r)
	}
	return library(r)
}

func TestExampleMiddleware(t *testing.T) {
	w := startService(t, "middleware-service", nil)
	serviceTest(t, w, "/middleware", true)
	serviceTest(t, w, "/middleware", false)
}

// TestExampleRouter has all the guests in one instance, and then the same with
// another middleware in front, so that a request passes the outer middleware,
// the router, the inner middleware and the service; and with one of net/http
// before that.
func TestExampleRouter(t *testing.T) {
	for _, name := range []string{"routed", "middleware-routed", "front-routed"} {
		t.Run(name, func(t *testing.T) {
			w := startService(t, name, outbound(world))
			echoTest(t, w, "/echo", "")
			echoTest(t, w, "/double-echo", "http://localhost/echo")
			echoTest(t, w, "/proxy", "http://localhost/echo")
			hashAllTest(t, w)
			serviceTest(t, w, "/service", false)
			serviceTest(t, w, "/middleware", true)
			for path, status := range map[string]int{"/other": http.StatusMethodNotAllowed, "/proxy": http.StatusBadRequest} {
				if got := ask(t, w, newRequest(http.MethodGet, path, nil)); got.status != status || len(got.body) > 0 {
					t.Errorf("%s: %d %q", path, got.status, got.body)
				}
			}
			codes(t, w)
		})
	}
}

// codes has a request fail behind several components, and wants to know why.
func codes(t *testing.T, w *service.Service) {
	t.Helper()
	r := newRequest(http.MethodPost, "/double-echo", strings.NewReader(serviceText))
	r.Header.Set("url", "gopher://localhost/")
	_, err := w.Handler.Handle(t.Context(), wasihttp.NewRequest(r))
	var code service.ErrorCode
	if !errors.As(err, &code) || code.Case != service.ErrorCodeCaseHttpRequestUriInvalid {
		t.Errorf("%v", err)
	}
}

func TestMiddlewareCodings(t *testing.T) {
	w := startService(t, "middleware-service", nil)
	text := strings.Repeat(serviceText, 10_000)
	for _, tt := range []struct{ accept, content, wantAccept, wantContent string }{
		{"deflate", "deflate", "", "deflate"},
		{"deflate;q=0", "", "deflate;q=0", ""},
		{"gzip, identity;q=0.1", "", "gzip, identity;q=0.1", ""},
		{"DEFLATE;q=0.001", "", "", "deflate"},
		{"deflate", "identity, Deflate", "", "identity"}, // what is encoded is not encoded again
		{"deflate", "br", "", "br"},
	} {
		body := []byte(text)
		if strings.Contains(strings.ToLower(tt.content), "deflate") {
			body = deflated(t, body)
		}
		r := newRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Accept-Encoding", tt.accept)
		if tt.content != "" {
			r.Header.Set("Content-Encoding", tt.content)
		}
		got := ask(t, w, r)
		if got.header.Get("Content-Encoding") == "deflate" {
			got.body = inflated(t, got.body)
		}
		if string(got.body) != text || got.header.Get("Content-Encoding") != tt.wantContent || got.header.Get("Accept-Encoding") != tt.wantAccept {
			t.Errorf("%+v: header %v, body of %d bytes", tt, got.header, len(got.body))
		}
	}
}

// TestMiddlewareBroken wants bodies that cannot be decoded to fail, not to end.
func TestMiddlewareBroken(t *testing.T) {
	w := startService(t, "middleware-service", nil)
	whole := deflated(t, []byte(serviceText))
	for name, body := range map[string][]byte{
		"short":   whole[:len(whole)-3],
		"garbage": []byte("this is not deflate"),
		"more":    append(bytes.Clone(whole), "x"...),
	} {
		r := newRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Encoding", "deflate")
		answer, err := w.Handler.Handle(t.Context(), wasihttp.NewRequest(r))
		if err != nil {
			t.Fatal(err)
		}
		res := answer.HTTP(t.Context())
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
		var code wasihttp.ErrorCode
		if !errors.As(err, &code) || !strings.Contains(err.Error(), "deflate: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
