// Package export_test_values_echo answers what the host answers.
package export_test_values_echo

import host "github.com/isyswasfa/isyswasfa/test/cases/values/test_values_echo"

// The functions that the component exports.
var (
	Ints        = host.Ints
	Floats      = host.Floats
	Texts       = host.Texts
	Labels      = host.Labels
	RecordOfAll = host.RecordOfAll
	Variants    = host.Variants
	Trees       = host.Trees
	Plenty      = host.Plenty
	Results     = host.Results
	Failures    = host.Failures
	Colors      = host.Colors
	Bare        = host.Bare
	Tables      = host.Tables
	Arrays      = host.Arrays
)
