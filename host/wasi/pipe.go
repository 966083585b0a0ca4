package wasi

import (
	"errors"
	"io"
	"sync"
)

// PipeLimit is how many bytes a pipe holds unless told otherwise. See
// BenchmarkPipe for how the throughput depends on it.
const PipeLimit = 128 << 10

// Sizes of the chunks that small writes are gathered in. A write of at least
// ownedMin bytes that may be kept becomes a chunk as it is.
const (
	chunkMin = 512
	chunkMax = 32 << 10
	ownedMin = 2 << 10
)

// ErrReaderGone is what writing to a stream answers whose reader is closed.
var ErrReaderGone = errors.New("the stream's reader is closed")

// errReaderClosed is what reading answers after Close.
var errReaderClosed = errors.New("read of a closed stream")

// A pipe is a bounded queue of bytes. Its two ends may be used from different
// goroutines.
type pipe struct {
	mu       sync.Mutex
	limit    int
	chunks   []chunk // oldest first
	size     int     // bytes in chunks
	spare    *[]byte // the pooled buffer last handed out; free at the next read
	werr     error   // not nil: the writer is gone; io.EOF if in good order
	rgone    bool    // the reader is gone
	readable waiters
	writable waiters
}

type chunk struct {
	b      []byte
	pooled *[]byte // the pooled buffer b is part of, if any
}

func newPipe(limit int) *pipe {
	if limit <= 0 {
		limit = PipeLimit
	}
	return &pipe{limit: limit}
}

// NewPipe makes a pipe that holds up to limit bytes, [PipeLimit] if limit is 0.
// What is written can be read at once; a full pipe accepts nothing until a
// quarter of it is free. Closing an end is seen by the other: the reader gets
// what is left and then the end, or the error of [OutputStream.CloseWithError];
// the writer gets [ErrReaderGone].
func NewPipe(limit int) (*InputStream, *OutputStream) {
	p := newPipe(limit)
	return NewInputStream(pipeReader{p}), NewOutputStream(pipeWriter{p})
}

// room gives how much may be written now. Little room counts as none, so that
// a full pipe is not filled again byte by byte.
func (p *pipe) room() int {
	if free := p.limit - p.size; p.size == 0 || free >= (p.limit+3)/4 {
		return free
	}
	return 0
}

func (p *pipe) canRead() bool  { return p.size > 0 || p.werr != nil || p.rgone }
func (p *pipe) canWrite() bool { return p.rgone || p.werr != nil || p.room() > 0 }

// push appends b, which the pipe may keep if keep is set.
func (p *pipe) push(b []byte, keep bool) {
	p.size += len(b)
	if n := len(p.chunks); n > 0 && p.chunks[n-1].pooled == nil {
		tail := &p.chunks[n-1].b
		if k := min(cap(*tail)-len(*tail), len(b)); k == len(b) || (k > 0 && !keep) {
			*tail = append(*tail, b[:k]...)
			b = b[k:]
		}
	}
	for len(b) > 0 {
		if keep && len(b) >= ownedMin {
			p.chunks = append(p.chunks, chunk{b: b[:len(b):len(b)]})
			return
		}
		k := min(len(b), chunkMax)
		c := make([]byte, 0, min(max(chunkMin, 2*k), chunkMax))
		p.chunks = append(p.chunks, chunk{b: append(c, b[:k]...)})
		b = b[k:]
	}
}

// pop takes up to max bytes of the oldest chunk.
func (p *pipe) pop(max int) []byte {
	p.recycle()
	c := &p.chunks[0]
	b := c.b[:min(max, len(c.b))]
	c.b = c.b[len(b):]
	p.size -= len(b)
	if len(c.b) > 0 {
		return b[:len(b):len(b)]
	}
	p.spare = c.pooled
	p.chunks[0] = chunk{}
	if p.chunks = p.chunks[1:]; len(p.chunks) == 0 {
		p.chunks = nil
	}
	return b
}

// recycle gives back the buffer that the last read handed out.
func (p *pipe) recycle() {
	if p.spare != nil {
		pumpBuffers.Put(p.spare)
		p.spare = nil
	}
}

// closeWrite ends the writing side; the first call counts.
func (p *pipe) closeWrite(err error) {
	p.mu.Lock()
	if p.werr == nil {
		p.werr = err
	}
	rs, ws := p.readable.take(), p.writable.take()
	p.mu.Unlock()
	wakeAll(rs)
	wakeAll(ws)
}

// closeRead ends the reading side and drops what was not read. The buffers
// are left to the garbage collector: a read in progress may still use one.
func (p *pipe) closeRead() {
	p.mu.Lock()
	p.rgone = true
	p.chunks, p.size, p.spare = nil, 0, nil
	rs, ws := p.readable.take(), p.writable.take()
	p.mu.Unlock()
	wakeAll(rs)
	wakeAll(ws)
}

type pipeReader struct{ *pipe }

func (r pipeReader) TryRead(max int) ([]byte, error) {
	p := r.pipe
	p.mu.Lock()
	switch {
	case p.rgone:
		p.mu.Unlock()
		return nil, errReaderClosed
	case p.size == 0 || max == 0:
		err := p.werr
		if p.size > 0 {
			err = nil
		}
		p.mu.Unlock()
		return nil, err
	}
	blocked := !p.canWrite()
	b := p.pop(max)
	var ws []*waiter
	if blocked && p.canWrite() {
		ws = p.writable.take()
	}
	p.mu.Unlock()
	wakeAll(ws)
	return b, nil
}

func (r pipeReader) Ready() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.canRead()
}

func (r pipeReader) Notify(wake func()) func() {
	return r.notify(&r.readable, r.canRead, wake)
}

func (r pipeReader) Close() error {
	r.closeRead()
	return nil
}

type pipeWriter struct{ *pipe }

func (w pipeWriter) CheckWrite() (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.check()
}

func (p *pipe) check() (int, error) {
	switch {
	case p.rgone:
		return 0, ErrReaderGone
	case p.werr != nil:
		return 0, io.ErrClosedPipe
	}
	return p.room(), nil
}

func (w pipeWriter) TryWrite(b []byte) error      { return w.write(b, false) }
func (w pipeWriter) TryWriteOwned(b []byte) error { return w.write(b, true) }

func (w pipeWriter) write(b []byte, keep bool) error {
	p := w.pipe
	p.mu.Lock()
	if _, err := p.check(); err != nil {
		p.mu.Unlock()
		return err
	}
	p.push(b, keep)
	var rs []*waiter
	if p.size > 0 {
		rs = p.readable.take()
	}
	p.mu.Unlock()
	wakeAll(rs)
	return nil
}

func (w pipeWriter) Flush() error {
	_, err := w.CheckWrite()
	return err
}

func (w pipeWriter) Ready() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.canWrite()
}

func (w pipeWriter) Notify(wake func()) func() {
	return w.notify(&w.writable, w.canWrite, wake)
}

func (w pipeWriter) Close(err error) { w.closeWrite(err) }

// notify calls wake now if the condition holds, or else when it comes to hold.
func (p *pipe) notify(ws *waiters, holds func() bool, wake func()) func() {
	p.mu.Lock()
	if holds() {
		p.mu.Unlock()
		wake()
		return func() {}
	}
	x := ws.add(wake)
	p.mu.Unlock()
	return func() {
		p.mu.Lock()
		ws.remove(x)
		p.mu.Unlock()
	}
}
