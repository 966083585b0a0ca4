package wasihttp

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/isyswasfa/isyswasfa/host"
)

// shared are the instances of a [Handler] that serve many requests each, if its
// Config says so. New requests go to the current one, which is made when first
// needed, and again after it has failed or was retired; see retire.go.
type shared struct {
	h        *Handler
	mu       sync.Mutex
	current  *sharedInstance
	draining int            // instances that are retired and not closed
	live     sync.WaitGroup // instances that are not closed
}

// A sharedInstance is an instance that requests share.
type sharedInstance struct {
	s     *shared
	ready chan struct{} // closed when in or err is there
	in    *host.Instance
	err   error
	made  uint64 // its linear memory before the first request, in bytes

	broken atomic.Pointer[error] // why it was given up

	// Under shared.mu.
	requests int  // those that are not answered
	most     int  // of requests at a time
	watched  bool // a timer is going to have a look
	review   reviewState
	retired  bool          // it takes no more requests
	empty    chan struct{} // closed when it is retired and all requests are answered
}

// join counts the exchange as a request of the instance, until it leaves.
func (x *exchange) join() (*sharedInstance, error) {
	m := x.h.shared.enter()
	x.in.Store(m)
	x.at.Store(m)
	select {
	case <-x.done:
		x.leave()
	default:
	}
	select {
	case <-m.ready:
	case <-x.ctx.Done():
		return m, context.Cause(x.ctx)
	}
	if m.err == nil {
		m.watch()
	}
	return m, m.err
}

// leave ends join, once.
func (x *exchange) leave() {
	if m := x.at.Swap(nil); m != nil {
		m.leave()
	}
}

func (s *shared) enter() *sharedInstance {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.current
	if m == nil {
		m = &sharedInstance{s: s, ready: make(chan struct{}), empty: make(chan struct{})}
		s.current = m
		s.live.Add(1)
		go m.make()
	}
	m.requests++
	m.most = max(m.most, m.requests)
	return m
}

func (m *sharedInstance) make() {
	defer close(m.ready)
	s, ctx := m.s, context.Background()
	if limit := s.h.conf.Timeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	m.in, m.err = s.h.pre.Instantiate(ctx, host.InstanceConfig{Values: s.h.values, Shared: true})
	if m.err != nil {
		s.forget(m)
		s.live.Done()
		return
	}
	m.made = m.in.MemorySize()
	context.AfterFunc(m.in.Context(), func() {
		defer s.live.Done()
		s.forget(m)
		_ = m.in.Close(context.Background()) // cannot fail without a limit
	})
}

// forget has the next request make another instance.
func (s *shared) forget(m *sharedInstance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == m {
		s.current = nil
	}
}

// leave is for a request that is answered, or goes elsewhere.
func (m *sharedInstance) leave() {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.requests--
	if m.retired && m.requests == 0 {
		close(m.empty)
	}
	m.reviewSoon()
}

// failure tells why the instance does not go on, nil if it does.
func (m *sharedInstance) failure() error {
	if p := m.broken.Load(); p != nil {
		return *p
	}
	return m.in.Err()
}

// SharedStats are the counters of the instances that requests share.
type SharedStats struct {
	host.InstanceStats        // of the one that takes requests
	Memory             uint64 // its linear memory, in bytes
	Draining           int    // those that take no more requests and are not closed
}

// Stats gives the counters of the instance that requests share, if there is
// one and it has not failed. It waits for the instance.
func (h *Handler) Stats() (s SharedStats) {
	h.shared.mu.Lock()
	m := h.shared.current
	s.Draining = h.shared.draining
	h.shared.mu.Unlock()
	if m == nil {
		return s
	}
	if <-m.ready; m.err == nil && m.in.Err() == nil {
		s.InstanceStats, s.Memory = m.in.Stats(), m.in.MemorySize()
	}
	return s
}

// end closes the instance when nothing is going on in it or ctx is cancelled,
// and waits for those that have failed or drain.
func (s *shared) end(ctx context.Context) {
	s.mu.Lock()
	m := s.current
	s.current = nil
	s.mu.Unlock()
	if m != nil {
		if <-m.ready; m.err == nil {
			_ = m.in.WaitIdle(ctx) // it ends either way
			_ = m.in.Close(context.Background())
		}
	}
	s.live.Wait()
}

// errForgotten is what a response's client learns if the guest leaves it open
// and does nothing more.
var errForgotten = errors.New("the guest has not ended its response")

// runShared calls the guest in the instance of all. If the call cannot begin in
// one, or making it takes as long as a request may, it is made in another one,
// and has its time anew.
func (x *exchange) runShared() {
	for {
		m, err := x.join()
		if err == nil {
			o := x.call(m.in)
			if refused := (*host.RefusedError)(nil); !errors.As(o.err, &refused) {
				x.followShared(m, o)
				return
			}
		} else if x.ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			x.outcome <- x.noInstance(err)
			return
		}
		x.leave()
		x.h.shared.forget(m)
		x.renew()
	}
}

// followShared passes the outcome on, and ends a response that the guest will
// not end itself: because its instance goes on no more, or has nothing to do.
func (x *exchange) followShared(m *sharedInstance, o outcome) {
	if o.resp == nil {
		if m.broken.Load() != nil { // all that had begun was out of time
			o.err = errTimeout
		}
		x.outcome <- o
		return
	}
	resp, pipe := o.resp, o.fromPipe()
	end := func(err error) {
		if pipe {
			resp.stream.Break(err)
		}
		if resp.trailers != x.trailers { // else it is the client who ends them
			resp.trailers.Drop()
		}
	}
	defer context.AfterFunc(m.in.Context(), func() { end(m.failure()) })()
	x.outcome <- o
	if pipe && m.in.WaitIdle(x.linger) == nil {
		end(errForgotten)
	}
	<-x.done
}
