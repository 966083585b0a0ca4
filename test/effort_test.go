package test

import (
	"os"
	"testing"

	ast "github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/effort"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// TestEffort sees to it that the host's limit of what compiling may take is far
// from what it takes for guests.
func TestEffort(t *testing.T) {
	const margin = 10
	for _, name := range []string{"hello", "gauntlet", "values", "middleware-service"} {
		bin, err := os.ReadFile(component(t, name))
		if err != nil {
			t.Fatal(err)
		}
		c, err := ast.Decode(bin)
		if err != nil {
			t.Fatal(err)
		}
		var sum effort.Cost
		for _, data := range coreModules(c) {
			m, err := wasm.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			b, err := effort.Of(m)
			if err != nil {
				t.Fatal(err)
			}
			sum = sum.Plus(b.Cost)
		}
		limit := effort.Limit(len(bin) / margin)
		t.Logf("%s, %d bytes: up to %v; a %dth of the limit is %v", name, len(bin), sum, margin, limit)
		if sum.Time == 0 || !sum.Within(limit) {
			t.Errorf("%s: %v is not within %v", name, sum, limit)
		}
	}
}

// coreModules gives the core modules of a component and of those in it.
func coreModules(c *ast.Component) (list [][]byte) {
	for _, d := range c.Defs {
		switch d := d.(type) {
		case *ast.CoreModule:
			list = append(list, d.Data)
		case *ast.Nested:
			list = append(list, coreModules(d.Component)...)
		}
	}
	return list
}
