// Package wasi is the home of the generated bindings of WASI 0.3.0's
// interfaces; each is a package below this one.
package wasi

//go:generate go test ../../bindgen/guest -run ^TestWASI$ -update
