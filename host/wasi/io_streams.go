package wasi

import (
	"errors"
	"fmt"
	"io"

	"github.com/isyswasfa/isyswasfa/host"
)

// A StreamError is the Go shape of wasi:io/streams' variant stream-error.
type StreamError struct {
	Case                uint8 // 0 last-operation-failed, 1 closed
	LastOperationFailed *Error
}

var (
	inputStreamResource = host.NewResource("input-stream", func(_ *host.Instance, s *InputStream) {
		s.Close()
	})
	// A guest that failed has not ended its streams in good order: who reads
	// them learns why.
	outputStreamResource = host.NewResource("output-stream", func(in *host.Instance, s *OutputStream) {
		if err := in.Err(); err != nil {
			s.CloseWithError(err)
			return
		}
		s.Close()
	})
)

// streamErr gives the error that a guest sees. Only the first failure of a
// stream tells its cause; from then on the stream is closed.
func streamErr[T any](failed *bool, err error) host.Result[T, StreamError] {
	closed := *failed
	for _, c := range []error{io.EOF, io.ErrClosedPipe, ErrReaderGone, errReaderClosed} {
		closed = closed || errors.Is(err, c)
	}
	*failed = true
	if closed {
		return host.Err[T](StreamError{Case: 1})
	}
	return host.Err[T](StreamError{LastOperationFailed: &Error{err}})
}

type (
	inputLen struct {
		Self *InputStream
		Len  uint64
	}
	inputSelf  struct{ Self *InputStream }
	outputSelf struct{ Self *OutputStream }
	outputData struct {
		Self     *OutputStream
		Contents []byte
	}
	outputLen struct {
		Self *OutputStream
		Len  uint64
	}
	spliceParams struct {
		Self *OutputStream
		Src  *InputStream
		Len  uint64
	}
	readResult  = host.Result[[]byte, StreamError]
	countResult = host.Result[uint64, StreamError]
	writeResult = host.Result[struct{}, StreamError]
)

func addIOStreams(d *host.Definitions) {
	d.Resource("error", errorResource)
	d.Resource("pollable", host.PollableResource)
	d.Resource("input-stream", inputStreamResource)
	d.Resource("output-stream", outputStreamResource)
	addInputStream(d)
	addOutputStream(d)
	d.Func("[method]output-stream.splice", host.Func(
		func(c *host.Call, p spliceParams) (countResult, error) {
			return splice(p), nil
		}))
	d.Func("[method]output-stream.blocking-splice", host.BlockingFunc(
		func(c *host.Call, p spliceParams) (countResult, error) {
			if err := c.Block(p.Self); err != nil {
				return countResult{}, err
			}
			if err := c.Block(p.Src); err != nil {
				return countResult{}, err
			}
			return splice(p), nil
		}))
}

func addInputStream(d *host.Definitions) {
	read := func(p inputLen) readResult {
		b, err := p.Self.TryRead(readLen(p.Len))
		if err != nil {
			return streamErr[[]byte](&p.Self.failed, err)
		}
		return host.OK[[]byte, StreamError](b)
	}
	skip := func(p inputLen) countResult {
		b, err := p.Self.TryRead(readLen(p.Len))
		if err != nil {
			return streamErr[uint64](&p.Self.failed, err)
		}
		return host.OK[uint64, StreamError](uint64(len(b)))
	}
	wait := func(c *host.Call, p inputLen) error {
		if p.Len == 0 {
			return nil
		}
		return c.Block(p.Self)
	}
	d.Func("[method]input-stream.read", host.Func(
		func(c *host.Call, p inputLen) (readResult, error) { return read(p), nil }))
	d.Func("[method]input-stream.blocking-read", host.BlockingFunc(
		func(c *host.Call, p inputLen) (readResult, error) {
			if err := wait(c, p); err != nil {
				return readResult{}, err
			}
			return read(p), nil
		}))
	d.Func("[method]input-stream.skip", host.Func(
		func(c *host.Call, p inputLen) (countResult, error) { return skip(p), nil }))
	d.Func("[method]input-stream.blocking-skip", host.BlockingFunc(
		func(c *host.Call, p inputLen) (countResult, error) {
			if err := wait(c, p); err != nil {
				return countResult{}, err
			}
			return skip(p), nil
		}))
	d.Func("[method]input-stream.subscribe", host.Func(
		func(c *host.Call, p inputSelf) (*host.Pollable, error) {
			return &host.Pollable{PollSource: p.Self}, nil
		}))
}

