package build

import (
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/transform/encode"
	"github.com/isyswasfa/isyswasfa/transform/link"
)

// LinkOptions say how dynamic libraries become a component.
type LinkOptions struct {
	Name      string // of the component; "" for none
	Libraries []NamedModule
	Openable  []NamedModule // libraries that can be opened by dlopen
	Adapters  []NamedModule
	Suffix    string // of the poll function of an async world; "" derives one from the libraries
	Preview1  bool   // adapt WASI 0.1, and make a command of a library with _start
	Strip     bool   // leave out the libraries' custom sections

	StackSize   uint32 // in bytes; 0 is the usual one
	StubMissing bool   // functions that no library has trap
	BuiltinDL   bool   // add a library that has dlopen
}

// Link makes a component of dynamic libraries. Async worlds are rewritten
// first, unless the bindings of a library are for native async.
func Link(o LinkOptions) (*Encoded, error) {
	opts := link.Options{
		StackSize: o.StackSize, StubMissing: o.StubMissing, BuiltinDL: o.BuiltinDL,
		Encode: encode.Options{Name: o.Name, NoPreview1: !o.Preview1, Strip: o.Strip},
	}
	modules, err := embeddedWorlds("the library", slices.Concat(o.Libraries, o.Openable))
	if err != nil {
		return nil, err
	}
	if opts.Encode.Adapters, err = embeddedWorlds("the adapter", o.Adapters); err != nil {
		return nil, err
	}
	all := slices.Concat(modules, opts.Encode.Adapters)
	start := slices.IndexFunc(modules, func(m encode.Module) bool { return isCommand(m.Core) })
	opts.Encode.Command = o.Preview1 && start >= 0
	result := &Encoded{Native: slices.ContainsFunc(all, isNative)}
	var core []byte
	for _, m := range modules {
		core = append(core, m.Core...)
	}
	if err := result.rewrite("the library", modules, core, o.Suffix); err != nil {
		return nil, err
	}
	if err := result.rewrite("the adapter", opts.Encode.Adapters, core, o.Suffix); err != nil {
		return nil, err
	}
	if err := result.complete(opts.Encode.Command, o.Suffix); err != nil {
		return nil, err
	}
	plainOptions(&opts.Encode, all)
	var libs []link.Library
	for i, m := range modules {
		libs = append(libs, link.Library{Module: m, Openable: i >= len(o.Libraries)})
	}
	if result.Component, err = link.Component(libs, opts); err != nil {
		return nil, err
	}
	if start >= 0 && !o.Preview1 && !slices.ContainsFunc(all, exportsAny) {
		return nil, fmt.Errorf("the component would export nothing: the library %s is a command, with _start, which --adapt makes wasi:cli/run of", modules[start].Name)
	}
	return result, nil
}
