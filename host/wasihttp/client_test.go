package wasihttp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// newRequest makes a request as a guest does; url is authority and path.
func newRequest(t *testing.T, method, url string, stream *wasi.InputStream) *Request {
	t.Helper()
	authority, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	r := &Request{
		body:      body{headers: &Fields{}, stream: stream, trailers: new(trailersFuture), sent: new(sendFuture)},
		method:    methodOf(method),
		authority: host.Some(authority),
		path:      host.Some("/" + path),
	}
	if stream == nil {
		r.trailers.Resolve(TrailersResult{})
	}
	return r
}

func fields(kv ...string) *Fields {
	f := &Fields{}
	for i := 0; i < len(kv); i += 2 {
		f.list = append(f.list, Field{kv[i], []byte(kv[i+1])})
	}
	return f
}

func exchangeWith(t *testing.T, rt http.RoundTripper, r *Request) (*Response, error) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	return roundTrip(ctx, cancel, rt, r)
}

func newServer(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

func wait[T any](t *testing.T, f *wasi.Future[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	v, sent, err := f.Wait(ctx)
	if err != nil || !sent {
		t.Fatalf("future: sent %v, %v", sent, err)
	}
	return v
}

func TestClientPlain(t *testing.T) {
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Te", r.Header.Get("Accept-Encoding")+r.UserAgent())
		w.Header()["X-Got"] = []string{r.Method, r.RequestURI, r.Header.Get("X-Own")}
		io.WriteString(w, "not really gzip")
	})
	r := newRequest(t, "BREW", url+"/a%2Fb?c|d", nil)
	r.headers = fields("x-own", "own")
	resp, err := exchangeWith(t, DefaultTransport, r)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%s", resp.headers.get("x-got")); got != "[BREW /a%2Fb?c|d own]" {
		t.Error(got)
	}
	if got := fmt.Sprintf("%q", resp.headers.get("te")); got != `[""]` {
		t.Errorf("added by the transport: %s", got)
	}
	if b, err := io.ReadAll(resp.stream); string(b) != "not really gzip" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if res := wait(t, resp.trailers); res.IsErr || res.OK.Some {
		t.Errorf("trailers: %+v", res)
	}
	if res := wait(t, r.sent); res.IsErr {
		t.Error(res.Err)
	}
	if resp, err = exchangeWith(t, DefaultTransport, newRequest(t, "GET", url+"/moved", nil)); err != nil || resp.status != 302 {
		t.Errorf("redirect: %v, %v", resp, err)
	}
}

func TestClientStreamsAndTrailers(t *testing.T) {
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		w.(http.Flusher).Flush()
		buf := make([]byte, 1)
		for {
			n, err := r.Body.Read(buf)
			w.Write(bytes.ToUpper(buf[:n]))
			w.(http.Flusher).Flush()
			if err != nil {
				break
			}
		}
		w.Header().Set(http.TrailerPrefix+"X-Sum", r.Trailer.Get("X-Sum"))
	})
	pr, pw := wasi.NewPipe(0)
	r := newRequest(t, "POST", url, pr)
	resp, err := exchangeWith(t, DefaultTransport, r)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1)
	for _, c := range "stream" {
		fmt.Fprintf(pw, "%c", c)
		if _, err := io.ReadFull(resp.stream, buf); err != nil || string(buf) != strings.ToUpper(string(c)) {
			t.Fatalf("%q, %v", buf, err)
		}
	}
	pw.Close()
	trailers := fields("x-sum", "6", "content-length", "1")
	r.trailers.Resolve(host.OK[host.Option[*Fields], ErrorCode](host.Some(trailers)))
	if b, err := io.ReadAll(resp.stream); len(b) != 0 || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if res := wait(t, resp.trailers); res.IsErr || res.OK.Value.String() != "x-sum=6" {
		t.Errorf("trailers: %+v", res)
	}
	if res := wait(t, r.sent); res.IsErr {
		t.Error(res.Err)
	}
}

