// Package host runs components of the isyswasfa convention, and plain WASI 0.2
// components, on wazero.
//
// An [Engine] compiles; a [Linker] holds what the embedder implements, by
// names of WIT; [Linker.Link] binds a [Component] to it and reports at once
// everything that is missing or of another type; the [InstancePre] it answers
// makes instances cheaply and binds exported functions to Go types.
//
// # Go shapes of component types
//
// Functions are bound to Go types once, by reflection, at link time; calls use
// none. Parameters are a struct with one exported field per parameter, in
// order; a result is the result's shape, and struct{} when there is none.
//
//	bool, u8 … s64, f32, f64   bool, uint8 … int64, float32, float64
//	char, string               rune, string
//	list<T>                    []T
//	record, tuple              struct, one exported field per field, in order
//	option<T>                  Option[T]
//	result<T, E>               Result[T, E]; struct{} for an absent arm
//	variant                    struct: an unsigned integer Case, then one
//	                           exported field per case with a payload, in order
//	enum, flags                an unsigned integer kind
//	own<R>, borrow<R>          *S, for a resource type made by NewResource[S]
//
// Resources that a guest passes to the host as own<R> have left its table:
// whoever takes the pointer has to see to them. Those the host passes belong
// to the guest, and their drop function runs when it drops them.
//
// # Dynamic values
//
// Where types are known only at run time, the Go shape of any type is any, and
// that of parameters []any: [InstancePre.Function] gives exported functions
// that are called with such values, and Func[[]any, any] and
// AsyncFunc[[]any, any] make host functions of them. [Component.Imports] and
// [Component.Exports] tell the types. The values are
//
//	bool, u8 … s64, f32, f64   bool, uint8 … int64, float32, float64
//	char, string               rune, string
//	list of those              []bool, []uint8 … []rune, []string
//	other list<T>, tuple       []any
//	record                     Record
//	variant                    Variant
//	enum, flags                string, []string: the case, the labels set
//	option<T>, result<T, E>    Option[any], Result[any, any]
//	own<R>, borrow<R>          *S, or Ref where a guest defines the resource
//
// Also taken are an int for any integer that it fits, []any for any list, and
// map[string]any for a record, whose fields may come in any order. Lists that
// are given are nil if they are empty. [Type.Canonical] checks a value; the
// package wave reads and writes values as text.
//
// # Values of components
//
// A component may import and export values, and compute some while it is
// instantiated, by start functions, which may be the host's. [Definitions.Value]
// and [Definitions.ValueFunc] give imported ones, [InstancePre.Value] reads
// exported ones; all of them are dynamic. A value moves from component to
// component, and with it what it owns: what nobody took is dropped when the
// instance closes.
//
// # Async functions
//
// A function that WIT declares async is, in a component of the convention, a
// pair of synchronous ones: name-isyswasfa-start, which answers the result or a
// pending handle, and name-isyswasfa-result. Embedders see one function:
// [AsyncFunc] and [Definitions.Async] give one to guests, [Export] and
// [ExportFunc.Call] call one of a guest, while the router of the instance
// carries the events between host and components that make pending tasks
// ready. Components are polled wherever they sit in a composition, whether or
// not the root passes their poll function on.
//
// # Threads
//
// All code of one instance runs on one goroutine at a time, its driver:
// whichever caller found no driver at work. There is no goroutine per
// instance. Host functions run on the driver, so they need no locks for what
// belongs to the instance; from elsewhere, use [Instance.Post].
//
// # Blocking
//
// A host function may have to wait, as poll of wasi:io/poll does. A
// [BlockingFunc] does so by [Call.Block]: it suspends the component instance
// that called it and those that wait for that one, while the driver goes on
// with all others of the same root instance. What is suspended is not polled,
// and calls of it wait in line. No component instance is entered twice at a
// time, because the frames of its own stack can only be left in the opposite
// order.
//
// A component that exports the start half of an async function but no poll
// function can be late only by blocking. Its start halves run on stacks of
// their own when other components call them: if one pauses, its caller gets a
// pending handle, and the host answers the result half. Synchronous code waits
// for a task by isyswasfa:bridge/bridge. Package transform/bridge makes
// components of both kinds.
//
// Who gives a call up has his answer at once. If the call is in line, it leaves
// that, and what it owns is dropped; what is suspended goes on to its end,
// because nothing else would leave its component instances whole, and its
// result is dropped. A stack that will not go on, since the instance closes or
// a trap has ended it, takes all component instances with it.
//
// There are no coroutines for this: the goroutine that runs guest code gives
// the driver's role away when it has to wait, and gets it back later. So a
// guest that does not wait pays nothing. A caller's goroutine runs code that
// may block only in the component instance whose answer the caller waits for;
// everything else is left to goroutines that nobody waits for.
package host
