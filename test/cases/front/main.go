// Package main stands between clients and another component, as a reverse
// proxy of net/http/httputil: the other component is its transport. It leaves
// its name in each request and each response.
//
//isyswasfa:world wasi:http/middleware@0.3.0
package main

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_handler"
	"github.com/isyswasfa/isyswasfa/guest/wasihttp"
)

const via = "1.1 front"

func init() {
	wasihttp.Handle(&httputil.ReverseProxy{
		Transport:     &wasihttp.Transport{Send: wasi_http_handler.Handle},
		FlushInterval: -1,                         // at once
		ErrorLog:      log.New(io.Discard, "", 0), // clients learn what goes wrong
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.Header.Add("Via", via)
			r.Out.Trailer = r.In.Trailer // filled in at the end of the body
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Add("Via", via)
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			var e *wasihttp.Error
			if !errors.As(err, &e) {
				panic(http.ErrAbortHandler)
			}
			panic(e) // the error-code of the other component is the answer
		},
	})
}

func main() {}
