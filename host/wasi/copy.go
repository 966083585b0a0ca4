package wasi

import (
	"io"
	"sync/atomic"
)

// CopyTo writes all of a stream to w without a goroutine of its own: whoever
// writes to the stream writes to w in the same call. At the end, or when w
// fails, it closes the stream and calls done, with nil if all went well.
func CopyTo(w io.Writer, s *InputStream, done func(error)) {
	c := &copier{w: w, s: s, done: done}
	c.kick()
}

type copier struct {
	w    io.Writer
	s    *InputStream
	done func(error)
	work atomic.Int32 // kicks not dealt with; whoever makes it 1 does the work
}

func (c *copier) kick() {
	if c.work.Add(1) != 1 {
		return
	}
	for n := int32(1); n != 0; {
		if err := c.drain(); err != nil {
			c.s.Close()
			if err == io.EOF {
				err = nil
			}
			c.done(err)
			return // work stays above 0: later kicks do nothing
		}
		c.s.Notify(c.kick)
		n = c.work.Add(-n)
	}
}

// drain writes what is there.
func (c *copier) drain() error {
	for {
		b, err := c.s.TryRead(copySize)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return nil
		}
		if _, err := c.w.Write(b); err != nil {
			return err
		}
	}
}
