package host

import (
	"context"
	"sync"
)

type (
	binding             struct{}
	hostCall            func()
	syncFunc[P, R any]  struct{ fn func(*Call, P) (R, error) }
	asyncFunc[P, R any] struct {
		fn func(*Call, P, *Completion[R]) error
	}
	task          struct{}
	guestContext  struct{}
	corePool      struct{}
	compiledStep  struct{}
	router        struct{}
	exportBinding struct{}
	workFunc      func()
	driver        struct {
		mu     sync.Mutex
		failed error
	}
)

func (f syncFunc[P, R]) bindSync(b *binding) (hostCall, error)                           { return nil, nil }
func (f asyncFunc[P, R]) bindAsync(b *binding) (hostCall, hostCall, error)               { return nil, nil, nil }
func (d *driver) hold(int)                                                               {}
func (d *driver) holds() int                                                             { return 0 }
func (d *driver) post(in *Instance, f workFunc)                                          {}
func (r *router) stats() InstanceStats                                                   { return InstanceStats{} }
func (in *Instance) onDriver(f func())                                                   {}
func (in *Instance) postWork(*task)                                                      {}
func (in *Instance) idle() bool                                                          { return true }
func (in *Instance) waitIdle(ctx context.Context) error                                  { return nil }
func (in *Instance) close(ctx context.Context) error                                     { return nil }
func (w *hostWork) onCancel(f func())                                                    {}
func (w *hostWork) context() context.Context                                             { return nil }
func (l *Linker) addIsyswasfa()                                                          {}
func link(l *Linker, c *Component) (*InstancePre, error)                                 { return nil, nil }
func bindExport(p *InstancePre, iface, name string, f any) error                         { return nil }
func (f *ExportFunc[P, R]) call(ctx context.Context, in *Instance, p P) (r R, err error) { return }
func instantiate(ctx context.Context, p *InstancePre, conf InstanceConfig) (*Instance, error) {
	return nil, nil
}
func compileBinary(ctx context.Context, e *Engine, name string, binary []byte) (*Component, error) {
	return nil, nil
}
