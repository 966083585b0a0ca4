package build

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
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
	var libs []link.Library
	var all [][]byte
	for i, m := range modules {
		libs = append(libs, link.Library{Module: m, Openable: i >= len(o.Libraries)})
		all = append(all, m.Core)
		if parsed, err := wasm.Parse(m.Core); err == nil && o.Preview1 && isCommand(parsed) {
			opts.Encode.Command = true
		}
	}
	result := &Encoded{}
	for _, m := range slices.Concat(modules, opts.Encode.Adapters) {
		result.Native = result.Native || isNative(m.Core)
	}
	if err := plainWorlds(slices.Concat(modules, opts.Encode.Adapters), bytes.Join(all, nil), o.Suffix, result); err != nil {
		return nil, err
	}
	if opts.Encode.Command && len(result.Worlds) == 0 {
		result.Worlds = []string{"wasi:cli/run@0.2.0"}
	}
	if o.Suffix != "" && result.Suffix == "" {
		return nil, fmt.Errorf("there is nothing async, and no poll function that could have the suffix %s", o.Suffix)
	}
	plainOptions(&opts.Encode, slices.Concat(modules, opts.Encode.Adapters))
	result.Component, err = link.Component(libs, opts)
	return result, err
}

// plainWorlds rewrites the worlds of modules in place.
func plainWorlds(modules []encode.Module, core []byte, suffix string, result *Encoded) error {
	for _, m := range modules {
		for i, w := range m.Worlds {
			if len(w.Imports)+len(w.Exports) > 0 && !slices.Contains(result.Worlds, w.ID()) {
				result.Worlds = append(result.Worlds, w.ID())
			}
			var err error
			if m.Worlds[i], err = plain(w, core, suffix, result); err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
		}
	}
	return nil
}
