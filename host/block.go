package host

import (
	"context"
	"slices"
)

// BlockingFunc is [Func] for functions that may call [Call.Block]. Component
// instances that import one, or call one that does, are called in a way that
// lets the others go on meanwhile.
func BlockingFunc[P, R any](fn func(c *Call, p P) (R, error)) HostFunc {
	return blockingFunc[P, R]{syncFunc[P, R]{fn}}
}

type blockingFunc[P, R any] struct{ syncFunc[P, R] }

func (blockingFunc[P, R]) blocks() {}

// Block waits until one of the sources is ready. In a [BlockingFunc] it
// suspends the guest and every component instance that waits for it, and no
// other: meanwhile the driver runs the rest of the instance, calls of what is
// suspended wait in line, and its async callers are told that it is pending.
// Elsewhere, and while the component is instantiated, everything waits.
//
// The error is why the instance ended meanwhile; the host function has to
// return it. What belongs to the instance may have changed when Block returns,
// but handles that were passed to the function are still lent to it.
func (c *Call) Block(srcs ...PollSource) error {
	if anyReady(srcs) {
		return nil
	}
	return c.in.block(c.sub, slices.Clone(srcs)) // so that srcs needs no allocation
}

func (in *Instance) block(sub int, srcs []PollSource) error {
	if in.stack == nil || !in.pre.blocks[sub] {
		return in.blockAll(srcs)
	}
	for !anyReady(srcs) {
		if err := in.Err(); err != nil {
			return err
		}
		p := &pause{st: in.stack, srcs: srcs}
		p.watch(in)
		in.drv.hold(1)
		err := in.pause(p)
		in.drv.hold(-1)
		p.unwatch()
		if err != nil {
			return err
		}
	}
	return nil
}

// blockAll waits with the driver's role.
func (in *Instance) blockAll(srcs []PollSource) error {
	wake := make(chan struct{}, 1)
	signal := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	for !anyReady(srcs) {
		p := pause{srcs: srcs}
		for _, s := range srcs {
			p.stop = append(p.stop, s.Notify(signal))
		}
		var err error
		select {
		case <-wake:
		case <-in.ctx.Done():
			err = context.Cause(in.ctx)
		}
		p.unwatch()
		if err != nil {
			return err
		}
	}
	return nil
}
