package host

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero/sys"
)

// A hostError carries an error of a host function, or of a function of another
// component instance, through guest frames.
type hostError struct {
	name   string
	err    error
	callee string // the other component instance; "" for a host function
}

func (e *hostError) Error() string { return e.name + ": " + e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

var (
	errNoExport = errors.New("the core module does not export the function")
	errLeave    = errors.New("call of an import during realloc or post-return")
	errEarly    = errors.New("realloc is needed before its module is instantiated")
)

// newTrap makes the error that poisons an instance from the error of a guest
// call: the *ExitError or ErrClosed that a host function answered, or a *Trap.
func (in *Instance) newTrap(fn string, err error) error {
	var exit *ExitError
	var trap *Trap
	var closed *sys.ExitError
	switch {
	case errors.As(err, &exit):
		return exit
	case errors.Is(err, ErrClosed), in.stopping.Load():
		return ErrClosed
	case errors.As(err, &trap):
		return trap
	}
	t := &Trap{Component: in.pre.c.name, Func: fn, Err: err}
	stack := guestStack(err)
	var host *hostError
	for errors.As(err, &host) && host.callee != "" {
		t.Msg = fmt.Sprintf("%s of component instance %s: ", host.name, host.callee)
		t.Err, err = host.err, host.err
		stack = append(guestStack(err), stack...)
		host = nil
	}
	t.Stack = strings.Join(stack, "\n")
	inner := t.Msg
	t.Msg, _, _ = strings.Cut(err.Error(), "\nwasm stack trace:\n")
	switch {
	case errors.Is(err, errInterrupted), errors.As(err, &closed):
		t.Msg, t.Err = errInterrupted.Error(), errInterrupted
	case errors.As(err, &host):
		t.Msg, t.Err = "host function "+host.Error(), host.err
	default:
		var panicked bool // in Go code, so in a host function
		t.Msg, _, panicked = strings.Cut(strings.TrimPrefix(t.Msg, "wasm error: "), " (recovered by wazero)")
		t.Msg, _, _ = strings.Cut(t.Msg, "\n")
		if panicked {
			t.Msg = hostPanic(t.Msg).Error()
		}
		t.Msg += goFailure(stack)
	}
	t.Msg = inner + t.Msg
	return t
}

// goFailure explains a trap whose stack is that of a Go program which has
// panicked or failed: Go says why on standard error, and then traps.
func goFailure(stack []string) string {
	what := ""
	for _, frame := range stack {
		name, _, _ := strings.Cut(strings.TrimPrefix(frame, "."), "(")
		if strings.HasPrefix(name, "wasm_") {
			break // what follows is no function of the program
		}
		switch {
		case name == "runtime.fatalpanic":
			what = "panicked"
		case name == "runtime.fatalthrow":
			what = "failed"
		case what == "panicked" && !strings.HasPrefix(name, "runtime."):
			what += " in " + name
		}
	}
	if what == "" {
		return ""
	}
	return ": the Go program has " + what + " and says why on its standard error"
}

// guestStack gives the frames of the last guest that an error went through,
// without those of guests that it called.
func guestStack(err error) []string {
	const title = "\nwasm stack trace:\n"
	text := err.Error()
	i := strings.LastIndex(text, title)
	if i < 0 {
		return nil
	}
	var frames []string
	for line := range strings.Lines(text[i+len(title):]) {
		if line = strings.TrimSpace(line); line != "" {
			frames = append(frames, line)
		}
	}
	return frames
}

// poison ends the instance with err: all calls that wait and all later ones
// answer it, and host work is cancelled.
func (in *Instance) poison(err error) {
	if in.trap != nil {
		return
	}
	var trap *Trap
	if !errors.As(err, &trap) && !errors.Is(err, ErrClosed) {
		if exit := (*ExitError)(nil); !errors.As(err, &exit) {
			err = &Trap{Component: in.pre.c.name, Msg: err.Error(), Err: err}
		}
	}
	in.trap = err
	in.refusing.Store(true)
	if r := &in.router; r.observer != nil {
		r.observe(Event{Kind: EventFail, Err: err})
	}
	d := &in.drv
	d.mu.Lock()
	d.failed, d.denied = err, err
	for _, ch := range d.idle {
		close(ch)
	}
	d.idle = nil
	d.mu.Unlock()
	in.router.fail(err)
	in.failStacks()
	in.cancel()
}

// fail ends everything that waits. What the embedder does when its work is
// cancelled may panic, which is too late to matter.
func (r *router) fail(err error) {
	r.failed = true
	for len(r.ops.list) > 0 {
		o := r.ops.list[0]
		r.ops.remove(o)
		r.unlisten(o.task) // the op will be used again
		o.finish(err)
	}
	for _, d := range r.done {
		d.o.finish(err)
	}
	r.done = nil
	for t := r.hosts.first; t != nil; t = r.hosts.first {
		guard(t.abort)
	}
}

// hostPanic is the error for a panic of a function of the embedder.
func hostPanic(v any) error { return fmt.Errorf("panic in a host function: %v", v) }
