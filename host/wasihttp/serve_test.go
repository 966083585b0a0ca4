package wasihttp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// answer serves what make gives, in place of a guest.
func answer(t *testing.T, guest func(r *Request) outcome) *httptest.Server {
	t.Helper()
	h := &Handler{conf: Config{Logger: slog.New(slog.DiscardHandler)}}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{h: h, ctx: r.Context(), done: make(chan struct{})}
		x.linger, x.endLinger = context.WithCancel(r.Context())
		x.req, x.body = newServerRequest(w, r)
		x.finish(w, r, guest(x.req))
		x.body.drain(w)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// respond makes a response with contents and trailers.
func respond(status uint16, headers *Fields, contents string, trailers TrailersResult) *Response {
	pr, pw := wasi.NewPipe(0)
	io.WriteString(pw, contents)
	pw.Close()
	r := &Response{status: status, body: body{headers: headers, stream: pr, trailers: new(trailersFuture), sent: new(sendFuture)}}
	r.trailers.Resolve(trailers)
	return r
}

// withoutContents makes a response of a head and trailers.
func withoutContents(status uint16, trailers TrailersResult) *Response {
	r := &Response{status: status, body: body{headers: fields(), trailers: new(trailersFuture), sent: new(sendFuture)}}
	r.trailers.Resolve(trailers)
	return r
}

func TestResponses(t *testing.T) {
	none := TrailersResult{}
	some := host.OK[host.Option[*Fields], ErrorCode](host.Some(fields("X-sum", "1", "Content-Length", "3")))
	for _, c := range []struct {
		name     string
		method   string
		resp     *Response
		want     string // status and content; "" if the client is to see an error
		trailers string
		sent     string
	}{
		{"plain", "GET", respond(201, fields("a", "b"), "text", none), "201 text", "map[]", ""},
		{"empty", "GET", respond(200, fields(), "", none), "200 ", "map[]", ""},
		{"no contents", "GET", withoutContents(404, none), "404 ", "map[]", ""},
		{"no contents but trailers", "GET", withoutContents(200, some), "200 ", "map[X-Sum:[1]]", ""},
		{"trailers", "GET", respond(200, fields(), "text", some), "200 text", "map[X-Sum:[1]]", ""},
		{"length", "GET", respond(200, fields("content-length", "4"), "text", none), "200 text", "map[]", ""},
		{"too short", "GET", respond(200, fields("content-length", "5"), "text", none), "", "", "HTTP-response-body-size"},
		{"too long", "GET", respond(200, fields("content-length", "3"), "text", none), "", "", "HTTP-response-body-size"},
		{"no such length", "GET", respond(200, fields("content-length", "-1"), "", none), "500 Internal Server Error\n", "map[]", "internal-error"},
		{"head", "HEAD", respond(200, fields("content-length", "7"), "ignored", none), "200 ", "map[]", ""},
		{"no content", "GET", respond(204, fields(), "ignored", none), "204 ", "map[]", ""},
		{"informational", "GET", respond(103, fields(), "", none), "500 Internal Server Error\n", "map[]", "internal-error"},
		{"failed trailers", "GET", respond(200, fields(), "text", trailersErr(code(LoopDetected))), "", "", "loop-detected"},
	} {
		s := answer(t, func(*Request) outcome { return outcome{resp: c.resp} })
		req, _ := http.NewRequestWithContext(t.Context(), c.method, s.URL, nil)
		resp, err := s.Client().Do(req)
		got := ""
		if err == nil {
			var b []byte
			b, err = io.ReadAll(resp.Body)
			resp.Body.Close()
			got = fmt.Sprintf("%d %s", resp.StatusCode, b)
			if ct := resp.Header["Content-Type"]; ct != nil && c.sent == "" {
				t.Errorf("%s: content type %q that nobody has set", c.name, ct)
			}
		}
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s: got %q and no error", c.name, got)
		case c.want != "" && (err != nil || got != c.want || fmt.Sprint(resp.Trailer) != c.trailers):
			t.Errorf("%s: got %q %v, %v", c.name, got, resp.Trailer, err)
		}
		res := wait(t, c.resp.sent)
		if res.IsErr != (c.sent != "") || res.IsErr && !strings.HasPrefix(res.Err.Error(), c.sent) {
			t.Errorf("%s: transmission %+v, want %q", c.name, res, c.sent)
		}
	}
}

