package host

import (
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// library are the interfaces that host/wasi and host/wasihttp implement, by
// package and version track.
var library = map[string]string{
	"wasi:io@0.2":     "error poll streams",
	"wasi:clocks@0.2": "monotonic-clock wall-clock",
	"wasi:random@0.2": "random insecure insecure-seed",
	"wasi:cli@0.2":    "environment exit stdin stdout stderr terminal-input terminal-output terminal-stdin terminal-stdout terminal-stderr",
	"wasi:clocks@0.3": "types monotonic-clock system-clock",
	"wasi:random@0.3": "random insecure insecure-seed",
	"wasi:cli@0.3":    "environment exit types stdin stdout stderr terminal-input terminal-output terminal-stdin terminal-stdout terminal-stderr",
	"wasi:http@0.3":   "types client handler",

	"isyswasfa:isyswasfa@": "isyswasfa",
	"isyswasfa:io@":        "poll pipe",
}

// provided tells whether the host library implements the import.
func provided(id string) bool {
	id, version, _ := strings.Cut(id, "@")
	pkg, iface, ok := strings.Cut(id, "/")
	if !ok || strings.ContainsAny(version, "-+") {
		return false
	}
	track := version
	if parts := strings.SplitN(version, ".", 3); len(parts) == 3 {
		track = parts[0] + "." + parts[1]
	}
	return slices.Contains(strings.Fields(library[pkg+"@"+track]), iface)
}

// goResources are the Go types of the resources of the library.
var goResources = map[string]string{
	"wasi:io/error error":             "/wasi.Error",
	"wasi:io/poll pollable":           ".Pollable",
	"wasi:io/streams input-stream":    "/wasi.InputStream",
	"wasi:io/streams output-stream":   "/wasi.OutputStream",
	"wasi:http/types fields":          "/wasihttp.Fields",
	"wasi:http/types request":         "/wasihttp.Request",
	"wasi:http/types request-options": "/wasihttp.RequestOptions",
	"wasi:http/types response":        "/wasihttp.Response",
}

// libraryType gives the import path and the name of the Go type of a resource
// that the library implements; ok is false if it does not, or keeps the type
// to itself.
func libraryType(def *wit.TypeDef) (path, name string, ok bool) {
	if def.Interface == nil || !provided(def.Interface.ID()) {
		return "", "", false
	}
	iface, _, _ := strings.Cut(def.Interface.ID(), "@")
	at, ok := goResources[iface+" "+def.Name]
	if !ok {
		return "", "", false
	}
	dot := strings.LastIndexByte(at, '.')
	return Library + at[:dot], at[dot+1:], true
}
