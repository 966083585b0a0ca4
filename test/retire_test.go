package test

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

// TestCrowdRetires has 1,000 requests at a time in one instance of the router
// with all its components. After each round the instance is gone, and with it
// all that it took; the next request finds another one.
func TestCrowdRetires(t *testing.T) {
	c := &crowd{}
	engine, h, s := serveHere(t, "routed", wasihttp.Config{Shared: true, Transport: c, Logger: slog.New(slog.DiscardHandler)})
	client := &http.Transport{MaxIdleConnsPerHost: crowdSize, DisableCompression: true}
	c.send = func(r *http.Request) (*http.Response, error) {
		r.URL.Host = s.Listener.Addr().String()
		return client.RoundTrip(r)
	}
	settled := func() (linear, heap, resident uint64) { // in KiB
		c.run(t, 1)
		client.CloseIdleConnections()
		eventually(t, "the instance is not idle", func() bool { return h.Stats().InstanceStats == (host.InstanceStats{}) })
		linear, heap = h.Stats().Memory>>10, settledHeap()
		debug.FreeOSMemory()
		return linear, heap, residentMemory() >> 10
	}
	linear, heap, resident := settled()
	t.Logf("after the first request, in KiB: linear memory %d, heap %d, resident %d", linear, heap, resident)
	for range 3 {
		c.run(t, crowdSize)
		client.CloseIdleConnections()
		eventually(t, "the instance is not retired", func() bool { return h.Stats() == (wasihttp.SharedStats{}) })
		eventually(t, "the instance is not closed", func() bool { return engine.Stats().Instances == 0 })
		l, hp, res := settled()
		t.Logf("after %d requests at once, in KiB: linear memory %d, heap %d, resident %d", crowdSize, l, hp, res)
		if l > linear+linear/50 {
			t.Error("there is more linear memory")
		}
		if hp > heap+heap/4+1024 {
			t.Error("the heap has grown")
		}
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, otherwise string, holds func() bool) {
	t.Helper()
	for range 10_000 {
		if holds() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal(otherwise)
}

// residentMemory gives how much memory of this process the system has
// allocated, in bytes; 0 where that is not known.
func residentMemory() uint64 {
	var kib uint64
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		fmt.Sscan(rest, &kib)
	}
	return kib << 10
}
