package build

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/witdir"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// EncodeOptions say how a core module of any language becomes a component.
type EncodeOptions struct {
	Name     string                // of the module's file, for errors; up to its first dot that of the component
	World    string                // "" for the only one of WITDir, or without that the ones that the module tells
	WITDir   string                // "" if World is one of WASI's, or the module tells its worlds
	Features []string              // of the WIT's @unstable items, those to keep
	Strings  encode.StringEncoding // of a module that does not tell its world
	Suffix   string                // of the poll function of an async world; "" derives one from the module
	Preview1 bool                  // adapt WASI 0.1, and make a command of a module with _start
	Adapters []NamedModule
	Strip    bool // leave out the modules' custom sections
	Annotate bool // see encode.Options
}

// A NamedModule is a library, or an adapter for what other modules import under
// its name. It tells its worlds itself.
type NamedModule struct {
	Name string
	Core []byte
}

// An Encoded is a component of a core module.
type Encoded struct {
	Component []byte
	Worlds    []string // those of the module, or what it exports without
	Suffix    string   // of the poll function; "" if there is none
	Native    bool     // it uses the native async of WASI 0.3
}

// Encode makes a component of a core module. Async worlds are rewritten first,
// unless the bindings of a module are for native async.
func Encode(core []byte, o EncodeOptions) (*Encoded, error) {
	parsed, err := wasm.Parse(core)
	if err != nil {
		return nil, o.failed(err)
	}
	command := o.Preview1 && isCommand(core)
	opts := encode.Options{NoPreview1: !o.Preview1, Command: command, Strip: o.Strip, Annotate: o.Annotate}
	if !o.Strip {
		opts.Name, _, _ = strings.Cut(filepath.Base(o.Name), ".")
	}
	if opts.Adapters, err = embeddedWorlds("the adapter", o.Adapters); err != nil {
		return nil, err
	}
	main, err := moduleWorlds(core, o, command || slices.ContainsFunc(opts.Adapters, exportsAny))
	if err != nil {
		return nil, err
	}
	all := append(slices.Clip(opts.Adapters), main)
	result := &Encoded{Native: slices.ContainsFunc(all, isNative)}
	if err := result.rewrite("", []encode.Module{main}, core, o.Suffix); err != nil {
		return nil, o.failed(err)
	}
	if err := result.rewrite("the adapter", opts.Adapters, core, o.Suffix); err != nil {
		return nil, err
	}
	if err := result.complete(command, o.Suffix); err != nil {
		return nil, o.failed(err)
	}
	plainOptions(&opts, all)
	if result.Component, err = encode.Modules(main, opts); err != nil {
		if _, absent := parsed.Dylink(); absent == nil {
			err = fmt.Errorf("this is a dynamic library, which link takes: %w", err)
		}
		return nil, o.failed(err)
	}
	return result, nil
}

// rewrite makes the worlds of modules plain, in place, and notes their names
// unless there are some already. What the modules are, if they have names, is
// for messages; a poll function whose suffix is not given has one of the core
// modules.
func (r *Encoded) rewrite(what string, modules []encode.Module, core []byte, suffix string) error {
	noted := len(r.Worlds) > 0
	for _, m := range modules {
		for i, w := range m.Worlds {
			if !noted && !slices.Contains(r.Worlds, w.ID()) {
				r.Worlds = append(r.Worlds, w.ID())
			}
			p, err := r.plain(w, core, suffix)
			switch {
			case err != nil && m.Name != "":
				return fmt.Errorf("%s %s: %w", what, m.Name, err)
			case err != nil:
				return err
			}
			m.Worlds[i] = p
		}
	}
	return nil
}

// complete names what a command exports without a world, and checks that a
// suffix that is given is that of something.
func (r *Encoded) complete(command bool, suffix string) error {
	if command && len(r.Worlds) == 0 {
		r.Worlds = []string{"wasi:cli/run@0.2.0"}
	}
	switch {
	case suffix == "" || r.Suffix == suffix:
		return nil
	case r.Suffix != "":
		return fmt.Errorf("the world's poll function has the suffix %s already, not %s", r.Suffix, suffix)
	case r.Native:
		return fmt.Errorf("native async has no poll function that could have the suffix %s", suffix)
	}
	return fmt.Errorf("there is nothing async, and no poll function that could have the suffix %s", suffix)
}

