package host

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero/api"

	"github.com/isyswasfa/isyswasfa/internal/abi"
)

// An InstanceConfig is what one instance gets beyond its InstancePre.
type InstanceConfig struct {
	// Values are for host functions, by keys of the packages that define
	// them; see [Instance.Value]. The map is not changed.
	Values map[any]any
	// Embedder belongs to the embedder's own host functions, or to the
	// generated bindings that define them; see [Call.Embedder].
	Embedder any
	// Shared says that callers who know nothing of each other share the
	// instance. A cancelled call does not stop the guest then, not even in an
	// interruptible engine, for it may be at work for others; [Instance.Close]
	// does. [Instance.AtWork] tells how long it has been at work.
	Shared bool
}

// An Instance is one root instance of a component with all instances inside
// it. Its exported functions are called through [ExportFunc]. All methods may
// be called from any goroutine unless they say otherwise.
type Instance struct {
	pre    *InstancePre
	ctx    context.Context
	cancel context.CancelFunc
	guest  guestContext  // what guest code runs under
	nested nestedContext // what host functions run under
	drv    driver

	interruptible bool // as its engine, unless it is shared

	stopping    atomic.Bool   // Close was called
	refusing    atomic.Bool   // no call begins any more
	down        chan struct{} // closed when everything is freed
	interrupted atomic.Bool   // see watch
	activations atomic.Uint64 // counts calls of exports
	clock       *workClock    // nil unless it is shared

	// Everything below belongs to the driver.
	values  map[any]any
	owner   any          // InstanceConfig.Embedder
	mods    []api.Module // by step; nil for other steps
	subs    []subInstance
	host    subInstance         // stands for the embedder; its table stays empty
	cores   []activation        // by index of bound core functions
	opts    []instanceOptions   // by index of bound options
	types   []*abi.ResourceType // by component.Resource.Index
	vals    []any               // by component.Value.Index; nil where there is none, or where it was taken
	router  router
	onClose []func()
	stack   *stack      // that runs, if its component instances may block
	spare   []*stack    // free ones
	paused  []*pause    // changed under driver.mu
	forks   *forkedCall // free ones
	next    *stack      // that the driver is to give its role to
	drives  *op         // whose caller drives; nil if no caller does
	trap    error       // why the instance is poisoned
}

// A subInstance is a component instance of a root instance.
type subInstance struct {
	in      *Instance
	table   abi.Table
	noLeave bool // in realloc or post-return, which must not call imports
	active  bool // entered, if it is watched; see reentry
	index   int
	gate    gate
}

// Value gives the value stored under key, nil if there is none. It is for host
// functions and others that run on the driver.
func (in *Instance) Value(key any) any { return in.values[key] }

// SetValue stores a value for later Value. It is for what runs on the driver.
func (in *Instance) SetValue(key, v any) {
	if in.values == nil {
		in.values = map[any]any{}
	}
	in.values[key] = v
}

// Context gives a context that is cancelled when the instance closes, for
// work that outlives a host function.
func (in *Instance) Context() context.Context { return in.ctx }

// Post has f run on the driver, after what was posted before it. f must not
// block. It is not run if the instance is closed.
func (in *Instance) Post(f func()) { in.drv.post(in, workFunc(f)) }

// OnClose has f run when the instance closes, the last one first, before the
// guest's memories go away. It is for what runs on the driver.
func (in *Instance) OnClose(f func()) { in.onClose = append(in.onClose, f) }

// Hold tells that work outside is going on that may yet lead to calls or
// events of this instance: until release, the instance is not idle and a
// guest that waits for ever is not a deadlock.
func (in *Instance) Hold() (release func()) {
	in.drv.hold(1)
	var once sync.Once
	return func() {
		once.Do(func() {
			in.drv.hold(-1)
			in.Post(func() {}) // the driver looks again
		})
	}
}

// Err tells why the instance cannot be called any more: a *[Trap], an
// *[ExitError] or [ErrClosed]; nil if it can.
func (in *Instance) Err() error {
	in.drv.mu.Lock()
	defer in.drv.mu.Unlock()
	return in.drv.failed
}

// InstanceStats are counters of an instance.
type InstanceStats struct {
	Handles  int // in the tables of all component instances
	Tasks    int // known to the router
	Listens  int // tasks that a guest or a Call waits for
	HostWork int // pending host functions, waits for pollables, and holds
}

// String is for messages of tests.
func (s InstanceStats) String() string {
	return fmt.Sprintf("%d handles, %d tasks, %d listens, %d host work", s.Handles, s.Tasks, s.Listens, s.HostWork)
}

// Stats gives the counters. It waits for the driver.
func (in *Instance) Stats() InstanceStats {
	var s InstanceStats
	in.onDriver(func() { s = in.stats() })
	return s
}

// MemorySize gives the size, in bytes, of all linear memories together through
// which components pass values. They never shrink. It waits for the driver.
func (in *Instance) MemorySize() (size uint64) {
	in.onDriver(func() {
		seen := map[coreFunc]bool{}
		for i := range in.pre.opts {
			m := in.pre.opts[i].memory
			if m.step < 0 || in.mods[m.step] == nil || seen[m] {
				continue
			}
			seen[m] = true
			if mem := in.mods[m.step].ExportedMemory(m.name); mem != nil {
				size += uint64(mem.Size())
			}
		}
	})
	return size
}

func (in *Instance) stats() InstanceStats {
	s := in.router.stats()
	for i := range in.subs {
		s.Handles += in.subs[i].table.Len()
	}
	s.HostWork += in.drv.holds()
	return s
}
