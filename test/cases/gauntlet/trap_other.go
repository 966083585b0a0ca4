//go:build !wasm

package main

func trap() { panic("only WebAssembly traps") }
