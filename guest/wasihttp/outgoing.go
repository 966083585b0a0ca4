package wasihttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// An outgoing is a request that is being sent.
type outgoing struct {
	request  *http.Request
	made     *wasi_http_types.Request
	ctx      context.Context // the request's, and ended by stop
	cancel   context.CancelFunc
	hasBody  bool
	stream   *types.StreamWriter[uint8] // if hasBody
	trailers *types.FutureWriter[trailersResult]
	close    sync.Once

	mu  sync.Mutex
	err error // why the body could not be read
}

func newOutgoingBody(r *http.Request, hasBody bool) *outgoing {
	o := &outgoing{request: r, hasBody: hasBody}
	o.ctx, o.cancel = context.WithCancel(r.Context())
	return o
}

// copySize is how much of a body is read at once.
const copySize = 16 << 10

// send sends the body and the trailers.
func (o *outgoing) send() {
	defer o.stop()
	if o.hasBody {
		if err := o.sendBody(); err != nil {
			o.fail(err)
			return
		}
		o.stream.Drop()
	}
	o.trailers.Write(types.Ok[types.Option[*wasi_http_types.Fields], wasi_http_types.ErrorCode](o.trailer()))
}

func (o *outgoing) trailer() types.Option[*wasi_http_types.Fields] {
	h := http.Header{}
	for name, values := range o.request.Trailer {
		if validTrailer(http.CanonicalHeaderKey(name)) && len(values) > 0 {
			h[name] = values
		}
	}
	if len(h) == 0 {
		return types.None[*wasi_http_types.Fields]()
	}
	fields, _ := toFields(h)
	return types.Some(fields)
}

var errStopped = errors.New("the request has ended")

// sendBody copies the body until its end or until nobody wants more.
func (o *outgoing) sendBody() error {
	buf := make([]byte, copySize)
	sent, want := int64(0), o.request.ContentLength
	for {
		n, err := o.request.Body.Read(buf)
		sent += int64(n)
		if want > 0 && sent > want {
			return fmt.Errorf("wasihttp: the body is longer than its ContentLength %d", want)
		}
		if n > 0 {
			if !async.Until(o.ctx.Done(), func() { o.stream.WriteAll(buf[:n]) }) {
				return errStopped
			}
			if o.stream.ReaderDropped() {
				return nil
			}
		}
		switch {
		case err == io.EOF && want > 0 && sent < want:
			return fmt.Errorf("wasihttp: the body has %d bytes, not its ContentLength %d", sent, want)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// fail breaks the request off.
func (o *outgoing) fail(err error) {
	if err != errStopped {
		o.mu.Lock()
		o.err = err
		o.mu.Unlock()
	}
	o.trailers.Write(types.Err[types.Option[*wasi_http_types.Fields], wasi_http_types.ErrorCode](internalError(err.Error())))
	if o.stream != nil {
		o.stream.Drop()
	}
}

// bodyError is why sending failed, if the program's body was the cause.
func (o *outgoing) bodyError() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// stop ends the sending and closes the program's body.
func (o *outgoing) stop() {
	o.cancel()
	o.close.Do(func() {
		if o.request.Body != nil {
			o.request.Body.Close()
		}
	})
}
