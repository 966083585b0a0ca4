package host

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// TestReentryRandom has component instances within one another call each
// other, directly and by forked calls, pause and go on, and compares which
// calls trap with a model that has the specification's sets (definitions.py,
// ComponentInstance.entering_set) in full.
func TestReentryRandom(t *testing.T) {
	checkGoroutines(t)
	counts := map[string]int{}
	for seed := range uint64(40) {
		g := &grove{T: t, Rand: rand.New(rand.NewPCG(seed, 11)), counts: counts, began: make(chan struct{}, 1)}
		g.plant(3 + int(seed%4))
		pre := g.p.link(func(l *Linker) { l.Instance("test:nap/nap").Func("next", BlockingFunc(g.next)) })
		g.in = instance(t, pre)
		for step := range 150 {
			g.act(step > 140)
			if t.Failed() {
				t.Fatalf("seed %d:\n%s", seed, strings.Join(g.log, "\n"))
			}
		}
		if g.finish(); t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(g.log, "\n"))
		}
	}
	t.Log(counts)
	for _, what := range []string{"call", "fork", "pause", "trap of call", "trap of fork", "into a sibling", "by way of a parent", "out and back in"} {
		if counts[what] == 0 {
			t.Errorf("no %s", what)
		}
	}
}

// Two stacks that would wait for each other trap: one has come from a parent
// into a child, and calls the parent, which calls another child; the other one
// has come from that child, and waits for the parent.
func TestStacksWaitForEachOther(t *testing.T) {
	checkGoroutines(t)
	s := newNaps()
	p := newChain(t)
	parent := p.add()
	a, b := p.add(), p.add()
	p.prog.Instances[a].Parent, p.prog.Instances[b].Parent = parent, parent
	low := p.module(parent, `(module (table (export "t") 1 funcref) (type $f (func))
	  (func (export "back") (call_indirect (type $f) (i32.const 0))))`)
	back := lift(parent, low, "back", fn(none), memoryless)
	wait := p.imported("test:nap/nap", "wait", fn(none, u32))
	inA := p.module(a, `(module (import "h" "wait" (func $wait (param i32))) (import "h" "back" (func $back))
	  (func (export "run") (call $wait (i32.const 1)) (call $back)))`, lower("h", "wait", a, wait, memoryless), lower("h", "back", a, back, memoryless))
	inB := p.module(b, `(module (import "h" "back" (func $back)) (func (export "run") (call $back)))`, lower("h", "back", b, back, memoryless))
	runB := lift(b, inB, "run", fn(none), memoryless)
	high := p.module(parent, `(module (import "l" "t" (table 1 funcref)) (import "h" "a" (func $a)) (import "h" "b" (func $b))
	  (elem (i32.const 0) $b) (func (export "run") (call $a)))`, arg("l", "t", low, "t"),
		lower("h", "a", parent, lift(a, inA, "run", fn(none), memoryless), memoryless), lower("h", "b", parent, runB, memoryless))
	p.export("run", lift(parent, high, "run", fn(none), memoryless))
	p.export("b", runB)
	pre := p.link(func(l *Linker) {
		s.define(l)
	})
	if fmt.Sprint(pre.blocks) != "[false true true true]" {
		t.Errorf("may block: %v", pre.blocks)
	}
	in := instance(t, pre)
	call := func(name string) <-chan error {
		f, ch := export[struct{}, struct{}](t, pre, name), make(chan error, 1)
		go func() {
			_, err := f.Call(context.Background(), in, struct{}{})
			ch <- err
		}()
		return ch
	}
	first := call("run")
	s.expect(t, 1)
	second := call("b")
	waitLine(t, in, parent, 1)
	s.get(1).set()
	for _, ch := range []<-chan error{first, second} {
		if err := <-ch; err == nil || !strings.HasSuffix(err.Error(), "component instance root/2 would be waited for by those that it waits for itself") {
			t.Errorf("got %v", err)
		}
	}
}

// A grove is component instances of which each may call those that the
// component model lets it: its parents, its descendants, and those made before
// it.
type grove struct {
	*testing.T
	*rand.Rand
	p      *chain
	in     *Instance
	parent []int
	calls  [][]int // by instance: whom it may call
	run    []*ExportFunc[single, uint32]

	// The model.
	active  []bool
	running *groveStack
	paused  []*groveStack
	ending  bool
	failed  bool

	began   chan struct{}
	results []<-chan answer
	log     []string
	counts  map[string]int
}

// A groveStack is calls that wait for each other; entered are the sets that
// they have entered.
type groveStack struct {
	frames  []int
	entered [][]int
	below   *groveStack // which has started it by a forked call, and waits
	wake    *wake
}

// above gives a component instance and those it is within.
func (g *grove) above(i int) (list []int) {
	for ; i >= 0; i = g.parent[i] {
		list = append(list, i)
	}
	return list
}

