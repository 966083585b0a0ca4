package host_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/fuzzlimit"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// suite is the component model's reference tests, which need not be there.
const suite = "../../shared/suites/component-model"

// TestSuite runs the reference tests: what they instantiate and call, and that
// an engine refuses what is not valid.
func TestSuite(t *testing.T) {
	l := wast.ReadLedger(t, "testdata/suite.ledger")
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	for _, folder := range wast.Folders {
		passed, total := 0, 0
		wast.Suite(t, suite, folder, func(name string, script []*wast.Command) {
			r := &scriptRunner{ctx: ctx, engine: engine, defs: map[string]*host.InstancePre{}, made: map[string]*madeInstance{}, failed: map[string]bool{}}
			defer r.close()
			for _, cmd := range script {
				err := r.run(cmd)
				if !errors.Is(err, errNotMade) {
					l.Check(t, name, cmd.Line, err)
				}
				if strings.HasPrefix(string(cmd.Kind), "assert_") {
					total++
					if err == nil {
						passed++
					}
				}
			}
		})
		t.Logf("%s: %d of %d assertions", folder, passed, total)
	}
	l.Unused(t)
}

// errNotMade is the error of commands about a component whose own command
// failed, which is what the ledger has to account for.
var errNotMade = errors.New("the component is not there")

// A scriptRunner runs the commands of one script.
type scriptRunner struct {
	ctx    context.Context
	engine *host.Engine
	defs   map[string]*host.InstancePre // by name; "" is the last one
	made   map[string]*madeInstance     // likewise
	failed map[string]bool              // definitions and instances that could not be made
	all    []*host.Instance
}

type madeInstance struct {
	pre *host.InstancePre
	in  *host.Instance
}

func (r *scriptRunner) close() {
	for _, in := range r.all {
		in.Close(r.ctx)
	}
}

func (r *scriptRunner) run(cmd *wast.Command) error {
	switch cmd.Kind {
	case wast.Component, wast.Definition:
		pre, err := r.compile(cmd)
		r.define(cmd, pre, err)
		switch {
		case importsMore(err):
			return nil
		case err != nil || cmd.Kind == wast.Definition:
			return err
		}
		return r.instantiate(cmd, pre)
	case wast.Instance:
		pre := r.defs[cmd.Of]
		if pre == nil {
			r.failed[cmd.Name] = r.failed[cmd.Of]
			delete(r.made, cmd.Name)
			return r.absent(cmd.Of)
		}
		return r.instantiate(cmd, pre)
	case wast.Call:
		_, _, err := r.call(cmd.Invoke)
		return err
	case wast.AssertReturn:
		return r.assertReturn(cmd)
	case wast.AssertTrap:
		return r.assertTrap(cmd)
	case wast.Invalid, wast.Malformed:
		bin, err := cmd.Text.Assemble()
		if err == nil {
			_, err = r.engine.Compile(r.ctx, "component", bin)
		}
		switch {
		case err == nil:
			return fmt.Errorf("it should be rejected: %s", cmd.Message)
		case strings.Contains(err.Error(), "native async"):
			return err // for another reason than the one expected
		}
		return nil
	}
	return fmt.Errorf("command %s is not known", cmd.Kind)
}

// define notes a definition, or that there is none.
func (r *scriptRunner) define(cmd *wast.Command, pre *host.InstancePre, err error) {
	for _, name := range []string{"", cmd.Name} {
		r.defs[name] = pre
		r.failed[name] = err != nil && !importsMore(err)
		if cmd.Kind == wast.Component {
			delete(r.made, name)
		}
	}
}

// absent is the error of a command that needs what is not there.
func (r *scriptRunner) absent(name string) error {
	if r.failed[name] {
		return errNotMade
	}
	return fmt.Errorf("there is no component %s", name)
}

// importsMore tells whether a component cannot be linked for the sole reason
// that it imports what nobody gives, as those do that are only validated.
func importsMore(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "missing") || strings.Contains(err.Error(), "a host cannot give"))
}

func (r *scriptRunner) compile(cmd *wast.Command) (*host.InstancePre, error) {
	bin, err := cmd.Text.Assemble()
	if err != nil {
		return nil, err
	}
	c, err := r.engine.Compile(r.ctx, "component", bin)
	if err != nil {
		return nil, err
	}
	return host.NewLinker(r.engine).Link(c)
}

func (r *scriptRunner) instantiate(cmd *wast.Command, pre *host.InstancePre) error {
	in, err := pre.Instantiate(r.ctx, host.InstanceConfig{})
	if err != nil {
		return err
	}
	r.all = append(r.all, in)
	for _, name := range []string{"", cmd.Name} {
		r.made[name] = &madeInstance{pre, in}
	}
	return nil
}

func (r *scriptRunner) call(i *wast.Invoke) (*host.Function, any, error) {
	m := r.made[i.Instance]
	if m == nil {
		return nil, nil, r.absent(i.Instance)
	}
	f, err := m.pre.Function("", i.Func)
	if err != nil {
		return nil, nil, err
	}
	var args []any
	for _, a := range i.Args {
		v, err := constant(a)
		if err != nil {
			return nil, nil, err
		}
		args = append(args, v)
	}
	ctx, cancel := context.WithTimeout(r.ctx, time.Minute)
	defer cancel()
	v, err := f.Call(ctx, m.in, args...)
	return f, v, err
}

