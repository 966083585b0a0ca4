package component

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

var coreKinds = map[wasm.Kind]Sort{
	wasm.KindFunc: SortCoreFunc, wasm.KindTable: SortCoreTable, wasm.KindMemory: SortCoreMemory,
	wasm.KindGlobal: SortCoreGlobal, wasm.KindTag: SortCoreTag,
}

// coreModule parses an embedded core module, once however often its component
// is instantiated.
func (l *linker) coreModule(d *CoreModule) (*coreModule, error) {
	if m := l.cores[d]; m != nil {
		return m, nil
	}
	parsed, err := wasm.Parse(d.Data)
	if err == nil {
		err = parsed.CheckForm()
	}
	if err != nil {
		return nil, within(d, err)
	}
	if parsed.Locals() > uint64(spareLocals+len(d.Data)) {
		return nil, errors.New("the functions of the core module have too many locals")
	}
	m := &coreModule{src: d, exports: make(map[string]coreExtern, len(parsed.Exports))}
	spaces := externSpaces(parsed)
	var next [wasm.KindTag + 1]int
	for _, im := range parsed.Imports {
		m.imports = append(m.imports, coreImport{im.Module, im.Name, spaces[im.Kind][next[im.Kind]]})
		next[im.Kind]++
	}
	for _, ex := range parsed.Exports {
		m.names = append(m.names, ex.Name)
		m.exports[ex.Name] = spaces[ex.Kind][ex.Index]
	}
	if parsed.Count(wasm.KindMemory) > 1 {
		if m.split, err = splitMemories(d, parsed); err != nil {
			return nil, within(d, err)
		}
	}
	for _, limits := range parsed.Memories {
		pages := limits.Min
		if limits.Bytes {
			pages = (pages + 1<<16 - 1) >> 16
			m.bytes = true
		}
		m.pages = min(m.pages+pages, maxPages+1)
	}
	for _, t := range parsed.Tables {
		m.elems = min(m.elems+t.Min, maxElems+1)
	}
	l.cores[d] = m
	return m, m.checkImports()
}

// within makes a fault in a core module one in the component.
func within(d *CoreModule, err error) error {
	fault := &Error{Offset: d.Offset, Section: sectionNames[secCoreModule], Msg: err.Error()}
	var e *wasm.Error
	if !errors.As(err, &e) {
		return fault
	}
	fault.Offset += e.Offset
	if fault.Msg = e.Msg; e.Section != "" {
		fault.Section += ", " + e.Section + " section"
	}
	return fault
}

// externSpaces gives the types of all functions, tables, memories, globals and
// tags of a module, imported ones first.
func externSpaces(m *wasm.Module) (spaces [wasm.KindTag + 1][]coreExtern) {
	add := func(k wasm.Kind, x coreExtern) {
		x.kind = coreKinds[k]
		spaces[k] = append(spaces[k], x)
	}
	for _, im := range m.Imports {
		switch im.Kind {
		case wasm.KindFunc:
			add(im.Kind, coreExtern{sig: &m.Types[im.Type]})
		case wasm.KindTable:
			add(im.Kind, coreExtern{elem: im.Table.Elem, limits: im.Table.Limits})
		case wasm.KindMemory:
			add(im.Kind, coreExtern{limits: im.Memory})
		case wasm.KindGlobal:
			add(im.Kind, coreExtern{global: im.Global})
		case wasm.KindTag:
			add(im.Kind, coreExtern{})
		}
	}
	for _, t := range m.Funcs {
		add(wasm.KindFunc, coreExtern{sig: &m.Types[t]})
	}
	for _, t := range m.Tables {
		add(wasm.KindTable, coreExtern{elem: t.Elem, limits: t.Limits})
	}
	for _, limits := range m.Memories {
		add(wasm.KindMemory, coreExtern{limits: limits})
	}
	for _, g := range m.Globals {
		add(wasm.KindGlobal, coreExtern{global: g.GlobalType})
	}
	for range m.Tags {
		add(wasm.KindTag, coreExtern{})
	}
	return spaces
}

