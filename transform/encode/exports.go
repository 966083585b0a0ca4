package encode

import (
	"errors"
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// runInterface is what a command exports, without its version.
const runInterface = "wasi:cli/run"

var (
	reallocSig  = wasm.FuncType{Params: []wasm.ValType{wasm.I32, wasm.I32, wasm.I32, wasm.I32}, Results: []wasm.ValType{wasm.I32}}
	callbackSig = wasm.FuncType{Params: []wasm.ValType{wasm.I32, wasm.I32, wasm.I32}, Results: []wasm.ValType{wasm.I32}}
)

// addRun makes the world export wasi:cli/run, if it does not.
func (e *encoder) addRun() error {
	for _, x := range e.worldExports {
		if strings.HasPrefix(x.Name, runInterface+"@") {
			return nil
		}
	}
	def, err := std.Interface(runInterface + "@0.2.0")
	if err != nil {
		return err
	}
	e.addExport(e.main, &wit.WorldItem{Name: def.ID(), Interface: def})
	return nil
}

// runsStart tells whether a function is wasi:cli/run, and is to run _start.
func (e *encoder) runsStart(m *module, f *iface, core string) bool {
	return e.o.Command && m == e.main && f != nil && strings.HasPrefix(f.name, runInterface+"@") && !m.has(core)
}

func (e *encoder) resolveExports() {
	var missing bool
	for _, x := range e.worldExports {
		switch {
		case x.Interface != nil:
			f := e.exports[x.Name]
			for _, t := range f.typeOrder {
				e.use(f, true, t)
			}
			e.checkDestructors(f)
			for _, fn := range f.funcOrder {
				missing = !e.resolveLift(x.from, f, fn.ABIName(), f.name+"#"+fn.ABIName(), fn) || missing
			}
		case x.Func != nil:
			core := x.Func.ABIName()
			if !x.from.has(core) && strings.HasPrefix(core, transform.PollName("")) {
				core = transform.PollName("")
			}
			missing = !e.resolveLift(x.from, nil, x.Name, core, x.Func) || missing
		}
	}
	for _, m := range e.modules() {
		e.checkCallbacks(m)
	}
	if missing && len(e.libraries) == 0 {
		e.problemf("%s", e.exportHint())
	}
	e.checkExport(initializeName, wasm.FuncType{})
	e.hooked = e.checkExport(taskHook, hookSig)
}

// checkExport checks the signature of a function that the main module need not
// export, and tells whether it does.
func (e *encoder) checkExport(name string, sig wasm.FuncType) bool {
	ex, ok := e.main.export(name, wasm.KindFunc)
	if ok {
		if err := sameSig(e.main.core.FuncType(ex.Index), sig); err != nil {
			e.problemf("export %s: %v", name, err)
		}
	}
	return ok
}

// exportHint says what the module exports instead.
func (e *encoder) exportHint() string {
	var list []string
	for _, ex := range e.main.core.Exports {
		if ex.Kind == wasm.KindFunc {
			if ex.Name == startName {
				return "the module is a command, with _start, which --adapt makes wasi:cli/run of; a Go module must be built with -buildmode=c-shared for other exports"
			}
			list = append(list, ex.Name)
		}
	}
	if list == nil {
		return "the module exports no functions"
	}
	return "the module exports the functions " + some(list)
}

// The ways to lift a function: the names of the core exports begin with these.
const (
	asyncLift    = "[async-lift]"          // with a callback
	stackfulLift = "[async-lift-stackful]" // without
	callbackMark = "[callback]"            // begins the name of the callback
)

// resolveLift tells whether the module has the export.
func (e *encoder) resolveLift(m *module, f *iface, name, core string, fn *wit.Function) bool {
	e.useFunc(f, f != nil, fn)
	ft, err := abi.FuncFromWIT(fn)
	if err != nil {
		e.problemf("export %s: %v", describe(f, name), err)
		return true
	}
	flat := ft.Flatten(abi.Lifted)
	l := &lift{iface: f, name: name, fn: fn, in: m, needs: liftNeeds(ft, flat), sig: coreSig(flat)}
	if e.runsStart(m, f, core) {
		l.in, l.core = nil, wasm.Export{Name: runExport}
		e.lifts = append(e.lifts, l)
		return true
	}
	var ok bool
	if l.core, ok = m.export(core, wasm.KindFunc); !ok {
		if l.async, ok = e.resolveAsync(l, core, ft); !ok {
			e.problemf("the world exports %s, but %s has no function %q with the signature %s", describe(f, name), m.what, core, l.sig)
			return false
		}
	}
	if err := sameSig(m.core.FuncType(l.core.Index), l.sig); err != nil {
		e.problemf("export %q: %v", l.core.Name, err)
	}
	if post, ok := m.export(postPrefix+core, wasm.KindFunc); ok {
		l.post = &post
		err := sameSig(m.core.FuncType(post.Index), wasm.FuncType{Params: l.sig.Results})
		if l.async {
			err = fmt.Errorf("the function is lifted async, as %q", l.core.Name)
		}
		if err != nil {
			e.problemf("export %q: %v", post.Name, err)
		}
	}
	e.lifts = append(e.lifts, l)
	return true
}

// resolveAsync tells whether the module has the export as one to be lifted with
// the option async.
func (e *encoder) resolveAsync(l *lift, core string, ft *abi.FuncType) (async, ok bool) {
	stackful := false
	if l.core, ok = l.in.export(asyncLift+core, wasm.KindFunc); !ok {
		l.core, stackful = l.in.export(stackfulLift+core, wasm.KindFunc)
	}
	if !ok && !stackful {
		return false, false
	}
	if !ft.Async {
		e.problemf("export %q: the function %s is not async", l.core.Name, describe(l.iface, l.name))
	}
	flat := ft.FlattenAsync(abi.Lifted, !stackful)
	l.needs, l.sig = liftNeeds(ft, flat), coreSig(flat)
	if stackful {
		return true, true
	}
	callback, ok := l.in.export(callbackMark+asyncLift+core, wasm.KindFunc)
	if !ok {
		e.problemf("export %q: %s has no function %q beside it", l.core.Name, l.in.what, callbackMark+l.core.Name)
		return true, true
	}
	l.callback = &callback
	if err := sameSig(l.in.core.FuncType(callback.Index), callbackSig); err != nil {
		e.problemf("export %q: %v", callback.Name, err)
	}
	return true, true
}

// checkCallbacks complains about callbacks of functions that are not there.
func (e *encoder) checkCallbacks(m *module) {
	for _, ex := range m.core.Exports {
		if lifted, ok := strings.CutPrefix(ex.Name, callbackMark); ok && ex.Kind == wasm.KindFunc && (!strings.HasPrefix(lifted, asyncLift) || !m.has(lifted)) {
			e.problemf("export %q%s: there is no function %q whose callback it could be", ex.Name, m.of(), asyncLift+strings.TrimPrefix(strings.TrimPrefix(lifted, asyncLift), stackfulLift))
		}
	}
}

// checkDestructors checks the signatures of exported resources' destructors.
func (e *encoder) checkDestructors(f *iface) {
	for _, t := range f.typeOrder {
		if ex, ok := e.destructor(f, t); ok {
			if err := sameSig(f.from.core.FuncType(ex.Index), wasm.FuncType{Params: []wasm.ValType{wasm.I32}}); err != nil {
				e.problemf("export %q: %v", ex.Name, err)
			}
		}
	}
}

// destructor gives the core export that destroys a resource.
func (e *encoder) destructor(f *iface, t *wit.TypeDef) (wasm.Export, bool) {
	if _, ok := t.Kind.(*wit.Resource); !ok {
		return wasm.Export{}, false
	}
	return f.from.export(f.name+"#"+dtorMark+t.Name, wasm.KindFunc)
}

func describe(f *iface, name string) string {
	if f == nil {
		return name
	}
	return f.name + " " + name
}

// checkOptions sees to it that the modules have the memory and the reallocs
// that imports and exports need.
func (e *encoder) checkOptions() {
	var memory string
	reallocs := map[string]bool{} // of the main module only the first user is told
	note := func(who string, m *module, imports bool, n needs) {
		if n.memory && memory == "" {
			memory = who
		}
		if _, ok := e.main.export(tableName, wasm.KindTable); n.table && !ok {
			e.problemf("the module exports no table %q, which %s needs", tableName, who)
		}
		if _, name, ok := e.reallocExport(m, imports); n.realloc && !ok && !reallocs[name] {
			reallocs[name] = true
			whose := m.what + " exports no"
			if m.links != nil {
				whose = "no library exports a"
			}
			e.problemf("%s function %q, which %s needs", whose, name, who)
		}
	}
	for _, m := range e.modules() {
		for _, im := range m.imports {
			who := fmt.Sprintf("import %s %s%s", im.module, im.field, m.of())
			note(who, m, !im.target.exported(), im.target.needs)
			if im.target.memory || im.target.realloc || im.target.preview1 != "" {
				note(who, m, true, needs{memory: true})
			}
		}
	}
	for _, l := range e.lifts {
		who := "export " + describe(l.iface, l.name)
		if l.in == nil {
			note(who, e.main, false, needs{memory: true}) // our own adapter runs it
			continue
		}
		note(who, l.in, false, l.needs)
	}
	e.checkMemory(memory)
	e.checkReallocs()
	e.checkStorage()
}

// checkReallocs checks the signatures of the modules' reallocs, each once.
func (e *encoder) checkReallocs() {
	checked := map[string]bool{}
	for _, m := range e.modules() {
		for _, imports := range []bool{true, false} {
			from, name, ok := e.reallocExport(m, imports)
			key := from.what + " " + name
			if !ok || checked[key] {
				continue
			}
			checked[key] = true
			ex, _ := from.export(name, wasm.KindFunc)
			if err := sameSig(from.core.FuncType(ex.Index), reallocSig); err != nil {
				e.problemf("export %s%s: %v", ex.Name, from.of(), err)
			}
		}
	}
}

// checkMemory checks the main module's memory, which user needs ("" if nobody
// does).
func (e *encoder) checkMemory(user string) {
	limits, ok := e.memoryLimits()
	switch {
	case ok && limits.Bytes && e.needRealloc:
		e.problemf("the module exports no function %q, which adapters need: its memory has pages of 1 byte", reallocName)
	case user == "":
	case !ok:
		e.problemf("the module exports no memory called %q, which %s needs", memoryName, user)
	case limits.Is64 || limits.Shared:
		e.problemf("the module's memory is shared or of 64 bits; components need a plain one of 32 bits")
	}
}

// checkMemoryImport checks that the main module's memory is what a module wants
// to import. That there is none, or none that components can have, is told by
// checkMemory.
func (e *encoder) checkMemoryImport(m *module, want wasm.Limits) error {
	have, ok := e.memoryLimits()
	switch {
	case m == e.main || !ok || have.Is64 || have.Shared:
		return nil
	case want.Is64 || want.Shared:
		return errors.New("the module's memory is a plain one of 32 bits")
	case want.Bytes != have.Bytes:
		return fmt.Errorf("the module's memory has pages of %s", map[bool]string{true: "1 byte", false: "64 KiB"}[have.Bytes])
	case have.Min < want.Min || want.HasMax && (!have.HasMax || have.Max > want.Max):
		return errors.New("the limits of the module's memory do not lie within these")
	}
	return nil
}

// memoryLimits gives the limits of the main module's memory, if it has or
// imports one.
func (e *encoder) memoryLimits() (wasm.Limits, bool) {
	if limits, ok := e.importedMemory(); ok {
		return limits, true
	}
	ex, ok := e.main.export(memoryName, wasm.KindMemory)
	if !ok {
		return wasm.Limits{}, false
	}
	return e.main.core.Memories[ex.Index], true
}

// hasMemory tells whether the main module has or imports a memory.
func (e *encoder) hasMemory() bool {
	_, ok := e.memoryLimits()
	return ok
}

// importedMemory gives the memory that the main module imports, which the
// shim then makes.
func (e *encoder) importedMemory() (wasm.Limits, bool) {
	for _, im := range e.main.core.Imports {
		if im.Kind == wasm.KindMemory {
			return im.Memory, true
		}
	}
	return wasm.Limits{}, false
}

// reallocExport finds the function that allocates memory for what goes into a
// module: for its imports or its exports.
func (e *encoder) reallocExport(m *module, imports bool) (from *module, name string, ok bool) {
	name = exportRealloc
	if imports {
		name = importRealloc
	}
	switch {
	case m.has(name):
		return m, name, true
	case e.main.has(reallocName) || !e.isAdapter(m):
		return e.main, reallocName, e.main.has(reallocName)
	}
	return m, name, false
}
