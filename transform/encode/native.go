package encode

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// asyncLower begins the names of imports that are lowered with the canonical
// option async, and of built-ins that may be left pending.
const asyncLower = "[async-lower]"

// A builtinName is the name of a built-in of native async, taken apart: for
// example "[async-lower][stream-read-0]greet". The operation's name has a
// hyphen in place of its dot; what follows it depends on the operation.
type builtinName struct {
	op          component.CanonOp
	async       bool
	cancellable bool
	rest        string // between the operation's name and the bracket
	fn          string // behind the bracket
}

// builtinNamed takes the name of a built-in of native async apart.
func builtinNamed(field string) (n builtinName, ok bool) {
	field, n.async = strings.CutPrefix(field, asyncLower)
	field, n.cancellable = strings.CutPrefix(field, "[cancellable]")
	word, fn, closed := strings.Cut(field, "]")
	word, opened := strings.CutPrefix(word, "[")
	if !opened || !closed {
		return n, false
	}
	n.fn = fn
	longest := 0
	for op := component.CanonTaskCancel; op <= component.CanonThreadYieldThenPromote; op++ {
		name := strings.Replace(op.String(), ".", "-", 1)
		rest, found := strings.CutPrefix(word, name)
		if found && len(name) > longest && (rest == "" || rest[0] == '-') {
			n.op, n.rest, longest = op, rest, len(name)
		}
	}
	return n, longest > 0
}

// has tells whether the operation has an immediate.
func (n builtinName) has(imm component.Immediate) bool {
	return strings.ContainsRune(string(n.op.Immediates()), rune(imm))
}

// isTransport tells whether the operation is one of streams or of futures.
func (n builtinName) isTransport() bool { return n.has(component.ImmType) }

// isStream tells whether a transport is one of streams: the specification
// numbers these before those of futures.
func (n builtinName) isStream() bool { return n.op < component.CanonFutureNew }

// isCopy tells whether it reads or writes.
func (n builtinName) isCopy() bool { return n.isTransport() && n.has(component.ImmOpts) }

// module gives the module name under which the operation is imported.
func (n builtinName) module() string {
	if n.op == component.CanonTaskCancel {
		return exportMark + worldModule
	}
	return worldModule
}

// checkPrefixes checks what stands before the operation.
func (n builtinName) checkPrefixes() error {
	switch {
	case n.async && !n.has(component.ImmAsync) && !n.isCopy():
		return fmt.Errorf("%s cannot be left pending", n.op)
	case n.cancellable && !n.has(component.ImmCancellable):
		return fmt.Errorf("%s cannot be cancelled", n.op)
	}
	return nil
}

// linkerSlots are the functions by which code that wasm-ld has linked finds
// its stack and its thread-local storage: slots of a thread's storage.
var linkerSlots = map[string]component.Canon{
	"__wasm_get_stack_pointer": {Op: component.CanonContextGet, Slot: 0},
	"__wasm_set_stack_pointer": {Op: component.CanonContextSet, Slot: 0},
	"__wasm_get_tls_base":      {Op: component.CanonContextGet, Slot: tlsSlot},
	"__wasm_set_tls_base":      {Op: component.CanonContextSet, Slot: tlsSlot},
}

// tlsSlot is the slot of thread-local storage. A component that has no threads
// and does not use the slot otherwise keeps that in a global of the shim, which
// engines without native async have too.
const tlsSlot = 1

// linkerTarget gives the target of an import of linkerSlots.
func linkerTarget(field string, sig wasm.FuncType) (*target, error) {
	typ := wasm.I32
	for _, t := range slices.Concat(sig.Params, sig.Results) {
		if t == wasm.I64 {
			typ = wasm.I64
		}
	}
	b := &builtin{def: linkerSlots[field]}
	t := &target{id: "linker " + field + " " + typ.String(), builtin: b, tlsBase: b.def.Slot == tlsSlot}
	return t, sameSig(sig, b.slot(b.def.Slot, typ))
}

// checkStorage decides who keeps the base of thread-local storage, and sees to
// it that all use storage of one type.
func (e *encoder) checkStorage() {
	used := false // the slot of thread-local storage
	var base, slots []wasm.ValType
	for _, m := range e.modules() {
		for _, im := range m.imports {
			b := im.target.builtin
			switch {
			case b == nil:
			case im.target.tlsBase:
				base = append(base, wasm.ValType(b.def.Val))
			case b.def.Val != 0:
				slots = append(slots, wasm.ValType(b.def.Val))
				used = used || b.def.Slot == tlsSlot
			default:
				used = used || b.def.Op == component.CanonThreadNewIndirect
			}
		}
	}
	if used {
		slots = append(slots, base...)
	} else if len(base) > 0 {
		e.shim.tlsBase = base[0]
	}
	if mixed(base) || mixed(slots) {
		e.problemf("some imports have a thread's storage as i32, others as i64")
	}
}

func mixed(types []wasm.ValType) bool {
	return slices.ContainsFunc(types, func(t wasm.ValType) bool { return t != types[0] })
}

// Native tells whether a module's bindings are for the native async of WASI
// 0.3: whether it imports built-ins of that, or imports or exports functions
// in the way that it has for async ones.
func Native(core *wasm.Module) bool {
	for _, im := range core.Imports {
		_, builtin := builtinNamed(im.Name)
		slot, linker := linkerSlots[im.Name]
		if builtin || strings.HasPrefix(im.Name, asyncLower) || linker && im.Module == memoryModule && slot.Slot != tlsSlot {
			return true
		}
	}
	for _, ex := range core.Exports {
		if strings.HasPrefix(ex.Name, asyncLift) || strings.HasPrefix(ex.Name, stackfulLift) {
			return true
		}
	}
	return false
}
