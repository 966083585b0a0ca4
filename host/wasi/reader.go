package wasi

import (
	"io"
	"sync"
)

// Buffers of the pumps of readers, recycled when the reader has moved on.
const pumpSize = 32 << 10

var pumpBuffers = sync.Pool{New: func() any {
	b := make([]byte, pumpSize)
	return &b
}}

// A readerSource reads an io.Reader. Nothing is read before somebody asks.
// A guest's demand starts a goroutine that reads ahead until the pipe is full
// and then ends; Go code reads directly, so a body that is only passed on is
// neither copied nor pumped.
type readerSource struct {
	r    io.Reader
	pipe *pipe

	mu   sync.Mutex
	busy bool // a pump or a direct read is at work
}

// NewReaderStream makes a stream of an io.Reader. If r is an io.Closer, it is
// closed with the stream, which must end a Read under way.
func NewReaderStream(r io.Reader) *InputStream {
	return NewInputStream(&readerSource{r: r, pipe: newPipe(0)})
}

func (s *readerSource) TryRead(max int) ([]byte, error) {
	b, err := pipeReader{s.pipe}.TryRead(max)
	if err == nil && max > 0 {
		s.demand()
	}
	return b, err
}

// Ready counts as demand, for a guest that only ever asks.
func (s *readerSource) Ready() bool {
	if s.buffered() {
		return true
	}
	s.demand()
	return false
}

func (s *readerSource) buffered() bool { return pipeReader{s.pipe}.Ready() }

func (s *readerSource) Notify(wake func()) func() {
	stop := pipeReader{s.pipe}.Notify(wake)
	s.demand()
	return stop
}

func (s *readerSource) Close() error {
	s.pipe.closeRead()
	if c, ok := s.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// demand starts the pump if there is room and none is at work.
func (s *readerSource) demand() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.busy && s.open() {
		s.busy = true
		go s.pump()
	}
}

// open tells whether the pipe takes more.
func (s *readerSource) open() bool {
	n, err := pipeWriter{s.pipe}.CheckWrite()
	return err == nil && n > 0
}

func (s *readerSource) pump() {
	for {
		buf := pumpBuffers.Get().(*[]byte)
		n, err := s.r.Read(*buf)
		s.pipe.pushPooled(buf, n)
		if err != nil {
			s.pipe.closeWrite(err)
		}
		if s.pause() {
			return
		}
	}
}

// pause tells the pump whether to end, under the lock that demand takes, so
// that no demand is lost in between.
func (s *readerSource) pause() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open() {
		return false
	}
	s.busy = false
	return true
}

// pushPooled appends the first n bytes of a pooled buffer.
func (p *pipe) pushPooled(buf *[]byte, n int) {
	p.mu.Lock()
	if p.rgone || n == 0 {
		p.mu.Unlock()
		pumpBuffers.Put(buf)
		return
	}
	if n <= ownedMin { // not worth a whole buffer
		p.push((*buf)[:n], false)
		pumpBuffers.Put(buf)
	} else {
		p.chunks = append(p.chunks, chunk{b: (*buf)[:n:n], pooled: buf})
		p.size += n
	}
	rs := p.readable.take()
	p.mu.Unlock()
	wakeAll(rs)
}

func (s *readerSource) readDirect(p []byte) (int, error, bool) {
	s.mu.Lock()
	if s.busy || s.buffered() {
		s.mu.Unlock()
		return 0, nil, false
	}
	s.busy = true
	s.mu.Unlock()
	n, err := s.r.Read(p)
	if err != nil {
		s.pipe.closeWrite(err)
		if n > 0 {
			err = nil // the next read answers it
		}
	}
	s.mu.Lock()
	s.busy = false
	s.mu.Unlock()
	return n, err, true
}
