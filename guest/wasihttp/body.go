package wasihttp

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// A body is what is received of a message: a request's body in a handler, a
// response's in a client.
type body struct {
	parent context.Context // ends reading with its error
	ctx    context.Context // parent's, and ended by Close
	cancel context.CancelFunc

	mu       sync.Mutex // held while a Read waits
	stream   *types.StreamReader[uint8]
	trailers *types.FutureReader[trailersResult]
	handled  *types.FutureWriter[sentResult] // tells the sender how it went
	left     int64                           // bytes to come, or -1 if not known
	trailer  http.Header                     // where trailers go
	err      error                           // what Read returns from now on
}

func newBody(ctx context.Context, stream *types.StreamReader[uint8], trailers *types.FutureReader[trailersResult],
	handled *types.FutureWriter[sentResult], length int64, trailer http.Header) *body {
	b := &body{parent: ctx, stream: stream, trailers: trailers, handled: handled, left: length, trailer: trailer}
	b.ctx, b.cancel = context.WithCancel(ctx)
	return b
}

// contentLength returns what the Content-Length field says, or otherwise. It
// removes a field that is not a number.
func contentLength(h http.Header, otherwise int64) int64 {
	values := h["Content-Length"]
	if len(values) == 0 {
		return otherwise
	}
	n, err := strconv.ParseUint(strings.TrimSpace(values[0]), 10, 63)
	if err != nil {
		delete(h, "Content-Length")
		return otherwise
	}
	return int64(n)
}

func (b *body) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if !async.Until(b.ctx.Done(), func() { n = int(b.stream.Read(p)) }) {
		return 0, b.end(b.stopped())
	}
	if n == 0 {
		return 0, b.end(b.finish())
	}
	if b.left < 0 {
		return n, nil
	}
	if b.left -= int64(n); b.left >= 0 {
		return n, nil // the end comes with the trailers
	}
	return n + int(b.left), b.end(io.EOF)
}

// finish waits for the trailers after the stream's end.
func (b *body) finish() error {
	var result trailersResult
	sent := false
	if !async.Until(b.ctx.Done(), func() { result, sent = b.trailers.Receive() }) {
		return b.stopped()
	}
	if sent && result.IsErr() {
		return &Error{result.Err()}
	}
	if sent && result.Ok().IsSome() {
		maps.Copy(b.trailer, toHeader(result.Ok().Some()))
	}
	if b.left > 0 {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// stopped says why the context has ended.
func (b *body) stopped() error {
	if err := context.Cause(b.parent); err != nil {
		return err
	}
	return http.ErrBodyReadAfterClose
}

// end lets go of the host's part and makes err the outcome of further reads.
// The sender learns whether all was wanted.
func (b *body) end(err error) error {
	if b.err == nil {
		b.err = err
		b.cancel()
		b.stream.Drop()
		b.trailers.Drop()
		if err == io.EOF {
			b.handled.Write(types.Ok[types.Unit, wasi_http_types.ErrorCode](types.Unit{}))
		} else {
			b.handled.Write(types.Err[types.Unit](wasi_http_types.MakeErrorCodeConnectionTerminated()))
		}
	}
	return err
}

// Close ends a Read that waits, and tells the sender that no more is wanted.
func (b *body) Close() error {
	b.cancel()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(http.ErrBodyReadAfterClose)
	b.err = http.ErrBodyReadAfterClose
	return nil
}
