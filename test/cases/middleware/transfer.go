package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"

	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	. "github.com/isyswasfa/isyswasfa/guest/wit/types"
)

type (
	trailersResult = Result[Option[*http.Fields], http.ErrorCode]
	sentResult     = Result[Unit, http.ErrorCode]
)

// A transfer is a body on its way from one message to another.
type transfer struct {
	in       *StreamReader[uint8]
	out      *StreamWriter[uint8]
	received *FutureReader[trailersResult]
	trailers *FutureWriter[trailersResult]
	gone     chan struct{} // closed when nobody wants the rest
}

// newTransfer takes over the body and the trailers of one message and gives
// those for the other.
func newTransfer(body *StreamReader[uint8], trailers *FutureReader[trailersResult]) (*transfer, *StreamReader[uint8], *FutureReader[trailersResult]) {
	t := &transfer{in: body, received: trailers, gone: make(chan struct{})}
	out, made := async.MakeStreamU8()
	sender, receiver := http.MakeFutureResultOptionFieldsErrorCode()
	t.out, t.trailers = out, sender
	return t, made, receiver
}

// run has code carry the body, and passes on the trailers. The end of the body
// waits for no trailers; but that the body is broken must be known first.
func (t *transfer) run(code func(*transfer) error) {
	err := code(t)
	t.in.Drop()
	if err == nil {
		t.out.Drop()
		t.trailers.Write(t.result())
		return
	}
	result := Err[Option[*http.Fields]](http.MakeErrorCodeInternalError(Some("deflate: " + err.Error())))
	if err == io.ErrUnexpectedEOF {
		if cause := t.result(); cause.IsErr() {
			result = cause // the body broke off before it came here
		}
	}
	t.received.Drop()
	t.trailers.Write(result)
	t.out.Drop()
}

// result waits for the trailers; if they are not sent there are none.
func (t *transfer) result() trailersResult {
	none := Ok[Option[*http.Fields], http.ErrorCode](None[*http.Fields]())
	result, sent := none, false
	async.Until(t.gone, func() { result, sent = t.received.Receive() })
	if !sent {
		return none
	}
	return result
}

var errGone = errors.New("nobody wants the rest of the body")

func (t *transfer) Read(p []byte) (n int, err error) {
	if !async.Until(t.gone, func() { n = int(t.in.Read(p)) }) {
		return 0, errGone
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (t *transfer) Write(p []byte) (int, error) {
	if !async.Until(t.gone, func() { t.out.WriteAll(p) }) || t.out.ReaderDropped() {
		return 0, errGone
	}
	return len(p), nil
}

const pieceSize = 16 << 10

func inflate(t *transfer) error {
	in := bufio.NewReaderSize(t, pieceSize)
	if _, err := io.CopyBuffer(t, flate.NewReader(in), make([]byte, pieceSize)); err != nil {
		return err
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return errors.New("there is something after the end")
	}
	return nil
}

// The deflater of all bodies, which takes a megabyte.
var (
	deflating sync.Mutex
	deflater  *flate.Writer
)

// deflate encodes each piece for itself, and the client gets it as soon as it
// has come. So bodies that wait for their next piece need no deflater.
func deflate(t *transfer) error {
	for buf := make([]byte, pieceSize); ; {
		n, err := t.Read(buf)
		if err != nil && err != io.EOF {
			return err
		}
		if _, err := t.Write(deflatePiece(buf[:n], err == io.EOF)); err != nil {
			return err
		}
		if err == io.EOF {
			return nil
		}
	}
}

// deflatePiece encodes a part of a stream: whole blocks, up to a whole byte.
func deflatePiece(piece []byte, last bool) []byte {
	deflating.Lock()
	defer deflating.Unlock()
	var out bytes.Buffer
	if deflater == nil {
		deflater, _ = flate.NewWriter(&out, flate.BestSpeed)
	} else {
		deflater.Reset(&out)
	}
	deflater.Write(piece)
	if last {
		deflater.Close()
	} else {
		deflater.Flush()
	}
	return out.Bytes()
}
