// Package export_test_values_flows passes on what flows, to the host and back.
package export_test_values_flows

import host "github.com/isyswasfa/isyswasfa/test/cases/values/test_values_flows"

// The functions that the component exports.
var (
	Bytes   = host.Bytes
	Numbers = host.Numbers
	Mixes   = host.Mixes
	Ticks   = host.Ticks
	Number  = host.Number
	Outcome = host.Outcome
	Signal  = host.Signal
	Many    = host.Many
)

// RecordOfFlows passes on streams and futures in a record.
func RecordOfFlows(f Flow) Flow { return Flow(host.RecordOfFlows(host.Flow(f))) }
