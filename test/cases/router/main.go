// Package main passes requests on, by their path, to the components with which
// it is composed: its world imports one interface under several names.
package main

import (
	"net/url"
	"slices"
	"strings"

	handler "github.com/isyswasfa/isyswasfa/guest/wasi/export_wasi_http_handler"
	client "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_client"
	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	. "github.com/isyswasfa/isyswasfa/guest/wit/types"
	"github.com/isyswasfa/isyswasfa/test/cases/router/echo"
	"github.com/isyswasfa/isyswasfa/test/cases/router/hash_all"
	"github.com/isyswasfa/isyswasfa/test/cases/router/middleware"
	"github.com/isyswasfa/isyswasfa/test/cases/router/service"
)

//isyswasfa:world router wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen guest wit

type (
	field  = Tuple2[string, []uint8]
	result = Result[*http.Response, http.ErrorCode]
)

func init() { handler.Exports.Handle = handle }

func main() {}

func handle(request *http.Request) result {
	switch request.GetPathWithQuery().SomeOr("/") {
	case "/echo", "/double-echo":
		return pass(request, echo.Handle)
	case "/hash-all":
		return pass(request, hash_all.Handle)
	case "/service":
		return pass(request, service.Handle)
	case "/middleware":
		return pass(request, middleware.Handle)
	case "/proxy":
		return proxy(request)
	}
	return empty(request, 405)
}

// pass has the request answered by to, until the caller gives it up.
func pass(request *http.Request, to func(*http.Request) result) (answer result) {
	if !async.Until(async.Cancelled(), func() { answer = to(request) }) {
		return Err[*http.Response](http.MakeErrorCodeConnectionTerminated())
	}
	return answer
}

// proxy sends the request to where its first url header points.
func proxy(request *http.Request) result {
	target, headers := takeURL(request)
	if target == nil {
		return empty(request, 400)
	}
	method, options := request.GetMethod(), request.GetOptions()
	outcome, reader := http.MakeFutureResultUnitErrorCode()
	body, trailers := http.RequestConsumeBody(request, reader)
	out, sent := http.RequestNew(http.FieldsFromList(headers).Ok(), Some(body), trailers, options)
	go func() {
		if result, ok := sent.Receive(); ok {
			outcome.Write(result)
		} else {
			outcome.Drop()
		}
	}()
	out.SetMethod(method)
	out.SetScheme(Some(scheme(target.Scheme)))
	out.SetAuthority(Some(target.Host))
	out.SetPathWithQuery(Some(target.RequestURI()))
	return pass(out, client.Send)
}

// takeURL gives the first url header, nil if it is none, and all other headers.
func takeURL(request *http.Request) (*url.URL, []field) {
	fields := request.GetHeaders()
	defer fields.Drop()
	isURL := func(f field) bool { return strings.EqualFold(f.F0, "url") }
	all := fields.CopyAll()
	first := slices.IndexFunc(all, isURL)
	if first < 0 {
		return nil, nil
	}
	u, err := url.Parse(string(all[first].F1))
	if err != nil || !u.IsAbs() || u.Host == "" {
		return nil, nil
	}
	return u, slices.DeleteFunc(all, isURL)
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

// empty answers with a status and nothing else.
func empty(request *http.Request, status uint16) result {
	request.Drop()
	none, trailers := http.MakeFutureResultOptionFieldsErrorCode()
	none.Write(Ok[Option[*http.Fields], http.ErrorCode](None[*http.Fields]()))
	response, sent := http.ResponseNew(http.MakeFields(), None[*StreamReader[uint8]](), trailers)
	sent.Drop()
	response.SetStatusCode(status)
	return Ok[*http.Response, http.ErrorCode](response)
}