// isCommand tells whether a module exports _start.
func isCommand(core []byte) bool {
	m, err := wasm.Parse(core)
	if err != nil {
		return false // others complain
	}
	start, ok := m.Export("_start")
	return ok && start.Kind == wasm.KindFunc
}

// isNative tells whether the bindings of a module are for native async.
func isNative(module encode.Module) bool {
	m, err := wasm.Parse(module.Core)
	return err == nil && encode.Native(m) // others complain
}

// exportsAny tells whether a world of a module has exports.
func exportsAny(m encode.Module) bool {
	return slices.ContainsFunc(m.Worlds, func(w *wit.World) bool { return len(w.Exports) > 0 })
}

// plainOptions has components without a poll function keep to their worlds as
// other tools do; those of the convention must fit hosts that know no more than
// WASI 0.2.0, and composers that cannot have types of a world's own.
func plainOptions(opts *encode.Options, modules []encode.Module) {
	plain := !slices.ContainsFunc(modules, func(m encode.Module) bool {
		return slices.ContainsFunc(m.Worlds, func(w *wit.World) bool { return pollName(w) != "" })
	})
	opts.WorldTypes, opts.MergeVersions, opts.Maps = plain, plain, plain
}

// embeddedWorlds gives modules with the worlds that they tell; what they are is
// for messages.
func embeddedWorlds(what string, list []NamedModule) ([]encode.Module, error) {
	var modules []encode.Module
	for _, n := range list {
		m, err := encode.Embedded(n.Core)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", what, n.Name, err)
		}
		m.Name = n.Name
		modules = append(modules, m)
	}
	return modules, nil
}

// failed says which module an error is about.
func (o EncodeOptions) failed(err error) error {
	if err == nil || o.Name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", o.Name, err)
}

// moduleWorlds gives the module with its worlds: the one that the options
// name, or those that it tells itself. It need not have any if the component
// has exports without.
func moduleWorlds(core []byte, o EncodeOptions, exports bool) (encode.Module, error) {
	if o.World == "" && o.WITDir == "" {
		m, err := encode.Embedded(core)
		if err == nil && len(m.Worlds) == 0 {
			m.Strings = o.Strings
			switch {
			case exports:
			case isCommand(core):
				err = errors.New("the module is a command, with _start, and does not tell its world: with --adapt it needs none, or else --wit and --world name it")
			default:
				err = errors.New("the module does not tell its world, which --wit and --world do then: it has no custom section component-type")
			}
		}
		return m, o.failed(err)
	}
	m := encode.Module{Core: core, Strings: o.Strings}
	w, err := namedWorld(o)
	m.Worlds = []*wit.World{w}
	return m, err
}

func namedWorld(o EncodeOptions) (*wit.World, error) {
	if o.WITDir == "" {
		return std.World(o.World)
	}
	resolve, err := witdir.Parse(o.WITDir, o.Features)
	if err != nil {
		return nil, err
	}
	return resolve.World(o.World)
}

// plain gives the world without async functions, streams and futures, unless
// the bindings are for them, and notes the suffix of its poll function.
func (r *Encoded) plain(w *wit.World, core []byte, suffix string) (*wit.World, error) {
	if !transform.Needed(w) || r.Native {
		if name := pollName(w); name != "" {
			r.Suffix = strings.TrimPrefix(name, transform.PollName(""))
		}
		return w, nil
	}
	if r.Suffix = suffix; suffix == "" {
		r.Suffix = encode.DefaultSuffix(core)
	}
	p, err := transform.Polyfill(w, transform.Options{Suffix: r.Suffix})
	if err != nil {
		return nil, err
	}
	return p.World, nil
}

// pollName gives the name of the poll function of a world that was rewritten;
// "" if it has none.
func pollName(w *wit.World) string {
	for _, it := range w.Exports {
		if it.Func != nil && strings.HasPrefix(it.Name, transform.PollName("")) {
			return it.Name
		}
	}
	return ""
}
