package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:      "serve",
		Usage:     "serve a component that exports wasi:http/handler",
		ArgsUsage: "COMPONENT.wasm|PKGDIR",
		Description: "Answers HTTP requests with a component, or with a Go package that it builds first.\n" +
			"Every request gets an instance of its own, or with --instances shared all of them use\n" +
			"one, and its memory. SIGINT and SIGTERM finish the requests in flight and end the program;\n" +
			"a second one ends it at once.\n\n" +
			"A shared instance whose linear memory has grown beyond --retire-above is replaced as soon as\n" +
			"there is little to do, and what its guests keep in memory is lost. The default, auto, is twice\n" +
			"what it begins with, and 16 MiB more at least.\n\n" +
			"Example:\n   isyswasfa serve ./test/cases/hello\n   isyswasfa serve --addr 127.0.0.1:0 hello.wasm",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "addr", Value: "127.0.0.1:8080", Usage: "listen on `HOST:PORT`; port 0 picks a free one"},
			&cli.DurationFlag{Name: "timeout", Value: time.Minute, Usage: "longest time `D` until a request is answered; 0 for none"},
			maxMemoryFlag("512MiB"),
			&cli.StringFlag{Name: "instances", Value: "fresh", Usage: "`WHICH` instance serves a request: a fresh one, or a shared one for all"},
			&cli.StringFlag{Name: "retire-above", Value: "auto", Usage: "replace a shared instance that has more linear memory than `SIZE`, or never"},
			&cli.BoolFlag{Name: "interrupt", Usage: "stop guests that compute past the timeout; makes loops slower"},
			&cli.IntFlag{Name: "max-concurrency", Value: 64, Usage: "most requests `N` at a time; others wait"},
			traceFlag(),
		}, buildFlags()...),
		Action: func(c *cli.Context) error {
			arg, err := oneArgument(c, "COMPONENT.wasm or PKGDIR")
			if err != nil {
				return err
			}
			return serve(c, arg)
		},
	}
}

func serve(c *cli.Context, arg string) error {
	memory, err := maxMemory(c)
	if err != nil {
		return err
	}
	if c.Int("max-concurrency") < 1 {
		return usagef("--max-concurrency: at least 1 is needed")
	}
	retireAbove, err := retireAbove(c)
	if err != nil {
		return err
	}
	switch c.String("instances") {
	case "shared":
	case "fresh":
		if c.IsSet("retire-above") {
			return usagef("--retire-above is for --instances shared")
		}
	default:
		return usagef("--instances: %q is neither fresh nor shared", c.String("instances"))
	}
	if c.Duration("timeout") < 0 {
		return usagef("--timeout: must not be negative")
	}
	if _, _, err := net.SplitHostPort(c.String("addr")); err != nil {
		return usagef("--addr: %v", err)
	}
	// The port is taken first: a port in use should not cost a build.
	listener, err := net.Listen("tcp", c.String("addr"))
	if err != nil {
		return err
	}
	defer listener.Close()
	name, binary, err := loadComponent(c, arg)
	if err != nil {
		return err
	}
	conf := host.Config{MaxMemory: memory, Interruptible: c.Bool("interrupt")}
	return withEngine(c, conf, func(ctx context.Context, engine *host.Engine) error {
		handler, err := newHandler(ctx, c, engine, retireAbove, name, binary)
		if err != nil {
			return err
		}
		return serveHTTP(c, listener, handler)
	})
}

// newHandler compiles and links the component.
func newHandler(ctx context.Context, c *cli.Context, engine *host.Engine, retireAbove int64, name string, binary []byte) (*wasihttp.Handler, error) {
	component, linker, err := compile(ctx, c, engine, name, binary)
	if err != nil {
		return nil, err
	}
	for _, x := range component.Exports() {
		if strings.HasPrefix(x.Name, "wasi:http/incoming-handler@") {
			return nil, fmt.Errorf("%s exports %s, which is the handler of WASI 0.2; serve needs wasi:http/handler@0.3.0", name, x.Name)
		}
	}
	pre, err := linker.Link(component)
	if err != nil {
		return nil, err
	}
	stderr := wasi.SyncWriter(c.App.ErrWriter)
	return wasihttp.NewHandler(pre, wasihttp.Config{
		Timeout:        c.Duration("timeout"),
		MaxConcurrency: c.Int("max-concurrency"),
		Shared:         c.String("instances") == "shared",
		RetireAbove:    retireAbove,
		WASI:           wasi.Config{Stdout: c.App.Writer, Stderr: stderr, Args: programArgs(name)},
		Logger:         slog.New(slog.NewTextHandler(stderr, nil)),
	})
}

// Limits on what a client may make the server hold.
const (
	maxHeaderBytes    = 64 << 10
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
)

func serveHTTP(c *cli.Context, listener net.Listener, handler *wasihttp.Handler) error {
	server := &http.Server{
		Handler:           handler,
		MaxHeaderBytes:    maxHeaderBytes,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
	}
	fmt.Fprintf(c.App.ErrWriter, "Serving HTTP on http://%s/\n", listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-c.Context.Done():
	}
	fmt.Fprintln(c.App.ErrWriter, "Finishing the requests in flight; a second interrupt ends them at once ...")
	ctx := context.WithoutCancel(c.Context)
	err := server.Shutdown(ctx)
	lingering, cancel := context.WithTimeout(ctx, wasihttp.DefaultLinger)
	defer cancel()
	_ = handler.Wait(lingering) // guests that go on after their answers have had their time
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
