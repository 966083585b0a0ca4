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
	command := o.Preview1 && isCommand(parsed)
	opts := encode.Options{NoPreview1: !o.Preview1, Command: command, Strip: o.Strip, Annotate: o.Annotate}
	if !o.Strip {
		opts.Name, _, _ = strings.Cut(filepath.Base(o.Name), ".")
	}
	if opts.Adapters, err = embeddedWorlds("the adapter", o.Adapters); err != nil {
		return nil, err
	}
	var worlds []*wit.World // of all modules
	for _, a := range opts.Adapters {
		worlds = append(worlds, a.Worlds...)
	}
	exports := command || slices.ContainsFunc(worlds, func(w *wit.World) bool { return len(w.Exports) > 0 })
	main, err := moduleWorlds(core, o, exports)
	if err != nil {
		return nil, err
	}
	result := &Encoded{Native: encode.Native(parsed)}
	for _, a := range o.Adapters {
		result.Native = result.Native || isNative(a.Core)
	}
	if o.Suffix != "" && result.Native {
		return nil, o.failed(fmt.Errorf("it uses native async, and has no poll function that could have the suffix %s", o.Suffix))
	}
	if o.Suffix != "" && !slices.ContainsFunc(append(worlds, main.Worlds...), polled) {
		return nil, o.failed(fmt.Errorf("it has nothing async, and no poll function that could have the suffix %s", o.Suffix))
	}
	for i, w := range main.Worlds {
		result.Worlds = append(result.Worlds, w.ID())
		if main.Worlds[i], err = plain(w, core, o.Suffix, result); err != nil {
			return nil, o.failed(err)
		}
	}
	if command && len(result.Worlds) == 0 {
		result.Worlds = []string{"wasi:cli/run@0.2.0"}
	}
	for _, a := range opts.Adapters {
		for i, w := range a.Worlds {
			if len(main.Worlds) == 0 {
				result.Worlds = append(result.Worlds, w.ID())
			}
			if a.Worlds[i], err = plain(w, core, o.Suffix, result); err != nil {
				return nil, fmt.Errorf("the adapter %s: %w", a.Name, err)
			}
		}
	}
	plainOptions(&opts, append(slices.Clip(opts.Adapters), main))
	if result.Component, err = encode.Modules(main, opts); err != nil {
		return nil, o.failed(err)
	}
	return result, nil
}

// isCommand tells whether a module exports _start.
func isCommand(m *wasm.Module) bool {
	start, ok := m.Export("_start")
	return ok && start.Kind == wasm.KindFunc
}

// plainOptions has components without a poll function keep to their worlds as
// other tools do; those of the convention must fit hosts that know no more than
// WASI 0.2.0, and composers that cannot have types of a world's own.
func plainOptions(opts *encode.Options, modules []encode.Module) {
	plain := !slices.ContainsFunc(modules, func(m encode.Module) bool { return slices.ContainsFunc(m.Worlds, hasPoll) })
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
			if !exports {
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

// isNative tells whether the bindings of a module are for native async; not of
// what is no module, which others complain about.
func isNative(core []byte) bool {
	m, err := wasm.Parse(core)
	return err == nil && encode.Native(m)
}

// plain gives the world without async functions, streams and futures, unless
// the bindings are for them.
func plain(w *wit.World, core []byte, suffix string, result *Encoded) (*wit.World, error) {
	if !transform.Needed(w) || result.Native {
		return w, nil
	}
	if result.Suffix = suffix; suffix == "" {
		result.Suffix = encode.DefaultSuffix(core)
	}
	p, err := transform.Polyfill(w, transform.Options{Suffix: result.Suffix})
	if err != nil {
		return nil, err
	}
	return p.World, nil
}

// polled tells whether a component of the world has a poll function once the
// world is rewritten.
func polled(w *wit.World) bool { return transform.Needed(w) || hasPoll(w) }

func hasPoll(w *wit.World) bool {
	return slices.ContainsFunc(w.Exports, func(it *wit.WorldItem) bool {
		return it.Func != nil && strings.HasPrefix(it.Name, transform.PollName(""))
	})
}
