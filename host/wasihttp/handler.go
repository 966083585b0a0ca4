package wasihttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// A Config of a [Handler]; the zero value works.
type Config struct {
	// Timeout is how long a request may take until the head of its response;
	// then the client gets 504. 0 means for ever.
	Timeout time.Duration
	// Linger is how long a guest may go on after its response is complete, and
	// one that requests share after the last one, if it is to end; 0 means
	// DefaultLinger, a negative value not at all.
	Linger time.Duration
	// MaxConcurrency is how many requests may be served at once; one counts
	// until its instance has ended. Further requests wait, for Timeout at most,
	// and then get 503. 0 means any number.
	MaxConcurrency int
	// Shared has all requests served by one instance, so that they share its
	// memory. If it fails, so do the requests that have begun in it; others get
	// a new instance. A new one takes over, too, if guest code runs for
	// longer than Timeout without coming back to the host. Requests that
	// waited for it have their time anew then. Such a guest goes on, in vain,
	// until it calls the host, unless the engine is interruptible.
	Shared bool
	// RetireAbove is how much linear memory, in bytes, an instance that
	// requests share may have to be kept: since a memory cannot shrink, one
	// that has grown beyond it takes no more requests once there is little for
	// it to do, and what the guest keeps in memory is lost. 0 means twice
	// what it has before its first request, and 16 MiB more at least; a
	// negative value that it is always kept.
	RetireAbove int64
	// WASI is what wasi:cli gives to the guests. The writers may be shared;
	// see [wasi.SyncWriter].
	WASI wasi.Config
	// Transport sends what the guests request; nil means [DefaultTransport].
	Transport http.RoundTripper
	// Values are further values of the instances.
	Values map[any]any
	// Logger gets why requests failed; nil means slog.Default().
	Logger *slog.Logger
}

// DefaultLinger is the Linger of a Config that sets none.
const DefaultLinger = 5 * time.Second

// A Handler serves HTTP with a component that exports wasi:http/handler. Each
// request gets an instance of its own, unless Config.Shared is set. That ends
// when the response is complete and nothing more is going on in it, or its
// linger time is up, or soon after the client has gone.
type Handler struct {
	pre    *host.InstancePre
	handle *host.ExportFunc[sendParams, sendResponse]
	conf   Config
	values map[any]any
	slots  chan struct{}  // nil for any number
	live   sync.WaitGroup // exchanges
	shared shared
}

// NewHandler makes a handler. The error says if the component does not export
// wasi:http/handler@0.3.0 in its polyfilled form.
func NewHandler(pre *host.InstancePre, c Config) (*Handler, error) {
	f, err := host.Export[sendParams, sendResponse](pre, handlerName, "handle")
	if err != nil {
		return nil, err
	}
	if c.Linger == 0 {
		c.Linger = DefaultLinger
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Transport == nil {
		c.Transport = DefaultTransport
	}
	h := &Handler{pre: pre, handle: f, conf: c}
	h.shared.h = h
	if c.MaxConcurrency > 0 {
		h.slots = make(chan struct{}, c.MaxConcurrency)
	}
	if c.WASI.Stdout != nil {
		c.WASI.Stdout = wasi.SyncWriter(c.WASI.Stdout)
	}
	if c.WASI.Stderr != nil {
		c.WASI.Stderr = wasi.SyncWriter(c.WASI.Stderr)
	}
	h.values = wasi.With(With(c.Values, c.Transport), c.WASI)
	return h, nil
}

// Wait waits until all instances have ended; no request must come meanwhile.
// One that requests share is closed when nothing is going on in it any more.
// It answers ctx's error if that is first.
func (h *Handler) Wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		h.live.Wait()
		h.shared.end(ctx)
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reasons for which the handler itself ends a request.
var (
	errTimeout = errors.New("no response within the time limit")
	errBusy    = errors.New("too many requests at once")
)

// ServeHTTP implements [http.Handler]. It depends on no guest: when the time
// is up it answers, whatever the guest does.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(errGone)
	var timer *time.Timer
	if h.conf.Timeout > 0 {
		timer = time.AfterFunc(h.conf.Timeout, func() { cancel(fmt.Errorf("%w, %v", errTimeout, h.conf.Timeout)) })
	}
	x := h.begin(ctx, timer, w, r)
	o := x.wait()
	if timer != nil && !timer.Stop() && o.err == nil {
		o.drop()
		o = outcome{err: errTimeout}
	}
	x.finish(w, r, o)
	x.body.drain(w)
}

