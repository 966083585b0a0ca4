package wasm

// A Builder makes a module from its parts. Index spaces are those of the
// binary: imports of a kind come before definitions. The zero Builder is an
// empty module.
type Builder struct {
	Name      string // of the module, for the name section
	Types     []FuncType
	Imports   []Import
	Funcs     []Func
	Tables    []Table
	Memories  []Limits
	Tags      []uint32 // type indices
	Globals   []Global
	Exports   []Export
	Start     *uint32
	Elems     []Elem
	Datas     []Data
	FuncNames map[uint32]string // for the name section, by function index
}

// A Func is a function that a module defines. Body has the final end.
type Func struct {
	Type   uint32
	Locals []ValType
	Body   []byte
	Raw    []byte // if not nil, the declarations of locals and the body
}

// A Mode tells when a segment takes effect.
type Mode byte

// The modes of segments; data segments cannot be declarative.
const (
	Active Mode = iota
	Passive
	Declarative
)

// An Elem is a segment of references: to functions by their indices, or if
// Exprs is not nil, of type Ref by constant expressions.
type Elem struct {
	Mode   Mode
	Table  uint32 // Active
	Offset []byte // Active: a constant expression with the final end
	Funcs  []uint32
	Ref    ValType
	Exprs  [][]byte
}

// A Data is a data segment.
type Data struct {
	Mode   Mode
	Memory uint32 // Active
	Offset []byte // Active: a constant expression with the final end
	Bytes  []byte
}

// Type gives the index of the signature, adding it if it is new.
func (b *Builder) Type(f FuncType) uint32 {
	for i, t := range b.Types {
		if t.Equal(f) {
			return uint32(i)
		}
	}
	b.Types = append(b.Types, f)
	return uint32(len(b.Types) - 1)
}

// Bytes gives the module in binary.
func (b *Builder) Bytes() []byte {
	out := append([]byte(nil), header...)
	out = vector(out, secType, b.Types, appendFuncType)
	out = vector(out, secImport, b.Imports, appendImport)
	out = vector(out, secFunc, b.Funcs, func(p []byte, f Func) []byte { return AppendU32(p, f.Type) })
	out = vector(out, secTable, b.Tables, appendTable)
	out = vector(out, secMemory, b.Memories, appendLimits)
	out = vector(out, secTag, b.Tags, func(p []byte, t uint32) []byte { return AppendU32(append(p, 0), t) })
	out = vector(out, secGlobal, b.Globals, func(p []byte, g Global) []byte {
		return append(appendGlobalType(p, g.GlobalType), g.Init...)
	})
	out = vector(out, secExport, b.Exports, func(p []byte, e Export) []byte {
		return AppendU32(append(AppendName(p, e.Name), byte(e.Kind)), e.Index)
	})
	if b.Start != nil {
		out = appendSection(out, secStart, AppendU32(nil, *b.Start))
	}
	out = vector(out, secElem, b.Elems, appendElem)
	if len(b.Datas) > 0 {
		out = appendSection(out, secDataCount, AppendU32(nil, uint32(len(b.Datas))))
	}
	out = vector(out, secCode, b.Funcs, appendCode)
	out = vector(out, secData, b.Datas, appendData)
	return b.appendNames(out)
}

func vector[T any](out []byte, id byte, items []T, each func([]byte, T) []byte) []byte {
	if len(items) == 0 {
		return out
	}
	body := AppendU32(nil, uint32(len(items)))
	for _, it := range items {
		body = each(body, it)
	}
	return appendSection(out, id, body)
}

func appendElem(p []byte, e Elem) []byte {
	if e.Exprs != nil {
		return appendElemExprs(p, e)
	}
	switch {
	case e.Mode == Passive:
		p = append(p, 1, 0)
	case e.Mode == Declarative:
		p = append(p, 3, 0)
	case e.Table == 0:
		p = append(append(p, 0), e.Offset...)
	default:
		p = append(append(AppendU32(append(p, 2), e.Table), e.Offset...), 0)
	}
	p = AppendU32(p, uint32(len(e.Funcs)))
	for _, f := range e.Funcs {
		p = AppendU32(p, f)
	}
	return p
}

func appendElemExprs(p []byte, e Elem) []byte {
	switch e.Mode {
	case Passive:
		p = append(p, 5)
	case Declarative:
		p = append(p, 7)
	default:
		p = append(AppendU32(append(p, 6), e.Table), e.Offset...)
	}
	p = AppendU32(append(p, byte(e.Ref)), uint32(len(e.Exprs)))
	for _, x := range e.Exprs {
		p = append(p, x...)
	}
	return p
}

func appendData(p []byte, d Data) []byte {
	switch {
	case d.Mode == Passive:
		p = append(p, 1)
	case d.Memory == 0:
		p = append(append(p, 0), d.Offset...)
	default:
		p = append(AppendU32(append(p, 2), d.Memory), d.Offset...)
	}
	return append(AppendU32(p, uint32(len(d.Bytes))), d.Bytes...)
}

func appendCode(p []byte, f Func) []byte {
	if f.Raw != nil {
		return append(AppendU32(p, uint32(len(f.Raw))), f.Raw...)
	}
	var groups []byte
	n := uint32(0)
	for i := 0; i < len(f.Locals); {
		j := i
		for j < len(f.Locals) && f.Locals[j] == f.Locals[i] {
			j++
		}
		groups = append(AppendU32(groups, uint32(j-i)), byte(f.Locals[i]))
		n++
		i = j
	}
	body := append(append(AppendU32(nil, n), groups...), f.Body...)
	return append(AppendU32(p, uint32(len(body))), body...)
}

func (b *Builder) appendNames(out []byte) []byte {
	if b.Name == "" && len(b.FuncNames) == 0 {
		return out
	}
	body := AppendName(nil, "name")
	if b.Name != "" {
		body = appendSection(body, 0, AppendName(nil, b.Name))
	}
	var names []byte
	n := uint32(0)
	for _, im := range b.Imports {
		if im.Kind == KindFunc {
			n++
		}
	}
	count := uint32(0)
	for i := range n + uint32(len(b.Funcs)) {
		if name, ok := b.FuncNames[i]; ok {
			names = AppendName(AppendU32(names, i), name)
			count++
		}
	}
	if count > 0 {
		body = appendSection(body, 1, append(AppendU32(nil, count), names...))
	}
	return appendSection(out, secCustom, body)
}
