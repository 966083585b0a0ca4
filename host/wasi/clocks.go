package wasi

import (
	"math"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
)

// clockBase is the origin of the monotonic clock of all instances, so that
// instants mean the same to all of them.
var clockBase = time.Now()

// monotonicNow gives the time since the origin in nanoseconds, never 0.
func monotonicNow() uint64 { return uint64(time.Since(clockBase)) + 1 }

// A timer is ready from an instant of the monotonic clock on.
type timer uint64

// until gives the time left, at most the longest that Go can say.
func (t timer) until() time.Duration {
	now := monotonicNow()
	if uint64(t) <= now {
		return 0
	}
	return time.Duration(min(uint64(t)-now, math.MaxInt64))
}

func after(d uint64) timer {
	if now := monotonicNow(); d <= math.MaxUint64-now {
		return timer(now + d)
	}
	return math.MaxUint64
}

// String says what it is, for an observer.
func (timer) String() string { return "timer" }

// Ready implements [host.PollSource].
func (t timer) Ready() bool { return t.until() == 0 }

// Notify implements [host.PollSource].
func (t timer) Notify(wake func()) func() {
	x := time.AfterFunc(t.until(), wake)
	return func() { x.Stop() }
}

// wait resolves done when the time has come.
func (t timer) wait(done *host.Completion[struct{}]) {
	if t.Ready() {
		done.Resolve(struct{}{})
		return
	}
	done.OnCancel(t.Notify(func() { done.Resolve(struct{}{}) }))
}

type (
	whenParam struct{ When uint64 }
	noParams  struct{}

	datetime struct {
		Seconds     uint64
		Nanoseconds uint32
	}
	instant struct {
		Seconds     int64
		Nanoseconds uint32
	}
)

func addClocks(l *host.Linker) {
	now := host.Func(func(*host.Call, noParams) (uint64, error) { return monotonicNow(), nil })
	resolution := host.Func(func(*host.Call, noParams) (uint64, error) { return 1, nil })

	d := l.Instance("wasi:clocks/monotonic-clock@0.2.0")
	d.Resource("pollable", host.PollableResource)
	d.Func("now", now).Func("resolution", resolution)
	d.Func("subscribe-instant", host.Func(func(_ *host.Call, p whenParam) (*host.Pollable, error) {
		return &host.Pollable{PollSource: timer(p.When)}, nil
	}))
	d.Func("subscribe-duration", host.Func(func(_ *host.Call, p whenParam) (*host.Pollable, error) {
		return &host.Pollable{PollSource: after(p.When)}, nil
	}))

	d = l.Instance("wasi:clocks/wall-clock@0.2.0")
	d.Func("now", host.Func(func(*host.Call, noParams) (datetime, error) {
		t := time.Now()
		return datetime{uint64(max(t.Unix(), 0)), uint32(t.Nanosecond())}, nil
	}))
	d.Func("resolution", host.Func(func(*host.Call, noParams) (datetime, error) {
		return datetime{Nanoseconds: 1}, nil
	}))

	l.Instance("wasi:clocks/types@0.3.0")
	d = l.Instance("wasi:clocks/monotonic-clock@0.3.0")
	d.Func("now", now).Func("get-resolution", resolution)
	d.Async("wait-until", host.AsyncFunc(
		func(_ *host.Call, p whenParam, done *host.Completion[struct{}]) error {
			timer(p.When).wait(done)
			return nil
		}))
	d.Async("wait-for", host.AsyncFunc(
		func(_ *host.Call, p struct{ HowLong uint64 }, done *host.Completion[struct{}]) error {
			after(p.HowLong).wait(done)
			return nil
		}))

	d = l.Instance("wasi:clocks/system-clock@0.3.0")
	d.Func("now", host.Func(func(*host.Call, noParams) (instant, error) {
		t := time.Now()
		return instant{t.Unix(), uint32(t.Nanosecond())}, nil
	}))
	d.Func("get-resolution", resolution)
}
