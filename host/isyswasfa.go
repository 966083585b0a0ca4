package host

// The resource types of isyswasfa:isyswasfa/isyswasfa: three kinds of handles
// to a task.
var (
	pendingResource = NewResource("pending", func(_ *Instance, t *task) { t.released(pendingHandle) })
	cancelResource  = NewResource("cancel", func(_ *Instance, t *task) { t.released(cancelHandle) })
	readyResource   = NewResource("ready", func(_ *Instance, t *task) { t.released(readyHandle) })
)

type (
	taskHandles struct{ Pending, Cancel, Ready *task }
	blockParam  struct{ Pollable *Pollable }
)

// addIsyswasfa defines the interfaces that the router implements.
func (l *Linker) addIsyswasfa() {
	l.Instance("isyswasfa:isyswasfa/isyswasfa").
		Resource("pending", pendingResource).
		Resource("cancel", cancelResource).
		Resource("ready", readyResource).
		Func("make-task", Func(makeTask)).
		Func("[method]ready.state", Func(readyStateOf))
	l.Instance("isyswasfa:io/poll").
		Func("block"+startSuffix, Func(blockStart)).
		Func("block"+resultSuffix, Func(blockResult))
	l.Instance("wasi:io/poll@0.2.0").
		Resource("pollable", PollableResource)
}

func makeTask(c *Call, _ struct{}) (taskHandles, error) {
	t, err := c.in.router.makeTask(c.sub)
	return taskHandles{t, t, t}, err
}

func readyStateOf(c *Call, p readyParam) (uint32, error) { return p.Ready.ownersState(c.sub) }

func blockStart(c *Call, p blockParam) (r Result[struct{}, *task], err error) {
	if p.Pollable.Ready() {
		return r, nil
	}
	t := c.in.router.newTask(waitTask, c.sub)
	t.src = p.Pollable.PollSource
	c.in.router.started(t)
	t.watch(c.in)
	return Err[struct{}](t), nil
}

func blockResult(_ *Call, p readyParam) (struct{}, error) {
	err := p.Ready.take(waitTask)
	if err == nil {
		p.Ready.released(readyHandle)
	}
	return struct{}{}, err
}