func TestClientContentLength(t *testing.T) {
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, r.ContentLength)
	})
	for _, c := range []struct{ length, body, want string }{
		{"5", "hello", "5"},
		{"", "hello", "-1"},
		{"", "", "0"}, // net/http sees the end in time
		{"6", "hello", "HTTP-request-body-size"},
		{"4", "hello", "HTTP-request-body-size"},
		{"x", "hello", "HTTP-protocol-error"},
	} {
		pr, pw := wasi.NewPipe(0)
		io.WriteString(pw, c.body)
		pw.Close()
		method := "POST"
		if c.body == "" {
			method = "GET"
		}
		r := newRequest(t, method, url, pr)
		r.trailers.Resolve(TrailersResult{})
		if c.length != "" {
			r.headers = fields("content-length", c.length)
		}
		resp, err := exchangeWith(t, DefaultTransport, r)
		got := fmt.Sprint(err)
		if err == nil {
			b, _ := io.ReadAll(resp.stream)
			got = string(b)
		}
		tooLong := c.length == "4" // the server has all it wants, and may answer first
		if got != c.want && !tooLong {
			t.Errorf("content-length %q, %q: %s, want %s", c.length, c.body, got, c.want)
		}
		if res := wait(t, r.sent); res.IsErr != (err != nil || tooLong) {
			t.Errorf("content-length %q, %q: transmission %v", c.length, c.body, res)
		}
	}
}