func (r *scriptRunner) assertReturn(cmd *wast.Command) error {
	f, got, err := r.call(cmd.Invoke)
	if err != nil || len(cmd.Want) == 0 {
		return err
	}
	want, err := constant(cmd.Want[0])
	if err == nil {
		want, err = f.Type().Result.Canonical(want)
	}
	if err != nil {
		return err
	}
	if !sameValue(got, want) {
		return fmt.Errorf("%s gives %#v, want %#v", cmd.Invoke.Func, got, want)
	}
	return nil
}

// sameValue is equality but for NaNs, which equal each other.
func sameValue(got, want any) bool {
	nan := func(v any) bool {
		switch v := v.(type) {
		case float32:
			return v != v
		case float64:
			return math.IsNaN(v)
		}
		return false
	}
	return nan(got) && nan(want) || reflect.DeepEqual(got, want)
}

func (r *scriptRunner) assertTrap(cmd *wast.Command) error {
	var err error
	if cmd.Text != nil {
		var pre *host.InstancePre
		if pre, err = r.compile(cmd); err != nil {
			return err
		}
		_, err = pre.Instantiate(r.ctx, host.InstanceConfig{})
	} else {
		_, _, err = r.call(cmd.Invoke)
	}
	var trap *host.Trap
	switch {
	case errors.As(err, &trap):
		return sameTrap(trap, cmd.Message)
	case err == nil:
		return fmt.Errorf("it should trap: %s", cmd.Message)
	}
	return err
}

// trapWords tell by a part of the complaint that a script expects what is part
// of ours.
var trapWords = []struct{ theirs, ours string }{
	{"unaligned", "is not aligned"},
	{"not aligned", "is not aligned"},
	{"out-of-bounds", "are outside the memory"},
	{"out of bounds", "are outside the memory"},
	{"beyond end", "are outside the memory"},
	{"bit pattern", "is no Unicode scalar value"},
	{"utf-8", "is not valid UTF-8"},
	{"discriminant", "of a type with"},
	{"while borrowed", "is lent to a call in progress"},
	{"unknown handle", "unknown handle"},
	{"wrong type", "is of resource"},
}

func sameTrap(trap *host.Trap, want string) error {
	for _, w := range trapWords {
		if strings.Contains(want, w.theirs) && strings.Contains(trap.Msg, w.ours) {
			return nil
		}
	}
	return fmt.Errorf("it traps with %q, want %q", trap.Msg, want)
}

// constant gives the dynamic value of a constant.
func constant(v *wast.Value) (any, error) {
	parts := make([]any, len(v.Parts))
	for i, p := range v.Parts {
		var err error
		if parts[i], err = constant(p); err != nil {
			return nil, err
		}
	}
	var payload any
	if len(parts) > 0 {
		payload = parts[0]
	}
	switch v.Type {
	case "str", "enum":
		return v.Text, nil
	case "char":
		return []rune(v.Text)[0], nil
	case "bool":
		return v.Text == "true", nil
	case "list", "tuple":
		return parts, nil
	case "record":
		rec := make(host.Record, len(parts))
		for i, name := range v.Names {
			rec[i] = host.Field{Name: name, Value: parts[i]}
		}
		return rec, nil
	case "variant":
		return host.Variant{Case: v.Text, Value: payload}, nil
	case "flags":
		return v.Names, nil
	case "option.some", "option.none":
		return host.Option[any]{Some: v.Type == "option.some", Value: payload}, nil
	case "result.ok":
		return host.Result[any, any]{OK: payload}, nil
	case "result.err":
		return host.Result[any, any]{IsErr: true, Err: payload}, nil
	}
	return number(v)
}

func number(v *wast.Value) (any, error) {
	text := strings.ReplaceAll(v.Text, "_", "")
	kind, bits := v.Type[:1], v.Type[1:]
	size, err := strconv.Atoi(bits)
	if err != nil {
		return nil, fmt.Errorf("a constant of type %s", v.Type)
	}
	switch kind {
	case "u":
		n, err := strconv.ParseUint(text, 0, size)
		return map[int]any{8: uint8(n), 16: uint16(n), 32: uint32(n), 64: n}[size], err
	case "s":
		n, err := strconv.ParseInt(text, 0, size)
		return map[int]any{8: int8(n), 16: int16(n), 32: int32(n), 64: n}[size], err
	}
	if strings.Contains(text, "nan") {
		text = "nan"
	}
	n, err := strconv.ParseFloat(text, size)
	return map[int]any{32: float32(n), 64: n}[size], err
}

// FuzzInstantiate starts from the components of the reference tests, and from
// functions that are dear to compile. What is
// valid is instantiated, and its functions without parameters are called.
func FuzzInstantiate(f *testing.F) {
	for _, bin := range wast.Binaries(suite) {
		f.Add(bin)
	}
	for _, from := range bodySeeds() {
		f.Add(body(from))
	}
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{Interruptible: true, MaxMemory: 16 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { engine.Close(ctx) })
	f.Fuzz(func(t *testing.T, b []byte) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		var c *host.Component
		var pre *host.InstancePre
		var in *host.Instance
		var err error
		fuzzlimit.Check(t, len(b), func() {
			if c, err = engine.Compile(ctx, "fuzz", b); err != nil {
				return
			}
			if pre, err = host.NewLinker(engine).Link(c); err != nil {
				return
			}
			in, err = pre.Instantiate(ctx, host.InstanceConfig{})
		})
		if pre != nil {
			defer pre.Close(ctx)
		}
		if err != nil {
			return
		}
		defer in.Close(ctx)
		for _, e := range c.Exports() {
			if e.Func == nil || len(e.Func.Params) > 0 {
				continue
			}
			if f, err := pre.Function("", e.Name); err == nil {
				f.Call(ctx, in)
			}
		}
	})
}
