//go:build !wasip1

package wasihttp

import "net/http"

func (t *Transport) roundTrip(r *http.Request) (*http.Response, error) {
	return http.DefaultTransport.RoundTrip(r)
}
