package wasihttp

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
)

// sendResponse is the outcome of send and handle.
type sendResponse = host.Result[*Response, ErrorCode]

type sendParams struct{ Request *Request }

// errCanceled is why a request ends that the guest has cancelled.
var errCanceled = errors.New("cancelled by the guest")

// send implements wasi:http/client. The round trip runs in a goroutine of its
// own; the request's transmission may go on after the response has begun, and
// the instance is not idle until it has ended.
func send(c *host.Call, p sendParams, done *host.Completion[sendResponse]) error {
	in := c.Instance()
	rt, ok := c.Value(transportKey{}).(http.RoundTripper)
	if !ok {
		rt = DefaultTransport
	}
	ctx, cancel := context.WithCancelCause(in.Context())
	done.OnCancel(func() { cancel(errCanceled) })
	done.OnDiscard(func(r sendResponse) {
		if !r.IsErr {
			r.OK.drop()
		}
	})
	release := in.Hold()
	p.Request.sent.OnDone(func(SendResult, bool) { release() })
	go func() {
		resp, err := roundTrip(ctx, cancel, rt, p.Request)
		var res sendResponse
		if err != nil {
			res = host.Err[*Response](classify(err))
		} else {
			res = host.OK[*Response, ErrorCode](resp)
		}
		if !done.Resolve(res) && err == nil {
			resp.drop()
		}
	}()
	return nil
}

// roundTrip sends a request and waits for the head of the response. It uses
// the request up and settles its transmission, at the latest when ctx ends;
// it cancels ctx when the response is used up or has failed.
func roundTrip(ctx context.Context, cancel context.CancelCauseFunc, rt http.RoundTripper, r *Request) (*Response, error) {
	t := &trip{cancel: cancel, sent: r.sent}
	if o := r.options; o != nil {
		t.connect, t.first, t.between = limit(o.connect), limit(o.firstByte), limit(o.betweenBytes)
	}
	req, err := newHTTPRequest(httptrace.WithClientTrace(ctx, t.trace()), r)
	if err == nil {
		t.body, _ = req.Body.(*outgoing)
		context.AfterFunc(ctx, func() { t.end(context.Cause(ctx)) })
		t.arm(t.connect, ConnectionTimeout)
		var resp *http.Response
		resp, err = rt.RoundTrip(req)
		left := t.disarm(err == nil)
		if err == nil {
			return t.response(ctx, resp, left), nil
		}
	} else if r.stream != nil {
		r.stream.Close()
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	c := t.cause(err)
	r.sent.Resolve(sendErr(c))
	cancel(c)
	return nil, c
}

// limit gives a duration of a guest as Go's; at least 1 ns if there is one.
func limit(ns host.Option[uint64]) time.Duration {
	if !ns.Some {
		return 0
	}
	return time.Duration(min(max(ns.Value, 1), math.MaxInt64))
}

// A trip watches over one round trip.
type trip struct {
	cancel                  context.CancelCauseFunc
	sent                    *sendFuture
	body                    *outgoing // nil without contents
	connect, first, between time.Duration

	mu    sync.Mutex
	timer *time.Timer // of the limit in force
	what  uint8       // the error code of that limit
	due   time.Time
	over  bool // RoundTrip has returned
	head  bool // with a response
}

func (t *trip) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { t.arm(0, 0) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err != nil {
				t.sent.Resolve(sendErr(t.cause(info.Err)))
				return
			}
			t.sent.Resolve(SendResult{})
			t.arm(t.first, ConnectionReadTimeout)
		},
	}
}

// cause prefers why the guest's own body failed to what net/http makes of it.
func (t *trip) cause(err error) ErrorCode {
	if t.body != nil {
		t.body.mu.Lock()
		defer t.body.mu.Unlock()
		if t.body.err != nil {
			err = t.body.err
		}
	}
	return classify(err)
}

// arm replaces the limit in force; none if d is 0.
func (t *trip) arm(d time.Duration, c uint8) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if d != 0 && !t.over {
		t.what, t.due = c, time.Now().Add(d)
		t.timer = time.AfterFunc(d, func() { t.cancel(code(c)) })
	}
}

// disarm ends all limits up to the head and gives what is left of the one for
// the first byte.
func (t *trip) disarm(head bool) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over, t.head = true, head
	if t.timer == nil {
		return t.first
	}
	t.timer.Stop()
	if t.what != ConnectionReadTimeout {
		return t.first
	}
	return max(time.Until(t.due), 1)
}

