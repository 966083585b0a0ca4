package wasihttp

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
)

// shared is the instance that all requests of a [Handler] use, if its Config
// says so. It is made when first needed, and again after it has failed.
type shared struct {
	mu   sync.Mutex
	in   *host.Instance
	live sync.WaitGroup // instances that are not closed
}

// instance gives the instance; it is not bound to the request that needs it
// first.
func (s *shared) instance(h *Handler) (*host.Instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.in != nil && s.in.Err() == nil {
		return s.in, nil
	}
	in, err := h.pre.Instantiate(context.Background(), host.InstanceConfig{Values: h.values})
	if err != nil {
		return nil, err
	}
	s.live.Add(1)
	// The responses that need an instance that has failed break off when it
	// is closed.
	context.AfterFunc(in.Context(), func() {
		defer s.live.Done()
		_ = in.Close(context.Background()) // cannot fail without a limit
	})
	s.in = in
	return in, nil
}

// SharedStats are the counters of an instance that requests share.
type SharedStats struct {
	host.InstanceStats
	Memory uint64 // linear memory, in bytes
}

// Stats gives the counters of the instance that requests share, if there is
// one and it is not failed.
func (h *Handler) Stats() (s SharedStats) {
	h.shared.mu.Lock()
	in := h.shared.in
	h.shared.mu.Unlock()
	if in != nil && in.Err() == nil {
		s = SharedStats{in.Stats(), in.MemorySize()}
	}
	return s
}

// retire has the next request make another instance.
func (s *shared) retire(in *host.Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.in == in {
		s.in = nil
	}
}

// end closes the instance when nothing is going on in it or ctx is cancelled,
// and waits for those that have failed.
func (s *shared) end(ctx context.Context) {
	s.mu.Lock()
	in := s.in
	s.in = nil
	s.mu.Unlock()
	if in != nil {
		_ = in.WaitIdle(ctx) // it ends either way
		_ = in.Close(context.Background())
	}
	s.live.Wait()
}

// stuckGrace is how long a guest that all requests share may compute, or block
// in a host function, although the request is over for which it does.
const stuckGrace = 10 * time.Second

// errForgotten is what a response's client learns if the guest leaves it open
// and does nothing more.
var errForgotten = errors.New("the guest has not ended its response")

// runShared calls the guest in the instance of all.
func (x *exchange) runShared() {
	in, err := x.h.shared.instance(x.h)
	if err != nil {
		x.outcome <- x.noInstance(err)
		return
	}
	x.in.Store(in)
	o := x.call(in, stuckGrace, func() {
		x.h.shared.retire(in)
		interrupt(in)
	})
	pipe := o.fromPipe()
	x.outcome <- o
	// If nothing is going on any more, nobody will write to the pipe.
	if pipe && in.WaitIdle(x.linger) == nil {
		o.resp.stream.Break(errForgotten)
		o.resp.trailers.Drop()
	}
}