// checkImports rejects two imports of one name, which core WebAssembly allows
// and components do not.
func (m *coreModule) checkImports() error {
	seen := make(map[[2]string]bool, len(m.imports))
	for _, im := range m.imports {
		key := [2]string{im.module, im.name}
		if seen[key] {
			return fmt.Errorf("the core module imports %q of %q twice", im.name, im.module)
		}
		seen[key] = true
	}
	return nil
}

func (l *linker) coreType(s *scope, d *CoreType) (*coreTypeVal, error) {
	if d.Func != nil {
		return &coreTypeVal{fn: coreFuncType(d.Func)}, nil
	}
	if err := l.spend(coreCost(d.Module)); err != nil {
		return nil, err
	}
	var types []*wasm.FuncType
	for _, t := range d.Module.Types {
		if t.Outer == nil {
			types = append(types, coreFuncType(t))
			continue
		}
		f, err := l.outerCoreFunc(s, t.Outer)
		if err != nil {
			return nil, err
		}
		types = append(types, f)
	}
	extern := func(desc CoreDesc) (coreExtern, error) {
		x := coreExtern{
			kind: desc.Sort, elem: wasm.ValType(desc.ElemType),
			limits: wasm.Limits{Min: desc.Min, Shared: desc.Shared, Is64: desc.Is64},
			global: wasm.GlobalType{Type: wasm.ValType(desc.ValType), Mutable: desc.Mutable},
		}
		if desc.Max != nil {
			x.limits.Max, x.limits.HasMax = *desc.Max, true
		}
		if desc.Sort == SortCoreFunc || desc.Sort == SortCoreTag {
			if uint64(desc.Func) >= uint64(len(types)) {
				return x, fmt.Errorf("there is no type %d in the core module type", desc.Func)
			}
			x.sig = types[desc.Func]
		}
		return x, x.checkLimits()
	}
	m := &coreModule{exports: make(map[string]coreExtern, len(d.Module.Exports))}
	for _, im := range d.Module.Imports {
		x, err := extern(im.Desc)
		if err != nil {
			return nil, err
		}
		m.imports = append(m.imports, coreImport{im.Module, im.Name, x})
	}
	for _, ex := range d.Module.Exports {
		x, err := extern(ex.Desc)
		if err != nil {
			return nil, err
		}
		if _, twice := m.exports[ex.Name]; twice {
			return nil, fmt.Errorf("the core module type exports %q twice", ex.Name)
		}
		m.names = append(m.names, ex.Name)
		m.exports[ex.Name] = x
	}
	return &coreTypeVal{module: m}, m.checkImports()
}

// checkLimits checks the limits of a memory or table type.
func (x coreExtern) checkLimits() error {
	most := uint64(1) << 32
	switch {
	case x.limits.Bytes && x.limits.Is64:
		return nil
	case x.limits.Bytes: // the same as for tables
	case x.kind == SortCoreMemory && x.limits.Is64:
		most = 1 << 48
	case x.kind == SortCoreMemory:
		most = 1 << 16
	case x.limits.Is64:
		return nil
	}
	switch l := x.limits; {
	case l.Min > most || l.HasMax && l.Max > most:
		return fmt.Errorf("the limits of a %s must be at most %d", x.kind, most)
	case l.HasMax && l.Max < l.Min:
		return fmt.Errorf("the minimum of a %s is above its maximum", x.kind)
	case l.Shared && !l.HasMax:
		return fmt.Errorf("a shared %s has no maximum", x.kind)
	}
	return nil
}

// outerCoreFunc resolves an outer alias within a core module type, which is a
// scope of its own within s.
func (l *linker) outerCoreFunc(s *scope, a *Alias) (*wasm.FuncType, error) {
	if a.Count == 0 {
		return nil, errors.New("an alias in a core module type must point out of it")
	}
	e, err := l.outer(s, &Alias{Target: AliasOuter, Sort: SortCoreType, Count: a.Count - 1, Index: a.Index})
	if err != nil {
		return nil, err
	}
	if f := e.(*coreTypeVal).fn; f != nil {
		return f, nil
	}
	return nil, errors.New("a core module type aliases a core type that is not a function type")
}

