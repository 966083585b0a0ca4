package wasihttp

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// bufferSize is how much of a body is kept back until it is sent. A body that
// fits gets a Content-Length.
const bufferSize = 4096

var (
	errGone     = errors.New("wasihttp: the client is gone")
	errReturned = errors.New("wasihttp: write after the handler returned")
)

// A response is the http.ResponseWriter of a request.
type response struct {
	request *http.Request
	cancel  context.CancelFunc // of the request's context
	result  chan handleResult  // gets the response when it begins

	mu      sync.Mutex
	header  http.Header // the handler's
	status  int         // 0 until WriteHeader
	sent    http.Header // header at WriteHeader
	length  int64       // what Content-Length says, or -1
	written int64       // by the handler
	buf     []byte
	begun   bool // result was sent
	over    bool // the handler has returned

	stream   *types.StreamWriter[uint8]          // nil until begun, or if there is no body
	trailers *types.FutureWriter[trailersResult] // nil until begun
}

func newResponse(r *http.Request, cancel context.CancelFunc) *response {
	return &response{request: r, cancel: cancel, result: make(chan handleResult, 1), header: http.Header{}, length: -1}
}

// Header returns the fields to send, and after WriteHeader those of trailers.
func (w *response) Header() http.Header { return w.header }

// WriteHeader sets the status. Informational statuses and further calls do
// nothing: wasi:http has no such responses.
func (w *response) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic("invalid WriteHeader code " + strconv.Itoa(status))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(status)
}

func (w *response) writeHeader(status int) {
	if w.status != 0 || status < 200 && status != http.StatusSwitchingProtocols || w.over {
		return
	}
	w.status = status
	w.sent = w.header.Clone()
	w.length = contentLength(w.sent, -1)
}

// Write sends p, at once or when more was written or the handler returns.
func (w *response) Write(p []byte) (int, error) { return write(w, p) }

// WriteString is Write.
func (w *response) WriteString(s string) (int, error) { return write(w, s) }

func write[S string | []byte](w *response, p S) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return 0, errReturned
	}
	w.writeHeader(http.StatusOK)
	if !statusHasBody(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if w.length >= 0 && w.written+int64(len(p)) > w.length {
		return 0, http.ErrContentLength
	}
	w.written += int64(len(p))
	if w.request.Method == http.MethodHead && (w.begun || len(w.buf) > 0) {
		return len(p), nil
	}
	rest := p
	if len(w.buf)+len(p) > bufferSize {
		if !w.begun { // the type of the content shows in what the buffer holds
			room := bufferSize - len(w.buf)
			w.buf, rest = append(w.buf, p[:room]...), p[room:]
		}
		if err := w.flush(); err != nil {
			return 0, err
		}
	}
	if len(rest) <= bufferSize {
		w.buf = append(w.buf, rest...)
		return len(p), nil
	}
	return len(p), w.send([]byte(rest))
}

// Flush sends what was written so far.
func (w *response) Flush() { w.FlushError() }

// FlushError is Flush, for http.ResponseController.
func (w *response) FlushError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return errReturned
	}
	w.writeHeader(http.StatusOK)
	return w.flush()
}

// EnableFullDuplex does nothing: reading and writing never exclude each other.
func (w *response) EnableFullDuplex() error { return nil }

// flush begins the response, if it has not begun, and sends the buffer.
func (w *response) flush() error {
	if !w.begun {
		if err := w.begin(false); err != nil {
			return err
		}
	}
	buf := w.buf
	w.buf = w.buf[:0]
	return w.send(buf)
}

// send waits until the host has taken p.
func (w *response) send(p []byte) error {
	if w.stream == nil || len(p) == 0 {
		return nil
	}
	finished := async.Until(w.request.Context().Done(), func() { w.stream.WriteAll(p) })
	if !finished || w.stream.ReaderDropped() {
		w.cancel()
		return errGone
	}
	return nil
}

