package host

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// A Config of an [Engine]; the zero value works.
type Config struct {
	// CacheDir is a folder for compiled code, made if absent; "" for none.
	CacheDir string
	// MaxMemory bounds each linear memory, in bytes, rounded down to pages of
	// 64 KiB; 0 means 4 GiB.
	MaxMemory uint64
	// Interruptible lets a cancelled context and [Instance.Close] stop a guest
	// in the middle of a computation. It makes loops many times slower; off,
	// a guest is stopped where it next calls the host or returns.
	//
	// Core modules with tail calls are refused then: wazero does not stop a
	// guest that goes around in them.
	Interruptible bool
	// Observer, if not nil, is told what the tasks of all instances do.
	Observer Observer
}

// An Engine compiles components. It may be shared between goroutines.
type Engine struct {
	rt    wazero.Runtime
	cache wazero.CompilationCache
	conf  Config
	made  atomic.Uint64
	pool  *memoryPool // of linear memories; nil for those of wazero

	living   living
	released chan struct{} // closed when Close has released everything
	err      error         // that it met

	workers workers
}

const pageSize = 64 << 10

// coreFeatures are what core modules may use.
const coreFeatures = api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesExceptionHandling

// NewEngine makes an engine. Close it in the end.
func NewEngine(ctx context.Context, conf Config) (*Engine, error) {
	features := coreFeatures
	if conf.Interruptible {
		features &^= experimental.CoreFeaturesTailCall
	}
	rc := wazero.NewRuntimeConfig().
		WithCoreFeatures(features).
		WithCloseOnContextDone(conf.Interruptible)
	if conf.MaxMemory != 0 {
		pages := conf.MaxMemory / pageSize
		if pages == 0 || pages > 1<<16 {
			return nil, fmt.Errorf("memory limit of %d bytes: want %d to %d", conf.MaxMemory, pageSize, uint64(1)<<32)
		}
		rc = rc.WithMemoryLimitPages(uint32(pages))
	}
	e := &Engine{conf: conf, pool: newMemoryPool(), living: newLiving(), released: make(chan struct{})}
	if conf.CacheDir != "" {
		c, err := wazero.NewCompilationCacheWithDir(conf.CacheDir)
		if err != nil {
			return nil, fmt.Errorf("folder for compiled code: %w", err)
		}
		e.cache = c
		rc = rc.WithCompilationCache(c)
	}
	e.rt = wazero.NewRuntimeWithConfig(ctx, rc)
	return e, nil
}

// Close closes all instances that are not closed yet, as [Instance.Close] does,
// and releases all compiled code when the last of them has ended, for they run
// in it, and when nothing is compiled or linked any more. It waits for that, unless ctx is cancelled first; then the code is
// released when the guests come back. A host function that closes the engine
// with [Call.Context] does not wait. Closing again waits again.
func (e *Engine) Close(ctx context.Context) error {
	all, first := e.living.close()
	if first {
		go e.release()
	}
	now, cancel := context.WithCancel(ctx)
	cancel()
	for _, in := range all {
		_ = in.Close(now) // tells it, and waits for all below
	}
	if in, ok := ctx.Value(driverKey{}).(*Instance); ok && in.pre.c.e == e {
		return nil
	}
	select {
	case <-e.released:
		return e.err
	case <-ctx.Done():
		if n := e.living.count(); n > 0 {
			return fmt.Errorf("closing the engine: %d instances have not ended: %w", n, ctx.Err())
		}
		return fmt.Errorf("closing the engine: a component is being compiled or linked: %w", ctx.Err())
	}
}

// release frees what instances need, once there are none any more.
func (e *Engine) release() {
	defer close(e.released)
	<-e.living.none
	ctx := context.Background()
	e.err = e.rt.Close(ctx)
	if e.cache != nil {
		e.err = errors.Join(e.err, e.cache.Close(ctx))
	}
	if e.pool != nil {
		e.pool.close()
	}
}

// EngineStats are counters of an engine.
type EngineStats struct {
	Instances int // root instances that are not closed
}

// Stats gives the engine's counters.
func (e *Engine) Stats() EngineStats { return EngineStats{Instances: e.living.count()} }
