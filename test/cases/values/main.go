// Package main answers every function with what the host answers to the same
// one.
package main

import (
	"strings"
	"time"

	exportEcho "github.com/isyswasfa/isyswasfa/test/cases/values/gen/export_test_values_echo"
	exportLater "github.com/isyswasfa/isyswasfa/test/cases/values/gen/export_test_values_echo_later"
	exports "github.com/isyswasfa/isyswasfa/test/cases/values/gen/export_wit_world"
	echo "github.com/isyswasfa/isyswasfa/test/cases/values/gen/test_values_echo"
	later "github.com/isyswasfa/isyswasfa/test/cases/values/gen/test_values_echo_later"
	world "github.com/isyswasfa/isyswasfa/test/cases/values/gen/wit_world"
)

//isyswasfa:world values wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen guest -o gen wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen host -o host wit

func init() {
	e := &exportEcho.Exports
	e.Ints, e.Floats, e.Texts, e.Labels = echo.Ints, echo.Floats, echo.Texts, echo.Labels
	e.RecordOfAll, e.Variants, e.Trees, e.Plenty = echo.RecordOfAll, echo.Variants, echo.Trees, echo.Plenty
	e.Results, e.Failures, e.Colors, e.Bare = echo.Results, echo.Failures, echo.Colors, echo.Bare

	l := &exportLater.Exports
	l.Ints, l.Floats, l.Texts, l.Labels = later.Ints, later.Floats, later.Texts, later.Labels
	l.RecordOfAll, l.Variants, l.Trees, l.Plenty = later.RecordOfAll, later.Variants, later.Trees, later.Plenty
	l.Results, l.Failures, l.Colors, l.Bare = later.Results, later.Failures, later.Colors, later.Bare

	w := &exports.Exports
	w.Nothing, w.Add = world.Nothing, world.Add
	w.Sum = func(a, b uint32) uint32 { return a + b }
	w.Measure = func(s string) uint32 { return uint32(len(s)) }
	w.Upper = strings.ToUpper
	w.Later = func(s string) string {
		time.Sleep(time.Millisecond)
		return world.Later(s)
	}
}

func main() {}