// broken serves one connection at TCP level.
func broken(t *testing.T, serve func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				http.ReadRequest(bufio.NewReader(c))
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestClientErrors(t *testing.T) {
	hang := func(c net.Conn) { io.Copy(io.Discard, c) }
	answer := func(text string) func(net.Conn) { return func(c net.Conn) { io.WriteString(c, text) } }
	dns := &http.Transport{DialContext: (&net.Dialer{Resolver: &net.Resolver{
		PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("no name server")}
		},
	}}).DialContext}
	ns := func(d time.Duration) host.Option[uint64] { return host.Some(uint64(d)) }
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	defer tlsServer.Close()
	tlsAddr := tlsServer.Listener.Addr().String()
	for _, c := range []struct {
		name, addr string
		rt         http.RoundTripper
		change     func(*Request)
		want       uint8
	}{
		{name: "refused", addr: "127.0.0.1:1", want: ConnectionRefused},
		{name: "closed at once", addr: broken(t, func(net.Conn) {}), want: ConnectionTerminated},
		{name: "half a head", addr: broken(t, answer("HTTP/1.1 200 OK\r\nX: ")), want: HTTPResponseIncomplete},
		{name: "no HTTP", addr: broken(t, answer("SSH-2.0\r\n\r\n")), want: HTTPProtocolError},
		{name: "transfer coding", addr: broken(t, answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n")), want: HTTPResponseTransferCoding},
		{name: "large head", addr: broken(t, answer("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 2<<20)+"\r\n\r\n")), want: HTTPResponseHeaderSectionSize},
		{name: "unknown certificate", addr: tlsAddr, change: func(r *Request) { r.scheme = host.Some(Scheme{Case: schemeHTTPS}) }, want: TLSCertificateError},
		{name: "no TLS", addr: broken(t, answer("HTTP/1.1 400 Bad Request\r\n\r\n")), change: func(r *Request) { r.scheme = host.Some(Scheme{Case: schemeHTTPS}) }, want: TLSProtocolError},
		{name: "no such name", addr: "name.invalid", rt: dns, want: DNSError},
		{name: "first byte", addr: broken(t, hang), change: func(r *Request) {
			r.options = &RequestOptions{firstByte: ns(20 * time.Millisecond)}
		}, want: ConnectionReadTimeout},
		{name: "connect", addr: "name.invalid", rt: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}, change: func(r *Request) {
			r.options = &RequestOptions{connect: ns(20 * time.Millisecond)}
		}, want: ConnectionTimeout},
		{name: "no authority", change: func(r *Request) { r.authority.Some = false }, want: HTTPRequestURIInvalid},
		{name: "other scheme", addr: "x", change: func(r *Request) { r.scheme = host.Some(Scheme{Case: schemeOther, Other: "ftp"}) }, want: HTTPRequestURIInvalid},
		{name: "bad escape", addr: "x", change: func(r *Request) { r.path = host.Some("/%zz") }, want: HTTPRequestURIInvalid},
	} {
		r := newRequest(t, "GET", c.addr, nil)
		if c.change != nil {
			c.change(r)
		}
		if c.rt == nil {
			c.rt = DefaultTransport
		}
		_, err := exchangeWith(t, c.rt, r)
		var got ErrorCode
		if !errors.As(err, &got) || got.Case != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, code(c.want))
		}
		if res := wait(t, r.sent); !res.IsErr && c.want < HTTPResponseIncomplete && c.want != ConnectionTerminated && c.want != ConnectionReadTimeout {
			t.Errorf("%s: the transmission is said to be fine", c.name)
		}
	}
}

func TestClientBodyErrors(t *testing.T) {
	ns := host.Some(uint64(20 * time.Millisecond))
	for _, c := range []struct {
		name, answer string
		options      *RequestOptions
		hang         bool
		want         uint8
	}{
		{"cut length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", nil, false, HTTPResponseIncomplete},
		{"cut chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", nil, false, HTTPResponseIncomplete},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef", nil, false, HTTPProtocolError},
		{"between bytes", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", &RequestOptions{betweenBytes: ns}, true, ConnectionReadTimeout},
		{"first byte", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", &RequestOptions{firstByte: ns}, true, ConnectionReadTimeout},
	} {
		r := newRequest(t, "GET", broken(t, func(conn net.Conn) {
			io.WriteString(conn, c.answer)
			if c.hang {
				io.Copy(io.Discard, conn)
			}
		}), nil)
		r.options = c.options
		resp, err := exchangeWith(t, DefaultTransport, r)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		b, err := io.ReadAll(resp.stream)
		if err == nil || !strings.HasPrefix("abc", string(b)) {
			t.Errorf("%s: read %q, %v", c.name, b, err)
		}
		if res := wait(t, resp.trailers); !res.IsErr || res.Err.Case != c.want {
			t.Errorf("%s: %v, want %v", c.name, res.Err, code(c.want))
		}
	}
}

// Trailers that are an error end the connection in the midst of the body.
func TestClientTrailersError(t *testing.T) {
	seen := make(chan error, 1)
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		seen <- err
	})
	pr, pw := wasi.NewPipe(0)
	io.WriteString(pw, "part")
	r := newRequest(t, "POST", url, pr)
	time.AfterFunc(10*time.Millisecond, func() { r.trailers.Resolve(trailersErr(code(LoopDetected))) })
	if _, err := exchangeWith(t, DefaultTransport, r); err == nil || err.(ErrorCode).Case != LoopDetected {
		t.Error(err)
	}
	if err := <-seen; err == nil {
		t.Error("the server has seen a good end")
	}
	if res := wait(t, r.sent); res.Err.Case != LoopDetected {
		t.Errorf("transmission: %+v", res.Err)
	}
}

func TestClientCancel(t *testing.T) {
	gone := make(chan struct{})
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		close(gone)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(20*time.Millisecond, func() { cancel(errCanceled) })
	if _, err := roundTrip(ctx, cancel, DefaultTransport, newRequest(t, "GET", url, nil)); err == nil {
		t.Error("no error")
	}
	<-gone
}

// A server that answers early: the rest of the body is not sent, and that is
// what the sender learns.
func TestClientEarlyAnswer(t *testing.T) {
	url := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		http.Error(w, "no", http.StatusForbidden)
	})
	pr, pw := wasi.NewPipe(0)
	r := newRequest(t, "POST", url, pr)
	go func() {
		for err := error(nil); err == nil; {
			_, err = pw.Write(make([]byte, 4096))
		}
	}()
	resp, err := exchangeWith(t, DefaultTransport, r)
	if err == nil {
		if b, _ := io.ReadAll(resp.stream); resp.status != 403 || string(b) != "no\n" {
			t.Errorf("%d %q", resp.status, b)
		}
	}
	if res := wait(t, r.sent); !res.IsErr {
		t.Error("the transmission is said to be fine")
	}
}

func TestErrorCodeText(t *testing.T) {
	if len(caseInfo) != 39 {
		t.Errorf("%d cases", len(caseInfo))
	}
	for i := range caseInfo {
		c := code(uint8(i))
		if c.Error() == "" || c.Status() < 400 || c.Status() > 504 {
			t.Errorf("case %d: %v, %d", i, c, c.Status())
		}
	}
	if got := internalError("why %d", 1).Error(); got != "internal-error: why 1" {
		t.Error(got)
	}
}
