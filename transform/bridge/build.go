package bridge

import (
	"errors"
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

const (
	tasksInterface  = "isyswasfa:isyswasfa/isyswasfa"
	bridgeInterface = "isyswasfa:bridge/bridge"
)

// Build makes the bridge for an import of the component: what it imports under
// that name has the functions in the other colour. The bridge imports that, and what else the types of the import come from,
// under the names that the component has for it.
func (s *Source) Build(name string, diffs []Difference) ([]byte, error) {
	bin, err := s.build(name, diffs)
	if err != nil {
		return nil, fmt.Errorf("a bridge for the import %q: %w", name, err)
	}
	return bin, nil
}

func (s *Source) build(name string, diffs []Difference) ([]byte, error) {
	item := s.imports[name]
	if item == nil || len(diffs) == 0 {
		return nil, errors.New("there is nothing to bridge")
	}
	crossings, err := crossingsOf(s.surface, item, diffs)
	if err != nil {
		return nil, err
	}
	r := &root{}
	if err := r.prefix(s, name, diffs); err != nil {
		return nil, err
	}
	inner := &root{}
	if err := inner.prefix(s, name, diffs); err != nil {
		return nil, err
	}
	if err := r.code(crossings); err != nil {
		return nil, err
	}
	args, err := r.inner(inner)
	if err != nil {
		return nil, err
	}
	n := r.b.Add(component.SortComponent, &component.Nested{Component: &component.Component{Defs: inner.b.Component.Defs}})
	i := r.b.Add(component.SortInstance, &component.Instance{Instantiate: true, Component: n, Args: args})
	r.b.Export(name, component.SortInstance, i, nil)
	names := component.Names{Component: "bridge"}
	r.b.Component.Defs = append(r.b.Component.Defs, names.Section())
	return (&component.Component{Defs: r.b.Component.Defs}).Encode(), nil
}

// crossingsOf describes the functions that differ.
func crossingsOf(surface *component.Surface, item *component.Item, diffs []Difference) ([]*crossing, error) {
	var list []*crossing
	items := functions(component.ByName(item.Items))
	for _, d := range diffs {
		names := []string{d.Name}
		if d.Async {
			start, result := halves(d.Name)
			names = []string{start, result}
		}
		for _, name := range names {
			if !items.has(name) {
				return nil, fmt.Errorf("it has no function %q", name)
			}
		}
		name := names[0]
		f := items[name]
		result := f.Func.Result
		if d.Async {
			if result == nil || result.Kind != abi.Result {
				return nil, fmt.Errorf("%s: a start half answers a result", name)
			}
			result = result.Cases[0].Type
			if half := items[names[1]].Func; !isResultHalf(surface, half, result) {
				return nil, fmt.Errorf("%s: %s is not the other half of %s: %s", names[1], surface.FuncString(half), name, surface.FuncString(f.Func))
			}
		}
		list = append(list, newCrossing(d, f.Func.Params, result))
	}
	return list, nil
}

// isResultHalf tells whether a function gives what a start half has promised.
func isResultHalf(surface *component.Surface, half *abi.FuncType, result *abi.Type) bool {
	if len(half.Params) != 1 || half.Params[0].Type.Kind != abi.Own || (half.Result == nil) != (result == nil) {
		return false
	}
	return result == nil || surface.SameType(result, half.Result) == nil
}

// A root is a component that begins with the imports of the bridge: the bridge
// itself, or the one inside it that gives its functions their types.
type root struct {
	b        component.Builder
	wanted   *component.InstanceType
	sigs     *signatures // of wanted
	handles  handles
	instance uint32   // of the import
	types    []uint32 // of wanted, in terms of the import
	named    map[string]uint32
	lifted   map[string]uint32
}

// prefix writes the imports.
func (r *root) prefix(src *Source, name string, diffs []Difference) error {
	s, t, err := src.slice(name)
	if err != nil {
		return err
	}
	r.named, r.lifted = map[string]uint32{}, map[string]uint32{}
	r.wanted = s.emit(&r.b, t)
	r.sigs = signaturesOf(r.wanted)
	for _, d := range diffs {
		if !d.Async {
			r.handles = r.importHandles()
			break
		}
	}
	given, err := provided(r.wanted, r.sigs, diffs, r.handles)
	if err != nil {
		return err
	}
	r.instance = r.b.Import(name, component.ExternDesc{Sort: component.SortInstance, Index: r.b.Type(given)})
	r.types, err = expand(&r.b, r.wanted, func(name string) uint32 {
		r.named[name] = r.b.Member(r.instance, component.SortType, name)
		return r.named[name]
	})
	return err
}

// importHandles gives the resource types of the convention, which the slice
// may have imported already.
func (r *root) importHandles() handles {
	instance, found := uint32(0), false
	for _, a := range importArgs(&r.b) {
		if a.Name == tasksInterface && a.Sort == component.SortInstance {
			instance, found = a.Index, true
		}
	}
	if !found {
		t := &component.InstanceType{}
		for _, name := range []string{"pending", "ready"} {
			t.Decls = append(t.Decls, component.Decl{Export: &component.ExportDecl{Name: name,
				Desc: component.ExternDesc{Sort: component.SortType, Bound: component.BoundSub}}})
		}
		instance = r.b.Import(tasksInterface, component.ExternDesc{Sort: component.SortInstance, Index: r.b.Type(t)})
	}
	return handles{r.b.Member(instance, component.SortType, "pending"), r.b.Member(instance, component.SortType, "ready")}
}

// importWait imports the function that waits for a task.
func (r *root) importWait() uint32 {
	t := &component.InstanceType{}
	own := func(root uint32) *component.ValType {
		t.Decls = append(t.Decls, component.Decl{Alias: &component.Alias{Target: component.AliasOuter, Sort: component.SortType, Count: 1, Index: root}})
		t.Decls = append(t.Decls, component.Decl{Type: &component.DefinedType{Kind: component.DefOwn, Res: uint32(len(t.Decls) - 1)}})
		return &component.ValType{Index: uint32(len(t.Decls) - 1)}
	}
	f := &component.FuncType{Params: []component.Named{{Name: "pending", Type: own(r.handles.pending)}}, Result: own(r.handles.ready)}
	t.Decls = append(t.Decls, component.Decl{Type: f}, component.Decl{Export: &component.ExportDecl{Name: "wait",
		Desc: component.ExternDesc{Sort: component.SortFunc, Index: uint32(len(t.Decls))}}})
	i := r.b.Import(bridgeInterface, component.ExternDesc{Sort: component.SortInstance, Index: r.b.Type(t)})
	return r.b.Member(i, component.SortFunc, "wait")
}

// code writes the core modules and lifts the functions.
func (r *root) code(crossings []*crossing) error {
	w := newCoreWriter()
	area := uint32(0)
	for n, c := range crossings {
		area = max(area, c.area())
		w.write(n, c)
	}
	memory, err := wat.Assemble(fmt.Sprintf(memoryModule, abi.AlignTo(resultArea+area, 16)))
	if err != nil {
		return err
	}
	module, err := w.module()
	if err != nil {
		return err
	}
	b := &r.b
	m := b.Instantiate(b.Module(memory))
	mem, realloc := b.CoreMember(m, component.SortCoreMemory, "memory"), b.CoreMember(m, component.SortCoreFunc, "realloc")
	opts := component.CanonOpts{Memory: &mem, Realloc: &realloc}
	args, err := r.lower(crossings, w.borrows.resources, opts)
	if err != nil {
		return err
	}
	code := b.Instantiate(b.Module(module), append(args, component.CoreArg{Name: "m", Instance: m})...)
	for n, c := range crossings {
		if c.diff.Async {
			start, result := halves(c.diff.Name)
			r.lift(start, code, fmt.Sprint("start", n), m, c.start, opts)
			// It cannot be called, and so has nothing to free.
			r.liftAs(result, code, fmt.Sprint("result", n), opts)
		} else {
			r.lift(c.diff.Name, code, fmt.Sprint("plain", n), m, c.params, opts)
		}
	}
	return nil
}

// lower lowers what the functions call; drops are the resource types of which
// they drop handles.
func (r *root) lower(crossings []*crossing, drops []*component.Resource, opts component.CanonOpts) ([]component.CoreArg, error) {
	b := &r.b
	bundles := map[string][]component.CoreExport{}
	var order []string
	give := func(module string, n int, f uint32) {
		if bundles[module] == nil {
			order = append(order, module)
		}
		bundles[module] = append(bundles[module], component.CoreExport{Name: fmt.Sprint(n), Sort: component.SortCoreFunc, Index: f})
	}
	lowered := func(f uint32) uint32 {
		return b.Lower(f, opts)
	}
	member := func(name string) uint32 { return lowered(b.Member(r.instance, component.SortFunc, name)) }
	var wait *uint32
	for n, c := range crossings {
		if name := c.diff.Name; c.diff.Async {
			give("f", n, member(name))
		} else {
			if wait == nil {
				i := lowered(r.importWait())
				wait = &i
			}
			start, result := halves(name)
			give("f", n, member(start))
			give("r", n, member(result))
			give("w", n, *wait)
		}
	}
	for i, res := range drops {
		index, err := r.resource(res)
		if err != nil {
			return nil, err
		}
		give("d", i, b.Resource(component.CanonResourceDrop, index))
	}
	var args []component.CoreArg
	for _, module := range order {
		args = append(args, component.CoreArg{Name: module, Instance: b.Bundle(bundles[module])})
	}
	return args, nil
}

// lift lifts a function after whose call everything is freed.
func (r *root) lift(name string, code uint32, core string, memory uint32, f *abi.FuncType, opts component.CanonOpts) {
	free := "free"
	if results := f.Flatten(abi.Lifted).Results; len(results) > 0 {
		free += "-" + coreName(results[0])
	}
	post := r.b.CoreMember(memory, component.SortCoreFunc, free)
	opts.PostReturn = &post
	r.liftAs(name, code, core, opts)
}

func (r *root) liftAs(name string, code uint32, core string, opts component.CanonOpts) {
	f := r.b.CoreMember(code, component.SortCoreFunc, core)
	r.lifted[name] = r.b.Lift(f, r.types[r.sigs.funcs[name]], opts)
}

// inner writes the rest of the component inside, which exports what is wanted,
// and gives what it is to be instantiated with.
func (r *root) inner(in *root) ([]component.Arg, error) {
	args := importArgs(&in.b) // both begin in the same way, so indices are the same
	imported := map[string]uint32{}
	for _, d := range in.wanted.Decls {
		if d.Export == nil || d.Export.Desc.Sort != component.SortFunc {
			continue
		}
		name := d.Export.Name
		f, ok := r.lifted[name]
		if !ok {
			f = r.b.Member(r.instance, component.SortFunc, name)
		}
		arg := fmt.Sprintf("import-func-%d", len(imported))
		args = append(args, component.Arg{Name: arg, Sort: component.SortFunc, Index: f})
		imported[name] = in.b.Import(arg, component.ExternDesc{Sort: component.SortFunc, Index: in.types[d.Export.Desc.Index]})
	}
	types, err := expand(&in.b, in.wanted, func(name string) uint32 {
		return in.b.Export(name, component.SortType, in.named[name], nil)
	})
	if err != nil {
		return nil, err
	}
	for _, d := range in.wanted.Decls {
		if d.Export != nil && d.Export.Desc.Sort == component.SortFunc {
			in.b.Export(d.Export.Name, component.SortFunc, imported[d.Export.Name],
				&component.ExternDesc{Sort: component.SortFunc, Index: types[d.Export.Desc.Index]})
		}
	}
	return args, nil
}

// importArgs gives what has the indices of the imports.
func importArgs(b *component.Builder) (args []component.Arg) {
	var next [component.SortCoreTag + 1]uint32
	for _, d := range b.Component.Defs {
		sort, _ := sortOf(d)
		if im, ok := d.(*component.Import); ok {
			args = append(args, component.Arg{Name: im.Name, Sort: sort, Index: next[sort]})
		}
		next[sort]++
	}
	return args
}