func (g *grove) entering(caller, callee int) []int {
	outer := g.above(caller)
	return slices.DeleteFunc(g.above(callee), func(i int) bool { return slices.Contains(outer, i) })
}

func (g *grove) mayCall(i, j int) bool {
	a, b := g.above(i), g.above(j)
	if slices.Contains(a, j) || slices.Contains(b, i) {
		return i != j
	}
	slices.Reverse(a)
	slices.Reverse(b)
	for k := range a {
		if a[k] != b[k] {
			return b[k] < a[k]
		}
	}
	return false
}

// plant makes the program. Each instance has a core module that others call,
// and one that calls others, which it reaches by a table.
func (g *grove) plant(n int) {
	g.p = newChain(g)
	g.parent, g.active = []int{-1}, make([]bool, n)
	for i := 1; i < n; i++ {
		g.parent = append(g.parent, g.IntN(i))
		g.p.prog.Instances = append(g.p.prog.Instances, component.InstanceInfo{Name: fmt.Sprint("i", i), Parent: g.parent[i]})
	}
	next := g.p.imported("test:nap/nap", "next", fn(u32, u32))
	run, halves := make([]*component.Func, n), make([][2]*component.Func, n)
	for i := range n {
		step := g.p.module(i, `(module
		  (memory (export "memory") 1)
		  (table (export "t") 1 funcref)
		  (type $f (func))
		  (func (export "run") (param i32) (result i32) (call_indirect (type $f) (i32.const 0)) (local.get 0))
		  (func (export "start") (param i32) (result i32) (call_indirect (type $f) (i32.const 0)) (i32.const 16))
		  (func (export "result") (param i32) (result i32) (unreachable)))`)
		run[i] = lift(i, step, "run", fn(u32, u32), memoryless)
		run[i].Name = "run"
		halves[i] = g.p.async(i, step, fmt.Sprint("run-", i), component.Options{Memory: core(step, "memory")})
		halves[i][0].Core.Name, halves[i][1].Core.Name = "start", "result"
		g.p.export(fmt.Sprint("run", i), run[i])
	}
	for i := range n {
		args := []component.CoreImport{arg("l", "memory", i, "memory"), arg("l", "t", i, "t"),
			lower("h", "next", i, next, memoryless), drop("h", "drop", i, g.p.c.pending)}
		var imports, cases strings.Builder
		var calls []int
		for j := range n {
			if !g.mayCall(i, j) {
				continue
			}
			calls = append(calls, j)
			args = append(args, lower("c", fmt.Sprint(j), i, run[j], memoryless),
				lower("s", fmt.Sprint(j), i, halves[j][0], component.Options{Memory: core(i, "memory")}))
			fmt.Fprintf(&imports, `(import "c" "%[1]d" (func $c%[1]d (param i32) (result i32))) (import "s" "%[1]d" (func $s%[1]d (param i32 i32)))`, j)
			fmt.Fprintf(&cases, `(if (i32.eq (local.get $op) (i32.const %d)) (then (drop (call $c%d (i32.const 0)))))
			  (if (i32.eq (local.get $op) (i32.const %d)) (then (call $s%d (i32.const 0) (i32.const 0))
			    (if (i32.load8_u (i32.const 0)) (then (call $drop (i32.load (i32.const 4)))))))`, 2*j+1, j, 2*j+2, j)
		}
		g.calls = append(g.calls, calls)
		g.p.module(i, fmt.Sprintf(`(module
		  (import "l" "memory" (memory 1))
		  (import "l" "t" (table 1 funcref))
		  (import "h" "next" (func $next (param i32) (result i32)))
		  (import "h" "drop" (func $drop (param i32)))
		  %s
		  (elem (i32.const 0) $run)
		  (func $run (local $op i32)
		    (loop $again
		      (local.set $op (call $next (i32.const %d)))
		      (if (local.get $op) (then %s (br $again))))))`, &imports, i, &cases), args...)
	}
}

// act does something while nothing runs.
func (g *grove) act(ending bool) {
	g.ending = ending
	if g.failed {
		g.renew()
	}
	if len(g.paused) > 0 && (ending || g.IntN(3) > 0) {
		i := g.IntN(len(g.paused))
		s := g.paused[i]
		g.paused = slices.Delete(g.paused, i, i+1)
		g.say("%v goes on", s.frames)
		g.mark(s, true)
		g.running = s
		s.wake.set()
	} else if i := g.IntN(len(g.parent)); !ending && !g.held(i) {
		g.say("the host calls %d", i)
		g.running = &groveStack{}
		g.push(g.running, i, g.above(i))
		select {
		case <-g.began:
		default:
		}
		f := export[single, uint32](g, g.in.pre, fmt.Sprint("run", i))
		g.results = append(g.results, async(f, context.Background(), g.in, single{0}))
		<-g.began
	}
	g.in.onDriver(func() {})
	if g.running != nil && !g.failed {
		g.Errorf("%v runs still; %v", g.running.frames, g.in.Err())
	}
}

