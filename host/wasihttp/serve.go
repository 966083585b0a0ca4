package wasihttp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/isyswasfa/isyswasfa/host"
)

// newServerRequest makes the guest's view of a request that net/http received.
func newServerRequest(w http.ResponseWriter, r *http.Request) (*Request, *serverBody) {
	sb := &serverBody{rc: r.Body, http1: r.ProtoMajor == 1}
	var contents io.ReadCloser
	if r.Body == nil || r.Body == http.NoBody {
		sb.settled = true
	} else {
		contents = sb
		if sb.http1 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
			sb.proceed = func() { w.WriteHeader(http.StatusContinue) }
		}
	}
	req := &Request{method: methodOf(r.Method), scheme: host.Some(Scheme{Case: schemeHTTP})}
	if r.TLS != nil {
		req.scheme.Value.Case = schemeHTTPS
	}
	if r.Host != "" {
		req.authority = host.Some(r.Host)
	}
	if r.Method != http.MethodConnect {
		req.path = host.Some(r.URL.RequestURI())
	}
	// net/http has dealt with Expect.
	req.headers = fieldsOf(r.Header, "expect").freeze()
	req.sent = new(sendFuture)
	req.stream, req.trailers = newIncoming(contents, func() http.Header { return r.Trailer }, nil)
	return req, sb
}

// finish answers the client.
func (x *exchange) finish(w http.ResponseWriter, r *http.Request, o outcome) {
	defer x.answered()
	if o.err != nil {
		x.refuse(w, r, o.err)
		return
	}
	s := &sending{w: w, rc: http.NewResponseController(w), request: x.body, resp: o.resp, method: r.Method, failure: x.failure}
	err := s.send(r.Context())
	if err == nil {
		o.resp.sent.Resolve(SendResult{})
		return
	}
	if o.resp.stream != nil {
		o.resp.stream.Close()
	}
	if x.lost = r.Context().Err() != nil; x.lost {
		err = code(ConnectionTerminated)
	}
	o.resp.sent.Resolve(sendErr(classify(err)))
	if !s.begun {
		x.refuse(w, r, err)
		return
	}
	if r.Context().Err() == nil {
		x.log(slog.LevelError, "the response broke off", err)
	}
	panic(http.ErrAbortHandler) // so that the client sees it
}

// refuse answers with a status alone and logs the reason.
func (x *exchange) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client has gone
	}
	status := http.StatusInternalServerError
	var c ErrorCode
	switch {
	case errors.Is(err, errBusy):
		status = http.StatusServiceUnavailable
	case errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded):
		status = http.StatusGatewayTimeout
	case errors.As(err, &c):
		status = c.Status()
	}
	x.log(slog.LevelError, "no response from the guest", err)
	x.body.mu.Lock()
	defer x.body.mu.Unlock()
	x.body.proceed = nil
	http.Error(w, http.StatusText(status), status)
}

// A sending is a response on its way to the client.
type sending struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	request *serverBody
	resp    *Response
	method  string
	failure func() error // why the guest has failed, nil if it has not
	begun   bool         // the head is out
	length  int64        // declared, -1 if not
	count   int64        // bytes of contents sent
}

// send sends the response. Before it waits for the guest it flushes, so the
// client has whatever there is.
func (s *sending) send(ctx context.Context) error {
	if err := s.head(); err != nil {
		return err
	}
	switch {
	case !s.hasContents():
		if s.resp.stream != nil {
			s.resp.stream.Close()
		}
		return nil
	case s.resp.stream == nil:
		return s.trailers(ctx)
	}
	stop := context.AfterFunc(ctx, func() { s.resp.stream.Close() })
	defer stop()
	var failure ErrorCode
	failed := make(chan struct{})
	unwatch := s.resp.watchTrailers(func(c ErrorCode) {
		failure = c
		close(failed)
		s.resp.stream.Close()
	})
	defer unwatch()
	if err := s.contents(); err != nil {
		select {
		case <-failed:
			return failure
		default:
			return err
		}
	}
	return s.trailers(ctx)
}

func (s *sending) head() error {
	if s.resp.status < 200 || s.resp.status > 999 {
		return internalError("the guest's response has status %d", s.resp.status)
	}
	own := http.Header{}
	s.resp.headers.copyTo(own, "")
	length, err := contentLength(own)
	if err != nil {
		return internalError("the guest's response has a broken content-length")
	}
	if s.length = length; length >= 0 {
		own.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	if s.resp.stream == nil && length > 0 && s.hasContents() {
		return internalError("the guest's response declares %d bytes and has none", length)
	}
	s.request.mu.Lock()
	defer s.request.mu.Unlock()
	s.request.let() // the guest may still read
	if own["Content-Type"] == nil {
		own["Content-Type"] = nil // net/http is not to guess one
	}
	maps.Copy(s.w.Header(), own)
	if !s.request.settled && s.request.http1 {
		// Without this, HTTP/1 reads the request to its end before it answers.
		s.request.duplex = s.rc.EnableFullDuplex() == nil
	}
	s.begun = true
	s.w.WriteHeader(int(s.resp.status))
	return nil
}

func (s *sending) hasContents() bool {
	return s.method != http.MethodHead && s.resp.status != http.StatusNoContent && s.resp.status != http.StatusNotModified
}

func (s *sending) contents() error {
	stream := s.resp.stream
	for {
		if !stream.Buffered() {
			if err := s.flush(); err != nil {
				return err
			}
		}
		b, err := stream.ReadChunk()
		if len(b) > 0 {
			s.count += int64(len(b))
			if _, err := s.w.Write(b); err != nil {
				return bodyError(err)
			}
		}
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	if s.length >= 0 && s.count != s.length {
		return bodyError(http.ErrContentLength)
	}
	return nil
}

func (s *sending) flush() error {
	if err := s.rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return bodyError(err)
	}
	return nil
}

// bodyError tells why net/http did not take the contents.
func bodyError(err error) error {
	if errors.Is(err, http.ErrContentLength) {
		return code(HTTPResponseBodySize)
	}
	return err
}

func (s *sending) trailers(ctx context.Context) error {
	if _, _, done := s.resp.body.trailers.Poll(); !done {
		if err := s.flush(); err != nil {
			return err
		}
	}
	f, sent, err := s.resp.waitTrailers(ctx)
	if err == nil && !sent {
		err = s.failure()
	}
	if err != nil {
		return err
	}
	if f == nil || len(f.list) == 0 {
		return nil
	}
	// Only a response whose head is out has trailers that it has not announced:
	// before, net/http takes it for complete and declares its length.
	if err := s.flush(); err != nil {
		return err
	}
	f.copyTrailers(s.w.Header(), http.TrailerPrefix)
	return nil
}
