package wasihttp

import (
	"context"
	"log"
	"net/http"
	"runtime"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

type handleResult = types.Result[*wasi_http_types.Response, wasi_http_types.ErrorCode]

func failure(code wasi_http_types.ErrorCode) handleResult {
	return types.Err[*wasi_http_types.Response, wasi_http_types.ErrorCode](code)
}

// serverContext is what the context of each request descends from. By its value
// httputil.ReverseProxy, and others, know that they may break a response off by
// a panic of http.ErrAbortHandler. It is no *http.Server, as net/http's is: that
// would link the server into every guest, two megabytes and a half.
var serverContext = context.WithValue(context.Background(), http.ServerContextKey, server{})

type server struct{}

// serve is wasi:http/handler's handle. It returns when the response has begun;
// the handler's goroutine sends the rest.
func serve(request *wasi_http_types.Request) handleResult {
	ctx, cancel := context.WithCancel(serverContext)
	r, b, err := newRequest(ctx, request)
	if err != nil {
		cancel()
		return failure(wasi_http_types.MakeErrorCodeHttpRequestUriInvalid())
	}
	w := newResponse(r, cancel)
	go w.serve(served, r, b)
	select {
	case result := <-w.result:
		return result
	case <-async.Cancelled():
		cancel()
		return failure(wasi_http_types.MakeErrorCodeConnectionTerminated())
	}
}

// serve runs the handler.
func (w *response) serve(h http.Handler, r *http.Request, b *body) {
	returned := false
	defer func() {
		if returned {
			w.finish()
		} else {
			w.abort(panicCode(recover()))
		}
		w.cancel()
		b.Close()
	}()
	h.ServeHTTP(w, r)
	returned = true
}

// panicCode says how the request of a handler fails that did not return, and
// logs a panic that is not meant to be quiet.
func panicCode(value any) wasi_http_types.ErrorCode {
	switch v := value.(type) {
	case nil:
		return internalError("the handler ended its goroutine")
	case *Error:
		return v.Code
	}
	if value != http.ErrAbortHandler {
		buf := make([]byte, 64<<10)
		buf = buf[:runtime.Stack(buf, false)]
		log.Printf("wasihttp: panic in the handler: %v\n%s", value, buf)
	}
	return internalError("the handler panicked")
}
