// Package main serves the handler that package wasihttp's tests also serve by
// net/http alone: both have to answer the same.
package main

import (
	"github.com/isyswasfa/isyswasfa/guest/wasihttp"
	"github.com/isyswasfa/isyswasfa/test/cases/mirror/handler"
)

func init() { wasihttp.Handle(handler.New()) }

func main() {}
