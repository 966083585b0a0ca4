package multimemory_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkMemory sums up 64 KiB in words, copies 64 KiB within a memory and
// between two, by the place of the memory: 0 is what the engine does itself.
func BenchmarkMemory(b *testing.B) {
	rt := newRuntime(b)
	for _, k := range []string{"0", "1"} {
		text := strings.ReplaceAll(`(module (memory 2) (memory 2)
			(func (export "sum") (result i32) (local i32 i32)
				(loop
					(local.set 1 (i32.add (local.get 1) (i32.load K offset=8 (local.get 0))))
					(local.set 0 (i32.add (local.get 0) (i32.const 4)))
					(br_if 0 (i32.lt_u (local.get 0) (i32.const 65536))))
				(local.get 1))
			(func (export "copy") (result i32) (memory.copy K K (i32.const 100) (i32.const 50) (i32.const 65536)) (i32.const 0))
			(func (export "across") (result i32) (memory.copy K J (i32.const 100) (i32.const 50) (i32.const 65536)) (i32.const 0)))`, "K", k)
		p, err := start(rt, assemble(b, strings.ReplaceAll(text, "J", map[string]string{"0": "1", "1": "0"}[k])), nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, name := range []string{"sum", "copy", "across"} {
			f := p.main.ExportedFunction(name)
			b.Run(fmt.Sprintf("%s/%s", name, k), func(b *testing.B) {
				b.SetBytes(65536)
				for b.Loop() {
					if _, err := f.Call(context.Background()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
