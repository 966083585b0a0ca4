// Package main answers with a stream of lines. It uses the bindings of
// wasi:http as they are: the response is out when its function returns, and a
// goroutine goes on to write the body, line by line, and then the trailers.
//
//isyswasfa:world wasi:http/service@0.3.0
package main

import (
	"strconv"
	"time"

	handler "github.com/isyswasfa/isyswasfa/guest/wasi/export_wasi_http_handler"
	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	. "github.com/isyswasfa/isyswasfa/guest/wit/types"
)

const (
	lines = 5
	pause = 50 * time.Millisecond
)

func init() { handler.Exports.Handle = handle }

func main() {}

func handle(request *http.Request) Result[*http.Response, http.ErrorCode] {
	request.Drop()
	body, contents := async.MakeStreamU8()
	done, trailers := http.MakeFutureResultOptionFieldsErrorCode()
	response, sent := http.ResponseNew(http.MakeFields(), Some(contents), trailers)
	sent.Drop()
	go write(body, done)
	return Ok[*http.Response, http.ErrorCode](response)
}

func write(body *StreamWriter[uint8], done *FutureWriter[Result[Option[*http.Fields], http.ErrorCode]]) {
	count := 0
	for ; count < lines && !body.ReaderDropped(); count++ {
		time.Sleep(pause)
		body.WriteAll([]uint8("line " + strconv.Itoa(count) + "\n"))
	}
	body.Drop()
	fields := http.FieldsFromList([]Tuple2[string, []uint8]{{F0: "lines", F1: []uint8(strconv.Itoa(count))}})
	done.Write(Ok[Option[*http.Fields], http.ErrorCode](Some(fields.Ok())))
}
