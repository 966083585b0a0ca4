package component

import (
	"errors"
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// Native async is validated like everything else; what is valid and cannot be
// run is refused by [Program.Runnable].

var errAsyncType = errors.New("canonical option async goes with an async function type only")

// Signature gives the signature of a built-in whose signature is always the
// same.
func (op CanonOp) Signature() wasm.FuncType {
	types := func(s string) []wasm.ValType {
		var list []wasm.ValType
		for _, c := range s {
			list = append(list, map[rune]wasm.ValType{'i': wasm.I32, 'l': wasm.I64}[c])
		}
		return list
	}
	params, results, _ := strings.Cut(operations[op].sig, ":")
	return wasm.FuncType{Params: types(params), Results: types(results)}
}

// asyncLift checks what the option async asks for beside memory and realloc.
func (ev *evaluation) asyncLift(d *Canon, t *abi.FuncType, opts *Options) error {
	switch {
	case !t.Async:
		return errAsyncType
	case d.Opts.PostReturn != nil:
		return errors.New("canonical options async and post-return exclude each other")
	case d.Opts.Callback == nil:
		return nil
	}
	f, err := lookup[*coreItem](ev.s, SortCoreFunc, *d.Opts.Callback)
	if err == nil {
		i32 := wasm.I32
		err = wantSig(f, "callback", wasm.FuncType{Params: []wasm.ValType{i32, i32, i32}, Results: []wasm.ValType{i32}})
	}
	if err == nil {
		opts.Callback, err = ev.exported(f)
	}
	return err
}

// asyncBuiltin evaluates a built-in of native async.
func (ev *evaluation) asyncBuiltin(d *Canon) (entity, error) {
	sig := d.Op.Signature()
	var err error
	switch d.Op {
	case CanonTaskReturn:
		sig, err = ev.taskReturn(d)
	case CanonErrorContextNew, CanonErrorContextDebugMessage:
		err = ev.errorContext(d)
	case CanonContextGet, CanonContextSet:
		sig, err = ev.context(d)
	case CanonWaitableSetWait, CanonWaitableSetPoll:
		_, err = ev.memory(d.Memory)
	case CanonThreadNewIndirect:
		err = ev.threadIndirect(d)
	case CanonThreadSpawnRef, CanonThreadSpawnIndirect:
		err = errors.New("the function type of a thread must be shared, and shared types are not supported")
	default:
		if operations[d.Op].code >= operations[CanonStreamNew].code && operations[d.Op].code <= operations[CanonFutureDropWritable].code {
			err = ev.transport(d)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Op, err)
	}
	ref := CoreRef{Kind: CoreAsync, Name: d.Op.String(), Instance: ev.s.inst}
	return &coreItem{coreExtern{kind: SortCoreFunc, sig: &sig}, ref}, nil
}

func (ev *evaluation) taskReturn(d *Canon) (wasm.FuncType, error) {
	f := &abi.FuncType{}
	if d.Result != nil {
		t, err := ev.l.valType(ev.s, d.Result)
		if err == nil && ev.l.info[t].borrow {
			err = errors.New("a borrowed handle cannot be returned")
		}
		if err != nil {
			return wasm.FuncType{}, err
		}
		f.Params = []abi.Field{{Type: t}}
	}
	sig := f.Flatten(abi.Lowered)
	opts, err := ev.lowerOptions(d)
	switch {
	case err != nil:
		return wasm.FuncType{}, err
	case d.Opts.Async || d.Opts.Realloc != nil:
		return wasm.FuncType{}, errors.New("only the canonical options memory and string-encoding are allowed")
	}
	pointers := d.Result != nil && fieldHasPointers(f.Params[0])
	return sigOf(sig.Params, nil), opts.enough(pointers || sig.IndirectParams, false)
}

func (ev *evaluation) errorContext(d *Canon) error {
	opts, err := ev.lowerOptions(d)
	if err != nil {
		return err
	}
	if d.Opts.Async {
		return errors.New("canonical option async is not allowed")
	}
	return opts.enough(true, d.Op == CanonErrorContextDebugMessage)
}

// context gives the signature of what reads or writes a thread's storage. All
// of a component must agree on the type of what is stored.
func (ev *evaluation) context(d *Canon) (wasm.FuncType, error) {
	t := wasm.ValType(d.Val)
	switch {
	case t != wasm.I32 && t != wasm.I64:
		return wasm.FuncType{}, errors.New("the type of what is stored must be i32 or i64")
	case ev.stored != 0 && ev.stored != t:
		return wasm.FuncType{}, fmt.Errorf("%s is stored elsewhere in the component, not %s", ev.stored, t)
	case d.Slot >= 2:
		return wasm.FuncType{}, fmt.Errorf("there is no slot %d: there are 2", d.Slot)
	}
	ev.stored = t
	if d.Op == CanonContextGet {
		return wasm.FuncType{Results: []wasm.ValType{t}}, nil
	}
	return wasm.FuncType{Params: []wasm.ValType{t}}, nil
}

// threadIndirect checks the type of what a thread starts with, and the table
// where it is.
func (ev *evaluation) threadIndirect(d *Canon) error {
	t, err := lookup[*coreTypeVal](ev.s, SortCoreType, d.CoreType)
	if err != nil {
		return err
	}
	if want := sigOf([]abi.CoreType{abi.I32}, nil); t.fn == nil || !t.fn.Equal(want) {
		return fmt.Errorf("core type %d is not func %s", d.CoreType, want)
	}
	table, err := lookup[*coreItem](ev.s, SortCoreTable, d.Table)
	if err == nil && (table.elem != wasm.FuncRef || table.limits.Is64 || table.limits.Shared) {
		err = fmt.Errorf("core table %d is not one of funcref with 32-bit indices", d.Table)
	}
	return err
}

// transport checks a built-in that a stream or future type belongs to.
func (ev *evaluation) transport(d *Canon) error {
	want := abi.Future
	if d.Op < CanonFutureNew {
		want = abi.Stream
	}
	t, err := lookup[*typeVal](ev.s, SortType, d.Type)
	if err != nil {
		return err
	}
	if t.val == nil || t.val.Kind != want {
		return fmt.Errorf("type %d is not a %s", d.Type, want)
	}
	opts, err := ev.lowerOptions(d)
	if err != nil || t.val.Elem == nil {
		return err
	}
	switch d.Op {
	case CanonStreamRead, CanonFutureRead:
		return opts.enough(true, t.val.Elem.HasPointers())
	case CanonStreamWrite, CanonFutureWrite:
		return opts.enough(true, false)
	}
	return nil
}

// Runnable tells why a host cannot run the program that knows neither native
// async nor memories whose pages are not of 64 KiB: the first thing that needs
// that, and where.
func (p *Program) Runnable() error {
	for _, s := range p.Steps {
		if in, ok := s.(*InstantiateModule); ok && in.BytePages {
			return fmt.Errorf("core module %d of component instance %s has a memory with pages of 1 byte, which are not supported",
				in.Module, p.Instances[in.Instance].Name)
		}
	}
	return p.Native()
}

// Native tells what needs native async: the first thing, and where. It is nil
// if there is nothing. Types alone do not need it: a function of an async type
// that is lifted and lowered without the option async is called like any other.
func (p *Program) Native() error {
	for _, s := range p.Steps {
		if start, ok := s.(*CallStart); ok && start.Func.Opts.Async {
			return fmt.Errorf("the start function of component instance %s is lifted with the canonical option async: %s",
				p.Instances[start.Func.Instance].Name, nativeAsync)
		}
		in, ok := s.(*InstantiateModule)
		if !ok {
			continue
		}
		for _, a := range in.Args {
			if what := a.Ref.needsAsync(); what != "" {
				return fmt.Errorf("core module %d of component instance %s imports %q %q, which is %s: %s",
					in.Module, p.Instances[in.Instance].Name, a.Module, a.Name, what, nativeAsync)
			}
		}
	}
	return runnableExports("", p.Exports)
}

// needsAsync tells what of native async the definition is, "" for none.
func (r *CoreRef) needsAsync() string {
	switch {
	case r.Kind == CoreAsync:
		return "the canonical built-in " + r.Name
	case r.Kind == CoreLowered && r.Opts.Async:
		return "a function lowered with the canonical option async"
	case r.Kind == CoreLowered && r.Func.Opts.Async:
		return "a function lifted with the canonical option async"
	}
	return ""
}

func runnableExports(path string, items []*ExportItem) error {
	for _, it := range items {
		if it.Func != nil && it.Func.Import == nil && it.Func.Opts.Async {
			return fmt.Errorf("export %q is lifted with the canonical option async: %s", path+it.Name, nativeAsync)
		}
		if err := runnableExports(it.Name+"#", it.Instance); err != nil {
			return err
		}
	}
	return nil
}
