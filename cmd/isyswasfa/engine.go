package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

// withEngine runs f with an engine that keeps compiled code in the user's cache
// and observes what --trace asks for.
func withEngine(c *cli.Context, conf host.Config, f func(ctx context.Context, engine *host.Engine) error) (err error) {
	observer, finish, err := tracing(c)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, finish()) }()
	conf.CacheDir, conf.Observer = cacheDir("compiled"), observer
	ctx := context.WithoutCancel(c.Context)
	engine, err := host.NewEngine(ctx, conf)
	if err != nil {
		return err
	}
	defer func() {
		// A guest that does not come back ends with the program.
		ctx, cancel := context.WithTimeout(ctx, closeGrace)
		defer cancel()
		_ = engine.Close(ctx)
	}()
	return f(ctx, engine)
}

// closeGrace is how long instances have to end when the program does.
const closeGrace = time.Second

// compile compiles a component, saying so if it takes long, and gives it with
// a linker that has WASI.
func compile(ctx context.Context, c *cli.Context, engine *host.Engine, name string, binary []byte) (*host.Component, *host.Linker, error) {
	done := (&progress{w: c.App.ErrWriter}).step("compiling " + name + " for this machine")
	component, err := engine.Compile(c.Context, name, binary) // which an interrupt ends
	done()
	if err != nil {
		return nil, nil, err
	}
	linker := host.NewLinker(engine)
	wasi.AddToLinker(linker)
	wasihttp.AddToLinker(linker)
	return component, linker, nil
}

// programArgs are the arguments of the program in a component: its name, which
// many programs want.
func programArgs(name string) []string { return []string{filepath.Base(name)} }

// cacheDir gives a folder of the user's cache, or "" where there is none that
// can be written to: compiled code must not lie where others can write.
func cacheDir(name string) string {
	root, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	dir := filepath.Join(root, "isyswasfa", name)
	if os.MkdirAll(dir, 0o700) != nil || !writable(dir) {
		return ""
	}
	return dir
}

func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".writable")
	if err != nil {
		return false
	}
	f.Close()
	os.Remove(f.Name())
	return true
}
