package host_test

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// behindRealloc is a component with n functions that call one another in a
// row, all of which its realloc calls in another core module.
func behindRealloc(n int) []byte {
	var row, imports, args, calls strings.Builder
	for i := range n {
		fmt.Fprintf(&row, "(func (export \"%d\") (call %d))", i, min(i+1, n))
		fmt.Fprintf(&imports, "(import \"\" \"%d\" (func))", i)
		fmt.Fprintf(&args, "(export \"%d\" (func $row \"%d\"))", i, i)
		fmt.Fprintf(&calls, "(call %d)", i)
	}
	bin, err := wast.Assemble(fmt.Sprintf(`(component
	(component $B
		(core module $m (func (export "nop")))
		(core instance $i (instantiate $m))
		(func (export "nop") (canon lift (core func $i "nop"))))
	(instance $b (instantiate $B))
	(component $A
		(import "nop" (func $nop))
		(core func $nop' (canon lower (func $nop)))
		(core module $row %s (func))
		(core instance $row (instantiate $row))
		(core module $m %s (import "nop" "nop" (func))
			(memory (export "m") 1)
			(func (export "realloc") (param i32 i32 i32 i32) (result i32) %s (i32.const 64))
			(func (export "f") (param i32 i32)))
		(core instance $i (instantiate $m (with "" (instance %s)) (with "nop" (instance (export "nop" (func $nop'))))))
		(func (export "f") (param "s" string) (canon lift (core func $i "f") (memory $i "m") (realloc (core func $i "realloc")))))
	(instance $a (instantiate $A (with "nop" (func $b "nop"))))
	(export "f" (func $a "f")))`, &row, &imports, &calls, &args))
	if err != nil {
		panic(err)
	}
	return bin
}
