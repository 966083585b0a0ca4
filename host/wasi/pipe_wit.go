package wasi

import "github.com/isyswasfa/isyswasfa/host"

type pipeEnds struct {
	Writer *OutputStream
	Reader *InputStream
}

// addPipe defines isyswasfa:io/pipe.
func addPipe(d *host.Definitions) {
	d.Resource("input-stream", inputStreamResource)
	d.Resource("output-stream", outputStreamResource)
	d.Func("make-pipe", host.Func(
		func(c *host.Call, _ struct{}) (pipeEnds, error) {
			r, w := NewPipe(0)
			return pipeEnds{w, r}, nil
		}))
}
