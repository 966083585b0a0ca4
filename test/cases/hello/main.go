// Package main is the smallest guest: a greeting.
package main

import (
	"fmt"
	"net/http"

	"github.com/isyswasfa/isyswasfa/guest/wasihttp"
)

func init() {
	wasihttp.HandleFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello from %s\n", r.URL.Path)
	})
}

func main() {}
