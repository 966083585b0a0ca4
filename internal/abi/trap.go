package abi

import (
	"errors"
	"fmt"
)

// A TrapCode classifies a violation of the Canonical ABI.
type TrapCode uint8

// The reasons for which lifting, lowering and handle operations trap.
const (
	TrapBounds       TrapCode = iota + 1 // pointer or length outside the memory
	TrapAlign                            // misaligned pointer
	TrapDiscriminant                     // case index out of range
	TrapChar                             // not a Unicode scalar value
	TrapString                           // badly encoded string
	TrapTooLong                          // list or string longer than MaxListBytes
	TrapHandle                           // no such handle
	TrapResourceType                     // handle of another resource type
	TrapNotOwned                         // borrowed handle where an owned one is needed
	TrapLent                             // handle in use by a call that has borrowed it
	TrapBorrowed                         // borrowed handles left when the call returned
	TrapTableFull                        // no room in the handle table
	TrapClosed                           // handle table closed
	TrapLiftLimit                        // value larger than Options.LiftLimit
	TrapNoMemory                         // needs a memory or realloc that the options lack
	TrapNil                              // nil Go object where a resource is needed
	TrapRealloc                          // realloc itself failed
	TrapDestroy                          // destructor failed
	TrapValue                            // dynamic Go value that does not fit its type
)

// A Trap is the error of a violated rule of the Canonical ABI. After a trap
// the component instance must not be entered again.
type Trap struct {
	Code TrapCode
	Path string // where in the parameters or the result, such as `param 2 (url)[3].host`; may be ""
	Msg  string
	Err  error // the cause, for TrapRealloc and TrapDestroy
}

// Error gives the path and the message in one line.
func (t *Trap) Error() string {
	msg := t.Msg
	if t.Err != nil {
		msg += ": " + t.Err.Error()
	}
	if t.Path == "" {
		return msg
	}
	return t.Path + ": " + msg
}

// Unwrap gives the cause.
func (t *Trap) Unwrap() error { return t.Err }

func trapf(code TrapCode, format string, args ...any) error {
	return &Trap{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// at puts one more step before the path of a trap. Paths are built while an
// error travels up, so that success pays nothing for them.
func at(err error, step string) error {
	if err == nil {
		return nil
	}
	var t *Trap
	if errors.As(err, &t) {
		t.Path = step + t.Path
	}
	return err
}
