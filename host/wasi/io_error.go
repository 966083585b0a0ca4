package wasi

import "github.com/isyswasfa/isyswasfa/host"

// An Error is the Go side of wasi:io/error's resource error.
type Error struct{ Err error }

var errorResource = host.NewResource[Error]("error", nil)

func addIOError(d *host.Definitions) {
	d.Resource("error", errorResource)
	d.Func("[method]error.to-debug-string", host.Func(
		func(c *host.Call, p struct{ Self *Error }) (string, error) {
			return p.Self.Err.Error(), nil
		}))
}
