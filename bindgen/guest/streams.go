package guest

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// stream declares the vtable of a stream other than stream<u8> and the
// functions that use it.
func (p *goPackage) stream(pl *payload) {
	f := p.main
	goType, types := f.goType(pl.elem), f.witTypes()
	raws := p.streamRaws(pl.name, pl.elem, pl.helpers)
	f.printf("var %s = %sStreamVtable[%s]{\n", pl.table, types, goType)
	f.printf("Make: func() (writer, reader int32) {\n%s},\n", raws.pipe(f))
	f.printf("Read: func(reader int32, dst []%s) (n int, closed bool) {\n%s},\n", goType, raws.read(f, pl.elem))
	f.printf("Write: func(writer int32, items []%s) (n int, closed bool) {\n%s},\n", goType, raws.write(f))
	f.printf("DropReader: %s,\nDropWriter: %s,\n}\n\n", raws.dropReceiver, raws.dropSender)
	p.pipeFuncs(pl)
}

// streamRaws are the helper functions of a stream.
type streamRaws struct {
	pipeRaws
	list                    wit.Type // list<T>, or u32 for a stream without a type
	readStart, readResult   string
	writeStart, writeResult string
	readSig                 abi.CoreSig   // of the result half
	readType, writeType     *abi.FuncType // of the start halves
	items                   *abi.Type     // option<list<T>>
}

func (p *goPackage) streamRaws(name string, elem wit.Type, pl *transform.Payload) *streamRaws {
	r := &streamRaws{pipeRaws: p.pipeRaws(name, pl), list: wit.U32}
	if elem != nil {
		r.list = &wit.TypeDef{Kind: &wit.List{Elem: elem}}
	}
	self := abi.Field{Type: bindgen.Handle()}
	items := p.g.types.Type(r.list)
	r.items = bindgen.Option(items)
	halves := func(start, result *wit.Function, name string, param, t *abi.Type) (s, e string, sig abi.CoreSig, st *abi.FuncType) {
		st = &abi.FuncType{Params: []abi.Field{self, {Type: param}}, Result: bindgen.Result(t, bindgen.Handle())}
		s, _ = p.addLoweredOf(r.module, name+"Start", start.ABIName(), st)
		e, sig = p.addLoweredOf(r.module, name+"Result", result.ABIName(), &abi.FuncType{Params: []abi.Field{self}, Result: t})
		return s, e, sig, st
	}
	r.readStart, r.readResult, r.readSig, r.readType = halves(pl.ReadStart, pl.ReadResult, name+"Read", p.g.types.Type(wit.U32), r.items)
	r.writeStart, r.writeResult, _, r.writeType = halves(pl.WriteStart, pl.WriteResult, name+"Write", items, p.g.types.Type(wit.Bool))
	return r
}

// read gives the statements that read into dst.
func (r *streamRaws) read(f *file, elem wit.Type) string {
	e := f.body("reader", "dst", "n", "closed")
	ret := e.resultArea(r.readType.Result)
	e.printf("%s(reader, int32(len(dst)), %s)\n", r.readStart, ret)
	e.free()
	loaded := func(p string, off uint32, _ wit.Type) {
		e.printf("if %s == 0 {\nreturn 0, true\n}\n", e.cell("uint8", p, off))
		off += r.items.PayloadOffset()
		if elem == nil {
			e.printf("return int(%s), false\n", e.cell("uint32", p, off))
			return
		}
		e.printf("return copy(dst, %s), false\n", e.load(p, off, r.list))
	}
	e.finish(ret, r.readType.Result.PayloadOffset(), r.readResult, r.readSig, r.list, loaded, nil)
	return e.text()
}

// write gives the statements that write items.
func (r *streamRaws) write(f *file) string {
	e := f.body("writer", "items", "n", "closed")
	args := []string{"writer"}
	if r.list == wit.Type(wit.U32) {
		args = append(args, "int32(len(items))")
	} else {
		args = append(args, e.lower("items", r.list)...)
	}
	ret := e.resultArea(r.writeType.Result)
	e.printf("%s(%s, %s)\n", r.writeStart, strings.Join(args, ", "), ret)
	e.free()
	done := e.local("done")
	e.printf("var %s bool\nif %s == 0 {\n", done, e.cell("uint8", ret, 0))
	off := r.writeType.Result.PayloadOffset()
	e.printf("%s = %s\n} else {\n", done, e.cell("bool", ret, off))
	e.printf("%s = %s(%sAwait(%s)) != 0\n}\n", done, r.writeResult, f.witAsync(), e.cell("int32", ret, off))
	e.printf("if !%s {\nreturn 0, true\n}\nreturn len(items), false\n", done)
	return e.text()
}
