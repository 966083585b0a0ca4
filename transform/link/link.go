// Package link makes a component of dynamic libraries: core modules that were
// compiled to share one memory, one table of functions and one stack, and that
// import functions and the addresses of functions and data from each other by
// name. All of them are known when the component is made, so every address is
// a constant of it, and nothing is looked up by name when it runs, but for
// what libraries open themselves with dlopen.
//
// Libraries that can be opened are instantiated and initialized with the others.
//
// Two modules are added. The first, env, has the memory, the table, the
// addresses, and trampolines for functions of libraries that are instantiated
// later than their callers. The last puts functions into the table and has the
// libraries adjust their data. The constructors run at the end, when all
// imports can be called.
//
// The convention is that of the tool conventions' DynamicLinking.md.
package link

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/isyswasfa/isyswasfa/transform/encode"
)

// A Library is a dynamic library: a module with a section dylink.0. Name is
// what other libraries say that they need.
type Library struct {
	encode.Module
	Openable bool // by dlopen, under Name, which keeps all that it exports
}

// Options are choices of [Component]; the zero value is the usual one.
type Options struct {
	StackSize   uint32 // in bytes; 0 for [DefaultStackSize]
	StubMissing bool   // functions that no library has trap when they are called
	BuiltinDL   bool   // add a library, libdl.so, that has dlopen, dlsym, dlclose and dlerror

	Encode encode.Options // of the encoder, but for Libraries
}

// DefaultStackSize is one megabyte.
const DefaultStackSize = 1 << 20

// An Error lists what keeps libraries from being linked: names of symbols or
// libraries, with who needs them.
type Error struct {
	What     string
	Problems []string
}

// Error gives one line, or one for each of the first problems after the first
// line.
func (e *Error) Error() string {
	const most = 30
	list, more := e.Problems, ""
	switch {
	case len(list) == 1:
		return e.What + ": " + list[0]
	case len(list) > most:
		list, more = list[:most], fmt.Sprintf("\n  and %d more", len(list)-most)
	}
	return e.What + ":\n  " + strings.Join(list, "\n  ") + more
}

// Component links libraries. Of several that export a symbol the first one
// counts. What no export of the component, no _start and no library that can
// be opened has a use for is left out. Constructors run in the order of
// dependencies.
func Component(libs []Library, o Options) ([]byte, error) {
	l := &linker{o: o, symbols: map[string][]*symbol{}, stubs: map[string]*symbol{}, data: map[string]uint32{}}
	for _, lib := range libs {
		if err := l.add(newLibrary(lib)); err != nil {
			return nil, err
		}
	}
	if o.BuiltinDL {
		if err := l.add(builtinDL()); err != nil {
			return nil, err
		}
	}
	for _, step := range []func() error{l.resolve, l.arrange, l.layOut, l.connect, l.addInitializer} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	opts := o.Encode
	for _, lib := range l.order {
		opts.Libraries = append(opts.Libraries, encode.Library{Module: lib.Module, Links: lib.links})
	}
	if l.initializer != nil {
		opts.Libraries = append(opts.Libraries, *l.initializer)
	}
	return encode.Modules(encode.Module{Core: l.env.bytes()}, opts)
}

type linker struct {
	o       Options
	libs    []*library // in the order given
	order   []*library // those that are used, in the order of instantiation
	symbols map[string][]*symbol
	stubs   map[string]*symbol // for missing functions, by name and signature
	start   *symbol            // _start; nil if no library has it

	env  *env
	data map[string]uint32 // addresses of the linker's data
	tls  tls

	initializer *encode.Library // nil if there is nothing to do
}

func (l *linker) add(lib *library, err error) error {
	if err != nil {
		return err
	}
	if lib.Name == "" || !utf8.ValidString(lib.Name) {
		return fmt.Errorf("a library called %q: names are UTF-8 and not empty", lib.Name)
	}
	if l.library(lib.Name) != nil {
		return fmt.Errorf("two libraries are called %s", lib.Name)
	}
	l.libs = append(l.libs, lib)
	for _, s := range lib.symbols {
		l.symbols[s.name] = append(l.symbols[s.name], s)
	}
	return nil
}

// library gives the library of that name; nil if there is none.
func (l *linker) library(name string) *library {
	i := slices.IndexFunc(l.libs, func(lib *library) bool { return lib.Name == name })
	if i < 0 {
		return nil
	}
	return l.libs[i]
}
