package wasi

import "github.com/isyswasfa/isyswasfa/host"

// A TerminalInput and a TerminalOutput are never made: no stream is a
// terminal to a guest.
type (
	terminalInput  struct{ _ byte }
	terminalOutput struct{ _ byte }
)

var (
	terminalInputResource  = host.NewResource[terminalInput]("terminal-input", nil)
	terminalOutputResource = host.NewResource[terminalOutput]("terminal-output", nil)
)

func addCLI(l *host.Linker) {
	for _, v := range []string{"0.2.0", "0.3.0"} {
		addEnvironment(l, v)
		addExit(l.Instance("wasi:cli/exit@" + v))
		addTerminal(l, v)
	}
	addStdio02(l)
	addStdio03(l)
}

func addEnvironment(l *host.Linker, version string) {
	d := l.Instance("wasi:cli/environment@" + version)
	d.Func("get-environment", host.Func(func(c *host.Call, _ noParams) ([]stringPair, error) {
		return settingsOf(c).env, nil
	}))
	d.Func("get-arguments", host.Func(func(c *host.Call, _ noParams) ([]string, error) {
		return settingsOf(c).args, nil
	}))
	cwd := host.Func(func(c *host.Call, _ noParams) (host.Option[string], error) {
		return settingsOf(c).cwd, nil
	})
	if version == "0.2.0" {
		d.Func("initial-cwd", cwd)
	} else {
		d.Func("get-initial-cwd", cwd)
	}
}

func addExit(d *host.Definitions) {
	type exitParams struct {
		Status host.Result[struct{}, struct{}]
	}
	d.Func("exit", host.Func(func(_ *host.Call, p exitParams) (struct{}, error) {
		if p.Status.IsErr {
			return struct{}{}, host.Exit(1)
		}
		return struct{}{}, host.Exit(0)
	}))
	d.Func("exit-with-code", host.Func(func(_ *host.Call, p struct{ StatusCode uint8 }) (struct{}, error) {
		return struct{}{}, host.Exit(uint32(p.StatusCode))
	}))
}

func addTerminal(l *host.Linker, version string) {
	in := func(name string) *host.Definitions { return l.Instance("wasi:cli/" + name + "@" + version) }
	in("terminal-input").Resource("terminal-input", terminalInputResource)
	in("terminal-output").Resource("terminal-output", terminalOutputResource)
	in("terminal-stdin").Resource("terminal-input", terminalInputResource).
		Func("get-terminal-stdin", host.Func(
			func(*host.Call, noParams) (r host.Option[*terminalInput], err error) { return }))
	for _, name := range []string{"stdout", "stderr"} {
		in("terminal-"+name).Resource("terminal-output", terminalOutputResource).
			Func("get-terminal-"+name, host.Func(
				func(*host.Call, noParams) (r host.Option[*terminalOutput], err error) { return }))
	}
}