// end settles the transmission when the round trip is over, and ends a read
// of the guest's body that net/http may still be in.
func (t *trip) end(cause error) {
	if t.body != nil {
		defer t.body.Close()
	}
	t.mu.Lock()
	head := t.head
	t.mu.Unlock()
	var c ErrorCode
	switch {
	case head && (t.body == nil || t.body.complete()):
		t.sent.Resolve(SendResult{})
		return
	case errors.As(cause, &c):
	default:
		c = code(ConnectionTerminated)
	}
	t.sent.Resolve(sendErr(c))
}

func (t *trip) response(ctx context.Context, resp *http.Response, first time.Duration) *Response {
	rc := resp.Body
	if rc != nil && rc != http.NoBody {
		rc = &timedBody{rc, ctx, t.cancel, first, t.between}
	}
	r := &Response{status: uint16(resp.StatusCode)}
	r.headers = fieldsOf(resp.Header).freeze()
	r.sent = new(sendFuture)
	r.stream, r.trailers = newIncoming(rc,
		func() http.Header { return resp.Trailer },
		func() { t.cancel(errGone) })
	return r
}

// newHTTPRequest checks a request and makes it net/http's.
func newHTTPRequest(ctx context.Context, r *Request) (*http.Request, error) {
	u, err := target(r)
	if err != nil {
		return nil, err
	}
	method := r.method.String()
	if !validToken(method) {
		return nil, code(HTTPRequestMethodInvalid)
	}
	req := (&http.Request{
		Method: method, URL: u, Host: u.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{},
	}).WithContext(ctx)
	r.headers.copyTo(req.Header, "")
	if req.Header["User-Agent"] == nil {
		req.Header["User-Agent"] = []string{""} // none, instead of Go's
	}
	length, err := contentLength(req.Header)
	if err != nil {
		return nil, err
	}
	if r.stream == nil {
		if length > 0 {
			c := code(HTTPRequestBodySize)
			c.HTTPRequestBodySize = host.Some(uint64(0))
			return nil, c
		}
		return req, nil
	}
	req.ContentLength = length
	req.Trailer = http.Header{}
	for _, names := range req.Header["Trailer"] {
		declareTrailers(req.Trailer, names)
	}
	req.Body = newOutgoing(ctx, &r.body, length, req.Trailer)
	return req, nil
}

func target(r *Request) (*url.URL, error) {
	invalid := code(HTTPRequestURIInvalid)
	if !r.authority.Some || (r.scheme.Some && r.scheme.Value.Case == schemeOther) {
		return nil, invalid
	}
	path := r.path.Value
	if path == "" || path[0] == '?' {
		path = "/" + path
	}
	u, err := url.ParseRequestURI(path)
	if path == "*" {
		u, err = &url.URL{Path: "*"}, nil
	}
	if err != nil {
		return nil, invalid
	}
	a, err := url.Parse("//" + r.authority.Value)
	if err != nil || a.Host == "" {
		return nil, invalid
	}
	u.Host = a.Host
	u.Scheme = "http"
	if r.scheme.Value.Case == schemeHTTPS || (!r.scheme.Some && a.Port() == "443") {
		u.Scheme = "https"
	}
	return u, nil
}

// contentLength gives the length that a header declares, -1 for none, and
// leaves it to net/http to write it.
func contentLength(h http.Header) (int64, error) {
	values := h["Content-Length"]
	delete(h, "Content-Length")
	length := int64(-1)
	for _, v := range values {
		n, err := strconv.ParseUint(v, 10, 63)
		if err != nil || (length >= 0 && length != int64(n)) {
			return 0, code(HTTPProtocolError)
		}
		length = int64(n)
	}
	return length, nil
}

// declareTrailers puts the names of a Trailer field into the header whose keys
// net/http announces. HTTP/2 sends only trailers that were announced.
func declareTrailers(h http.Header, names string) {
	for name := range strings.SplitSeq(names, ",") {
		name = http.CanonicalHeaderKey(strings.TrimSpace(name))
		if validToken(name) && !framing[strings.ToLower(name)] && !forbidden[strings.ToLower(name)] {
			h[name] = nil
		}
	}
}
