// Package wave reads and writes component values as text, in the WebAssembly
// Value Encoding: {name: "x", tags: [1, 2], at: some((3, 4.5)), kind: circle(2)}.
//
// The syntax is that of the crate wasm-wave of the Bytecode Alliance, as its
// README and wave_ebnf.md describe it. The text alone does not tell types: a
// value is read and written as one of a [host.Type], and is a dynamic value of
// package host. Resources have no text.
package wave
