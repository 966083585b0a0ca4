//go:build unix

package fuzzlimit

import (
	"syscall"
	"time"
)

// clock tells how long the process has run on processors, whatever else the
// machine does.
func clock() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
