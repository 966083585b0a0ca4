//go:build !unix

package fuzzlimit

import "time"

var began = time.Now()

// clock tells how long the process has run.
func clock() time.Duration { return time.Since(began) }
