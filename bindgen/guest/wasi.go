package guest

import (
	"slices"
	"strings"
)

// wasiImports and wasiExports are the interfaces that the guest library has
// generated packages for, below Library + "/wasi".
var (
	wasiImports = []string{
		"wasi:clocks/types@0.3.0", "wasi:clocks/monotonic-clock@0.3.0", "wasi:clocks/system-clock@0.3.0",
		"wasi:random/random@0.3.0", "wasi:random/insecure@0.3.0", "wasi:random/insecure-seed@0.3.0",
		"wasi:cli/environment@0.3.0", "wasi:cli/exit@0.3.0", "wasi:cli/types@0.3.0",
		"wasi:cli/stdin@0.3.0", "wasi:cli/stdout@0.3.0", "wasi:cli/stderr@0.3.0",
		"wasi:http/types@0.3.0", "wasi:http/client@0.3.0", "wasi:http/handler@0.3.0",
	}
	wasiExports = []string{"wasi:http/handler@0.3.0", "wasi:cli/run@0.3.0"}
)

// WASI is an [Options.Existing] that knows the packages of the guest library.
func WASI(id string, export bool) string {
	known := wasiImports
	if export {
		known = wasiExports
	}
	if !slices.Contains(known, id) {
		return ""
	}
	return Library + "/wasi/" + wasiPackage(id, export)
}

func wasiPackage(id string, export bool) string {
	id, _, _ = strings.Cut(id, "@")
	name := strings.NewReplacer(":", "_", "/", "_", "-", "_").Replace(id)
	if export {
		return "export_" + name
	}
	return name
}
