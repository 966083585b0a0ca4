package host

import (
	"errors"
	"fmt"
)

// A Trap tells how an instance failed. The instance is poisoned: every later
// call answers the same Trap.
type Trap struct {
	Component string // name given to Engine.Compile
	Func      string // the export or import being run, "" if unknown
	Msg       string // one line
	Stack     string // the guest's stack, innermost first, a line each; may be empty
	Err       error  // the cause, such as the error of a host function; may be nil
}

// Error gives the trap without the stack.
func (t *Trap) Error() string {
	if t.Func == "" {
		return fmt.Sprintf("%s: %s", t.Component, t.Msg)
	}
	return fmt.Sprintf("%s: %s: %s", t.Component, t.Func, t.Msg)
}

// Unwrap gives the cause.
func (t *Trap) Unwrap() error { return t.Err }

// An ExitError tells that the guest ended itself, by wasi:cli/exit.
type ExitError struct{ Code uint32 }

// Error says the status.
func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// Exit gives the error with which a host function ends the instance: pending
// and later calls answer an *[ExitError].
func Exit(code uint32) error { return &ExitError{code} }

// ErrClosed is what calls of a closed instance answer.
var ErrClosed = errors.New("the instance is closed")

// A RefusedError is what a call answers that has not begun, because the
// instance has failed, was closed or is drained. What its parameters own is
// still the caller's, who may call another instance with them.
type RefusedError struct {
	Err error // a *[Trap], an *[ExitError], [ErrClosed] or errDrained
}

// Error gives the reason.
func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *RefusedError) Unwrap() error { return e.Err }

var errDrained = errors.New("the instance takes no more calls")

// errDeadlock is the message of the convention.
var errDeadlock = errors.New("guest task is pending with no pending host tasks")
