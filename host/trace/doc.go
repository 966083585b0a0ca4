// Package trace records what the tasks of components do, and draws it.
//
// A [Writer] is a [host.Observer] that writes a file in the trace event format
// of Chrome, which <https://ui.perfetto.dev> and chrome://tracing show: each
// instance of a component is a process of it, and each component in that
// instance a thread, whose slices are the times in which its code ran. Tasks
// and waits are asynchronous slices, and arrows lead from callers to what they
// call.
//
// [Read] gives the events of such a file, and [Draw] makes a sequence diagram
// of them as SVG: a column for the host and each component, and a bar for each
// task, full where it runs and hollow where it waits.
package trace