// readLen bounds what one read gives.
func readLen(n uint64) int { return int(min(n, 1<<20)) }

// blockingWriteMax is what the blocking writes take at most (wasi:io/streams).
const blockingWriteMax = 4096

func addOutputStream(d *host.Definitions) {
	d.Func("[method]output-stream.check-write", host.Func(
		func(c *host.Call, p outputSelf) (countResult, error) {
			n, err := p.Self.CheckWrite()
			if err != nil {
				return streamErr[uint64](&p.Self.failed, err), nil
			}
			return host.OK[uint64, StreamError](uint64(n)), nil
		}))
	d.Func("[method]output-stream.write", host.Func(
		func(c *host.Call, p outputData) (writeResult, error) { return write(p.Self, p.Contents) }))
	d.Func("[method]output-stream.write-zeroes", host.Func(
		func(c *host.Call, p outputLen) (writeResult, error) {
			if p.Len > uint64(p.Self.permit) {
				return writeResult{}, errPermit
			}
			return write(p.Self, make([]byte, p.Len))
		}))
	d.Func("[method]output-stream.blocking-write-and-flush", host.BlockingFunc(
		func(c *host.Call, p outputData) (writeResult, error) {
			return blockingWrite(c, p.Self, p.Contents)
		}))
	d.Func("[method]output-stream.blocking-write-zeroes-and-flush", host.BlockingFunc(
		func(c *host.Call, p outputLen) (writeResult, error) {
			return blockingWrite(c, p.Self, make([]byte, min(p.Len, blockingWriteMax+1)))
		}))
	flush := func(c *host.Call, p outputSelf) (writeResult, error) {
		return done(p.Self, p.Self.Flush()), nil
	}
	d.Func("[method]output-stream.flush", host.Func(flush))
	d.Func("[method]output-stream.blocking-flush", host.BlockingFunc(
		func(c *host.Call, p outputSelf) (writeResult, error) {
			if r := done(p.Self, p.Self.Flush()); r.IsErr {
				return r, nil
			}
			return writeResult{}, c.Block(p.Self)
		}))
	d.Func("[method]output-stream.subscribe", host.Func(
		func(c *host.Call, p outputSelf) (*host.Pollable, error) {
			return &host.Pollable{PollSource: p.Self}, nil
		}))
}

// done gives the outcome of a write; only a broken precondition is a trap.
func done(s *OutputStream, err error) writeResult {
	if err != nil {
		return streamErr[struct{}](&s.failed, err)
	}
	return writeResult{}
}

func write(s *OutputStream, b []byte) (writeResult, error) {
	err := s.TryWrite(b)
	if err == errPermit {
		return writeResult{}, fmt.Errorf("%w: %d bytes, permitted are %d", err, len(b), s.permit)
	}
	return done(s, err), nil
}

func blockingWrite(c *host.Call, s *OutputStream, b []byte) (writeResult, error) {
	if len(b) > blockingWriteMax {
		return writeResult{}, fmt.Errorf("blocking write of more than %d bytes", blockingWriteMax)
	}
	for len(b) > 0 {
		if err := c.Block(s); err != nil {
			return writeResult{}, err
		}
		n, err := s.CheckWrite()
		if n = min(n, len(b)); err == nil {
			err = s.TryWrite(b[:n:n])
		}
		if err != nil {
			return done(s, err), nil
		}
		b = b[n:]
	}
	return done(s, s.Flush()), nil
}

func splice(p spliceParams) countResult {
	n, err := p.Self.CheckWrite()
	if err != nil {
		return streamErr[uint64](&p.Self.failed, err)
	}
	b, err := p.Src.TryRead(min(n, readLen(p.Len)))
	if err != nil {
		return streamErr[uint64](&p.Src.failed, err)
	}
	if len(b) > 0 {
		p.Self.permit -= len(b)
		if err := p.Self.sink.TryWrite(b); err != nil {
			return streamErr[uint64](&p.Self.failed, err)
		}
	}
	return host.OK[uint64, StreamError](uint64(len(b)))
}
