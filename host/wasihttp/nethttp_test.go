package wasihttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// answerTo makes a response of a request's headers and body.
func answerTo(r *Request, status uint16) *Response {
	resp := &Response{body: r.body, status: status}
	resp.sent = new(sendFuture)
	return resp
}

func sentAs(t *testing.T, r *Response) SendResult {
	t.Helper()
	res, ok, done := r.sent.Poll()
	if !ok || !done {
		t.Fatal("nobody has told how the transmission ended")
	}
	return res
}

func TestNetHTTP(t *testing.T) {
	from, err := http.NewRequest("PURGE", "https://example.org:8443/a%20b?c", strings.NewReader("the body"))
	if err != nil {
		t.Fatal(err)
	}
	from.Header = http.Header{"X-Two": {"1", "2"}, "Connection": {"close"}}
	from.Trailer = http.Header{"Sum": {"8"}}
	r := NewRequest(from)
	if r.method.String() != "PURGE" || r.scheme.Value.Case != schemeHTTPS || r.authority.Value != "example.org:8443" || r.path.Value != "/a%20b?c" {
		t.Errorf("%v %+v %q %q", r.method, r.scheme, r.authority.Value, r.path.Value)
	}
	sent := answerTo(r, http.StatusTeapot)
	res := sent.HTTP(t.Context())
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != "the body" || res.StatusCode != http.StatusTeapot || res.ContentLength != 8 {
		t.Errorf("%s %q %d, %v", res.Status, body, res.ContentLength, err)
	}
	if diff := cmp.Diff(http.Header{"X-Two": {"1", "2"}, "Content-Length": {"8"}}, res.Header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(from.Trailer, res.Trailer); diff != "" {
		t.Error(diff)
	}
	if res.Body.Close(); sentAs(t, sent).IsErr {
		t.Errorf("sent: %+v", sentAs(t, sent))
	}
}

func TestNetHTTPEmpty(t *testing.T) {
	r := NewRequest(&http.Request{})
	if r.stream != nil || r.method.String() != http.MethodGet || r.path.Some || r.scheme.Some || r.authority.Some {
		t.Errorf("%+v", r)
	}
	res := answerTo(r, http.StatusOK).HTTP(t.Context())
	if body, err := io.ReadAll(res.Body); err != nil || len(body) > 0 || len(res.Trailer) > 0 {
		t.Errorf("%q %v, %v", body, res.Trailer, err)
	}
}

// TestNetHTTPBroken breaks bodies off on either side.
func TestNetHTTPBroken(t *testing.T) {
	begin := func(ctx context.Context) (*Response, *wasi.OutputStream, *http.Response) {
		stream, out := wasi.NewPipe(0)
		if _, err := out.Write([]byte("half")); err != nil {
			t.Fatal(err)
		}
		r := &Response{status: 200, body: body{headers: &Fields{}, stream: stream, trailers: new(trailersFuture), sent: new(sendFuture)}}
		res := r.HTTP(ctx)
		if b, err := res.Body.Read(make([]byte, 8)); b != 4 || err != nil {
			t.Fatal(b, err)
		}
		return r, out, res
	}
	end := func(r *Response, res *http.Response, want error) {
		t.Helper()
		var rest bytes.Buffer
		if _, err := rest.ReadFrom(res.Body); !errors.Is(err, want) || rest.Len() > 0 {
			t.Errorf("%q, %v, want %v", rest.Bytes(), err, want)
		}
		if res.Body.Close(); !sentAs(t, r).IsErr {
			t.Error("the transmission ended well")
		}
	}

	r, out, res := begin(t.Context())
	r.trailers.Resolve(trailersErr(code(HTTPResponseIncomplete)))
	out.Close()
	end(r, res, code(HTTPResponseIncomplete))

	ctx, cancel := context.WithCancelCause(t.Context())
	r, _, res = begin(ctx)
	gone := errors.New("gone")
	cancel(gone)
	end(r, res, gone)

	r, out, res = begin(t.Context())
	res.Body.Close()
	if _, err := out.Write([]byte("more")); err == nil || !sentAs(t, r).IsErr {
		t.Errorf("a write after the reader has gone: %v", err)
	}
}
