package wasihttp

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
)

// methods are the cases of wasi:http's method but the last, in order.
var methods = [...]string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

func methodName(m wasi_http_types.Method) string {
	if m.Tag() == wasi_http_types.MethodOther {
		return m.Other()
	}
	return methods[m.Tag()]
}

// newRequest makes of a request what net/http's server makes of one, and
// takes it over.
func newRequest(ctx context.Context, from *wasi_http_types.Request) (*http.Request, *body, error) {
	r := &http.Request{
		Method: methodName(from.GetMethod()),
		Host:   from.GetAuthority().SomeOr(""),
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		RequestURI: from.GetPathWithQuery().SomeOr("/"),
		Header:     toHeader(from.GetHeaders()),
	}
	ctx = context.WithValue(ctx, schemeKey{}, from.GetScheme())
	r = r.WithContext(ctx)
	if r.Host == "" {
		r.Host = r.Header.Get("Host")
	}
	delete(r.Header, "Host")
	var err error
	if r.URL, err = parseTarget(r.Method, r.RequestURI, r.Host); err != nil {
		from.Drop()
		return nil, nil, err
	}
	r.Trailer = takeTrailerNames(r.Header)
	// Whether there is a body shows only when it is read. A length that is not
	// known is -1, unless the method makes it likely that there is none.
	length := contentLength(r.Header, -1)
	r.ContentLength = length
	if length < 0 && bodyUnlikely(r.Method) {
		r.ContentLength = 0
	}

	handled, handledReader := wasi_http_types.MakeFutureResultUnitErrorCode()
	stream, trailers := wasi_http_types.RequestConsumeBody(from, handledReader)
	b := newBody(ctx, stream, trailers, handled, length, r.Trailer)
	r.Body = b
	return r, b, nil
}

func parseTarget(method, target, host string) (*url.URL, error) {
	if method == http.MethodConnect && !strings.HasPrefix(target, "/") {
		return &url.URL{Host: host}, nil
	}
	if target == "" || target[0] == '?' {
		target = "/" + target
	}
	return url.ParseRequestURI(target)
}

func bodyUnlikely(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodConnect:
		return true
	}
	return false
}
