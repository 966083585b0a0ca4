package multimemory

import "github.com/isyswasfa/isyswasfa/internal/wasm"

var valTypes = map[byte]wasm.ValType{'i': wasm.I32, 'l': wasm.I64, 'f': wasm.F32, 'd': wasm.F64, 'v': wasm.V128}

// accessSig gives the signature of an access: its operands and what it yields.
func accessSig(op uint32) wasm.FuncType {
	load := func(t byte) wasm.FuncType {
		return wasm.FuncType{Params: []wasm.ValType{wasm.I32}, Results: []wasm.ValType{valTypes[t]}}
	}
	store := func(t byte) wasm.FuncType {
		return wasm.FuncType{Params: []wasm.ValType{wasm.I32, valTypes[t]}}
	}
	switch {
	case op < 0x36:
		return load("ilfdiiiillllll"[op-0x28])
	case op < 0xfd00:
		return store("ilfdiilll"[op-0x36])
	case op == 0xfd0b, op >= 0xfd58 && op <= 0xfd5b: // v128.store, v128.storeN_lane
		return store('v')
	case op >= 0xfd54 && op <= 0xfd57: // v128.loadN_lane
		return wasm.FuncType{Params: []wasm.ValType{wasm.I32, wasm.V128}, Results: []wasm.ValType{wasm.V128}}
	}
	return load('v')
}

var (
	nullary = wasm.FuncType{}
	sizeSig = wasm.FuncType{Results: []wasm.ValType{wasm.I32}}
	growSig = wasm.FuncType{Params: []wasm.ValType{wasm.I32}, Results: []wasm.ValType{wasm.I32}}
	bulkSig = wasm.FuncType{Params: []wasm.ValType{wasm.I32, wasm.I32, wasm.I32}}
)
