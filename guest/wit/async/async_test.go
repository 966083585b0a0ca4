package async_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/gobuild"
)

// The functions of testdata/guest.
const (
	modeNow = iota
	modeSleep
	modeFetch
	modePressure
	modeReceive
	modeSend
	modeCancelled
	modeTimeout
	modeSpawn
	modeFinished
	modePipe
	modeHeap
	modeRecords
	modeInherit
	modeGiveUp
)

var build = sync.OnceValues(func() (*gobuild.Result, error) {
	return gobuild.Build(context.Background(), gobuild.Options{Dir: "testdata/guest"})
})

// buildPlain builds it with the go command alone.
var buildPlain = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "isyswasfa-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "core.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-o", file, ".")
	cmd.Dir = "testdata/guest"
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return os.ReadFile(file)
})

func guest(t *testing.T) *host {
	if testing.Short() {
		t.Skip("builds a guest")
	}
	r, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return newHost(t, r.Core)
}

// start calls the guest; task is nil if it answered at once.
func (h *host) start(mode, n int32) (v int64, task *hostTask) {
	ret := h.call("work-isyswasfa-start", uint64(uint32(mode)), uint64(uint32(n)))
	tag, _ := h.mod.Memory().ReadByte(uint32(ret))
	word, _ := h.mod.Memory().ReadUint64Le(uint32(ret) + 8)
	h.call("cabi_post_work-isyswasfa-start", ret)
	if tag == 0 {
		return int64(word), nil
	}
	return 0, take[*hostTask](h, uint32(word))
}

func (h *host) result(t *hostTask) int64 {
	return int64(h.call("work-isyswasfa-result", uint64(h.handle(t))))
}

// run calls the guest and drives it until it has answered.
func (h *host) run(mode, n int32) int64 {
	v, task := h.start(mode, n)
	if task == nil {
		return v
	}
	h.drive(func() bool { return task.ready })
	return h.result(task)
}

// drive polls until done, resolving fetches and waiting for pollables.
func (h *host) drive(done func() bool) {
	for !done() {
		h.poll()
		if done() || h.inputs != nil {
			continue
		}
		for deadline := time.Now().Add(20 * time.Second); !h.ready(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				h.t.Fatal("the guest waits for nothing that comes")
			}
		}
	}
}

// ready resolves what can be resolved and tells whether there was something.
func (h *host) ready() bool {
	var tasks []*hostTask
	for _, v := range h.handles {
		if t, ok := v.(*hostTask); ok && t.pollable != nil && t.listened && !t.ready && t.pollable.ready() {
			tasks = append(tasks, t)
		}
	}
	never := h.fetches[:0:0]
	for _, t := range h.fetches {
		switch {
		case t.fetch < 0 && !t.dead:
			never = append(never, t)
		case t.fetch >= 0:
			tasks = append(tasks, t)
		}
	}
	h.fetches = never
	for _, t := range tasks {
		h.resolve(t)
	}
	return len(tasks) > 0
}

// settle polls until the guest has nothing more to say.
func (h *host) settle() {
	for h.poll(); h.inputs != nil; {
		h.poll()
	}
}

func (h *host) empty() {
	h.t.Helper()
	h.settle()
	if n, _ := h.start(modeRecords, 0); n != 0 {
		h.t.Errorf("the guest keeps %d records", n)
	}
	h.settle()
	if len(h.handles) != 0 || h.timers != 0 {
		for _, v := range h.handles {
			h.t.Logf("%T %+v", v, v)
		}
		h.t.Fatalf("%d handles and %d timers are left", len(h.handles), h.timers)
	}
}

func TestAnswers(t *testing.T) {
	h := guest(t)
	if v, task := h.start(modeNow, 41); task != nil || v != 42 {
		t.Errorf("a function that does not wait answered %d, %v", v, task)
	}
	if v := h.run(modeFetch, 100); v != 100 {
		t.Errorf("fetch = %d", v)
	}
	if v := h.run(modePipe, 100_000); v != 100_000 {
		t.Errorf("pipe = %d", v)
	}
	h.empty()
}

