package bindings

import (
	"errors"
	"sync"

	"github.com/isyswasfa/isyswasfa/host"
)

// ErrGone is what the methods of a handle answer after Close, or after it was
// passed on as an own<R>.
var ErrGone = errors.New("the resource is closed or was given away")

// A Handle owns a resource of a guest. It may be used from many goroutines.
type Handle struct {
	in   *host.Instance
	ref  host.Ref
	mu   sync.Mutex
	uses int  // calls in progress
	gone bool // for new calls
	drop bool // with the last use
}

// NewHandle makes the handle of an own<R> that a guest gave.
func NewHandle(in *host.Instance, ref host.Ref) Handle { return Handle{in: in, ref: ref} }

// Close drops the resource, as soon as no call uses it any more. Closing it
// again, or after it was given away, does nothing. It waits for the guest's
// destructor; so it must not be called by an import that is not async.
func (h *Handle) Close() error {
	h.mu.Lock()
	if h.gone {
		h.mu.Unlock()
		return nil
	}
	h.gone = true
	h.drop = h.uses > 0
	later := h.drop
	h.mu.Unlock()
	if later {
		return nil
	}
	return h.destroy()
}

func (h *Handle) destroy() error {
	err := h.in.DropRef(h.ref)
	if errors.Is(err, host.ErrClosed) {
		return nil // all its resources went with the instance
	}
	return err
}

// done ends a use.
func (h *Handle) done() {
	h.mu.Lock()
	h.uses--
	drop := h.drop && h.uses == 0
	h.mu.Unlock()
	if drop {
		_ = h.destroy() // its caller has gone; a trap shows in the next call
	}
}

// Borrow lends a handle to a call; nil is an error.
func (x *Conv) Borrow(h *Handle) host.Ref {
	if !x.usable(h) {
		return host.Ref{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		x.Fail(ErrGone)
		return host.Ref{}
	}
	h.uses++
	x.lent = append(x.lent, h)
	return h.ref
}

// Give takes the resource out of a handle for a call.
func (x *Conv) Give(h *Handle) host.Ref {
	if !x.usable(h) {
		return host.Ref{}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.gone:
		x.Fail(ErrGone)
		return host.Ref{}
	case h.uses > 0:
		x.Fail(errors.New("a call uses the resource that another one would give away"))
		return host.Ref{}
	}
	h.gone = true
	x.given = append(x.given, h)
	return h.ref
}

func (x *Conv) usable(h *Handle) bool {
	switch {
	case h == nil:
		x.Fail(ErrNil)
	case h.in != x.In:
		x.Fail(errors.New("the resource belongs to another instance"))
	default:
		return true
	}
	return false
}

// Release ends the loans of a call. If conversion failed, so that there was
// no call, what it would have given is the embedder's again.
func (x *Conv) Release() {
	for _, h := range x.lent {
		h.done()
	}
	if x.Err != nil {
		for _, h := range x.given {
			h.mu.Lock()
			h.gone = false
			h.mu.Unlock()
		}
	}
	x.lent, x.given = nil, nil
}
