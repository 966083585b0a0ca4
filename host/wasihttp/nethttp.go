package wasihttp

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// NewRequest makes a request that a component can be handed of one of
// net/http's client, for callers of wasi:http/handler other than a [Handler].
// Its body and trailers are r's; the body is closed in the end.
func NewRequest(r *http.Request) *Request {
	req := &Request{method: methodOf(r.Method)}
	if r.Method == "" {
		req.method = methodOf(http.MethodGet)
	}
	header, authority := r.Header, r.Host
	if u := r.URL; u != nil {
		if u.Scheme != "" {
			req.scheme = host.Some(schemeOf(u.Scheme))
		}
		if authority == "" {
			authority = u.Host
		}
		req.path = host.Some(u.RequestURI())
	}
	if authority != "" {
		req.authority = host.Some(authority)
	}
	if r.Body != nil && r.ContentLength > 0 {
		header = header.Clone()
		if header == nil {
			header = http.Header{}
		}
		header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	req.headers = fieldsOf(header).freeze()
	req.sent = new(sendFuture)
	req.stream, req.trailers = newIncoming(r.Body, func() http.Header { return r.Trailer }, nil)
	return req
}

// HTTP makes of a component's response what net/http's client gets: the body
// must be closed, and when it has been read to its end Trailer has what the
// component sent. Reading ends with the cause of ctx when that ends, and with
// an [ErrorCode] when the component breaks the body off. The instance must
// live on until then. HTTP uses the response up.
func (r *Response) HTTP(ctx context.Context) *http.Response {
	res := &http.Response{
		Status: strconv.Itoa(int(r.status)) + " " + http.StatusText(int(r.status)), StatusCode: int(r.status),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Trailer: http.Header{}, ContentLength: -1,
	}
	r.headers.addTo(res.Header)
	if length, err := contentLength(res.Header.Clone()); err == nil {
		res.ContentLength = length
	}
	if r.stream == nil {
		r.stream = wasi.EmptyStream()
	}
	b := &receivedBody{body: &r.body, ctx: ctx, trailer: res.Trailer}
	b.stop = context.AfterFunc(ctx, func() { r.stream.Close() })
	b.unwatch = r.watchTrailers(func(c ErrorCode) {
		b.failure.Store(&c)
		r.stream.Close()
	})
	res.Body = b
	return res
}

// addTo adds the fields as net/http does that receives them.
func (f *Fields) addTo(h http.Header) {
	for _, x := range f.list {
		h.Add(x.Name, string(x.Value))
	}
}

// receivedBody is the body of a response in the hands of Go code, which may
// close it while it reads.
type receivedBody struct {
	*body
	ctx     context.Context
	trailer http.Header // gets the trailers at the end
	stop    func() bool
	unwatch func()
	failure atomic.Pointer[ErrorCode] // how the component broke the body off
	err     error                     // what Read answers from now on
	whole   atomic.Bool               // that is io.EOF
}

func (b *receivedBody) Read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err = b.stream.Read(p)
	if err == io.EOF {
		err = b.finish()
	}
	if err != nil && err != io.EOF {
		err = b.cause(err)
	}
	b.err = err
	b.whole.Store(err == io.EOF)
	return n, err
}

// finish waits for the trailers after the end of the contents.
func (b *receivedBody) finish() error {
	f, _, err := b.waitTrailers(b.ctx)
	if err != nil {
		return err
	}
	f.addTo(b.trailer)
	return io.EOF
}

func (b *receivedBody) cause(err error) error {
	if c := b.failure.Load(); c != nil {
		return *c
	}
	if b.ctx.Err() != nil {
		return context.Cause(b.ctx)
	}
	return err
}

// Close tells the component how the transmission has ended.
func (b *receivedBody) Close() error {
	b.stop()
	b.unwatch()
	if b.whole.Load() {
		b.sent.Resolve(SendResult{})
	} else {
		b.sent.Resolve(sendErr(code(ConnectionTerminated)))
	}
	return b.stream.Close()
}