func TestTimers(t *testing.T) {
	h := guest(t)
	if v := h.run(modeSleep, 30); v < 30e6 {
		t.Errorf("slept %d ns", v)
	}
	h.empty()

	// An earlier timer replaces the one that is armed, and none is left.
	_, long := h.start(modeSleep, 200)
	h.settle()
	_, short := h.start(modeSleep, 20)
	h.drive(func() bool { return short.ready })
	if long.ready {
		t.Error("the long sleep ended first")
	}
	if h.settle(); h.timers != 1 {
		t.Errorf("%d timers armed", h.timers)
	}
	h.drive(func() bool { return long.ready })
	h.result(short)
	h.result(long)
	h.empty()

	// A goroutine that outlives its call keeps its timer.
	if _, task := h.start(modeSpawn, 20); task != nil {
		t.Fatal("spawn waited")
	}
	if h.settle(); h.timers != 1 {
		t.Errorf("%d timers armed", h.timers)
	}
	h.drive(func() bool { v, _ := h.start(modeFinished, 0); return v == 100 })
	h.empty()
}

// TestPlainBuild does without the overlay, which the runtime then makes up for
// by asking to be woken while something goes on, and not after.
func TestPlainBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a guest")
	}
	core, err := buildPlain()
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, core)
	if v := h.run(modeSleep, 30); v < 30e6 {
		t.Errorf("slept %d ns", v)
	}
	h.empty()
	if v := h.run(modeTimeout, 10); v != 1 {
		t.Error("Until was not cancelled")
	}
	if v := h.run(modePipe, 100_000); v != 100_000 {
		t.Errorf("pipe = %d", v)
	}
	h.empty()
}

func TestWakeAcrossTasks(t *testing.T) {
	h := guest(t)
	_, receiver := h.start(modeReceive, 0)
	if _, sender := h.start(modeSend, 77); sender != nil {
		t.Error("the sender waited")
	}
	h.poll()
	if !receiver.ready {
		t.Fatal("the receiver was not woken")
	}
	if v := h.result(receiver); v != 77 {
		t.Errorf("received %d", v)
	}
	h.empty()
}

func TestCancel(t *testing.T) {
	h := guest(t)
	if v := h.run(modeTimeout, 10); v != 1 {
		t.Error("Until was not cancelled")
	}
	h.empty()

	_, task := h.start(modeCancelled, 0)
	h.settle()
	if n, _ := h.start(modeRecords, 0); n != 1 {
		t.Errorf("%d records of one task", n)
	}
	h.input(2, task.onCancel, task.canceler)
	h.settle()
	if !task.dead || task.ready {
		t.Error("the cancelled task did not confirm")
	}
	h.empty()

	// The cancellation finds the task finished: its result is thrown away.
	_, task = h.start(modeReceive, 0)
	h.settle()
	if _, sender := h.start(modeSend, 77); sender != nil {
		t.Error("the sender waited")
	}
	h.input(2, task.onCancel, task.canceler)
	task.canceler = 0 // the guest has it now
	h.settle()
	if !task.dead || !task.ready {
		t.Errorf("the cancelled task: dead %v, ready %v", task.dead, task.ready)
	}
	h.empty()
}

// TestScopes sees that what concerns one goroutine does not concern those that
// it starts.
func TestScopes(t *testing.T) {
	h := guest(t)
	for _, limited := range []uint64{0, 1} {
		if h.call("stuck", limited) != 1 {
			t.Error("a wait that cannot end was not refused")
		}
	}
	h.empty()
	finished := func(n int64) func() bool {
		return func() bool { v, _ := h.start(modeFinished, 0); return v == n }
	}
	h.call("leave", 100)
	h.drive(finished(100))
	h.empty()
	h.run(modeInherit, 10)
	h.drive(finished(120))
	h.empty()
}

