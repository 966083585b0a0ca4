package component

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
)

// An evaluation is the evaluation of one component as one instance.
type evaluation struct {
	l           *linker
	ast         *Component
	s           *scope
	labels      map[string]int // that instances in it have got, with the last number after each
	imports     supplier
	importNames nameSet
	exportNames nameSet
	types       visibility
	valueDefs   []int // the definitions that values come from
	exports     *instanceVal
	stored      wasm.ValType // by context.set; 0 if there is none
}

// define evaluates one definition.
func (ev *evaluation) define(d Def) error {
	var e entity
	var err error
	l, s := ev.l, ev.s
	switch d := d.(type) {
	case *CoreModule:
		e, err = l.coreModule(d)
	case *CoreInstance:
		e, err = ev.coreInstance(d)
	case *CoreType:
		e, err = l.coreType(s, d)
	case *Nested:
		cv := &componentVal{ast: d.Component, parent: s, visible: s.counts()}
		l.unlinked = append(l.unlinked, cv)
		e = cv
	case *Instance:
		e, err = ev.instance(d)
	case *Alias:
		e, err = l.alias(s, d)
	case *TypeDef:
		e, err = l.typeDef(s, d.Type)
	case *Canon:
		e, err = ev.canon(d)
	case *Start:
		return ev.start(d)
	case *Import:
		e, err = ev.importDef(d)
	case *Export:
		e, err = ev.export(d)
	case *Constant:
		e, err = ev.constant(d)
	case *Custom:
		return nil
	}
	if err == nil {
		s.add(e)
	}
	return err
}

func (ev *evaluation) importDef(d *Import) (entity, error) {
	if err := ev.l.spend(textCost(d.Name)); err != nil {
		return nil, err
	}
	if err := ev.importNames.add(d.Name, d.Attrs, d.Desc.Sort); err != nil {
		return nil, fmt.Errorf("import %q: %w", d.Name, err)
	}
	e, err := ev.imports(d.Name, d.Desc, ev.s)
	if err == nil {
		err = ev.importNames.bind(d.Name, e)
	}
	if err == nil {
		err = ev.types.imported(ev.l, e)
	}
	if err != nil {
		return nil, fmt.Errorf("import %q: %w", d.Name, err)
	}
	return e, nil
}

func (ev *evaluation) export(d *Export) (entity, error) {
	if err := ev.l.spend(textCost(d.Name)); err != nil {
		return nil, err
	}
	e, err := ev.use(d.Sort, d.Index)
	if err == nil {
		err = ev.exportNames.add(d.Name, d.Attrs, d.Sort)
	}
	if err == nil {
		err = exportable(d.Sort)
	}
	if err == nil && d.Desc != nil {
		if e, err = ev.l.match(ev.s, *d.Desc, e); err == nil {
			e, err = ev.l.ascribe(ev.s, *d.Desc, e)
		}
	}
	if err == nil {
		ev.l.named(d.Name, e)
		if t, ok := e.(*typeVal); ok {
			e = ev.l.renamed(t)
			ev.l.named(d.Name, e)
		}
		err = ev.exportNames.bind(d.Name, e)
	}
	if err == nil {
		err = ev.types.exported(ev.l, e)
	}
	if in, ok := e.(*instanceVal); ok && err == nil {
		err = ev.l.namedIn(d.Name, in)
	}
	if err == nil {
		err = ev.l.handOut(e, ev.s.inst == 0)
	}
	if err != nil {
		return nil, fmt.Errorf("export %q: %w", d.Name, err)
	}
	ev.exports.add(d.Name, e)
	if v, ok := e.(*value); ok {
		v = v.as(v.typ)
		v.used = true
		return v, nil
	}
	return e, nil
}

func exportable(s Sort) error {
	switch s {
	case SortCoreModule, SortFunc, SortValue, SortType, SortComponent, SortInstance:
		return nil
	}
	return fmt.Errorf("a %s cannot be exported", s)
}

