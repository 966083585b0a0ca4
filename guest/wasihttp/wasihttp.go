// Package wasihttp lets programs of net/http run as components of the world
// wasi:http/service@0.3.0: it serves an http.Handler as wasi:http/handler and
// sends requests with wasi:http/client.
//
//	func init() {
//		wasihttp.HandleFunc(func(w http.ResponseWriter, r *http.Request) {
//			fmt.Fprintln(w, "hello")
//		})
//	}
//
//	func main() {}
//
// The handler is set during initialization: a component's main does not run.
// Without Handle or HandleFunc requests go to http.DefaultServeMux.
//
// Importing the package makes [Transport] the http.DefaultTransport, so
// http.Get and the zero http.Client work.
//
// A component of the world wasi:http/middleware@0.3.0 passes requests on to the
// component behind it with
//
//	next := &wasihttp.Transport{Send: wasi_http_handler.Handle}
//
// which is an http.RoundTripper for an httputil.ReverseProxy or a handler's own
// requests. Trailers of a request are in the Trailer of the *http.Request being
// served when its body has ended: set that of the outgoing one to the same map.
//
// Where wasi:http has nothing like it, things differ from net/http. Fields that
// concern a connection are neither seen nor sent; there are no informational
// responses, no Hijack and no deadlines of an http.ResponseController. RemoteAddr
// is empty and TLS nil. The ContentLength of a request without that field is 0
// or, where the method has a body as a rule, -1. Transport asks for no compressed
// responses of its own accord, and decompresses none.
//
// In a program that is not a component, such as a test of a handler, nothing is
// replaced, and Transport is the http.DefaultTransport of net/http.
package wasihttp

import (
	"net/http"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// DefaultTransport is what http.DefaultTransport is set to.
var DefaultTransport = &Transport{}

// DefaultClient is an http.Client on DefaultTransport.
var DefaultClient = &http.Client{Transport: DefaultTransport}

var served http.Handler = http.DefaultServeMux

// Handle makes h the handler of all requests.
//
// Each request is served in a goroutine of its own. Its context ends when the
// caller cancels the request or goes away, and when the handler returns. A
// handler that panics before the response has begun makes the request fail
// with the code of an [*Error], if the panic's value is one, or else with
// internal-error; afterwards the response is broken off. The component lives on.
func Handle(h http.Handler) { served = h }

// HandleFunc makes f the handler of all requests; see [Handle].
func HandleFunc(f http.HandlerFunc) { Handle(f) }

type (
	trailersResult = types.Result[types.Option[*wasi_http_types.Fields], wasi_http_types.ErrorCode]
	sentResult     = types.Result[types.Unit, wasi_http_types.ErrorCode]
)
