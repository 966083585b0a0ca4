package component

import "fmt"

// An Error tells what is wrong with a component.
type Error struct {
	Offset  int    // in the outermost binary; -1 if not known
	Section string // what was being read or linked, such as "canon" or "alias"; "" for the binary as a whole
	Msg     string
}

// Error gives one line.
func (e *Error) Error() string {
	switch {
	case e.Section == "" && e.Offset < 0:
		return e.Msg
	case e.Section == "":
		return fmt.Sprintf("%s (at offset 0x%x)", e.Msg, e.Offset)
	case e.Offset < 0:
		return fmt.Sprintf("%s: %s", e.Section, e.Msg)
	}
	return fmt.Sprintf("%s: %s (at offset 0x%x)", e.Section, e.Msg, e.Offset)
}

const nativeAsync = "native async is not supported, lower it first"
