package component

import (
	"fmt"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wat"
)

// startModule calls a function as it is lowered, and can be called as it is
// lifted. Its memory is where the values are on their way; nothing in it is
// ever given back, for a start function is called once. What differs by the
// function's type: the parameters and results of either, what is done before
// the call, its arguments, and what is done after it.
const startModule = `(module
	(import "start" "f" (func $f %s))
	(memory (export "memory") 1)
	(global $end (mut i32) (i32.const 8))
	(func $realloc (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
		(local $at i32) (local $missing i32)
		(local.set $at (i32.and
			(i32.add (global.get $end) (i32.sub (local.get $align) (i32.const 1)))
			(i32.sub (i32.const 0) (local.get $align))))
		(global.set $end (i32.add (local.get $at) (local.get $size)))
		(if (i32.lt_u (global.get $end) (local.get $size)) (then unreachable))
		(local.set $missing (i32.sub
			(i32.add (i32.shr_u (global.get $end) (i32.const 16)) (i32.const 1))
			(memory.size)))
		(if (i32.gt_s (local.get $missing) (i32.const 0)) (then
			(if (i32.lt_s (memory.grow (local.get $missing)) (i32.const 0)) (then unreachable))))
		(memory.copy (local.get $at) (local.get $old) (local.get $old-size))
		(local.get $at))
	(func (export "f") %s (local $result i32) %s (call $f %s) %s))`

// liftImport makes of an imported function one that is called like those of
// the component itself: the core function that it is lowered to, lifted.
func (ev *evaluation) liftImport(f *Func) (*Func, error) {
	lowered, lifted := f.Type.Flatten(abi.Lowered), f.Type.Flatten(abi.Lifted)
	ref := CoreRef{Kind: CoreLowered, Func: f, Opts: &Options{}, Instance: ev.s.inst}
	if !lowered.IndirectParams && !lifted.IndirectResult && !resultHasPointers(f.Type) && !slices.ContainsFunc(f.Type.Params, fieldHasPointers) {
		sig := sigOf(lowered.Params, lowered.Results)
		core, err := ev.exported(&coreItem{coreExtern{kind: SortCoreFunc, sig: &sig}, ref})
		return &Func{Type: f.Type, Core: core, Instance: ev.s.inst}, err
	}
	m, err := ev.l.startModule(f.Type)
	if err == nil {
		err = ev.l.out.grow(m)
	}
	if err != nil {
		return nil, err
	}
	step, err := ev.l.addStep(&InstantiateModule{
		Module:   ev.l.moduleIndex(m.src),
		Instance: ev.s.inst,
		Args:     []CoreImport{{Module: "start", Name: "f", Sort: SortCoreFunc, Ref: ref}},
	})
	own := func(name string) CoreRef {
		return CoreRef{Kind: CoreExported, Step: step, Name: name, Instance: ev.s.inst}
	}
	ref.Opts.Memory, ref.Opts.Realloc = own("memory"), own("realloc")
	return &Func{Type: f.Type, Core: own("f"), Opts: *ref.Opts, Instance: ev.s.inst}, err
}

func (l *linker) startModule(f *abi.FuncType) (*coreModule, error) {
	lowered, lifted := f.Flatten(abi.Lowered), f.Flatten(abi.Lifted)
	text := func(s abi.CoreSig) string { return strings.TrimPrefix(sigOf(s.Params, s.Results).String(), "()") }
	before, after, args := "", "", ""
	for i := range lifted.Params {
		args += fmt.Sprintf("(local.get %d)", i)
	}
	if lifted.IndirectResult { // who lifts is told where the result is, who lowers tells it
		before = fmt.Sprintf("(local.set $result (call $realloc (i32.const 0) (i32.const 0) (i32.const %d) (i32.const %d)))", f.Result.Align(), f.Result.Size())
		args += "(local.get $result)"
		after = "(local.get $result)"
	}
	key := "start " + text(lifted) + before
	if l.shims[key] == nil {
		bin, err := wat.Assemble(fmt.Sprintf(startModule, text(lowered), text(lifted), before, args, after))
		if err != nil {
			return nil, err
		}
		l.shims[key] = &coreModule{src: &CoreModule{Data: bin}, pages: 1}
	}
	return l.shims[key], nil
}
