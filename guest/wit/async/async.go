// Package async runs the tasks of a component: exported async functions, each
// in a goroutine of its own, and the waiting of goroutines for imported ones.
//
// A goroutine that waits (for an import, a stream, a timer, a channel, a mutex)
// is parked; the component answers the host as soon as no goroutine can run,
// and goes on when the host calls the exported function isyswasfa-poll with
// what has happened. Goroutines of different calls share memory and may wait
// for each other; a goroutine may outlive the call that started it.
//
// A goroutine that only yields until something comes from outside keeps the
// component from answering, so nothing comes: let it sleep, or wait. An exported
// function that ends its goroutine (runtime.Goexit) instead of returning is never
// answered, and one that panics ends the component.
//
// Programs use [Cancelled] and [Until]; the rest is for generated bindings.
// Everything works in a component only (GOOS=wasip1) and panics elsewhere.
package async

import "runtime"

// Run is the start half of an exported async function. It calls fn in a new
// goroutine and waits until no goroutine of the component can run. If fn has
// returned by then, done is true and value is its result. Otherwise pending is
// the owned handle that the export returns to its caller.
func Run[R any](fn func() R) (value R, pending int32, done bool) {
	return runOr(fn, nil)
}

// runOr is Run with a function, or nil, that gets the result if the call is
// cancelled after all.
func runOr[R any](fn func() R, discard func(R)) (value R, pending int32, done bool) {
	v := new(R)
	t := newTask(v)
	if discard != nil {
		t.discard = func() { discard(*v) }
	}
	go t.run(func() { *v = fn() })
	pending, done = t.start()
	if done {
		value = *v
	}
	return value, pending, done
}

// Take is the result half of an exported async function: the value of the
// finished task that the owned handle ready names. It drops ready.
func Take[R any](ready int32) R {
	return *takeTask(ready).value.(*R)
}

// Finish calls fn in a new goroutine and waits until no goroutine of the
// component can run. If fn has not returned by then it goes on later: this is
// for destructors, which nobody can wait for.
func Finish(fn func()) { finish(fn) }

// EnterSync and LeaveSync stand around what an exported function does that is
// not async: while it runs the host sends no events, so a wait for an imported
// async function, a stream or a future could not end. Such a wait panics and
// names the export; in a goroutine that the function starts it goes on when the
// function has returned. (Timers work, and goroutines that wait for each other.)
func EnterSync(export string) { enterSync(export) }

// LeaveSync ends what EnterSync began.
func LeaveSync() { leaveSync() }

// Await parks the goroutine until the imported function that returned the
// owned handle pending has finished, and returns the owned handle for its
// result half. Inside [Until] it may not return at all.
func Await(pending int32) (ready int32) { return await(pending, 0) }

// Block parks the goroutine until the pollable is ready. It takes the owned
// handle over.
func Block(pollable int32) { block(pollable) }

// Until calls fn and returns true when it has returned. If done is closed while
// fn waits for an imported async function, a stream or a future, that wait is
// cancelled, fn is unwound by a panic that runs its deferred functions, and
// Until returns false. fn must not recover from that panic. Goroutines that it
// starts are not concerned, nor are waits within a further Until. A nil done
// never closes.
func Until(done <-chan struct{}, fn func()) bool { return until(done, fn) }

// Cancelled returns a channel that is closed when the caller of the exported
// function, from which the calling goroutine descends, has cancelled the call.
// It is nil in goroutines that no call has started. The function still runs on
// and its return confirms the cancellation; its result is thrown away.
func Cancelled() <-chan struct{} { return cancelled() }

// Yield lets other goroutines run.
func Yield() { runtime.Gosched() }
