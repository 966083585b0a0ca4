//go:build !windows

package wasihttp

import "syscall"

var systemErrors = []struct {
	errno syscall.Errno
	code  uint8
}{
	{syscall.ECONNREFUSED, ConnectionRefused},
	{syscall.ECONNRESET, ConnectionTerminated},
	{syscall.ECONNABORTED, ConnectionTerminated},
	{syscall.EPIPE, ConnectionTerminated},
	{syscall.EHOSTUNREACH, DestinationIPUnroutable},
	{syscall.ENETUNREACH, DestinationIPUnroutable},
	{syscall.EADDRNOTAVAIL, DestinationUnavailable},
	{syscall.ETIMEDOUT, ConnectionTimeout},
	{syscall.EMFILE, ConnectionLimitReached},
	{syscall.ENFILE, ConnectionLimitReached},
}
