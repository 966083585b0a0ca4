package host

import (
	"context"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A Component is a compiled component; it may be linked any number of times.
type Component struct {
	name  string
	e     *Engine
	prog  *component.Program
	steps []compiledStep // by step; zero for steps that instantiate no module
	enter *reentry
	quiet *quietCode

	blocking []bool // by component instance: whether it seems that it may block

	polled  map[int]bool     // component instances with a poll function
	flagged map[int][]string // by step: exports that set the flag; see directEntry

	costs costs // of compiling it
}

// Name gives the name it was compiled under.
func (c *Component) Name() string { return c.name }

// Compile decodes, validates and compiles a component, unless ctx is cancelled
// before that is done. name is for messages.
func (e *Engine) Compile(ctx context.Context, name string, binary []byte) (*Component, error) {
	if err := e.living.begin(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer e.living.end()
	ast, err := component.Decode(binary)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	prog, err := component.Link(ast)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return compileProgram(ctx, e, name, prog, len(binary))
}