func coreFuncType(f *CoreFuncType) *wasm.FuncType {
	t := &wasm.FuncType{}
	for _, p := range f.Params {
		t.Params = append(t.Params, wasm.ValType(p))
	}
	for _, r := range f.Results {
		t.Results = append(t.Results, wasm.ValType(r))
	}
	return t
}

func moduleTypeAt(s *scope, i uint32) (*coreModule, error) {
	t, err := lookup[*coreTypeVal](s, SortCoreType, i)
	if err != nil {
		return nil, err
	}
	if t.module == nil {
		return nil, fmt.Errorf("core type %d is not a module type", i)
	}
	return t.module, nil
}

// fits checks that what is given can stand where x is wanted.
func (x coreExtern) fits(given coreExtern) error {
	if x.kind != given.kind {
		return fmt.Errorf("a %s is expected, not a %s", x.kind, given.kind)
	}
	if x.sig != nil && given.sig != nil && !x.sig.Equal(*given.sig) {
		return fmt.Errorf("a core func %s is expected, not %s", x.sig, given.sig)
	}
	switch want, got := x.limits, given.limits; {
	case x.elem != given.elem:
		return fmt.Errorf("a table of %s is expected, not of %s", x.elem, given.elem)
	case x.global != given.global:
		return fmt.Errorf("a global of another type is expected: %s, not %s", globalString(x.global), globalString(given.global))
	case want.Shared != got.Shared || want.Is64 != got.Is64:
		return fmt.Errorf("one %s is shared or of 64-bit addresses, the other is not", x.kind)
	case want.Bytes != got.Bytes:
		return errors.New("the pages of one core memory are of 1 byte, those of the other are not")
	case got.Min < want.Min || want.HasMax && (!got.HasMax || got.Max > want.Max):
		return fmt.Errorf("the limits of the %s do not lie within those expected", x.kind)
	}
	return nil
}

func globalString(g wasm.GlobalType) string {
	if g.Mutable {
		return "mutable " + g.Type.String()
	}
	return g.Type.String()
}

// accepts checks that a module has the type m: it exports at least what m
// does and imports at most what m does.
func (m *coreModule) accepts(given *coreModule) error {
	for _, name := range m.names {
		x, ok := given.exports[name]
		if !ok {
			return fmt.Errorf("the core module has no export %q", name)
		}
		if err := m.exports[name].fits(x); err != nil {
			return fmt.Errorf("export %q of the core module: %w", name, err)
		}
	}
	imports := make(map[[2]string]coreExtern, len(m.imports))
	for _, im := range m.imports {
		imports[[2]string{im.module, im.name}] = im.coreExtern
	}
	for _, im := range given.imports {
		x, ok := imports[[2]string{im.module, im.name}]
		if !ok {
			return fmt.Errorf("the core module imports %q of %q, which its type does not", im.name, im.module)
		}
		if err := im.fits(x); err != nil {
			return fmt.Errorf("import %q of %q of the core module: %w", im.name, im.module, err)
		}
	}
	return nil
}

func (ev *evaluation) coreInstance(d *CoreInstance) (entity, error) {
	if d.Instantiate {
		return ev.instantiateModule(d)
	}
	if err := ev.l.spend(len(d.Exports)); err != nil {
		return nil, err
	}
	in := &coreInstance{exports: make(map[string]*coreItem, len(d.Exports))}
	for _, x := range d.Exports {
		e, err := ev.s.get(x.Sort, x.Index)
		if err != nil {
			return nil, fmt.Errorf("export %q: %w", x.Name, err)
		}
		item, ok := e.(*coreItem)
		if !ok {
			return nil, fmt.Errorf("export %q: a core instance cannot export a %s", x.Name, x.Sort)
		}
		if in.exports[x.Name] != nil {
			return nil, fmt.Errorf("export %q is given twice", x.Name)
		}
		in.exports[x.Name] = item
	}
	return in, nil
}

