package host

import (
	"context"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// A HostFunc is a host function that answers at once; made by [Func].
type HostFunc interface {
	bindSync(b *binding) (hostCall, error)
}

// An AsyncHostFunc is a host function that may answer later; made by
// [AsyncFunc].
type AsyncHostFunc interface {
	bindStart(b *binding) (hostCall, error)
	bindResult(b *binding) (hostCall, error)
}

// Func makes a host function of a Go function. P is a struct with one exported
// field per parameter, in order, and R the shape of the result, struct{} for
// none; whether they fit is checked by [Linker.Link]. An error that fn
// returns is a trap, which poisons the instance: errors the guest is to see
// belong into R. Return [Exit] to end the instance. fn runs on the driver.
func Func[P, R any](fn func(c *Call, p P) (R, error)) HostFunc {
	return syncFunc[P, R]{fn}
}

// AsyncFunc makes a host function for a WIT function declared async. fn runs
// on the driver and must not block; it resolves done before it returns, and
// the guest goes on without waiting, or later from any goroutine. An error
// that fn returns is a trap.
func AsyncFunc[P, R any](fn func(c *Call, p P, done *Completion[R]) error) AsyncHostFunc {
	return &asyncFunc[P, R]{fn: fn}
}

// A Call is one activation of a host function. It is valid until the function
// returns.
type Call struct {
	in  *Instance
	sub int // component instance
	abi abi.Call

	busy bool
	next *Call // in instanceOptions
}

// Instance gives the root instance whose guest made the call.
func (c *Call) Instance() *Instance { return c.in }

// Value gives the value the embedder stored under key for this instance.
func (c *Call) Value(key any) any { return c.in.Value(key) }

// Embedder gives what the embedder stored for this instance in
// [InstanceConfig]. Unlike [Call.Value] it looks nothing up.
func (c *Call) Embedder() any { return c.in.owner }

// Context gives a context for use until the function returns. It is cancelled
// when the instance closes. Calling an export of the same instance with it is
// an error, for the call would wait for itself; work that outlives the
// function takes [Instance.Context] or [Completion.Context] instead.
func (c *Call) Context() context.Context { return &c.in.nested }

// nestedContext marks what runs on the driver of an instance.
type nestedContext struct {
	context.Context
	in *Instance
}

type driverKey struct{}

func (n *nestedContext) Value(key any) any {
	if _, ok := key.(driverKey); ok {
		return n.in
	}
	return n.Context.Value(key)
}
