package encode

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// A main module with this export is told, by a code, when its host enters and
// leaves the component: a runtime with threads needs a stack in either case.
const taskHook = "__wasm_task_hook"

var hookSig = wasm.FuncType{Params: []wasm.ValType{wasm.I32}}

// Hooks are the codes with which the hook is called before and after a
// function. What is lifted with a callback ends for good if it returns 0, else
// it blocks.
type hooks struct {
	start, end byte
	callback   bool
}

// The hooks of all that is called from outside.
var (
	syncHooks       = hooks{start: 0, end: 1}
	asyncHooks      = hooks{start: 2, end: 5, callback: true}
	stackfulHooks   = hooks{start: 2, end: 5}
	callbackHooks   = hooks{start: 3, end: 5, callback: true}
	initializeHooks = hooks{start: 6, end: 7}
	destructorHooks = hooks{start: 8, end: 9}
	postHooks       = hooks{start: 10, end: 11}
	reallocHooks    = hooks{start: 12, end: 13}
)

// blocked is the code for a function with a callback that is not done.
const blocked = 4

// hooks gives the hooks of a lifted function.
func (l *lift) hooks() hooks {
	switch {
	case l.callback != nil:
		return asyncHooks
	case l.async:
		return stackfulHooks
	}
	return syncHooks
}

// around adds a function that calls another one between hooks.
func (f *fixup) around(h hooks, index uint32, sig wasm.FuncType) uint32 {
	n := uint32(len(sig.Params))
	body := f.callHook(constant(nil, h.start))
	for p := range n {
		body = wasm.AppendU32(append(body, 0x20), p) // local.get
	}
	body = wasm.AppendU32(append(body, 0x10), index) // call
	if !h.callback {
		return f.define(sig, nil, f.callHook(constant(body, h.end)))
	}
	body = wasm.AppendU32(append(body, 0x21), n) // local.set
	body = constant(constant(body, blocked), h.end)
	body = append(wasm.AppendU32(append(body, 0x20), n), 0x1b) // local.get, select
	body = wasm.AppendU32(append(f.callHook(body), 0x20), n)   // local.get
	return f.define(sig, []wasm.ValType{wasm.I32}, body)
}

// callHook adds a call of the hook.
func (f *fixup) callHook(body []byte) []byte { return wasm.AppendU32(append(body, 0x10), f.hook) }

// constant adds an i32.const of a code.
func constant(body []byte, code byte) []byte { return wasm.AppendS64(append(body, 0x41), int64(code)) }

// A wrap is an export of a core module with hooks around it.
type wrap struct {
	from  *module
	name  string
	sig   wasm.FuncType
	hooks hooks
}

// planHooks decides which exports get hooks around them: all that functions
// are lifted with. What goes through the shim gets them there.
func (e *encoder) planHooks() {
	if !e.hooked {
		return
	}
	for _, l := range e.lifts {
		e.wrap(wrap{e.entry(l), l.core.Name, l.sig, l.hooks()})
		if l.callback != nil {
			e.wrap(wrap{l.in, l.callback.Name, callbackSig, callbackHooks})
		}
		if l.post != nil {
			e.wrap(wrap{e.postModule(l), l.post.Name, wasm.FuncType{Params: l.sig.Results}, postHooks})
		}
		if from, ex, ok := e.reallocMember(l.in, false); ok && l.needs.realloc {
			e.wrap(wrap{from, ex.Name, reallocSig, reallocHooks})
		}
	}
}

// wrap notes that an export gets hooks around it.
func (e *encoder) wrap(w wrap) {
	key := memberID(w.from, w.name)
	if _, ok := e.wrapIndex[key]; !ok {
		e.wrapIndex[key] = len(e.wraps)
		e.wraps = append(e.wraps, w)
	}
}

// memberID tells exports of core modules apart.
func memberID(m *module, name string) string { return m.what + " " + name }

// entered gives a function that the host enters, with hooks around it if there
// are any.
func (e *encoder) entered(m *module, ex wasm.Export) uint32 {
	if i, ok := e.wrapIndex[memberID(m, ex.Name)]; ok {
		return e.b.CoreMember(e.fixup, component.SortCoreFunc, wrapName(i))
	}
	return e.coreMember(m, ex)
}

// shimRealloc gives the function that allocates memory for what is lowered a
// trampoline, which the fixup can put hooks around.
func (e *encoder) shimRealloc(m *module, imports bool) {
	if from, ex, ok := e.reallocMember(m, imports); ok {
		e.shim.addHooked(reallocID(from, ex), reallocSig, &reallocHooks, func() uint32 { return e.coreMember(from, ex) })
	}
}

// reallocID tells the trampolines of functions that allocate memory apart.
func reallocID(from *module, ex wasm.Export) string { return "realloc " + memberID(from, ex.Name) }
