// Package main fetches the URLs that a request's url headers name and answers
// with a line for each: the URL and the SHA-256 of what it gave. At most 16 are
// fetched at once; a line is sent as soon as its fetch is done.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"sync"
	"unicode/utf8"

	"github.com/isyswasfa/isyswasfa/guest/wasihttp"
)

const atOnce = 16

func init() { wasihttp.HandleFunc(hashAll) }

func main() {}

func hashAll(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	out := http.NewResponseController(w)
	out.Flush()

	var wg sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, atOnce)
	for _, value := range r.Header["Url"] {
		u, err := url.Parse(value)
		if err != nil || !u.IsAbs() || !utf8.ValidString(value) {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			sum, err := hash(r, u)
			if err != nil {
				sum = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			if _, err := fmt.Fprintf(w, "%s: %s\n", u, sum); err != nil {
				log.Printf("Error sending payload: %v", err)
			}
			out.Flush()
		})
	}
	wg.Wait()
}

// hash returns the SHA-256 of what u gives, in hexadecimal.
func hash(r *http.Request, u *url.URL) (string, error) {
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, u.String(), nil)
	if err != nil {
		return "", err
	}
	res, err := wasihttp.DefaultTransport.RoundTrip(req) // follows no redirects
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return "", fmt.Errorf("unexpected status: %d", res.StatusCode)
	}
	h := sha256.New()
	if _, err := io.Copy(h, res.Body); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
