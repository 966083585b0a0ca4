package async_test

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// A host is the least that drives a guest of the convention: one instance, a
// table of handles in which every handle has one owner, and a router. It fails
// the test when the guest uses a handle it does not own.
type host struct {
	t         *testing.T
	ctx       context.Context
	mod       api.Module
	last      uint32
	handles   map[uint32]any // *hostTask, *pollable, *end
	fetches   []*hostTask    // pending calls of fetch
	inputs    []byte
	polls     int
	inRealloc bool
	timers    int         // listens for clock pollables at present
	crosses   func() bool // whether a cancelled call is done first
}

type hostTask struct {
	pollable *pollable
	guest    bool
	fetch    int32
	ready    bool
	value    uint32 // state, of a guest's task
	listener uint32
	listened bool
	onCancel uint32
	canceler uint32 // the cancel handle, while the host holds it
	asked    bool   // whether the guest was asked to cancel it
	dead     bool
}

type pollable struct {
	due   time.Time
	ready func() bool
}

type buffer struct {
	data   []byte
	closed bool // by the writer
	broken bool // by the reader
}

type end struct{ *buffer }

func (h *host) handle(v any) uint32 {
	h.last++
	h.handles[h.last] = v
	return h.last
}

func take[T any](h *host, i uint32) T {
	v := get[T](h, i)
	delete(h.handles, i)
	return v
}

func get[T any](h *host, i uint32) T {
	if h.inRealloc {
		panic("the guest calls an import during cabi_realloc")
	}
	v, ok := h.handles[i].(T)
	if !ok {
		panic("the guest uses a handle that it does not own")
	}
	return v
}

func (h *host) put(at uint32, words ...uint32) {
	for i, w := range words {
		h.mod.Memory().WriteUint32Le(at+uint32(i)*4, w)
	}
}

func (h *host) realloc(old, oldSize, n uint32) uint32 {
	h.inRealloc = true
	defer func() { h.inRealloc = false }()
	r, err := h.mod.ExportedFunction("cabi_realloc").Call(h.ctx, uint64(old), uint64(oldSize), 1, uint64(n))
	if err != nil {
		panic(err)
	}
	return uint32(r[0])
}

// bytes lowers what fetch answers.
func (h *host) bytes(n int32) (at, size uint32) {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	half := uint32(n) / 2 // in two parts, as transcoding does
	at = h.realloc(0, 0, half)
	h.mod.Memory().Write(at, b[:half])
	at = h.realloc(at, half, uint32(n))
	h.mod.Memory().Write(at+half, b[half:])
	return at, uint32(n)
}

