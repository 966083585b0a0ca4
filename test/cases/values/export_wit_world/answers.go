// Package export_wit_world has functions of the world itself: some ask the
// host, some answer at once.
package export_wit_world

import (
	"strings"
	"time"

	host "github.com/isyswasfa/isyswasfa/test/cases/values/wit_world"
)

// Functions that the host answers.
var (
	Nothing = host.Nothing
	Add     = host.Add
)

// Sum adds.
func Sum(a, b uint32) uint32 { return a + b }

// Measure gives the number of bytes.
func Measure(s string) uint32 { return uint32(len(s)) }

// Upper gives the text in capital letters.
func Upper(s string) string { return strings.ToUpper(s) }

// Later waits and asks the host.
func Later(s string) string {
	time.Sleep(time.Millisecond)
	return host.Later(s)
}
