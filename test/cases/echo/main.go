// Package main answers a POST to /echo with the request's body, and a POST to
// /double-echo with what the URL in the header url answers to that body. It uses
// the bindings of wasi:http as they are: bodies and trailers pass through
// without being read.
//
//isyswasfa:world wasi:http/service@0.3.0
package main

import (
	"net/url"
	"strings"

	handler "github.com/isyswasfa/isyswasfa/guest/wasi/export_wasi_http_handler"
	client "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_client"
	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	. "github.com/isyswasfa/isyswasfa/guest/wit/types"
)

type field = Tuple2[string, []uint8]

func init() { handler.Exports.Handle = handle }

func main() {}

func handle(request *http.Request) Result[*http.Response, http.ErrorCode] {
	if request.GetMethod().Tag() != http.MethodPost {
		return empty(request, 405)
	}
	switch request.GetPathWithQuery().SomeOr("/") {
	case "/echo":
		headers := contentType(request)
		body, trailers := consume(request)
		response, sent := http.ResponseNew(headers, Some(body), trailers)
		sent.Drop()
		return Ok[*http.Response, http.ErrorCode](response)
	case "/double-echo":
		if u := target(request); u != nil {
			return forward(request, u)
		}
		return empty(request, 400)
	}
	return empty(request, 405)
}

// forward sends the request's body to u, until the caller gives it up.
func forward(request *http.Request, u *url.URL) Result[*http.Response, http.ErrorCode] {
	headers := contentType(request)
	method := request.GetMethod()
	body, trailers := consume(request)
	out, sent := http.RequestNew(headers, Some(body), trailers, None[*http.RequestOptions]())
	sent.Drop()
	authority := u.Host
	if u.User != nil {
		authority = u.User.String() + "@" + u.Host
	}
	out.SetMethod(method)
	out.SetScheme(Some(scheme(u.Scheme)))
	out.SetAuthority(Some(authority))
	out.SetPathWithQuery(Some(u.EscapedPath()))
	var result Result[*http.Response, http.ErrorCode]
	if !async.Until(async.Cancelled(), func() { result = client.Send(out) }) {
		return Err[*http.Response](http.MakeErrorCodeConnectionTerminated())
	}
	return result
}

func scheme(name string) http.Scheme {
	switch name {
	case "http":
		return http.MakeSchemeHttp()
	case "https":
		return http.MakeSchemeHttps()
	}
	return http.MakeSchemeOther(name)
}

// target returns the first url header that is a URL, or nil.
func target(request *http.Request) *url.URL {
	headers := request.GetHeaders()
	defer headers.Drop()
	for _, value := range headers.Get("url") {
		if u, err := url.Parse(string(value)); err == nil && u.IsAbs() && u.Host != "" {
			return u
		}
	}
	return nil
}

// contentType returns the headers that are passed on.
func contentType(request *http.Request) *http.Fields {
	headers := request.GetHeaders()
	defer headers.Drop()
	var kept []field
	for _, f := range headers.CopyAll() {
		if strings.EqualFold(f.F0, "content-type") {
			kept = append(kept, f)
		}
	}
	return http.FieldsFromList(kept).Ok()
}

func consume(request *http.Request) (*StreamReader[uint8], *FutureReader[Result[Option[*http.Fields], http.ErrorCode]]) {
	outcome, reader := http.MakeFutureResultUnitErrorCode()
	outcome.Write(Ok[Unit, http.ErrorCode](Unit{}))
	return http.RequestConsumeBody(request, reader)
}

// empty answers with a status and nothing else.
func empty(request *http.Request, status uint16) Result[*http.Response, http.ErrorCode] {
	request.Drop()
	none, trailers := http.MakeFutureResultOptionFieldsErrorCode()
	none.Write(Ok[Option[*http.Fields], http.ErrorCode](None[*http.Fields]()))
	response, sent := http.ResponseNew(http.MakeFields(), None[*StreamReader[uint8]](), trailers)
	sent.Drop()
	response.SetStatusCode(status)
	return Ok[*http.Response, http.ErrorCode](response)
}
