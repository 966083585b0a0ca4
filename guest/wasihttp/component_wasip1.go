package wasihttp

import (
	"net/http"

	handler "github.com/isyswasfa/isyswasfa/guest/wasi/export_wasi_http_handler"
)

func init() {
	http.DefaultTransport = DefaultTransport
	handler.Exports.Handle = serve
}

func (t *Transport) roundTrip(r *http.Request) (*http.Response, error) { return t.send(r) }
