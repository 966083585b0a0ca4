// Package export_component_test_baz answers foo by asking the imported foo,
// after a short sleep.
package export_component_test_baz

import (
	"time"

	baz "github.com/isyswasfa/isyswasfa/test/cases/round-trip/component_test_baz"
)

// Foo greets by way of the host.
func Foo(s string) string {
	time.Sleep(10 * time.Millisecond)
	return baz.Foo(s+" - entered guest") + " - exited guest"
}
