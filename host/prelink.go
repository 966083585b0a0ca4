package host

import (
	"context"
)

// An InstancePre is a component bound to what a linker gives it. It may be
// instantiated any number of times, from many goroutines at once.
type InstancePre struct {
	c *Component
}

// Link binds a component to the linker's definitions. The error names
// everything that is missing and every function whose type does not fit.
func (l *Linker) Link(c *Component) (*InstancePre, error) { return link(l, c) }

// Instantiate makes an instance. Start functions run in it, which may call
// host functions. ctx bounds the instantiation alone.
func (p *InstancePre) Instantiate(ctx context.Context, conf InstanceConfig) (*Instance, error) {
	return instantiate(ctx, p, conf)
}
