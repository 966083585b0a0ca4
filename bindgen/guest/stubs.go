package guest

import (
	"fmt"
	"go/format"

	"github.com/isyswasfa/isyswasfa/wit"
)

// stubs gives the file that the author of the package starts with: all that
// the package has to define.
func (p *goPackage) stubs() ([]byte, error) {
	f := p.newFile()
	for _, t := range p.typeDefs() {
		if _, ok := t.Kind.(*wit.Resource); ok {
			name := p.id("type", t, 0)
			f.docs(fmt.Sprintf("%s is the resource %s.", name, t.Name), t.Docs, t.Stability)
			f.printf("type %s struct{}\n\n", name)
		}
	}
	for _, fn := range p.exports {
		f.stub(fn)
	}
	text := "// Package " + p.name + " has what the component exports as " + p.exportName() + ".\npackage " + p.name + "\n\n" + f.text()
	made, err := format.Source([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return made, nil
}

func (p *goPackage) exportName() string {
	if p.iface == nil {
		return "the functions of world " + p.g.world.ID()
	}
	return p.module
}

func (f *file) stub(fn *wit.Function) {
	name := f.p.id("func", fn, 0)
	e := f.body()
	head := name
	if fn.Kind == wit.Method {
		head = "(self *" + f.p.id("type", fn.Resource, 0) + ") " + name
	}
	_, params, result := e.signature(fn)
	f.docs(fmt.Sprintf("%s is the %s %s.", name, funcKind(fn), fn.ABIName()), fn.Docs, fn.Stability)
	f.printf("func %s(%s) %s {\npanic(%q)\n}\n\n", head, params, result, f.p.name+"."+name+" is not written yet")
}

// stubFile gives the path of the file with stubs. (One called after the
// interface might end like the name of a system or a test.)
func (p *goPackage) stubFile() string { return p.name + "/exports.go" }