// TestOrders has events come in all orders that the protocol allows: a task is
// cancelled before and after it waits, is told that it waits, is done, and has
// said so; a cancelled wait ends by its result all the same.
func TestOrders(t *testing.T) {
	h := guest(t)
	const steps = 20_000
	r := rand.New(rand.NewPCG(1, 2))
	h.crosses = func() bool { return r.IntN(2) == 0 }
	open := map[*hostTask]int32{} // by what they fetch
	var took, gaveUp, crossed int
	collect := func() {
		for task, n := range open {
			switch {
			case task.dead:
				gaveUp++
				if task.ready {
					crossed++
				}
			case task.ready && task.canceler == 0 && !task.asked:
				if v := h.result(task); v != int64(n) {
					t.Fatalf("fetched %d of %d bytes", v, n)
				}
				took++
			default:
				continue
			}
			delete(open, task)
		}
	}
	for step := 0; step < steps || len(open) > 0; step++ {
		switch k := r.IntN(7); {
		case k < 2 && step < steps && len(open) < 30:
			n := 1 + r.Int32N(100)
			if _, task := h.start(modeGiveUp, n); task != nil {
				open[task] = n
			}
		case k <= 3 && r.IntN(2) == 0 && len(h.fetches) > 0:
			i := r.IntN(len(h.fetches))
			h.resolve(h.fetches[i])
			h.fetches = slices.Delete(h.fetches, i, i+1)
		case k == 3:
			for task := range open {
				if task.canceler != 0 && r.IntN(20) == 0 {
					h.input(2, task.onCancel, task.canceler)
					task.canceler, task.asked = 0, true // the guest has it now
				}
			}
		case k <= 5:
			h.pollPart(r.IntN(len(h.inputs)/12 + 1))
		default:
			h.poll()
		}
		collect()
	}
	t.Logf("%d calls took their result, %d were cancelled, %d of them when they were done", took, gaveUp, crossed)
	if took < steps/20 || gaveUp < steps/20 || crossed == 0 {
		t.Error("too few of one kind")
	}
	h.fetches = nil
	h.empty()
}

// TestCrossing cancels calls at the moment when what they wait for is there:
// that is not lost.
func TestCrossing(t *testing.T) {
	h := guest(t)
	const calls, bytes = 50, 10
	for range calls {
		_, task := h.start(modeGiveUp, bytes)
		h.settle()
		h.input(2, task.onCancel, task.canceler)
		h.resolve(h.fetches[0])
		h.fetches = nil
		h.settle()
	}
	if n, _ := h.start(modeFinished, 0); n != calls*bytes {
		t.Errorf("%d of %d bytes came", n, calls*bytes)
	}
	h.empty()
}

func TestPressure(t *testing.T) {
	h := guest(t)
	const goroutines = 100
	want := int64(0)
	for k := range int64(50) {
		want += goroutines * (1 + k*k%1500)
	}
	if v := h.run(modePressure, goroutines); v != want {
		t.Errorf("got %d good bytes, want %d", v, want)
	}
	h.empty()
}

func TestManyTasks(t *testing.T) {
	h := guest(t)
	round := func() (heap, memory int64) {
		var tasks []*hostTask
		for range 10_000 {
			if _, task := h.start(modeFetch, 1); task != nil {
				tasks = append(tasks, task)
			}
		}
		h.settle()
		rand.Shuffle(len(h.fetches), func(i, j int) { h.fetches[i], h.fetches[j] = h.fetches[j], h.fetches[i] })
		for len(h.fetches) > 0 {
			n := min(len(h.fetches), 1+rand.IntN(200))
			for _, f := range h.fetches[:n] {
				h.resolve(f)
			}
			h.fetches = h.fetches[n:]
			h.poll()
		}
		for _, task := range tasks {
			if !task.ready || h.result(task) != 1 {
				t.Fatal("a task has no result")
			}
		}
		h.empty()
		return h.run(modeHeap, 0), int64(h.mod.Memory().Size())
	}
	round()
	heap1, memory1 := round()
	round()
	heap2, memory2 := round()
	t.Logf("heap %d, %d; memory %d, %d; %d polls", heap1, heap2, memory1, memory2, h.polls)
	if heap2 > heap1+100_000 || memory2 > memory1+4<<20 {
		t.Error("finished tasks leave something behind")
	}
}
