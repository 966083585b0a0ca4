package host

import (
	"strings"
)

// A Linker holds what the embedder gives to components, by instance and
// function name. It is not safe for concurrent use while definitions are
// added; afterwards it may link any number of components.
type Linker struct {
	e     *Engine
	insts []*Definitions
}

// NewLinker makes a linker that already has the interfaces which the router
// implements: isyswasfa:isyswasfa/isyswasfa and isyswasfa:io/poll of the
// convention, for the latter the resource pollable of wasi:io/poll@0.2.0, and
// isyswasfa:bridge/bridge, by which synchronous code waits for a task.
func NewLinker(e *Engine) *Linker {
	l := &Linker{e: e}
	l.addIsyswasfa()
	l.addBridge()
	return l
}

// Instance gives the definitions for an instance import such as
// "wasi:io/poll@0.2.0", made if absent; the name "" stands for functions and
// values that a world imports directly. An import is satisfied by definitions of the same
// semver track: the same minor version below 1.0.0, the same major version
// from there on; versions with a prerelease, and 0.0.x, only by themselves.
func (l *Linker) Instance(name string) *Definitions {
	for _, d := range l.insts {
		if d.name == name {
			return d
		}
	}
	d := &Definitions{name: name, funcs: map[string]funcDef{}, values: map[string]valueDef{}, resources: map[string]*ResourceType{}}
	l.insts = append(l.insts, d)
	return d
}

// Definitions are what an embedder gives for one imported instance. A name
// given twice means the last one.
type Definitions struct {
	name      string
	funcs     map[string]funcDef
	values    map[string]valueDef
	resources map[string]*ResourceType
}

type funcDef struct {
	sync   HostFunc
	async  AsyncHostFunc
	result bool // the -result half of async
}

type valueDef struct {
	same any                             // for all instances
	make func(in *Instance) (any, error) // or nil
}

// Names of the two halves of an async function (see transform).
const (
	startSuffix  = "-isyswasfa-start"
	resultSuffix = "-isyswasfa-result"
)

// halves gives the names of the start and the result half of an async
// function; the result half of a method is static.
func halves(name string) (start, result string) {
	start, result = name+startSuffix, name+resultSuffix
	if m, ok := strings.CutPrefix(result, "[method]"); ok {
		result = "[static]" + m
	}
	return start, result
}

// Func defines a function by its WIT name, such as "now" or
// "[method]fields.get".
func (d *Definitions) Func(name string, f HostFunc) *Definitions {
	d.funcs[name] = funcDef{sync: f}
	return d
}

// Async defines a function that the original WIT declares async, by the name
// it has there; guests import its two halves.
func (d *Definitions) Async(name string, f AsyncHostFunc) *Definitions {
	start, result := halves(name)
	d.funcs[start] = funcDef{async: f}
	d.funcs[result] = funcDef{async: f, result: true}
	return d
}

// Value defines a value of which all instances have the same. v is a dynamic
// value, which must not change any more; it is checked where a component that
// imports it is linked.
func (d *Definitions) Value(name string, v any) *Definitions {
	d.values[name] = valueDef{same: v}
	return d
}

// ValueFunc defines a value that f makes for each instance, first thing when
// it is instantiated. f runs on the driver. Resources that the value owns are
// the component's.
func (d *Definitions) ValueFunc(name string, f func(in *Instance) (any, error)) *Definitions {
	d.values[name] = valueDef{make: f}
	return d
}

// Resource defines a resource type.
func (d *Definitions) Resource(name string, r *ResourceType) *Definitions {
	d.resources[name] = r
	return d
}