func newHost(t *testing.T, core []byte) *host {
	ctx := context.Background()
	h := &host{t: t, ctx: ctx, handles: map[uint32]any{}}
	rt := wazero.NewRuntime(ctx)
	t.Cleanup(func() { rt.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, rt)
	for module, functions := range h.imports() {
		b := rt.NewHostModuleBuilder(module)
		for name, f := range functions {
			b.NewFunctionBuilder().WithFunc(f).Export(name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			t.Fatal(err)
		}
	}
	mod, err := rt.InstantiateWithConfig(ctx, core, wazero.NewModuleConfig().WithStartFunctions("_initialize").
		WithSysNanotime().WithSysWalltime().WithStderr(t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	h.mod = mod
	return h
}

func (h *host) imports() map[string]map[string]any {
	drop := func(i uint32) { take[any](h, i) }
	return map[string]map[string]any{
		"isyswasfa:isyswasfa/isyswasfa": {
			"make-task": func(ret uint32) {
				t := &hostTask{guest: true}
				h.put(ret, h.handle(t), h.handle(t), h.handle(t))
			},
			"[method]ready.state":   func(i uint32) uint32 { return get[*hostTask](h, i).value },
			"[resource-drop]cancel": drop,
			"[resource-drop]ready":  drop,
		},
		"isyswasfa:io/poll": {
			"block-isyswasfa-start": func(i, ret uint32) {
				p := get[*pollable](h, i)
				if p.ready() {
					h.put(ret, 0)
					return
				}
				h.put(ret, 1, h.handle(&hostTask{pollable: p}))
			},
			"block-isyswasfa-result": drop,
		},
		"wasi:io/poll@0.2.0":  {"[resource-drop]pollable": drop},
		"wasi:io/error@0.2.0": {"[resource-drop]error": drop},
		"wasi:clocks/monotonic-clock@0.2.0": {
			"subscribe-duration": func(ns uint64) uint32 {
				due := time.Now().Add(time.Duration(ns))
				return h.handle(&pollable{due: due, ready: func() bool { return !time.Now().Before(due) }})
			},
		},
		"isyswasfa:io/pipe":     {"make-pipe": h.makePipe},
		"wasi:io/streams@0.2.0": h.streams(),
		"test": {
			"fetch-isyswasfa-start": func(n int32, ret uint32) {
				if n >= 0 && n%3 == 0 {
					at, size := h.bytes(n)
					h.put(ret, 0, at, size)
					return
				}
				t := &hostTask{fetch: n}
				h.fetches = append(h.fetches, t)
				h.put(ret, 1, h.handle(t))
			},
			"fetch-isyswasfa-result": func(i, ret uint32) {
				at, size := h.bytes(take[*hostTask](h, i).fetch)
				h.put(ret, at, size)
			},
		},
	}
}

const pipeSize = 100

func (h *host) makePipe(ret uint32) {
	b := &buffer{}
	h.put(ret, h.handle(&end{b}), h.handle(&end{b}))
}

// streams has the writer and the reader of a pipe in one handle type: they are
// told apart by which functions the guest calls.
func (h *host) streams() map[string]any {
	return map[string]any{
		"[method]input-stream.read": func(i uint32, n uint64, ret uint32) {
			b := get[*end](h, i).buffer
			k := min(int(n), len(b.data))
			if k == 0 && b.closed {
				h.put(ret, 1, 1)
				return
			}
			at := h.realloc(0, 0, uint32(k))
			h.mod.Memory().Write(at, b.data[:k])
			b.data = b.data[k:]
			h.put(ret, 0, at, uint32(k))
		},
		"[method]input-stream.subscribe": func(i uint32) uint32 {
			b := get[*end](h, i).buffer
			return h.handle(&pollable{ready: func() bool { return len(b.data) > 0 || b.closed }})
		},
		"[resource-drop]input-stream": func(i uint32) { take[*end](h, i).broken = true },
		"[method]output-stream.check-write": func(i, ret uint32) {
			b := get[*end](h, i).buffer
			if b.broken {
				h.put(ret, 1, 0, 1)
				return
			}
			h.put(ret, 0, 0, uint32(pipeSize-len(b.data)), 0)
		},
		"[method]output-stream.write": func(i, at, n, ret uint32) {
			b := get[*end](h, i).buffer
			data, _ := h.mod.Memory().Read(at, n)
			b.data = append(b.data, data...)
			h.put(ret, 0)
		},
		"[method]output-stream.subscribe": func(i uint32) uint32 {
			b := get[*end](h, i).buffer
			return h.handle(&pollable{ready: func() bool { return b.broken || len(b.data) < pipeSize }})
		},
		"[resource-drop]output-stream": func(i uint32) { take[*end](h, i).closed = true },
	}
}

func (h *host) input(tag, a, b uint32) {
	for _, w := range []uint32{tag, a, b} {
		h.inputs = binary.LittleEndian.AppendUint32(h.inputs, w)
	}
}

// poll calls the guest once and handles what it answers.
func (h *host) poll() { h.pollPart(len(h.inputs) / 12) }

// pollPart is poll with the first n inputs only.
func (h *host) pollPart(n int) {
	h.polls++
	at := h.realloc(0, 0, uint32(n*12))
	h.mod.Memory().Write(at, h.inputs[:n*12])
	if h.inputs = h.inputs[n*12:]; len(h.inputs) == 0 {
		h.inputs = nil
	}
	r := h.call("isyswasfa-poll", uint64(at), uint64(n))
	mem := h.mod.Memory()
	data, _ := mem.ReadUint32Le(uint32(r))
	size, _ := mem.ReadUint32Le(uint32(r) + 4)
	for i := range size {
		e, _ := mem.Read(data+i*12, 12)
		h.output(e[0], binary.LittleEndian.Uint32(e[4:]), binary.LittleEndian.Uint32(e[8:]))
	}
	h.call("cabi_post_isyswasfa-poll", r)
}

func (h *host) output(tag byte, a, b uint32) {
	switch tag {
	case 0: // ready
		t := take[*hostTask](h, b)
		t.ready, t.value = true, a
		if t.canceler != 0 {
			delete(h.handles, t.canceler)
			t.canceler = 0
		}
	case 1: // listen
		t := take[*hostTask](h, b)
		t.listener, t.listened = a, true
		if t.pollable != nil && !t.pollable.due.IsZero() {
			h.timers++
		}
		if t.ready {
			h.input(1, a, h.handle(t))
		} else {
			h.input(0, a, h.handle(t))
		}
	case 2: // pending
		t := get[*hostTask](h, b)
		t.onCancel, t.canceler = a, b
	case 3: // cancel
		t := take[*hostTask](h, a)
		switch {
		case t.ready: // the guest will learn of it
		case h.crosses != nil && h.crosses():
			h.resolve(t)
		default:
			t.dead = true
			h.stopped(t)
			h.input(3, t.listener, 0)
		}
	case 4: // cancel-complete
		take[*hostTask](h, a).dead = true
	}
}

func (h *host) stopped(t *hostTask) {
	if t.pollable != nil && !t.pollable.due.IsZero() {
		h.timers--
	}
}

func (h *host) call(name string, args ...uint64) uint64 {
	r, err := h.mod.ExportedFunction(name).Call(h.ctx, args...)
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	if len(r) == 0 {
		return 0
	}
	return r[0]
}

// resolve lets a host task be ready.
func (h *host) resolve(t *hostTask) {
	if t.ready {
		return
	}
	t.ready = true
	if t.listened && !t.dead {
		h.stopped(t)
		h.input(1, t.listener, h.handle(t))
	}
}
