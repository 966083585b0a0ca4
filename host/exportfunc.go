package host

import "context"

// An ExportFunc is an exported function of a component, bound to Go types. It
// belongs to an InstancePre and serves all its instances.
type ExportFunc[P, R any] struct {
	b exportBinding
}

// Export binds the exported function name of the exported instance iface, such
// as "wasi:http/handler@0.3.0", or of the world if iface is "". Versions match
// as in [Linker.Instance]. For a function declared async, name is the one that
// the original WIT has. P and R are as in [Func].
func Export[P, R any](p *InstancePre, iface, name string) (*ExportFunc[P, R], error) {
	f := &ExportFunc[P, R]{}
	if err := bindExport(p, iface, name, f); err != nil {
		return nil, err
	}
	return f, nil
}

// Call calls the function in an instance and waits for its result, while all
// other tasks of the instance progress too. It may be called from many
// goroutines at once. When ctx is cancelled, Call answers ctx.Err() without
// waiting for the guest; the guest is told by the cancel event of the
// convention, and the instance stays usable. Any other error is a *[Trap] or
// *[ExitError], after which the instance is unusable, or [ErrClosed], or says
// that the guest waits for what will never come.
func (f *ExportFunc[P, R]) Call(ctx context.Context, in *Instance, p P) (R, error) {
	return f.call(ctx, in, p)
}
