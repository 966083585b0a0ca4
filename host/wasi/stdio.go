package wasi

import (
	"io"

	"github.com/isyswasfa/isyswasfa/host"
)

// A writerSink writes to an io.Writer in the call that writes. It never makes
// the guest wait, so it never suspends it.
type writerSink struct {
	w   io.Writer
	err error
}

func (s *writerSink) CheckWrite() (int, error) { return maxPermit, s.err }

func (s *writerSink) TryWrite(p []byte) error {
	if s.err != nil {
		return s.err
	}
	_, s.err = s.w.Write(p)
	return s.err
}

func (s *writerSink) Flush() error { return s.err }
func (s *writerSink) Close(error)  {}
func (s *writerSink) Ready() bool  { return true }

func (s *writerSink) Notify(wake func()) func() {
	wake()
	return func() {}
}

// NewWriterStream makes a stream that writes to w at once.
func NewWriterStream(w io.Writer) *OutputStream { return NewOutputStream(&writerSink{w: w}) }

// stdinStream gives one of several streams of the same input.
func (s *settings) stdinStream() *InputStream {
	if s.stdin == nil {
		return NewInputStream(emptySource{})
	}
	return NewInputStream(unclosed{s.stdin})
}

// unclosed is a source that other streams share.
type unclosed struct{ Source }

func (unclosed) Close() error { return nil }

// emptySource is at its end.
type emptySource struct{}

func (emptySource) TryRead(int) ([]byte, error) { return nil, io.EOF }
func (emptySource) Ready() bool                 { return true }
func (emptySource) Close() error                { return nil }

func (emptySource) Notify(wake func()) func() {
	wake()
	return func() {}
}

// EmptyStream gives a stream that is at its end.
func EmptyStream() *InputStream { return NewInputStream(emptySource{}) }

func addStdio02(l *host.Linker) {
	l.Instance("wasi:cli/stdin@0.2.0").Resource("input-stream", inputStreamResource).
		Func("get-stdin", host.Func(func(c *host.Call, _ noParams) (*InputStream, error) {
			return settingsOf(c).stdinStream(), nil
		}))
	l.Instance("wasi:cli/stdout@0.2.0").Resource("output-stream", outputStreamResource).
		Func("get-stdout", host.Func(func(c *host.Call, _ noParams) (*OutputStream, error) {
			return NewWriterStream(settingsOf(c).stdout), nil
		}))
	l.Instance("wasi:cli/stderr@0.2.0").Resource("output-stream", outputStreamResource).
		Func("get-stderr", host.Func(func(c *host.Call, _ noParams) (*OutputStream, error) {
			return NewWriterStream(settingsOf(c).stderr), nil
		}))
}

// A CLIError is the Go shape of wasi:cli/types' enum error-code.
type CLIError uint8

// The cases of error-code.
const (
	CLIErrorIO CLIError = iota
	CLIErrorIllegalByteSequence
	CLIErrorPipe
)

type (
	cliResult = host.Result[struct{}, CLIError]
	cliFuture = Receiver[cliResult]
	stdinEnds struct {
		Data   *InputStream
		Result *cliFuture
	}
)

// cliFutureName is the polyfill's name for future<result<_, error-code>>.
const cliFutureName = "result-unit-error-code"

func addStdio03(l *host.Linker) {
	l.Instance("wasi:cli/types@0.3.0")
	d := l.Instance("wasi:cli/stdin@0.3.0").Resource("input-stream", inputStreamResource)
	AddFuture[cliResult](d, cliFutureName)
	d.Func("read-via-stream", host.Func(func(c *host.Call, _ noParams) (stdinEnds, error) {
		f := new(Future[cliResult])
		src := &reportingSource{Source: settingsOf(c).stdinStream().src, result: f}
		return stdinEnds{NewInputStream(src), &cliFuture{f}}, nil
	}))
	addWriteViaStream(l.Instance("wasi:cli/stdout@0.3.0"), func(s *settings) io.Writer { return s.stdout })
	addWriteViaStream(l.Instance("wasi:cli/stderr@0.3.0"), func(s *settings) io.Writer { return s.stderr })
}

func addWriteViaStream(d *host.Definitions, to func(*settings) io.Writer) {
	d.Resource("input-stream", inputStreamResource)
	AddFuture[cliResult](d, cliFutureName)
	d.Func("write-via-stream", host.Func(func(c *host.Call, p struct{ Data *InputStream }) (*cliFuture, error) {
		f := new(Future[cliResult])
		CopyTo(to(settingsOf(c)), p.Data, func(err error) {
			f.Resolve(cliOutcome(err))
		})
		return &cliFuture{f}, nil
	}))
}

func cliOutcome(err error) cliResult {
	switch err {
	case nil, io.EOF:
		return cliResult{}
	case io.ErrClosedPipe, io.ErrShortWrite:
		return host.Err[struct{}](CLIErrorPipe)
	}
	return host.Err[struct{}](CLIErrorIO)
}

// A reportingSource resolves a future when the stream ends or is dropped.
type reportingSource struct {
	Source
	result *Future[cliResult]
}

func (s *reportingSource) TryRead(max int) ([]byte, error) {
	b, err := s.Source.TryRead(max)
	if err != nil {
		s.result.Resolve(cliOutcome(err))
		err = io.EOF // the future tells the rest
	}
	return b, err
}

func (s *reportingSource) Close() error {
	s.result.Resolve(cliResult{})
	return s.Source.Close()
}
