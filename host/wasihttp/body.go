package wasihttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// incoming reads a body that net/http receives, and resolves the trailers at
// its end.
type incoming struct {
	rc      io.ReadCloser
	trailer func() http.Header // valid at the end of rc
	result  *trailersFuture
	end     func() // runs when nothing more will be read; may be nil
}

// newIncoming gives the contents and the trailers of a received body; the
// stream is nil if there is none.
func newIncoming(rc io.ReadCloser, trailer func() http.Header, end func()) (*wasi.InputStream, *trailersFuture) {
	in := &incoming{rc, trailer, new(trailersFuture), end}
	if rc == nil || rc == http.NoBody {
		in.finish(TrailersResult{})
		return nil, in.result
	}
	return wasi.NewReaderStream(in), in.result
}

func (in *incoming) Read(p []byte) (int, error) {
	n, err := in.rc.Read(p)
	switch err {
	case nil:
	case io.EOF:
		var res TrailersResult
		if f := fieldsOf(in.trailer()); len(f.list) > 0 {
			res.OK = host.Some(f)
		}
		in.finish(res)
	default:
		c := classify(err)
		in.finish(trailersErr(c))
		err = c
	}
	return n, err
}

// Close gives up the rest of the body, if any; then there are no trailers.
func (in *incoming) Close() error {
	err := in.rc.Close()
	in.finish(TrailersResult{})
	return err
}

func (in *incoming) finish(res TrailersResult) {
	if in.result.Resolve(res) && in.end != nil {
		in.end()
	}
}

// outgoing reads the body of a message that a guest made, for net/http's
// client to send. When the trailers resolve to an error, reading fails, which
// ends the connection.
type outgoing struct {
	*body
	ctx     context.Context
	trailer http.Header // gets the trailers at the end
	length  int64       // declared, -1 if not
	count   int64       // read so far
	unwatch func()

	mu   sync.Mutex
	err  error // why reading fails
	done bool  // all was read
}

func newOutgoing(ctx context.Context, b *body, length int64, trailer http.Header) *outgoing {
	o := &outgoing{body: b, ctx: ctx, trailer: trailer, length: length}
	o.unwatch = b.watchTrailers(func(c ErrorCode) {
		o.mu.Lock()
		o.err = c
		o.mu.Unlock()
		b.stream.Close()
	})
	return o
}

// watchTrailers calls fail if the trailers are an error.
func (b *body) watchTrailers(fail func(ErrorCode)) (stop func()) {
	return b.trailers.OnDone(func(res TrailersResult, sent bool) {
		if sent && res.IsErr {
			fail(res.Err)
		}
	})
}

func (o *outgoing) Read(p []byte) (int, error) {
	n, err := o.stream.Read(p)
	o.count += int64(n)
	if err == nil {
		return n, nil
	}
	short := err == io.EOF && o.count < o.length
	if err == io.EOF && !short {
		err = o.finish()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if short && o.err == nil {
		// net/http would notice, but its connection may break before it says so.
		c := code(HTTPRequestBodySize)
		c.HTTPRequestBodySize = host.Some(uint64(o.count))
		o.err = c
	}
	if (short || err != io.EOF) && o.err != nil {
		err = o.err
	}
	o.done = err == io.EOF
	return n, err
}

// finish waits for the trailers after the end of the contents.
func (o *outgoing) finish() error {
	f, _, err := o.waitTrailers(o.ctx)
	if err != nil {
		return err
	}
	f.copyTrailers(o.trailer, "")
	return io.EOF
}

// waitTrailers gives the trailers that follow the contents, and whether they
// were sent at all: a guest may just drop their sender.
func (b *body) waitTrailers(ctx context.Context) (f *Fields, sent bool, err error) {
	res, sent, err := b.trailers.Wait(ctx)
	switch {
	case err != nil:
		return nil, false, err
	case res.IsErr:
		return nil, true, res.Err
	case !res.OK.Some:
		return &Fields{}, sent, nil
	}
	return res.OK.Value, true, nil
}

// Close may come before the end, when the server has answered early.
func (o *outgoing) Close() error {
	o.unwatch()
	return o.stream.Close()
}

// complete tells whether all was read.
func (o *outgoing) complete() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done
}

// framing are fields that must not be in trailers (RFC 9110 section 6.5.1).
var framing = map[string]bool{
	"content-encoding": true,
	"content-length":   true,
	"content-range":    true,
	"content-type":     true,
	"te":               true,
	"trailer":          true,
}

