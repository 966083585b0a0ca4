// Package wasihttp gives components wasi:http@0.3.0 in its polyfilled form on
// net/http, and makes a net/http handler of a component that exports
// wasi:http/handler.
//
// # Shared instances
//
// If Config.Shared is set, one instance serves all requests until it fails, is
// retired or is given up; see Config. What its guests keep in memory is lost
// then. At most two retired instances drain at a time, beside the one that
// takes requests.
//
// Which request guest code is at work for is not known to the host: a goroutine
// of one may wait for another's, and one timer serves whichever is first. So a
// response whose body a guest forgets to end is broken off when nothing goes on
// in the instance any more, and no sooner: a guess might break off one that
// another request is about to continue. A busy instance keeps such a response
// open until its client goes away.
//
// # Bodies that nobody reads
//
// A response may begin before the request's body is read, and end without that.
// What the client sends within half a second, 256 KiB at most, is read then so
// that the connection can be used again; else the client gets the response to
// its end, and net/http closes the connection.
package wasihttp

import (
	"maps"
	"net/http"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// Names of the interfaces of wasi:http.
const (
	typesName   = "wasi:http/types@0.3.0"
	clientName  = "wasi:http/client@0.3.0"
	handlerName = "wasi:http/handler@0.3.0"
)

// AddToLinker defines wasi:http/types, client and handler. An imported handler
// sends to the network as the client does; compose the component with another
// one to have that one answer. Streams are those of wasi:io, so
// [wasi.AddToLinker] is needed too.
func AddToLinker(l *host.Linker) {
	types := l.Instance(typesName)
	wasi.AddFuture[TrailersResult](types, "result-option-own-trailers-error-code")
	wasi.AddFuture[SendResult](types, "result-unit-error-code")
	addFields(types)
	addRequest(types)
	addRequestOptions(types)
	addResponse(types)
	l.Instance(clientName).Async("send", host.AsyncFunc(send))
	l.Instance(handlerName).Async("handle", host.AsyncFunc(send))
}

type transportKey struct{}

// With gives a copy of values, which may be nil, to which the transport of
// outgoing requests is added: the Values of a [host.InstanceConfig]. Without
// it [DefaultTransport] is used.
func With(values map[any]any, rt http.RoundTripper) map[any]any {
	values = maps.Clone(values)
	if values == nil {
		values = map[any]any{}
	}
	values[transportKey{}] = rt
	return values
}

// DefaultTransport sends requests as guests made them: it never decompresses,
// and as a RoundTripper it follows no redirects and keeps no cookies.
var DefaultTransport http.RoundTripper = &http.Transport{
	Proxy:                  http.ProxyFromEnvironment,
	DisableCompression:     true,
	ForceAttemptHTTP2:      true,
	MaxIdleConns:           100,
	MaxIdleConnsPerHost:    16,
	IdleConnTimeout:        90 * time.Second,
	TLSHandshakeTimeout:    10 * time.Second,
	ExpectContinueTimeout:  time.Second,
	MaxResponseHeaderBytes: 1 << 20,
	WriteBufferSize:        16 << 10,
	ReadBufferSize:         16 << 10,
}
