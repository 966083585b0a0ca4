package encode

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// needs are what a call needs of the module: canonical options, or the table
// of the functions that threads start with.
type needs struct{ memory, realloc, table bool }

func sameSig(have, want wasm.FuncType) error {
	if have.Equal(want) {
		return nil
	}
	return fmt.Errorf("its signature is %s, not %s", have, want)
}

func coreSig(s abi.CoreSig) wasm.FuncType {
	var ft wasm.FuncType
	for _, p := range s.Params {
		ft.Params = append(ft.Params, wasm.ValType(p))
	}
	for _, r := range s.Results {
		ft.Results = append(ft.Results, wasm.ValType(r))
	}
	return ft
}

func hasPointers(fields []abi.Field) bool {
	for _, f := range fields {
		if f.Type.HasPointers() {
			return true
		}
	}
	return false
}

// lowerNeeds: parameters come from the caller's memory, the result goes there.
func lowerNeeds(ft *abi.FuncType, sig abi.CoreSig) needs {
	result := ft.Result != nil && ft.Result.HasPointers()
	return needs{
		memory:  sig.IndirectParams || sig.IndirectResult || hasPointers(ft.Params) || result,
		realloc: result,
	}
}

// liftNeeds: parameters go to the callee's memory, the result comes from there.
// If a function is lifted async, task.return takes the result, which must have
// the same options.
func liftNeeds(ft *abi.FuncType, sig abi.CoreSig) needs {
	params := sig.IndirectParams || hasPointers(ft.Params)
	result := ft.Result != nil && (ft.Result.HasPointers() || len(ft.Result.Flat()) > abi.MaxFlatParams)
	return needs{memory: params || sig.IndirectResult || result, realloc: params}
}
