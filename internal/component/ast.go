// Package component reads and writes the binary format of WebAssembly
// components (component-model design/mvp/Binary.md), native async included:
// what cannot be run is still read and validated.
//
// A [Component] is a list of definitions in the order of the binary, each of
// which adds to the index spaces; indices are kept as they stand in the
// binary. Decode and Encode are inverse up to the grouping into sections.
package component

// A Component is a decoded component.
type Component struct {
	Defs []Def

	// Offsets tells where in the outermost binary Decode found each of Defs;
	// nil for a component that was built by hand. Only error messages use it.
	Offsets []int
}

// A Def is one definition: *CoreModule, *CoreInstance, *CoreType, *Nested,
// *Instance, *Alias, *TypeDef, *Canon, *Start, *Import, *Export, *Constant or
// *Custom.
type Def interface{ isDef() }

type (
	// A CoreModule is an embedded core module; Data is the whole module.
	CoreModule struct {
		Data   []byte
		Offset int // of Data in the outermost binary
	}

	// A CoreInstance instantiates a module, or (Instantiate false) is made of
	// the exports given.
	CoreInstance struct {
		Instantiate bool
		Module      uint32
		Args        []CoreArg
		Exports     []CoreExport
	}

	// A CoreType is a core function or module type: exactly one is set.
	CoreType struct {
		Func   *CoreFuncType
		Module *CoreModuleType
		Open   bool // Func is written as a subtype that is not final
	}

	// A Nested is a component inside the component.
	Nested struct {
		Component *Component
		Offset    int
	}

	// An Instance instantiates a component, or (Instantiate false) is made of
	// the exports given.
	Instance struct {
		Instantiate bool
		Component   uint32
		Args        []Arg
		Exports     []InlineExport
	}

	// An Alias brings a definition of an instance or an enclosing component
	// into the index space of its sort.
	Alias struct {
		Target   AliasTarget
		Sort     Sort
		Instance uint32 // AliasExport: component instance; AliasCoreExport: core instance
		Name     string // AliasExport, AliasCoreExport
		Count    uint32 // AliasOuter: how many components out
		Index    uint32 // AliasOuter
	}

	// A TypeDef defines a type.
	TypeDef struct{ Type Type }

	// A Start calls a function at instantiation.
	Start struct {
		Func    uint32
		Args    []uint32
		Results uint32
	}

	// An Import brings a definition in from outside.
	Import struct {
		Name  string
		Attrs []Attribute
		Desc  ExternDesc
	}

	// An Export gives a definition a name outside, and adds it to its index
	// space once more. Desc, if not nil, ascribes a type.
	Export struct {
		Name  string
		Attrs []Attribute
		Sort  Sort
		Index uint32
		Desc  *ExternDesc
	}

	// A Constant is the definition of a value. Data is its encoding, which has nothing to do with
	// that in linear memory.
	Constant struct {
		Type ValType
		Data []byte
	}

	// A Custom is a custom section.
	Custom struct {
		Name string
		Data []byte
	}
)

func (*CoreModule) isDef()   {}
func (*CoreInstance) isDef() {}
func (*CoreType) isDef()     {}
func (*Nested) isDef()       {}
func (*Instance) isDef()     {}
func (*Alias) isDef()        {}
func (*TypeDef) isDef()      {}
func (*Canon) isDef()        {}
func (*Start) isDef()        {}
func (*Import) isDef()       {}
func (*Export) isDef()       {}
func (*Constant) isDef()     {}
func (*Custom) isDef()       {}

// A Sort tells which index space a definition is in.
type Sort uint8

// The sorts. Core sorts come first; the values are this package's own, not
// those of the binary format.
const (
	SortCoreFunc Sort = iota
	SortCoreTable
	SortCoreMemory
	SortCoreGlobal
	SortCoreType
	SortCoreModule
	SortCoreInstance
	SortFunc
	SortValue
	SortType
	SortComponent
	SortInstance
	SortCoreTag
)

type (
	// A CoreArg is an argument of a core instantiation: always an instance.
	CoreArg struct {
		Name     string
		Instance uint32
	}

	// A CoreExport is an export of a core instance made of exports.
	CoreExport struct {
		Name  string
		Sort  Sort
		Index uint32
	}

	// An Arg is an argument of a component instantiation.
	Arg struct {
		Name  string
		Sort  Sort
		Index uint32
	}

	// An InlineExport is an export of an instance made of exports.
	InlineExport struct {
		Name  string
		Attrs []Attribute
		Sort  Sort
		Index uint32
	}
)

// An AliasTarget tells what an alias points into.
type AliasTarget uint8

// The alias targets.
const (
	AliasExport     AliasTarget = iota // an export of a component instance
	AliasCoreExport                    // an export of a core instance
	AliasOuter                         // a definition of an enclosing component
)

// An ExternDesc is the type of an import or export.
type ExternDesc struct {
	Sort   Sort      // SortCoreModule, SortFunc, SortValue, SortType, SortComponent or SortInstance
	Index  uint32    // the type index; for SortType with BoundEq the type it equals
	Bound  TypeBound // SortType
	ValEq  bool      // SortValue: Index is a value, else ValTyp
	ValTyp ValType   // SortValue
}

// A TypeBound bounds a type import or export.
type TypeBound uint8

// The type bounds.
const (
	BoundEq  TypeBound = iota // equal to a type
	BoundSub                  // a fresh resource type
)

