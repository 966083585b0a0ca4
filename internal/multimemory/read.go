package multimemory

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/bytecode"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A body is the body of a function.
type body struct {
	locals []byte // the declarations
	code   []byte // with the final end
}

func readBodies(m *wasm.Module) ([]body, error) {
	list, err := m.Bodies()
	if err != nil {
		return nil, err
	}
	bodies := make([]body, len(list))
	for i, b := range list {
		c := bytecode.On(b)
		if c.Locals(); c.Err != nil {
			return nil, fmt.Errorf("code section: %w", c.Err)
		}
		bodies[i] = body{c.Read(), c.Rest()}
	}
	return bodies, nil
}