// named notes the name under which an entity is exported.
func (l *linker) named(name string, e entity) {
	p := l.out.prog
	switch e := e.(type) {
	case *typeVal:
		if e.res != nil && e.res.Name == "" {
			e.res.Name = name
		}
		if e.val != nil && p.Names[e.val] == "" {
			p.Names[e.val] = name
		}
	case *Func:
		if e.Import == nil && e.Name == "" {
			e.Name = name
		}
		if e.Import == nil && isPoll(name, e.Type) && !l.out.polls[e.Instance] {
			l.out.polls[e.Instance] = true
			p.Polls = append(p.Polls, &PollFunc{Instance: e.Instance, Name: name, Func: e})
		}
	}
}

// namedIn notes the name of an exported instance for its functions.
func (l *linker) namedIn(name string, in *instanceVal) error {
	if err := l.spend(len(in.names)); err != nil {
		return err
	}
	for _, e := range in.exports {
		if f, ok := e.(*Func); ok && f.Import == nil && !strings.Contains(f.Name, " ") {
			f.Name = name + " " + f.Name
		}
	}
	return nil
}

// PollPrefix begins the names of poll functions.
const PollPrefix = "isyswasfa-poll"

// isPoll tells whether an export is the poll function of the isyswasfa
// convention: func(list<poll-input>) -> list<poll-output>.
func isPoll(name string, f *abi.FuncType) bool {
	listOfVariants := func(t *abi.Type) bool {
		return t != nil && t.Kind == abi.List && t.Len == 0 && t.Elem.Kind == abi.Variant
	}
	return strings.HasPrefix(name, PollPrefix) &&
		len(f.Params) == 1 && listOfVariants(f.Params[0].Type) && listOfVariants(f.Result)
}

func (ev *evaluation) instance(d *Instance) (entity, error) {
	if !d.Instantiate {
		return ev.inlineInstance(d)
	}
	cv, err := lookup[*componentVal](ev.s, SortComponent, d.Component)
	if err != nil {
		return nil, err
	}
	args, err := ev.args(d)
	if err != nil {
		return nil, err
	}
	supply := func(name string, desc ExternDesc, s *scope) (entity, error) {
		arg, ok := args[name]
		if !ok {
			return nil, fmt.Errorf("component %d is instantiated without the argument %q", d.Component, name)
		}
		return ev.l.match(s, desc, arg)
	}
	if cv.ast == nil {
		return ev.l.instanceOf(cv.typ, supply)
	}
	inst, err := ev.l.newInstance(ev.label(cv.ast), ev.s.inst)
	if err != nil {
		return nil, err
	}
	return ev.l.evaluate(cv, inst, cv.visibility(), supply)
}

func (ev *evaluation) args(d *Instance) (map[string]entity, error) {
	args := make(map[string]entity, len(d.Args))
	for _, a := range d.Args {
		e, err := ev.use(a.Sort, a.Index)
		if err == nil {
			err = exportable(a.Sort)
		}
		if err != nil {
			return nil, fmt.Errorf("argument %q: %w", a.Name, err)
		}
		if args[a.Name] != nil {
			return nil, fmt.Errorf("argument %q is given twice", a.Name)
		}
		args[a.Name] = e
	}
	return args, nil
}

func (ev *evaluation) inlineInstance(d *Instance) (entity, error) {
	if err := ev.l.spend(len(d.Exports)); err != nil {
		return nil, err
	}
	in := newInstanceVal()
	var names nameSet
	for _, x := range d.Exports {
		e, err := ev.use(x.Sort, x.Index)
		if err == nil {
			err = ev.l.spend(textCost(x.Name))
		}
		if err == nil {
			err = exportable(x.Sort)
		}
		if err == nil {
			err = names.add(x.Name, x.Attrs, x.Sort)
		}
		if _, ok := e.(*typeVal); !ok && err == nil {
			err = names.bind(x.Name, e)
		}
		if err != nil {
			return nil, fmt.Errorf("export %q: %w", x.Name, err)
		}
		ev.l.named(x.Name, e)
		in.add(x.Name, e)
	}
	return in, nil
}