// An exchange is one request with its instance. One goroutine, net/http's,
// talks to the client; another one calls the guest.
type exchange struct {
	h       *Handler
	ctx     context.Context // of the request
	timer   *time.Timer     // of the time limit; nil if it cannot begin anew
	body    *serverBody
	req     *Request
	outcome chan outcome  // of the call
	done    chan struct{} // closed when the client has been answered

	trailers *trailersFuture // of the request

	linger    context.Context // for the guest to go on
	endLinger context.CancelFunc

	failed atomic.Pointer[error]          // why the guest failed after its answer
	in, at atomic.Pointer[sharedInstance] // that serves it; that counts it still
	lost   bool                           // the client has gone before it had the response
}

// An outcome is what the guest answered, or why there is no answer.
type outcome struct {
	resp *Response
	err  error
}

// fromPipe tells whether the response comes from a pipe.
func (o outcome) fromPipe() bool {
	return o.resp != nil && o.resp.stream != nil && o.resp.stream.FromPipe()
}

func (o outcome) drop() {
	if o.resp != nil {
		o.resp.drop()
	}
}

func (h *Handler) begin(ctx context.Context, timer *time.Timer, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{h: h, ctx: ctx, timer: timer, outcome: make(chan outcome, 1), done: make(chan struct{})}
	x.linger, x.endLinger = context.WithCancel(context.WithoutCancel(ctx))
	x.req, x.body = newServerRequest(w, r)
	x.trailers = x.req.trailers
	if h.slots != nil {
		select {
		case h.slots <- struct{}{}:
		case <-ctx.Done():
			x.outcome <- outcome{err: errBusy}
			return x
		}
	}
	h.live.Add(1)
	go x.run()
	return x
}

// wait waits for the outcome, or for the client or the limit.
func (x *exchange) wait() outcome {
	select {
	case o := <-x.outcome:
		return o
	case <-x.ctx.Done():
	}
	select {
	case o := <-x.outcome: // at the same time
		return o
	default:
		return outcome{err: context.Cause(x.ctx)}
	}
}

// answered tells that the client has got all there is.
func (x *exchange) answered() {
	x.body.stop()
	switch d := x.h.conf.Linger; {
	case d <= 0 || x.h.conf.Shared:
		x.endLinger()
	case x.lost:
		time.AfterFunc(min(d, cancelLinger), x.endLinger)
	default:
		time.AfterFunc(d, x.endLinger)
	}
	close(x.done)
	x.leave()
}

// renew has the time limit begin anew, once.
func (x *exchange) renew() {
	if x.timer != nil && x.timer.Stop() {
		x.timer.Reset(x.h.conf.Timeout)
		x.timer = nil
	}
}

// run calls the guest, and stays until the client has been answered and the
// guest is done with the request.
func (x *exchange) run() {
	h := x.h
	defer h.live.Done()
	if h.slots != nil {
		defer func() { <-h.slots }()
	}
	defer x.endLinger()
	if h.conf.Shared {
		x.runShared()
	} else {
		x.runFresh()
	}
	<-x.done
	select { // nobody has taken the response
	case o := <-x.outcome:
		o.drop()
	default:
	}
}

