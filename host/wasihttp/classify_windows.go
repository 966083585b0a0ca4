package wasihttp

import "syscall"

// The errors of Winsock; package syscall names only some of them.
var systemErrors = []struct {
	errno syscall.Errno
	code  uint8
}{
	{10061, ConnectionRefused},
	{10054, ConnectionTerminated},
	{10053, ConnectionTerminated},
	{10065, DestinationIPUnroutable},
	{10051, DestinationIPUnroutable},
	{10049, DestinationUnavailable},
	{10060, ConnectionTimeout},
	{10024, ConnectionLimitReached},
}
