package host

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// blockingRelay is a relay that waits in its poll for the number of the kind
// of its first event, or 0.
var blockingRelay = strings.NewReplacer(
	`(memory (export "memory") 8)`, `(import "h" "wait" (func $wait (param i32)))
	(memory (export "memory") 8)`,
	`(func (export "poll") (param $p i32) (param $n i32) (result i32)`, `(func (export "poll") (param $p i32) (param $n i32) (result i32)
	(call $wait (select (i32.load8_u (local.get $p)) (i32.const 0) (local.get $n)))`,
).Replace(relayModule)

// A call whose goroutine drives has its answer although the same events make a
// component instance block that it does not wait for.
func TestAnswerBesideBlock(t *testing.T) {
	checkGoroutines(t)
	p := newChain(t)
	get := p.relay(p.hostFetch())
	p.exportGet(get)
	sub, step := p.add(), len(p.prog.Steps)
	mem := memory(step)
	p.module(sub, blockingRelay,
		lower("i", "make-task", sub, p.c.makeTask, mem),
		lower("i", "state", sub, p.c.state, mem),
		drop("i", "drop-cancel", sub, p.c.cancel),
		drop("i", "drop-ready", sub, p.c.ready),
		lower("h", "fetch-start", sub, get[0], mem),
		lower("h", "fetch-result", sub, get[1], mem),
		lower("h", "wait", sub, p.imported("test:nap/nap", "wait", fn(none, u32)), memoryless))
	p.prog.Polls = append(p.prog.Polls, &component.PollFunc{Instance: sub, Name: "isyswasfa-poll", Func: lift(sub, step, "poll", p.c.poll, mem)})
	slow := p.async(sub, step, "get", mem)
	p.export("slow"+startSuffix, slow[0])
	p.export("slow"+resultSuffix, slow[1])
	s := newNaps()
	s.get(inListening).set()
	pending := make(chan *Completion[uint32], 2)
	pre := p.link(func(l *Linker) {
		s.define(l)
		defineFetch(func(_ *Call, _ single, done *Completion[uint32]) error {
			pending <- done
			return nil
		})(l)
	})
	in := instance(t, pre)
	ctx := context.Background()
	first := async(export[single, uint32](t, pre, "get"), ctx, in, single{1})
	one := <-pending
	waitParked(t, in, 1) // it is the one that will drive
	second := async(export[single, uint32](t, pre, "slow"), ctx, in, single{2})
	two := <-pending
	waitParked(t, in, 2)
	in.Post(func() {
		one.Resolve(10)
		two.Resolve(20)
	})
	s.answered(t, first, 10)
	s.get(inReady).set()
	s.answered(t, second, 20)
	checkEmpty(t, in)
}

// A call whose context is cancelled just before its answer does not have a
// later one, which blocks, interrupted.
func TestInterruptTooLate(t *testing.T) {
	checkGoroutines(t)
	source, called := new(wake), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	pre := napProgram(t, 1).linkWith(Config{Interruptible: true}, func(l *Linker) {
		l.Instance("test:nap/nap").Func("wait", BlockingFunc(func(c *Call, p single) (struct{}, error) {
			if p.A == 0 {
				cancel() // the call is over before anybody looks
				return struct{}{}, nil
			}
			close(called)
			return struct{}{}, c.Block(source)
		}))
	})
	in := instance(t, pre)
	nap := export[single, uint32](t, pre, "nap-1")
	if n, err := nap.Call(ctx, in, single{0}); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	second := async(nap, context.Background(), in, single{1})
	<-called
	time.Sleep(2 * interruptGrace)
	source.set()
	if a := <-second; a.n != 2 || a.err != nil {
		t.Errorf("%d, %v", a.n, a.err)
	}
	checkEmpty(t, in)
}
