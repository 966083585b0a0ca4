package wasi

import (
	"errors"

	"github.com/isyswasfa/isyswasfa/host"
)

type pollableSelf struct{ Self *host.Pollable }

// addIOPoll defines wasi:io/poll. Its blocking functions suspend the guest that
// calls them; see [host.Call.Block].
func addIOPoll(d *host.Definitions) {
	d.Resource("pollable", host.PollableResource)
	d.Func("[method]pollable.ready", host.Func(
		func(c *host.Call, p pollableSelf) (bool, error) {
			return p.Self.Ready(), nil
		}))
	d.Func("[method]pollable.block", host.BlockingFunc(
		func(c *host.Call, p pollableSelf) (struct{}, error) {
			return struct{}{}, c.Block(p.Self)
		}))
	d.Func("poll", host.BlockingFunc(
		func(c *host.Call, p struct{ In []*host.Pollable }) ([]uint32, error) {
			return poll(c, p.In)
		}))
}

func poll(c *host.Call, in []*host.Pollable) ([]uint32, error) {
	if len(in) == 0 {
		return nil, errors.New("poll of an empty list")
	}
	srcs := make([]host.PollSource, len(in))
	for i, p := range in {
		srcs[i] = p
	}
	for {
		var ready []uint32
		for i, s := range srcs {
			if s.Ready() {
				ready = append(ready, uint32(i))
			}
		}
		if ready != nil {
			return ready, nil
		}
		if err := c.Block(srcs...); err != nil {
			return nil, err
		}
	}
}
