package test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFailingGuest has a guest fail in every way: the client gets a status and
// no stack, the reason is on standard error, and the next request works.
func TestFailingGuest(t *testing.T) {
	s := serve(t, component(t, "gauntlet"), "--timeout=2s")
	for _, c := range []struct {
		path   string
		status []int
		reason string // on standard error
	}{
		{"/trap", []int{500}, "unreachable"},
		{"/panic", []int{500}, "panic in the handler"},
		{"/error-code", []int{500, 502}, "on purpose"},
		{"/exit", []int{500}, "exit"},
		{"/hang", []int{504}, "time limit, 2s"},
		{"/bad-header", []int{500, 502}, ""},
		{"/bad-status", []int{500, 502}, ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			status, body := get(t, s.URL+c.path)
			found := false
			for _, want := range c.status {
				found = found || status == want
			}
			if !found {
				t.Errorf("status %d, want one of %v: %q", status, c.status, body)
			}
			for _, stack := range []string{"goroutine", ".go:", "wasm stack", "0x"} {
				if strings.Contains(body, stack) {
					t.Errorf("the answer shows a stack: %q", body)
				}
			}
			s.says(t, c.reason)
			if status, body := get(t, s.URL+"/ok"); status != http.StatusOK {
				t.Errorf("the next request got %d %q", status, body)
			}
		})
	}
	if testing.Verbose() {
		t.Logf("stderr:\n%s", s.Stderr())
	}
}

// TestSpinningGuest has a guest compute without end. Only --interrupt can
// stop it, but the client is answered either way.
func TestSpinningGuest(t *testing.T) {
	s := serve(t, component(t, "gauntlet"), "--timeout=1s", "--interrupt")
	if status, body := get(t, s.URL+"/spin"); status != http.StatusGatewayTimeout {
		t.Errorf("got %d %q", status, body)
	}
	if status, _ := get(t, s.URL+"/ok"); status != http.StatusOK {
		t.Errorf("the next request got %d", status)
	}
}

// TestGoroutines has a handler use what programs use to wait.
func TestGoroutines(t *testing.T) {
	s := serve(t, component(t, "gauntlet"))
	for _, c := range []struct{ path, want string }{
		{"/sleep-1000", "1000"},
		{"/timeout", context.DeadlineExceeded.Error()},
		{"/late-body", "written before\nwritten after\n"},
		{"/spawn", "spawned"},
	} {
		start := time.Now()
		status, body := get(t, s.URL+c.path)
		took := time.Since(start)
		if status != http.StatusOK || !strings.Contains(body, c.want) {
			t.Errorf("%s: got %d %q, want %q\n%s", c.path, status, body, c.want, s.Stderr())
		}
		t.Logf("%s: %v", c.path, took)
	}
}

// TestTrailers sends trailers through the guest both ways.
func TestTrailers(t *testing.T) {
	s := serve(t, component(t, "gauntlet"))
	request, err := http.NewRequest(http.MethodPost, s.URL+"/trailers", io.NopCloser(strings.NewReader("body")))
	if err != nil {
		t.Fatal(err)
	}
	request.Trailer = http.Header{"Fizz": {"buzz"}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "body" {
		t.Errorf("got %q, %v", body, err)
	}
	if got := response.Trailer.Get("Fizz"); got != "buzz" {
		t.Errorf("trailers %v", response.Trailer)
	}
}

// TestClientGoesAway cancels a request; the guest's context must end and the
// server must go on.
func TestClientGoesAway(t *testing.T) {
	s := serve(t, component(t, "gauntlet"))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/wait-for-client", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Fatal("the request was answered")
	}
	s.says(t, "client went away")
	if status, _ := get(t, s.URL+"/ok"); status != http.StatusOK {
		t.Errorf("the next request got %d", status)
	}
}
