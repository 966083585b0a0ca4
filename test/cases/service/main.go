// Package main answers with what it is sent: the request's headers, body and
// trailers. It looks at none of them, and does not wait.
//
//isyswasfa:world wasi:http/service@0.3.0
package main

//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen host -o host --world wasi:http/service@0.3.0

import (
	handler "github.com/isyswasfa/isyswasfa/guest/wasi/export_wasi_http_handler"
	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	. "github.com/isyswasfa/isyswasfa/guest/wit/types"
)

func init() { handler.Exports.Handle = handle }

func main() {}

func handle(request *http.Request) Result[*http.Response, http.ErrorCode] {
	headers := request.GetHeaders()
	outcome, reader := http.MakeFutureResultUnitErrorCode()
	outcome.Write(Ok[Unit, http.ErrorCode](Unit{}))
	body, trailers := http.RequestConsumeBody(request, reader)
	response, sent := http.ResponseNew(headers, Some(body), trailers)
	sent.Drop()
	return Ok[*http.Response, http.ErrorCode](response)
}
