package wast

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/sexpr"
)

// An Error is a fault in the text; Line starts at 1.
type Error struct {
	Line int
	Msg  string
}

// Error gives "line N: message".
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// catch is deferred by the functions that give an error.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *sexpr.Error:
		*err = &Error{r.Line, r.Msg}
	default:
		panic(r)
	}
}