// begin gives the response to the caller. whole tells that the body is in the
// buffer and no more will come.
func (w *response) begin(whole bool) error {
	w.begun = true
	if w.request.Context().Err() != nil {
		return errGone // the caller has cancelled the request
	}
	w.completeHeader(whole)
	fields, refused := toFields(w.sent)
	if refused != "" {
		fields.Drop()
		return w.refuse("field " + strconv.Quote(refused))
	}
	contents := types.None[*types.StreamReader[uint8]]()
	if w.hasBody() && (!whole || len(w.buf) > 0) {
		writer, reader := wasi_http_types.MakeStreamU8()
		w.stream, contents = writer, types.Some(reader)
	}
	trailers, trailersReader := wasi_http_types.MakeFutureResultOptionFieldsErrorCode()
	w.trailers = trailers
	made, transmitted := wasi_http_types.ResponseNew(fields, contents, trailersReader)
	if made.SetStatusCode(uint16(w.status)).IsErr() {
		made.Drop()
		transmitted.Drop()
		return w.refuse("status " + strconv.Itoa(w.status))
	}
	w.result <- types.Ok[*wasi_http_types.Response, wasi_http_types.ErrorCode](made)
	if whole || w.stream == nil {
		transmitted.Drop()
	} else {
		go w.watch(transmitted)
	}
	return nil
}

// refuse makes the request fail because the host does not take the response.
func (w *response) refuse(what string) error {
	w.result <- failure(internalError("the response's " + what + " is invalid"))
	w.cancel()
	return errors.New("wasihttp: the host refuses the response's " + what)
}

// completeHeader adds what net/http's server adds, and removes what it removes.
func (w *response) completeHeader(whole bool) {
	h := w.sent
	if !statusHasBody(w.status) {
		delete(h, "Content-Length")
		if w.status == http.StatusNotModified {
			delete(h, "Content-Type")
		}
		return
	}
	isHead := w.request.Method == http.MethodHead
	if whole && w.length < 0 && len(h["Trailer"]) == 0 && !w.hasPrefixTrailers() && (!isHead || w.written > 0) {
		h["Content-Length"] = []string{strconv.FormatInt(w.written, 10)}
	}
	if _, has := h["Content-Type"]; !has && len(w.buf) > 0 && h.Get("Content-Encoding") == "" {
		h["Content-Type"] = []string{http.DetectContentType(w.buf)}
	}
}

func (w *response) hasPrefixTrailers() bool {
	for name := range w.header {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			return true
		}
	}
	return false
}

// watch ends the request's context when the response cannot be sent.
func (w *response) watch(transmitted *types.FutureReader[sentResult]) {
	async.Until(w.request.Context().Done(), func() {
		if result, ok := transmitted.Receive(); !ok || result.IsErr() {
			w.cancel()
		}
	})
}

// finish sends the rest, after the handler returned.
func (w *response) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writeHeader(http.StatusOK)
	w.over = true
	if !w.begun {
		w.begin(true)
	}
	err := w.flush()
	if w.trailers == nil {
		return // refused, or the caller is gone
	}
	if err == nil && w.written < w.length && w.hasBody() {
		w.breakOff(wasi_http_types.MakeErrorCodeHttpResponseIncomplete())
		return
	}
	if w.stream != nil {
		w.stream.Drop()
	}
	trailers := types.None[*wasi_http_types.Fields]()
	if h := w.trailer(); len(h) > 0 {
		fields, _ := toFields(h)
		trailers = types.Some(fields)
	}
	w.trailers.Write(types.Ok[types.Option[*wasi_http_types.Fields], wasi_http_types.ErrorCode](trailers))
}

// trailer collects the trailers, of both of net/http's ways to set them.
func (w *response) trailer() http.Header {
	h := http.Header{}
	for name := range takeTrailerNames(http.Header{"Trailer": w.sent["Trailer"]}) {
		if values := w.header[name]; len(values) > 0 {
			h[name] = values
		}
	}
	for name, values := range w.header {
		if name, ok := strings.CutPrefix(name, http.TrailerPrefix); ok {
			name = http.CanonicalHeaderKey(name)
			if validTrailer(name) {
				h[name] = append(h[name], values...)
			}
		}
	}
	return h
}

// abort makes the request fail, or breaks the response off if it has begun.
func (w *response) abort(code wasi_http_types.ErrorCode) {
	w.cancel() // ends a Write that waits in another goroutine
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	if w.begun {
		w.breakOff(code)
	} else {
		w.begun = true
		w.result <- failure(code)
	}
}

// breakOff ends the body with an error, which must be known before its end is.
func (w *response) breakOff(code wasi_http_types.ErrorCode) {
	if w.trailers != nil {
		w.trailers.Write(types.Err[types.Option[*wasi_http_types.Fields], wasi_http_types.ErrorCode](code))
	}
	if w.stream != nil {
		w.stream.Drop()
	}
}

func (w *response) hasBody() bool {
	return statusHasBody(w.status) && w.request.Method != http.MethodHead
}

func statusHasBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
