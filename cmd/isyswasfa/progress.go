package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A progress says on w what is being done whenever that takes longer than a
// second, with or without a terminal.
type progress struct {
	w  io.Writer
	mu sync.Mutex
}

// step announces the start of something and gives the function that ends it.
func (p *progress) step(what string) (done func()) {
	start := time.Now()
	said := false
	timer := time.AfterFunc(time.Second, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		said = true
		fmt.Fprintf(p.w, "%s ...\n", what)
	})
	return func() {
		timer.Stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		if said {
			fmt.Fprintf(p.w, "%s: %.1f s\n", what, time.Since(start).Seconds())
		}
	}
}