func (f *Fields) copyTrailers(h http.Header, prefix string) {
	t := &Fields{}
	for _, x := range f.list {
		if !framing[strings.ToLower(x.Name)] {
			t.list = append(t.list, x)
		}
	}
	t.copyTo(h, prefix)
}

// timedBody is the body of a received response. It bounds how long reads wait,
// by cancelling the request, and tells the cause when the request is cancelled.
type timedBody struct {
	io.ReadCloser
	ctx            context.Context
	cancel         context.CancelCauseFunc
	first, between time.Duration // 0 for no limit
}

func (b *timedBody) Read(p []byte) (int, error) {
	limit := b.between
	if b.first != 0 {
		limit, b.first = b.first, 0
	}
	if limit != 0 {
		t := time.AfterFunc(limit, func() { b.cancel(code(ConnectionReadTimeout)) })
		defer t.Stop()
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.ctx.Err() != nil {
		err = context.Cause(b.ctx)
	}
	return n, err
}

// errGone is why a stream ends whose request is over.
var errGone = errors.New("the request is over")

// serverBody is the body of a request being served. Guests and their streams
// may hold it for longer than the handler runs; from then on it gives nothing.
// A read under way at that moment is left alone: net/http sends the rest of the
// response first and then waits for the read, as it waits to discard a body
// that nobody has read. (Ending it with a deadline would make net/http take
// what is left of the body for the next request.)
type serverBody struct {
	rc      io.ReadCloser
	stopped atomic.Bool

	// proceed tells a client that waits for it (Expect: 100-continue) to send
	// the body; nil if none waits. net/http would do so at the first read, but
	// no longer once the head of the response is out, and a guest may well
	// answer first and read then. mu guards the response's head as well, for
	// reads come from other goroutines.
	mu      sync.Mutex
	proceed func()
	settled bool // read to its end, or given up: the guest will not read on
	http1   bool
	duplex  bool // the response began before it was settled, by HTTP/1
}

func (b *serverBody) Read(p []byte) (int, error) {
	if b.stopped.Load() {
		return 0, errGone
	}
	b.mu.Lock()
	b.let()
	b.mu.Unlock()
	n, err := b.rc.Read(p)
	if b.stopped.Load() {
		return 0, errGone
	}
	if err != nil {
		b.mu.Lock()
		b.settled = true
		b.mu.Unlock()
	}
	return n, err
}

// let has the client send the body; under mu.
func (b *serverBody) let() {
	if b.proceed != nil {
		b.proceed()
		b.proceed = nil
	}
}

// Close says that the body will not be read. The rest is left to net/http.
func (b *serverBody) Close() error {
	b.mu.Lock()
	b.proceed = nil
	b.settled = true
	b.mu.Unlock()
	return nil
}

// What is read of a body that the guest has left when the response is complete:
// as much as net/http reads, but that has no limit in time.
const (
	drainTime  = 500 * time.Millisecond
	drainBytes = 256 << 10
)

// drain reads what is left of the body, if that is little. net/http does so for
// a response that begins after the request was read; for others it does it too
// late, and then takes its own look-out for the end of the connection for a
// read of the handler's. A client that goes on for longer gets the response to
// its end, and then the connection is closed.
func (b *serverBody) drain(w http.ResponseWriter) {
	if !b.duplex {
		return
	}
	rc := http.NewResponseController(w)
	_ = rc.Flush()
	_ = rc.SetReadDeadline(time.Now().Add(drainTime))
	_, err := io.CopyN(io.Discard, b.rc, drainBytes+1)
	if err == io.EOF {
		_ = rc.SetReadDeadline(time.Time{})
		return
	}
	_ = rc.SetReadDeadline(time.Unix(1, 0)) // net/http is not to wait for more
	if !closeAfter(w) {
		panic(http.ErrAbortHandler) // or the rest would be taken for a request
	}
}

// closeAfter has net/http close the connection after the response, and leave
// the client time to receive that: as for a body that is larger than allowed.
// It reports false if w is not net/http's.
func closeAfter(w http.ResponseWriter) bool {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = outer.Unwrap()
	}
	if t := reflect.TypeOf(w); t.Kind() != reflect.Pointer || t.Elem().PkgPath() != "net/http" {
		return false
	}
	_, err := io.Copy(io.Discard, http.MaxBytesReader(w, io.NopCloser(strings.NewReader("more")), 0))
	return err != nil
}

// stop is for the end of the handler.
func (b *serverBody) stop() {
	b.stopped.Store(true)
	b.Close()
}
