package host

import (
	"fmt"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/component"
)

// A madeValue is an imported value that each instance makes.
type madeValue struct {
	index int
	name  string
	make  func(in *Instance) (any, error)
	plan  *abi.ValuePlan
}

// values makes room for the values of the program, with its constants.
func (k *linking) values() {
	for _, v := range k.prog.Values {
		k.pre.values = append(k.pre.values, v.Const)
		k.pre.owning = append(k.pre.owning, owns(v.Type))
	}
}

// importValue binds an imported value.
func (k *linking) importValue(inst string, it *component.ImportItem) error {
	name, v := quote(inst, it.Name), it.Value
	def, ok := k.l.value(inst, it.Name)
	switch {
	case !ok:
		return fmt.Errorf("missing value %s", name)
	case def.make == nil && k.pre.owning[v.Index]:
		return fmt.Errorf("value %s owns a resource, so that each instance needs one of its own", name)
	}
	plan, err := abi.BindValue(v.Type, k.pre.resolve)
	if err != nil {
		return fmt.Errorf("value %s: %w", name, err)
	}
	if def.make != nil {
		k.pre.made = append(k.pre.made, madeValue{v.Index, name, def.make, plan})
		return nil
	}
	if k.pre.values[v.Index], err = plan.Canonical(nil, def.same); err != nil {
		return fmt.Errorf("value %s is of another type: %w", name, err)
	}
	return nil
}

// makeValues gives an instance the values that it does not compute.
func (in *Instance) makeValues() error {
	if len(in.pre.values) == 0 {
		return nil
	}
	in.vals = append([]any(nil), in.pre.values...)
	for _, m := range in.pre.made {
		v, err := m.run(in)
		if err == nil {
			v, err = m.plan.Canonical(in.types, v)
		}
		if err != nil {
			return fmt.Errorf("value %s: %w", m.name, err)
		}
		in.vals[m.index] = v
	}
	return nil
}

func (m *madeValue) run(in *Instance) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = hostPanic(r)
		}
	}()
	return m.make(in)
}
