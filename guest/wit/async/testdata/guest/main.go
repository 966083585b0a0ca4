// Package main is a guest without WIT that the tests of package async drive.
package main

import (
	goruntime "runtime"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	"github.com/isyswasfa/isyswasfa/guest/wit/runtime"
)

func main() {}

//go:wasmimport test fetch-isyswasfa-start
func rawFetchStart(n int32, ret unsafe.Pointer)

//go:wasmimport test fetch-isyswasfa-result
func rawFetchResult(ready int32, ret unsafe.Pointer)

// fetch gets n bytes from the host and returns how many are as they should be.
func fetch(n int32) int64 {
	var a runtime.Arena
	ret := (*[3]uint32)(a.Alloc(12, 4))
	rawFetchStart(n, unsafe.Pointer(ret))
	addr, size := ret[1], ret[2]
	if ret[0]&0xff != 0 {
		ret := (*[2]uint32)(a.Alloc(8, 4))
		rawFetchResult(async.Await(int32(addr)), unsafe.Pointer(ret))
		addr, size = ret[0], ret[1]
	}
	good := int64(0)
	for i, b := range runtime.Bytes(addr, size) {
		if b == byte(i*7) {
			good++
		}
	}
	a.Free()
	return good
}

//go:wasmexport work-isyswasfa-start
func start(mode, n int32) unsafe.Pointer {
	v, pending, done := async.Run(func() int64 { return modes[mode](n) })
	var a runtime.Arena
	ret := a.Return(16, 8)
	if done {
		*(*int64)(unsafe.Add(ret, 8)) = v
	} else {
		*(*uint8)(ret) = 1
		*(*int32)(unsafe.Add(ret, 8)) = pending
	}
	return ret
}

//go:wasmexport cabi_post_work-isyswasfa-start
func postStart(ret unsafe.Pointer) { runtime.Release(ret) }

//go:wasmexport work-isyswasfa-result
func result(ready int32) int64 { return async.Take[int64](ready) }

var (
	handoff  = make(chan int64)
	finished int64
	modes    = [...]func(n int32) int64{
		0:  func(n int32) int64 { return int64(n) + 1 },
		1:  sleep,
		2:  fetch,
		3:  pressure,
		4:  func(int32) int64 { return <-handoff },
		5:  func(n int32) int64 { handoff <- int64(n); return 0 },
		6:  func(int32) int64 { <-async.Cancelled(); return 6 },
		7:  timeout,
		8:  func(ms int32) int64 { return spawn(ms, 100) },
		9:  func(int32) int64 { return finished },
		10: pipe,
		11: heap,
		12: records,
		13: inherit,
		14: giveUp,
	}
)

// What the runtime keeps for the host, which is no part of its API.
var (
	//go:linkname waits github.com/isyswasfa/isyswasfa/guest/wit/async.waits
	waits table
	//go:linkname tasks github.com/isyswasfa/isyswasfa/guest/wit/async.tasks
	tasks table
	//go:linkname lent github.com/isyswasfa/isyswasfa/guest/wit/runtime.lent
	lent map[uint32]unsafe.Pointer
	//go:linkname returned github.com/isyswasfa/isyswasfa/guest/wit/runtime.returned
	returned map[uint32]*runtime.Arena
)

type table struct {
	items []unsafe.Pointer
	free  []uint32
}

// records counts what the runtime keeps: waits, tasks, memory that it has lent
// to the host and results that the host has not read.
func records(int32) int64 {
	n := len(lent) + len(returned)
	for _, t := range []table{waits, tasks} {
		n += len(t.items) - len(t.free)
	}
	return int64(n)
}

func sleep(ms int32) int64 {
	t := time.Now()
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return time.Since(t).Nanoseconds()
}

// pressure makes garbage and lets the host allocate, in n goroutines.
func pressure(n int32) int64 {
	var wg sync.WaitGroup
	var total int64
	for range n {
		wg.Go(func() {
			var keep [][]byte
			for k := range int32(50) {
				keep = append(keep, make([]byte, 512+k*32))
				total += fetch(1 + k*k%1500)
				if k%8 == 7 {
					keep = keep[:0]
				}
			}
		})
	}
	wg.Wait()
	return total
}

// timeout waits for an answer that never comes, and gives up after ms.
func timeout(ms int32) int64 {
	done := make(chan struct{})
	time.AfterFunc(time.Duration(ms)*time.Millisecond, func() { close(done) })
	unwound := false
	finished := async.Until(done, func() {
		defer func() { unwound = true }()
		fetch(-1)
	})
	if finished || !unwound {
		return 0
	}
	return 1
}

//go:wasmexport stuck
func stuck(limited int32) (said int32) {
	async.EnterSync("stuck")
	defer async.LeaveSync()
	defer func() {
		if s, ok := recover().(string); ok && strings.Contains(s, "stuck is not an async function") {
			said = 1
		}
	}()
	var done chan struct{}
	if limited != 0 {
		done = make(chan struct{})
	}
	async.Until(done, func() { fetch(1) })
	return 0
}

// leave leaves a goroutine behind that waits for n bytes, although the export
// itself may not wait for them.
//
//go:wasmexport leave
func leave(n int32) {
	async.EnterSync("leave")
	spawn(0, n)
	time.Sleep(time.Millisecond)
	async.LeaveSync()
}

// inherit starts goroutines within Until, one of which waits on when that is
// over and one when it is cancelled.
func inherit(n int32) int64 {
	done := make(chan struct{})
	async.Until(done, func() { spawn(0, n) })
	close(done)
	done = make(chan struct{})
	async.Until(done, func() {
		spawn(0, n)
		time.AfterFunc(time.Millisecond, func() { close(done) })
		fetch(-1)
	})
	return 0
}

// giveUp gets n bytes unless the call is cancelled.
func giveUp(n int32) (good int64) {
	if !async.Until(async.Cancelled(), func() { good = fetch(n) }) {
		return -1
	}
	finished += good
	return good
}

// spawn leaves a goroutine behind that gets n bytes after a while.
func spawn(ms, n int32) int64 {
	go func() {
		time.Sleep(time.Duration(ms) * time.Millisecond)
		finished += fetch(n)
	}()
	return 0
}

// pipe sends n bytes through a stream<u8> and returns how many arrive well.
func pipe(n int32) int64 {
	w, r := async.MakeStreamU8()
	go func() {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i)
		}
		w.WriteAll(data)
		w.Drop()
	}()
	buf := make([]byte, 1000)
	good := int64(0)
	for !r.WriterDropped() {
		k := r.Read(buf)
		for _, b := range buf[:k] {
			if b == byte(good) {
				good++
			}
		}
	}
	r.Drop()
	return good
}

// heap tells how much memory the program uses after a collection, in bytes.
func heap(int32) int64 {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
