package host_test

import (
	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// greeter is a component of the world
//
//	import test:greeter/names@0.1.0: interface { name: func() -> string }
//	export greet: func(greeting: string) -> string
//
// whose greet answers the greeting and the name.
func greeter() []byte {
	name := component.FuncType{Result: &component.ValType{Prim: component.PrimString}}
	greet := component.FuncType{Params: []component.Named{{Name: "greeting", Type: name.Result}}, Result: name.Result}
	zero, c := uint32(0), &component.Component{}
	add := func(defs ...component.Def) { c.Defs = append(c.Defs, defs...) }
	core := func(sort component.Sort, instance uint32, name string) component.Def {
		return &component.Alias{Target: component.AliasCoreExport, Sort: sort, Instance: instance, Name: name}
	}
	opts := component.CanonOpts{Memory: &zero, Realloc: &zero}
	add(module(memoryText), &component.CoreInstance{Instantiate: true},
		core(component.SortCoreFunc, 0, "realloc"), core(component.SortCoreMemory, 0, "memory"))
	add(&component.TypeDef{Type: &component.InstanceType{Decls: []component.Decl{
		{Type: &name},
		{Export: &component.ExportDecl{Name: "name", Desc: component.ExternDesc{Sort: component.SortFunc}}},
	}}}, &component.Import{Name: "test:greeter/names@0.1.0", Desc: component.ExternDesc{Sort: component.SortInstance}},
		&component.Alias{Sort: component.SortFunc, Name: "name"},
		&component.Canon{Op: component.CanonLower, Opts: opts})
	add(module(greetText),
		&component.CoreInstance{Exports: []component.CoreExport{{Name: "name", Index: 1}}},
		&component.CoreInstance{Instantiate: true, Module: 1, Args: []component.CoreArg{{Name: "", Instance: 1}, {Name: "mem", Instance: 0}}},
		core(component.SortCoreFunc, 2, "greet"))
	add(&component.TypeDef{Type: &greet},
		&component.Canon{Op: component.CanonLift, CoreFunc: 2, Type: 1, Opts: opts},
		&component.Export{Name: "greet", Sort: component.SortFunc, Index: 1})
	return c.Encode()
}

const memoryText = `(module
  (memory (export "memory") 1)
  (global $top (export "top") (mut i32) (i32.const 1024))
  (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $p i32)
    (local.set $p (i32.and
      (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $p) (local.get $new)))
    (local.get $p)))`

const greetText = `(module
  (import "" "name" (func $name (param i32)))
  (import "mem" "memory" (memory 1))
  (import "mem" "top" (global $top (mut i32)))
  (func (export "greet") (param $p i32) (param $n i32) (result i32) (local $out i32)
    (call $name (i32.const 0))
    (local.set $out (global.get $top))
    (memory.copy (local.get $out) (local.get $p) (local.get $n))
    (memory.copy (i32.add (local.get $out) (local.get $n)) (i32.load (i32.const 0)) (i32.load (i32.const 4)))
    (i32.store (i32.const 8) (local.get $out))
    (i32.store (i32.const 12) (i32.add (local.get $n) (i32.load (i32.const 4))))
    (global.set $top (i32.const 1024))
    (i32.const 8)))`

func module(text string) *component.CoreModule {
	data, err := wat.Assemble(text)
	if err != nil {
		panic(err)
	}
	return &component.CoreModule{Data: data}
}