func (ev *evaluation) instantiateModule(d *CoreInstance) (entity, error) {
	m, err := lookup[*coreModule](ev.s, SortCoreModule, d.Module)
	if err != nil {
		return nil, err
	}
	if err := ev.l.spend(len(m.names) + len(m.imports)); err != nil {
		return nil, err
	}
	args, err := ev.coreArgs(d)
	if err != nil {
		return nil, err
	}
	if err := ev.l.out.grow(m); err != nil {
		return nil, err
	}
	step := &InstantiateModule{Instance: ev.s.inst, BytePages: m.bytes}
	for _, im := range m.imports {
		item, err := im.from(args)
		if err != nil {
			return nil, err
		}
		step.Args = append(step.Args, CoreImport{Module: im.module, Name: im.name, Sort: im.kind, Ref: item.ref})
	}
	var helpers []CoreRef
	if m.split == nil {
		step.Module = ev.l.moduleIndex(m.src)
	} else if helpers, err = ev.l.helpers(m.split, step); err != nil {
		return nil, err
	}
	index, err := ev.l.addStep(step)
	if err != nil {
		return nil, err
	}
	in := &coreInstance{exports: make(map[string]*coreItem, len(m.names))}
	for _, name := range m.names {
		ref := CoreRef{Kind: CoreExported, Step: index, Name: name, Instance: ev.s.inst}
		if m.split != nil && m.split.exports[name] > 0 {
			ref = helpers[m.split.exports[name]-1]
		}
		in.exports[name] = &coreItem{m.exports[name], ref}
	}
	return in, nil
}

// grow counts what an instance of m begins with.
func (o *output) grow(m *coreModule) error {
	if o.pages = min(o.pages+m.pages, maxPages+1); o.pages > maxPages {
		return errors.New("the memories of the core instances begin with more than 4 GiB")
	}
	if o.elems = min(o.elems+m.elems, maxElems+1); o.elems > maxElems {
		return fmt.Errorf("the tables of the core instances begin with more than %d elements", maxElems)
	}
	return nil
}

func (ev *evaluation) coreArgs(d *CoreInstance) (map[string]*coreInstance, error) {
	args := make(map[string]*coreInstance, len(d.Args))
	for _, a := range d.Args {
		in, err := lookup[*coreInstance](ev.s, SortCoreInstance, a.Instance)
		if err != nil {
			return nil, fmt.Errorf("argument %q: %w", a.Name, err)
		}
		if args[a.Name] != nil {
			return nil, fmt.Errorf("argument %q is given twice", a.Name)
		}
		args[a.Name] = in
	}
	return args, nil
}

// from gives what satisfies an import.
func (im *coreImport) from(args map[string]*coreInstance) (*coreItem, error) {
	in := args[im.module]
	if in == nil {
		return nil, fmt.Errorf("the core module is instantiated without the argument %q", im.module)
	}
	item := in.exports[im.name]
	if item == nil {
		return nil, fmt.Errorf("the core module imports %q of %q, which the instance given does not export", im.name, im.module)
	}
	if err := im.fits(item.coreExtern); err != nil {
		return nil, fmt.Errorf("import %q of %q of the core module: %w", im.name, im.module, err)
	}
	return item, nil
}

// moduleIndex gives the index of a module in the program; -1 if only its type
// is known, which happens only when checking.
func (l *linker) moduleIndex(m *CoreModule) int {
	if m == nil {
		return -1
	}
	i, ok := l.out.modules[m]
	if !ok {
		i = len(l.out.prog.Modules)
		l.out.modules[m] = i
		l.out.prog.Modules = append(l.out.prog.Modules, m)
	}
	return i
}

func sigOf(params, results []abi.CoreType) wasm.FuncType {
	var f wasm.FuncType
	for _, p := range params {
		f.Params = append(f.Params, wasm.ValType(p))
	}
	for _, r := range results {
		f.Results = append(f.Results, wasm.ValType(r))
	}
	return f
}

// wantSig checks the signature of a core function.
func wantSig(f *coreItem, what string, want wasm.FuncType) error {
	if f.sig != nil && !f.sig.Equal(want) {
		return fmt.Errorf("%s should be a core func %s, not %s", what, want, f.sig)
	}
	return nil
}
