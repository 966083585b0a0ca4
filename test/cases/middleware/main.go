// Package main stands between clients and another component, and lets clients
// use the content coding deflate: it decodes a request's body that is so
// encoded, and encodes the response's body for a client that accepts it. All
// else passes through, untouched where that is possible. What it calls deflate
// is the bare format of RFC 1951.
//
//isyswasfa:world wasi:http/middleware@0.3.0
package main

import (
	handler "github.com/isyswasfa/isyswasfa/guest/wasi/export_wasi_http_handler"
	next "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_handler"
	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	. "github.com/isyswasfa/isyswasfa/guest/wit/types"
)

func init() { handler.Exports.Handle = handle }

func main() {}

func handle(request *http.Request) Result[*http.Response, http.ErrorCode] {
	fields := entries(request.GetHeaders())
	isHead := request.GetMethod().Tag() == http.MethodHead
	fields, encoded := takeCoding(fields)
	fields, accepted := takeAccepted(fields)
	if encoded || accepted {
		request = remake(request, fields, encoded)
	}
	var result Result[*http.Response, http.ErrorCode]
	if !async.Until(async.Cancelled(), func() { result = next.Handle(request) }) {
		return Err[*http.Response](http.MakeErrorCodeConnectionTerminated())
	}
	if result.IsOk() && accepted && !isHead {
		return Ok[*http.Response, http.ErrorCode](encode(result.Ok()))
	}
	return result
}

// remake makes a request of another one and new headers.
func remake(from *http.Request, headers []field, encoded bool) *http.Request {
	method, options := from.GetMethod(), from.GetOptions()
	scheme, authority, path := from.GetScheme(), from.GetAuthority(), from.GetPathWithQuery()
	outcome, outcomeReader := http.MakeFutureResultUnitErrorCode()
	body, trailers := http.RequestConsumeBody(from, outcomeReader)
	var t *transfer
	if encoded {
		t, body, trailers = newTransfer(body, trailers)
	}
	to, sent := http.RequestNew(http.FieldsFromList(headers).Ok(), Some(body), trailers, options)
	to.SetMethod(method)
	to.SetScheme(scheme)
	to.SetAuthority(authority)
	to.SetPathWithQuery(path)
	go report(sent, outcome, t)
	if t != nil {
		go t.run(inflate)
	}
	return to
}

// encode makes a response whose body is encoded, if its body may be.
func encode(from *http.Response) *http.Response {
	status, headers := from.GetStatusCode(), entries(from.GetHeaders())
	if status == 204 || status == 206 || status == 304 || has(headers, "content-encoding") {
		return from
	}
	outcome, outcomeReader := http.MakeFutureResultUnitErrorCode()
	t, body, trailers := newTransfer(http.ResponseConsumeBody(from, outcomeReader))
	headers = append(without(headers, "content-length"),
		field{F0: "vary", F1: []uint8("accept-encoding")},
		field{F0: "content-encoding", F1: []uint8("deflate")})
	to, sent := http.ResponseNew(http.FieldsFromList(headers).Ok(), Some(body), trailers)
	to.SetStatusCode(status)
	go report(sent, outcome, t)
	go t.run(deflate)
	return to
}

// report tells the maker of a message how the transmission of what was made of
// it has ended. If nobody wants the rest, neither does t.
func report(sent *FutureReader[sentResult], outcome *FutureWriter[sentResult], t *transfer) {
	result, ok := sent.Receive()
	if t != nil && (!ok || result.IsErr()) {
		close(t.gone)
	}
	if ok {
		outcome.Write(result)
	} else {
		outcome.Drop()
	}
}