// A Type is the right side of a type definition: *DefinedType, *FuncType,
// *ComponentType, *InstanceType or *ResourceType.
type Type interface{ isType() }

func (*DefinedType) isType()   {}
func (*FuncType) isType()      {}
func (*ComponentType) isType() {}
func (*InstanceType) isType()  {}
func (*ResourceType) isType()  {}

// A ValType is a primitive type or a type index.
type ValType struct {
	Prim  PrimType // 0 if Index counts
	Index uint32
}

// A PrimType is a primitive value type as the binary format encodes it.
type PrimType byte

// The primitive value types.
const (
	PrimBool         PrimType = 0x7f
	PrimS8           PrimType = 0x7e
	PrimU8           PrimType = 0x7d
	PrimS16          PrimType = 0x7c
	PrimU16          PrimType = 0x7b
	PrimS32          PrimType = 0x7a
	PrimU32          PrimType = 0x79
	PrimS64          PrimType = 0x78
	PrimU64          PrimType = 0x77
	PrimF32          PrimType = 0x76
	PrimF64          PrimType = 0x75
	PrimChar         PrimType = 0x74
	PrimString       PrimType = 0x73
	PrimErrorContext PrimType = 0x64
)

// A DefKind tells the structure of a defined type, by its opcode.
type DefKind byte

// The kinds of defined types. DefPrim is a primitive given a type index.
const (
	DefPrim    DefKind = 0x00 // not an opcode
	DefRecord  DefKind = 0x72
	DefVariant DefKind = 0x71
	DefList    DefKind = 0x70
	DefTuple   DefKind = 0x6f
	DefFlags   DefKind = 0x6e
	DefEnum    DefKind = 0x6d
	DefOption  DefKind = 0x6b
	DefResult  DefKind = 0x6a
	DefOwn     DefKind = 0x69
	DefBorrow  DefKind = 0x68
	DefFixed   DefKind = 0x67 // list of fixed length
	DefStream  DefKind = 0x66
	DefFuture  DefKind = 0x65
	DefMap     DefKind = 0x63
)

// A DefinedType is a value type with structure.
type DefinedType struct {
	Kind   DefKind
	Prim   PrimType // DefPrim
	Fields []Named  // DefRecord; DefTuple (no names); DefVariant (nil types allowed)
	Labels []string // DefFlags, DefEnum
	Elem   *ValType // DefList, DefFixed, DefOption, DefStream, DefFuture; DefResult: the ok arm; DefMap: the value
	Err    *ValType // DefResult: the error arm
	Key    *ValType // DefMap
	Len    uint32   // DefFixed
	Res    uint32   // DefOwn, DefBorrow: type index of the resource
}

// A Named is a name with an optional type.
type Named struct {
	Name string
	Type *ValType
}

// A FuncType is a component function type; Result is nil for none. Async
// tells that the function may block.
type FuncType struct {
	Async  bool
	Params []Named
	Result *ValType
}

// A ComponentType is the type of a component: declarations in order.
type ComponentType struct{ Decls []Decl }

// An InstanceType is the type of an instance: declarations in order, none of
// them an import.
type InstanceType struct{ Decls []Decl }

// A ResourceType defines a resource whose representation is an i32.
type ResourceType struct {
	Dtor *uint32 // core function index
}

// A Decl declares something within a component or instance type: exactly one
// field is set.
type Decl struct {
	CoreType *CoreType
	Type     Type
	Alias    *Alias
	Import   *Import // component types only
	Export   *ExportDecl
}

// An ExportDecl declares an export of a component or instance type.
type ExportDecl struct {
	Name  string
	Attrs []Attribute
	Desc  ExternDesc
}

// An AttrKind tells what an attribute of a name says.
type AttrKind byte

// The kinds of attributes, by their opcodes.
const (
	AttrImplements    AttrKind = 0x00 // the interface that an instance with a plain name is
	AttrVersionSuffix AttrKind = 0x01 // what follows the canonical version
	AttrExternalID    AttrKind = 0x02 // a name of the producer's
)

// An Attribute annotates the name of an import or export; linking ignores it.
type Attribute struct {
	Kind  AttrKind
	Value string
}

// A CoreFuncType is a core function type; value types as in the core format.
// Within a module type Outer may be set instead: an outer alias of a core type.
type CoreFuncType struct {
	Params, Results []byte
	Outer           *Alias
}

// A CoreModuleType is the type of a core module.
type CoreModuleType struct {
	Types   []*CoreFuncType
	Imports []CoreImportDecl
	Exports []CoreExportDecl
}

// A CoreImportDecl is an import of a core module type.
type CoreImportDecl struct {
	Module, Name string
	Desc         CoreDesc
}

// A CoreExportDecl is an export of a core module type.
type CoreExportDecl struct {
	Name string
	Desc CoreDesc
}

// A CoreDesc is the type of a core import or export.
type CoreDesc struct {
	Sort     Sort   // SortCoreFunc, SortCoreTable, SortCoreMemory, SortCoreGlobal or SortCoreTag
	Func     uint32 // function, tag: index of the type within the module type
	ElemType byte   // table
	Min      uint64 // table, memory
	Max      *uint64
	Is64     bool // table, memory: indexed by i64
	Shared   bool // memory
	ValType  byte // global
	Mutable  bool // global
}
