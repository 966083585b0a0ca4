package types_test

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestOption(t *testing.T) {
	some, none := types.Some(7), types.None[int]()
	if !some.IsSome() || some.IsNone() || some.Tag() != types.OptionSome || some.Some() != 7 || some.SomeOr(1) != 7 {
		t.Error("some")
	}
	if none.IsSome() || !none.IsNone() || none.Tag() != types.OptionNone || none.SomeOr(1) != 1 || !panics(func() { none.Some() }) {
		t.Error("none")
	}
}

func TestResult(t *testing.T) {
	ok, err := types.Ok[int, string](7), types.Err[int]("no")
	if !ok.IsOk() || ok.IsErr() || ok.Tag() != types.ResultOk || ok.Ok() != 7 || !panics(func() { ok.Err() }) {
		t.Error("ok")
	}
	if err.IsOk() || !err.IsErr() || err.Tag() != types.ResultErr || err.Err() != "no" || !panics(func() { err.Ok() }) {
		t.Error("err")
	}
}

// fakes keep what the vtables' functions are called with.
type fakes struct {
	dropped []int32
	items   []byte
	closed  bool
}

func (f *fakes) drop(handle int32) { f.dropped = append(f.dropped, handle) }

func TestFuture(t *testing.T) {
	var f fakes
	var sent string
	vtable := types.FutureVtable[string]{
		Make:         func() (sender, receiver int32) { return 1, 2 },
		Send:         func(_ int32, value string) { sent = value },
		Receive:      func(int32) (string, bool) { return sent, sent != "" },
		DropSender:   f.drop,
		DropReceiver: f.drop,
	}
	w, r := types.MakeFuture(&vtable)
	if !w.Write("value") || r.Read() != "value" {
		t.Error("the value did not arrive")
	}
	w.Drop()
	r.Drop()
	if f.dropped != nil || !panics(func() { w.Write("again") }) || !panics(func() { r.Read() }) {
		t.Error("a used end can be used again")
	}
	sent = ""
	w, r = types.MakeFuture(&vtable)
	if _, ok := r.Receive(); ok {
		t.Error("received what was not sent")
	}
	w.Drop()
	w.Drop()
	w, r = types.MakeFuture(&vtable)
	moved := r.TakeHandle()
	r.Drop()
	r.SetHandle(moved)
	if !panics(func() { r.SetHandle(moved) }) {
		t.Error("a handle was overwritten")
	}
	r.Drop()
	if w.TakeHandle() != 1 || len(f.dropped) != 2 || f.dropped[0] != 1 || f.dropped[1] != 2 {
		t.Errorf("dropped %v", f.dropped)
	}
}

func TestStream(t *testing.T) {
	var f fakes
	vtable := types.StreamVtable[byte]{
		Make: func() (writer, reader int32) { return 1, 2 },
		Read: func(_ int32, dst []byte) (int, bool) {
			n := copy(dst, f.items)
			f.items = f.items[n:]
			return n, n == 0
		},
		Write: func(_ int32, items []byte) (int, bool) {
			if f.closed {
				return 0, true
			}
			f.items = append(f.items, items...)
			return len(items), false
		},
		DropReader: f.drop,
		DropWriter: f.drop,
	}
	w, r := types.MakeStream(&vtable)
	buf := make([]byte, 2)
	if w.WriteAll([]byte("abc")) != 3 || r.Read(buf) != 2 || string(buf) != "ab" || r.Read(nil) != 0 || r.WriterDropped() {
		t.Error("the items did not arrive")
	}
	if r.Read(buf) != 1 || r.Read(buf) != 0 || !r.WriterDropped() {
		t.Error("the end did not arrive")
	}
	f.items = []byte("x")
	if r.Read(buf) != 0 {
		t.Error("read on after the end")
	}
	f.closed = true
	if w.Write([]byte("d")) != 0 || !w.ReaderDropped() || w.Write([]byte("d")) != 0 {
		t.Error("wrote to nobody")
	}
	w.Drop()
	r.Drop()
	r.Drop()
	if len(f.dropped) != 2 || !panics(func() { types.MakeStreamReader(&vtable, 3).SetHandle(4) }) {
		t.Errorf("dropped %v", f.dropped)
	}
}
