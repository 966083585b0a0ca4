package guest

import (
	"fmt"
	"go/format"

	"github.com/isyswasfa/isyswasfa/bindgen"
)

// root gives the file of the folder's own package. It makes the packages of
// exported interfaces part of the program that imports it.
func (g *generator) root() ([]byte, error) {
	text := bindgen.Mark + g.opt.Stamp.Line() + "\n"
	if g.opt.Main != "" {
		text += "//isyswasfa:world " + g.opt.Main + "\n\n"
	} else if g.opt.Package != "main" {
		text += "// Package " + g.opt.Package + " has the exports of world " + g.world.ID() + ".\n"
	}
	text += "package " + g.opt.Package + "\n\nimport (\n"
	for _, p := range g.order {
		if p.export && (p.existing == "" || p.written) {
			text += fmt.Sprintf("_ %q\n", p.path)
		}
	}
	// It exports the poll function, which every world has.
	text += fmt.Sprintf("_ %q\n)\n", Library+"/wit/async")
	if g.opt.Main != "" {
		text += "\nfunc main() {}\n"
	}
	return format.Source([]byte(text))
}