// runFresh calls the guest in a new instance, and keeps that until all is over.
func (x *exchange) runFresh() {
	in, err := x.h.pre.Instantiate(x.ctx, host.InstanceConfig{Values: x.h.values})
	if err != nil {
		x.outcome <- x.noInstance(err)
		return
	}
	o := x.callFresh(in)
	pipe := o.fromPipe()
	x.outcome <- o
	switch {
	case o.err == nil:
		x.attend(in, pipe)
	case x.ctx.Err() != nil:
		x.windDown(in)
	}
	if err := in.Close(context.Background()); err != nil {
		x.log(slog.LevelWarn, "closing the instance failed", err)
	}
}

func (x *exchange) noInstance(err error) outcome {
	x.req.drop()
	return outcome{err: fmt.Errorf("making an instance: %w", err)}
}

// callFresh calls the guest in an instance of its own. If the call does not
// return soon after the request is over, that ends. An instance that waits for
// events is not concerned: its call returns at once.
func (x *exchange) callFresh(in *host.Instance) outcome {
	returned := make(chan struct{})
	defer close(returned)
	defer context.AfterFunc(x.ctx, func() {
		select {
		case <-returned:
		case <-time.After(cancelGrace):
			interrupt(in)
		}
	})()
	return x.call(in)
}

// call calls the guest.
func (x *exchange) call(in *host.Instance) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o.err = fmt.Errorf("panic: %v", p)
			x.h.conf.Logger.Error("panic while serving a request", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	res, err := x.h.handle.Call(x.ctx, in, sendParams{x.req})
	switch {
	case err != nil && errors.Is(err, x.ctx.Err()):
		return outcome{err: context.Cause(x.ctx)}
	case err != nil:
		return outcome{err: err}
	case res.IsErr:
		return outcome{err: res.Err}
	}
	return outcome{resp: res.OK}
}

// cancelGrace is how long a guest that blocks in a host function or computes
// may take to notice that its request is over.
const cancelGrace = 100 * time.Millisecond

// interrupt closes an instance whose call does not return, without waiting.
func interrupt(in *host.Instance) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = in.Close(ended) // says that it has not waited
}

// cancelLinger is how long a guest may clean up after its client has gone.
const cancelLinger = 50 * time.Millisecond

// windDown lets the guest see that its request is over.
func (x *exchange) windDown(in *host.Instance) {
	seen := make(chan struct{}) // the cancellation, by the driver: it is the guest's turn then
	in.Post(func() { close(seen) })
	select {
	case <-seen:
	case <-time.After(cancelGrace):
	}
	ctx, cancel := context.WithTimeout(x.linger, cancelLinger)
	defer cancel()
	_ = in.WaitIdle(ctx) // it ends either way
}

// attend lets the guest go on while the response is sent and for the linger
// time afterwards. It returns earlier in two cases. If the guest fails, closing
// the instance breaks the streams that the guest has not ended itself, and with
// them a response that needs them. And if nothing is going on any more while
// the response comes from a pipe, nobody will write to that: either all is in
// it, or the guest has forgotten to end it, and the client must not wait.
func (x *exchange) attend(in *host.Instance, pipe bool) {
	for range 2 { // the end of the response may give the guest something to do
		if err := in.WaitIdle(x.linger); x.linger.Err() != nil {
			return
		} else if err != nil {
			x.failed.Store(&err)
			select {
			case <-x.done:
				x.log(slog.LevelError, "the guest failed after its response", err)
			default:
			}
			return
		}
		if pipe {
			return
		}
		<-x.done
	}
}

// failure tells why the guest failed after its answer, if it did.
func (x *exchange) failure() error {
	if m := x.in.Load(); m != nil {
		return m.failure()
	}
	if p := x.failed.Load(); p != nil {
		return *p
	}
	return nil
}

func (x *exchange) log(level slog.Level, msg string, err error) {
	attrs := []any{"method", x.req.method.String(), "path", x.req.path.Value, "error", err.Error()}
	var trap *host.Trap
	if errors.As(err, &trap) && trap.Stack != "" {
		attrs = append(attrs, "stack", strings.TrimSpace(trap.Stack))
	}
	x.h.conf.Logger.Log(context.Background(), level, msg, attrs...)
}
