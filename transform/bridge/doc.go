// Package bridge makes components that stand between two others which differ
// in nothing but colour: an interface whose functions one side calls as async
// functions of the isyswasfa convention, and the other has as plain ones.
//
//	wanted                                          provided
//	foo-isyswasfa-start:  func(a) -> result<T, pending>
//	foo-isyswasfa-result: func(ready) -> T            foo: func(a) -> T
//
// and the other way round. A bridge imports the interface as it is provided
// and exports it, under the same name, as it is wanted. Functions that do not
// differ, and resources, are the imported ones: a resource that the interface
// defines is the same on both sides.
//
// # An async caller of synchronous code
//
// The start half calls the function and answers its result at once. That is
// right on every host: the caller waits as long as the function blocks. But a
// bridge has no poll function, and by that the isyswasfa host knows that it can
// be late only by blocking. There it runs on a stack of its own; if it pauses,
// the caller is told that its task is pending, and further calls wait in line
// (see package host). So one component serves all hosts, and no mark tells this
// host from others.
//
// # A synchronous caller of async code
//
// The function calls the start half, and if that is pending waits for the task
// by
//
//	isyswasfa:bridge/bridge.wait: func(pending: pending) -> ready
//
// which the isyswasfa host has: everything that is on the stack of the call
// pauses until the task is ready. Other hosts have to provide that function.
//
// # What is inside
//
// Two core modules: one with a memory, an allocator that is emptied after each
// call, and one that is generated, with a function for each that differs.
// Values are not touched; they are lifted into the bridge's memory and lowered
// from there. A component instance is not entered twice at a time, so one area
// for results will do. Borrowed handles are lent on, wherever they are in the
// parameters, and dropped when the function has returned. Of an async one that
// is its start half: a callee that keeps them longer traps.
package bridge
