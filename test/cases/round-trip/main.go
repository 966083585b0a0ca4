// Package main answers foo by asking the imported foo, after a short sleep.
package main

import (
	"time"

	baz "github.com/isyswasfa/isyswasfa/test/cases/round-trip/gen/component_test_baz"
	export "github.com/isyswasfa/isyswasfa/test/cases/round-trip/gen/export_component_test_baz"
)

//isyswasfa:world round-trip wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen guest -o gen wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen host -o host wit

func init() { export.Exports.Foo = foo }

func main() {}

func foo(s string) string {
	time.Sleep(10 * time.Millisecond)
	return baz.Foo(s+" - entered guest") + " - exited guest"
}