// What there is goes out before the handler waits for more, the head first.
func TestResponseIsFlushed(t *testing.T) {
	pr, pw := wasi.NewPipe(0)
	s := answer(t, func(*Request) outcome {
		r := &Response{status: 200, body: body{headers: fields(), stream: pr, trailers: new(trailersFuture), sent: new(sendFuture)}}
		r.trailers.Resolve(TrailersResult{})
		return outcome{resp: r}
	})
	resp, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 3 {
		io.WriteString(pw, "x")
		if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	pw.CloseWithError(errors.New("the guest failed"))
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the client has seen a good end")
	}
}

// A client gets a response to its end, although it still sends the body, which
// nobody reads. If that ends soon the connection is used again, and else closed.
func TestResponseBeforeBody(t *testing.T) {
	s := answer(t, func(*Request) outcome { return outcome{resp: respond(200, fields(), "text", TrailersResult{})} })
	exchange := func(body io.Reader) (reused bool) {
		t.Helper()
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { reused = c.Reused }})
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, body)
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if b, err := io.ReadAll(resp.Body); string(b) != "text" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		return reused
	}
	part := make([]byte, 1000)
	again := false
	for try := 0; !again && try < 10; try++ { // a client does not wait long to be told that all is sent
		in, out := io.Pipe()
		go func() {
			out.Write(part)
			out.Close()
		}()
		exchange(in)
		again = exchange(nil)
	}
	if !again {
		t.Error("no connection is used again after a body that nobody has read")
	}

	in, out := io.Pipe()
	sent := make(chan error)
	go func() {
		var err error
		for err == nil {
			_, err = out.Write(part)
		}
		sent <- err
	}()
	exchange(in)
	if err := <-sent; err == nil {
		t.Error("an endless body was sent")
	}
	if exchange(nil) {
		t.Error("a connection is used again in the midst of a body")
	}

	in, out = io.Pipe()
	go out.Write(part)
	exchange(in) // and nothing more comes
	out.Close()
	if exchange(nil) {
		t.Error("a connection is used again in the midst of a body that stalls")
	}
}

func TestRequestMapping(t *testing.T) {
	s := answer(t, func(r *Request) outcome {
		text := fmt.Sprintf("%s|%d|%s|%s|%s|%v", r.method, r.scheme.Value.Case, r.authority.Value, r.path.Value, r.headers, r.stream != nil)
		return outcome{resp: respond(200, fields(), text, TrailersResult{})}
	})
	for _, c := range []struct{ request, want string }{
		{"GET /a%2fb?c=d HTTP/1.1\r\nHost: Example.com:80\r\nX-B: 2\r\nx-a: 1\r\nConnection: close\r\nTE: trailers\r\n\r\n",
			"GET|0|Example.com:80|/a%2fb?c=d|te=trailers x-a=1 x-b=2|false"},
		{"BREW / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
			"BREW|0|h|/|content-length=1|true"},
		{"GET http://other/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET|0|other|/x||false"},
	} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, c.request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(resp.Body); string(b) != c.want {
			t.Errorf("got  %s\nwant %s", b, c.want)
		}
		conn.Close()
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{code(ConnectionRefused), 502},
		{code(ConnectionTimeout), 504},
		{code(InternalError), 500},
		{code(HTTPRequestDenied), 403},
		{ErrorCode{Case: 200}, 500},
		{errTimeout, 504},
		{errBusy, 503},
		{&host.Trap{Msg: "unreachable", Stack: "secret"}, 500},
		{&host.ExitError{}, 500},
	} {
		s := answer(t, func(*Request) outcome { return outcome{err: c.err} })
		resp, err := s.Client().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.want || string(b) != http.StatusText(c.want)+"\n" {
			t.Errorf("%v: %d %q, want %d", c.err, resp.StatusCode, b, c.want)
		}
	}
}
