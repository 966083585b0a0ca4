//go:build !wasip1

package async

const onlyInComponent = "only in a component: build with GOOS=wasip1 GOARCH=wasm"

type task struct {
	value   any
	discard func()
}

func newTask(value any) *task              { panic(onlyInComponent) }
func (t *task) run(fn func())              { panic(onlyInComponent) }
func (t *task) start() (int32, bool)       { panic(onlyInComponent) }
func takeTask(ready int32) *task           { panic(onlyInComponent) }
func await(pending, pollable int32) int32  { panic(onlyInComponent) }
func block(pollable int32)                 { panic(onlyInComponent) }
func finish(func())                        { panic(onlyInComponent) }
func enterSync(string)                     { panic(onlyInComponent) }
func leaveSync()                           { panic(onlyInComponent) }
func untilDone() (<-chan struct{}, func()) { return nil, nil }
func until(<-chan struct{}, func()) bool   { panic(onlyInComponent) }
func cancelled() <-chan struct{}           { panic(onlyInComponent) }
func makePipe() (int32, int32)             { panic(onlyInComponent) }
func readBytes(int32, []byte) (int, bool)  { panic(onlyInComponent) }
func writeBytes(int32, []byte) (int, bool) { panic(onlyInComponent) }
func dropInputStream(int32)                { panic(onlyInComponent) }
func dropOutputStream(int32)               { panic(onlyInComponent) }
