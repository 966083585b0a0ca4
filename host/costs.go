package host

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/effort"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Costs sum up what compiling the core modules of a component may take, before
// the engine is given them.
type costs struct {
	size   int // of the component in bytes
	spent  effort.Cost
	bounds map[*wasm.Module]effort.Bound
}

// spend adds what it takes to compile a module that stands at offset in the
// component, each time that it is compiled. It fails if the component costs
// more than its size allows.
func (c *costs) spend(m *wasm.Module, offset int) error {
	b, ok := c.bounds[m]
	if !ok {
		var err error
		if b, err = effort.Of(m); err != nil {
			return err
		}
		c.bounds[m] = b
	}
	limit := effort.Limit(c.size)
	if c.spent = c.spent.Plus(b.Cost); c.spent.Within(limit) {
		return nil
	}
	return fmt.Errorf("compiling may take up to %v, but a component of %d bytes may take %v; function %d at offset %#x takes up to %v of that",
		c.spent, c.size, limit, int(m.ImportedFuncs())+b.Function, offset+m.BodyOffset(b.Function), b.Worst)
}
