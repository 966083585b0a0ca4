package component

import "github.com/isyswasfa/isyswasfa/internal/abi"

// A Program is a component made flat: every instantiation that is known from
// the binary alone, of core modules and of nested components, is one step of
// one list, and every reference is resolved to where its value comes from.
// A Program is immutable and may be instantiated any number of times. Its core
// modules have at most one memory each: those with several are in parts.
type Program struct {
	Modules   []*CoreModule  // distinct core modules
	Instances []InstanceInfo // component instances; 0 is the root
	Imports   []*ImportItem  // of the root, in order
	Resources []*Resource    // all resource types, imported ones first
	Values    []*Value       // in order of definition
	Steps     []Step         // in order of execution
	Exports   []*ExportItem  // of the root, in order
	Polls     []*PollFunc    // at most one per component instance, in their order

	// Spare has the core modules that no step instantiates: a host has nothing
	// to do with them but to see that they are valid.
	Spare []*CoreModule

	// Names has the names under which value types were exported or imported,
	// the first one of each. Types are structural: this is for messages only,
	// and a type without a name, or a copy of it, is as good.
	Names map[*abi.Type]string
}

// An InstanceInfo describes a component instance: each has a handle table of
// its own.
type InstanceInfo struct {
	Name   string // path for messages, such as "root", "root/2" or "root/middleware"
	Parent int    // -1 for the root
}

// A Resource is a resource type of a Program. Identity is pointer identity;
// [abi.Type.Resource] holds one.
type Resource struct {
	Index    int    // in Program.Resources
	Name     string // the name under which it was imported or first exported, for messages
	Imported bool
	Import   []string // if imported: the path, such as ["wasi:io/poll@0.2.0", "pollable"]
	Owner    int      // if not imported: the component instance that defines it
}

// A Value is a value of a Program: a constant, an import, or else the result of
// the start function that has it. Identity is pointer identity.
type Value struct {
	Index  int // in Program.Values
	Type   *abi.Type
	Const  any      // of a constant: its dynamic Go value, as package abi has it
	Import []string // if imported: the path

	taken bool // by a start function or an export; known of what owns resources
}

// An ImportItem is an import of the root, or an export of an imported
// instance. Exactly one of Func, Value, Instance, Resource and Type is set.
// Types of functions and instances are left out: they mean nothing at run
// time; and so are values that equal another one.
type ImportItem struct {
	Name     string
	Func     *abi.FuncType
	Value    *Value
	Instance []*ImportItem
	Resource *Resource // a type import with bound sub, or an alias of an imported resource
	Type     *abi.Type // a type import with bound eq that is no resource
}

// An ExportItem is an export of the root, or of an exported instance. Exactly
// one of Func, Value, Instance, Resource and Type is set. Components, core modules
// and types of functions and instances are left out: they mean nothing at run
// time.
type ExportItem struct {
	Name     string
	Func     *Func
	Value    *Value
	Instance []*ExportItem
	Resource *Resource
	Type     *abi.Type
}

// A PollFunc is the function of the isyswasfa convention that a component
// instance exports, whether or not its parent passes it on.
type PollFunc struct {
	Instance int
	Name     string // such as "isyswasfa-poll-echo"
	Func     *Func
}

// A Func is a component function: lifted from a core function or imported.
type Func struct {
	Type *abi.FuncType

	// Name is that of its first export, for messages, as "test:a/b c" if the
	// export is part of an exported instance; "" for imported functions.
	Name string

	// Imported: the path of the root import, such as
	// ["wasi:io/poll@0.2.0", "[method]pollable.block"], or one plain name.
	Import []string

	// Lifted.
	Core     CoreRef
	Opts     Options
	Instance int // whose code it is
}

// Options are canonical options with their references resolved; an absent one
// has Kind CoreNone.
type Options struct {
	Encoding   StringEncoding
	Memory     CoreRef
	Realloc    CoreRef
	PostReturn CoreRef
	Async      bool
	Callback   CoreRef
}

// A CoreRefKind tells what a CoreRef refers to.
type CoreRefKind uint8

// The kinds of core references.
const (
	CoreNone         CoreRefKind = iota
	CoreExported                 // the export Name of the core instance made by step Step
	CoreLowered                  // Func lowered for component instance Instance with Opts
	CoreResourceNew              // resource.new of Resource in component instance Instance
	CoreResourceDrop             // resource.drop, likewise
	CoreResourceRep              // resource.rep, likewise
	CoreAsync                    // the built-in Name of native async in component instance Instance
)

// A CoreRef is a core definition: a function, memory, table or global.
type CoreRef struct {
	Kind     CoreRefKind
	Step     int    // CoreExported: index of the *InstantiateModule in Program.Steps
	Name     string // CoreExported, CoreAsync
	Func     *Func  // CoreLowered
	Opts     *Options
	Resource *Resource
	Instance int
}

// A Step of instantiation: *InstantiateModule, *DefineResource or *CallStart.
type Step interface{ isStep() }

type (
	// InstantiateModule instantiates a core module.
	InstantiateModule struct {
		Module   int // index in Program.Modules
		Instance int // component instance it belongs to
		Args     []CoreImport

		BytePages bool // a memory that the module defines has pages of 1 byte
	}

	// CallStart calls a lifted function, with one value for each parameter.
	CallStart struct {
		Func     *Func
		Args     []*Value
		Result   *Value // nil for none
		Instance int    // the component instance that is being made
	}

	// DefineResource makes a resource type of a component instance; Dtor may
	// be CoreNone.
	DefineResource struct {
		Resource *Resource
		Dtor     CoreRef
	}
)

func (*InstantiateModule) isStep() {}
func (*DefineResource) isStep()    {}
func (*CallStart) isStep()         {}

// A CoreImport satisfies one import of a core module.
type CoreImport struct {
	Module, Name string
	Sort         Sort
	Ref          CoreRef
}