// held tells whether calls of an instance would have to wait.
func (g *grove) held(i int) bool {
	return slices.ContainsFunc(g.paused, func(s *groveStack) bool { return slices.Contains(s.frames, i) })
}

func (g *grove) say(format string, args ...any) { g.log = append(g.log, fmt.Sprintf(format, args...)) }

func (g *grove) push(s *groveStack, i int, entered []int) {
	s.frames, s.entered = append(s.frames, i), append(s.entered, entered)
	for _, e := range entered {
		g.active[e] = true
	}
}

func (g *grove) mark(s *groveStack, active bool) {
	for _, set := range s.entered {
		for _, e := range set {
			g.active[e] = active
		}
	}
}

// next is what a guest asks at every turn: 0 to return, 1+2k to call instance
// k, 2+2k to call it by a forked call.
func (g *grove) next(c *Call, p single) (uint32, error) {
	select {
	case g.began <- struct{}{}:
	default:
	}
	s, self := g.running, int(p.A)
	if g.failed || s == nil || s.frames[len(s.frames)-1] != self {
		return 0, fmt.Errorf("instance %d runs unexpectedly", self)
	}
	if !g.ending && g.IntN(5) == 0 {
		g.counts["pause"]++
		g.say("%v pauses", s.frames)
		g.mark(s, false)
		s.entered[0] = g.above(s.frames[0]) // it is resumed by nobody
		s.wake = new(wake)
		g.paused = append(g.paused, s)
		g.running, s.below = s.below, nil
		if err := c.Block(s.wake); err != nil {
			return 0, err
		}
	}
	k, depth := g.pick(self), 0
	for x := s; x != nil; x = x.below {
		depth += len(x.frames)
	}
	if k < 0 || g.ending || depth > 8 || g.IntN(3) == 0 {
		g.leave(s)
		return 0, nil
	}
	enters, fork := g.entering(self, k), g.IntN(2) == 0
	onStack, elsewhere := slices.Contains(s.frames, k), g.held(k)
	for x := s.below; x != nil; x = x.below {
		elsewhere = elsewhere || slices.Contains(x.frames, k)
	}
	traps := slices.ContainsFunc(enters, func(e int) bool { return g.active[e] })
	name := map[bool]string{false: "call", true: "fork"}[fork]
	switch {
	case traps:
		g.counts["trap of "+name]++
		g.say("%v is to trap by a %s of %d", s.frames, name, k)
		g.failed = true
	case elsewhere || fork && onStack: // it would wait
		g.leave(s)
		return 0, nil
	case fork:
		g.running = &groveStack{below: s}
		g.push(g.running, k, enters)
	default:
		g.push(s, k, enters)
	}
	if !traps {
		g.count(self, k, name, onStack)
		g.say("%v, %s of %d", s.frames, name, k)
	}
	if fork {
		return uint32(2*k + 2), nil
	}
	return uint32(2*k + 1), nil
}

func (g *grove) count(self, k int, name string, onStack bool) {
	g.counts[name]++
	switch up := slices.Contains(g.above(self), k); {
	case onStack:
		g.counts["out and back in"]++
	case up:
		g.counts["by way of a parent"]++
	case g.parent[self] == g.parent[k]:
		g.counts["into a sibling"]++
	}
}

func (g *grove) pick(self int) int {
	if len(g.calls[self]) == 0 {
		return -1
	}
	return g.calls[self][g.IntN(len(g.calls[self]))]
}

// leave ends the last frame of a stack.
func (g *grove) leave(s *groveStack) {
	last := len(s.frames) - 1
	for _, e := range s.entered[last] {
		g.active[e] = false
	}
	s.frames, s.entered = s.frames[:last], s.entered[:last]
	if last == 0 {
		g.running = s.below
	}
}

// renew begins with a new instance, after a trap.
func (g *grove) renew() {
	if err := g.in.Err(); err == nil || !strings.Contains(err.Error(), "entered again during a call of it") {
		g.Errorf("no trap, but %v", err)
	}
	for _, ch := range g.results {
		<-ch
	}
	g.results, g.paused, g.running, g.failed = nil, nil, nil, false
	clear(g.active)
	g.in.Close(context.Background())
	g.in = instance(g, g.in.pre)
	g.log = nil
}

// finish has everything come to its end.
func (g *grove) finish() {
	for len(g.paused) > 0 && !g.Failed() {
		g.act(true)
	}
	if g.failed {
		g.renew()
	}
	for _, ch := range g.results {
		if a := <-ch; a.err != nil {
			g.Errorf("a call: %v", a.err)
		}
	}
	checkEmpty(g.T, g.in)
	if slices.Contains(g.active, true) {
		g.Error("the model has an instance that is still entered")
	}
}
