package wasi

import (
	"errors"
	"io"

	"github.com/isyswasfa/isyswasfa/host"
)

// A Source is what an [InputStream] reads from. One reader uses it at a time;
// Close may come from any goroutine.
type Source interface {
	host.PollSource
	// TryRead gives up to max bytes without waiting. Nothing and no error
	// means that nothing is there yet; io.EOF is the end in good order, and
	// any other error ends the stream too. The bytes are valid until the next
	// call.
	TryRead(max int) ([]byte, error)
	// Close tells that nobody reads on.
	Close() error
}

// A Sink is what an [OutputStream] writes to. One writer uses it at a time.
type Sink interface {
	host.PollSource
	// CheckWrite gives how many bytes TryWrite accepts now, or the error that
	// writing would answer.
	CheckWrite() (int, error)
	// TryWrite takes all of p without waiting and does not keep it. p is no
	// longer than what CheckWrite gave.
	TryWrite(p []byte) error
	// Flush passes on what is buffered.
	Flush() error
	// Close ends the stream, with io.EOF in good order.
	Close(err error)
}

// An InputStream is the Go side of wasi:io/streams' input-stream, and so of
// stream<u8>. It is an io.ReadCloser for Go code to which a guest gave it.
type InputStream struct {
	src    Source
	failed bool          // a guest was told the error
	wake   chan struct{} // for blocking reads; made when first needed
	buf    []byte        // for ReadChunk of a raw reader
}

// NewInputStream makes a stream of a source.
func NewInputStream(src Source) *InputStream { return &InputStream{src: src} }

// String says what it is, for an observer.
func (s *InputStream) String() string { return "input-stream" }

// TryRead reads without waiting; see [Source].
func (s *InputStream) TryRead(max int) ([]byte, error) { return s.src.TryRead(max) }

// Ready tells whether TryRead would give bytes, the end or an error.
func (s *InputStream) Ready() bool { return s.src.Ready() }

// Notify implements [host.PollSource].
func (s *InputStream) Notify(wake func()) (stop func()) { return s.src.Notify(wake) }

// Close drops the stream. A blocked Read ends with an error.
func (s *InputStream) Close() error { return s.src.Close() }

// Buffered tells whether the next ReadChunk does not wait. Unlike Ready it does
// not make a stream of an io.Reader read ahead.
func (s *InputStream) Buffered() bool {
	if r, ok := s.src.(rawReader); ok {
		return r.buffered()
	}
	return s.src.Ready()
}

// FromPipe tells whether the stream is the reading end of a pipe, which lives
// on what its writing end writes and needs nothing else.
func (s *InputStream) FromPipe() bool {
	_, ok := s.src.(pipeReader)
	return ok
}

// Break ends the stream of a pipe as its writer would: the reader gets err
// after what was written. Other streams it leaves alone.
func (s *InputStream) Break(err error) {
	if r, ok := s.src.(pipeReader); ok {
		r.closeWrite(err)
	}
}

// rawReader is a source that can be read directly, with blocking.
type rawReader interface {
	// buffered is Ready without demand.
	buffered() bool
	// readDirect reads into p. It answers false if that is not possible now
	// because bytes are buffered or a read is under way.
	readDirect(p []byte) (n int, err error, ok bool)
}

// Read waits for at least one byte, the end (io.EOF) or an error.
func (s *InputStream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if r, ok := s.src.(rawReader); ok {
			if n, err, ok := r.readDirect(p); ok && (n > 0 || err != nil) {
				return n, err
			}
		}
		b, err := s.src.TryRead(len(p))
		if len(b) > 0 || err != nil {
			return copy(p, b), err
		}
		s.wait()
	}
}

// copySize is the size of the reads with which Go code passes a body on.
const copySize = 64 << 10

// ReadChunk waits for the next bytes and gives them without copying where
// that is possible. They are valid until the next call.
func (s *InputStream) ReadChunk() ([]byte, error) {
	r, raw := s.src.(rawReader)
	for {
		if raw {
			if s.buf == nil {
				s.buf = make([]byte, copySize)
			}
			if n, err, ok := r.readDirect(s.buf); ok && (n > 0 || err != nil) {
				return s.buf[:n], err
			}
		}
		b, err := s.src.TryRead(copySize)
		if len(b) > 0 || err != nil {
			return b, err
		}
		s.wait()
	}
}

func (s *InputStream) wait() {
	if s.wake == nil {
		s.wake = make(chan struct{}, 1)
	}
	waitOn(s.src, s.wake)
}

// An OutputStream is the Go side of wasi:io/streams' output-stream. It is an
// io.WriteCloser for Go code.
type OutputStream struct {
	sink   Sink
	permit int           // what the last CheckWrite still allows
	failed bool          // a guest was told the error
	wake   chan struct{} // for blocking writes; made when first needed
}

// NewOutputStream makes a stream of a sink.
func NewOutputStream(sink Sink) *OutputStream { return &OutputStream{sink: sink} }

// maxPermit bounds what one write of a guest may carry.
const maxPermit = 64 << 10

// CheckWrite gives how many bytes the next TryWrite may have, at most 64 KiB.
func (s *OutputStream) CheckWrite() (int, error) {
	n, err := s.sink.CheckWrite()
	s.permit = min(n, maxPermit)
	return s.permit, err
}

// errPermit is a violation of TryWrite's precondition: a trap if a guest's.
var errPermit = errors.New("the write is longer than check-write permitted")

// TryWrite writes all of p, which it may keep. The writes since the last
// CheckWrite must not exceed what that permitted.
func (s *OutputStream) TryWrite(p []byte) error {
	if len(p) > s.permit {
		return errPermit
	}
	s.permit -= len(p)
	if o, ok := s.sink.(interface{ TryWriteOwned(p []byte) error }); ok {
		return o.TryWriteOwned(p)
	}
	return s.sink.TryWrite(p)
}

// Write writes all of p, waiting for room as often as needed.
func (s *OutputStream) Write(p []byte) (int, error) {
	for n := 0; ; {
		room, err := s.sink.CheckWrite()
		if err != nil {
			return n, err
		}
		k := min(room, len(p)-n)
		if err := s.sink.TryWrite(p[n : n+k]); err != nil {
			return n, err
		}
		if n += k; n == len(p) {
			return n, nil
		}
		if s.wake == nil {
			s.wake = make(chan struct{}, 1)
		}
		waitOn(s.sink, s.wake)
	}
}

// String says what it is, for an observer.
func (s *OutputStream) String() string { return "output-stream" }

// Flush passes on what is buffered; it does not wait for the reader.
func (s *OutputStream) Flush() error { return s.sink.Flush() }

// Ready tells whether CheckWrite would give more than 0, or an error.
func (s *OutputStream) Ready() bool { return s.sink.Ready() }

// Notify implements [host.PollSource].
func (s *OutputStream) Notify(wake func()) (stop func()) { return s.sink.Notify(wake) }

// Close ends the stream in good order.
func (s *OutputStream) Close() error {
	s.sink.Close(io.EOF)
	return nil
}

// CloseWithError ends the stream so that its reader gets err after what was
// written. Only the first closing counts.
func (s *OutputStream) CloseWithError(err error) { s.sink.Close(err) }

// waitOn blocks until the source is ready. wake has room for one element and
// may hold an old one.
func waitOn(src host.PollSource, wake chan struct{}) {
	for !src.Ready() {
		stop := src.Notify(func() { signal(wake) })
		<-wake
		stop()
	}
}

func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
