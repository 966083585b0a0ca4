package host

import (
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A function is a function of an instance as Go sees it.
type function struct {
	*wit.Function
	g     *generator
	in    *instance
	name  string      // of the Go method
	async bool        // it is split in the polyfilled world
	args  []wit.Param // without self
}

// functions gives the functions of an instance that are no methods of
// resources, and those that are, by resource. Method names are distinct.
func (g *generator) functions(in *instance, reserved ...string) (free []*function, methods map[*wit.TypeDef][]*function) {
	methods = map[*wit.TypeDef][]*function{}
	taken := map[*wit.TypeDef]map[string]bool{}
	for _, fn := range in.funcs {
		f := &function{Function: fn, g: g, in: in, args: fn.Params}
		_, f.async = g.poly.Pairs[fn]
		var res *wit.TypeDef // whose methods it is one of
		f.name = bindgen.UpperCamel(fn.Name)
		switch fn.Kind {
		case wit.Method:
			res, f.args = fn.Resource, fn.Params[1:]
		case wit.Static:
			f.name = bindgen.UpperCamel(fn.Resource.Name) + f.name
		case wit.Constructor:
			f.name = "New" + bindgen.UpperCamel(fn.Resource.Name)
		}
		if taken[res] == nil {
			taken[res] = map[string]bool{}
			if res != nil {
				taken[res]["Close"] = true
			} else {
				for _, r := range reserved {
					taken[nil][r] = true
				}
			}
		}
		for taken[res][f.name] {
			f.name += "_"
		}
		taken[res][f.name] = true
		if res == nil {
			free = append(free, f)
		} else {
			methods[res] = append(methods[res], f)
		}
	}
	return free, methods
}

// locals are the names that generated bodies use.
var locals = map[string]bool{}

func init() {
	for _, s := range strings.Fields("ctx context host io iter wasi wasihttp bindings errors x r e v w p err result") {
		locals[s] = true
	}
}

// argNames gives the names of the parameters.
func (fn *function) argNames() []string {
	names := make([]string, len(fn.args))
	taken := map[string]bool{}
	for i, p := range fn.args {
		name := bindgen.LowerCamel(p.Name)
		for locals[name] || taken[name] || fn.g.taken[name] {
			name += "_"
		}
		taken[name] = true
		names[i] = name
	}
	return names
}

// An outcome is how Go sees the result of a function.
type outcome struct {
	whole  wit.Type // nil for none
	result bool     // it is result<ok, err>
	ok     wit.Type // the value that Go gets, or nil
	err    wit.Type // the error arm, or nil
}

func (fn *function) outcome() outcome {
	o := outcome{whole: fn.Result, ok: fn.Result}
	if d, ok := fn.Result.(*wit.TypeDef); ok {
		if target, ok := d.Resolve().(*wit.TypeDef); ok {
			if k, ok := target.Kind.(*wit.Result); ok {
				o.result, o.ok, o.err = true, k.OK, k.Err
			}
		}
	}
	return o
}

// directions gives the directions of parameters and of the result.
func (fn *function) directions() (params, result direction) {
	if fn.in.side == hosts {
		return takes, gives
	}
	return gives, takes
}

// direct tells whether nothing of the signature needs conversion.
func (fn *function) direct() bool {
	return !fn.lowers() && (fn.Result == nil || fn.g.isDirect(fn.Result, fn.in.side))
}

// lowers tells whether a parameter needs conversion. That the embedder's own
// method is called on it is none.
func (fn *function) lowers() bool {
	params := fn.args
	if fn.in.side == guests {
		params = fn.Params
	}
	for _, p := range params {
		if !fn.g.isDirect(p.Type, fn.in.side) {
			return true
		}
	}
	return false
}

// signature gives parameters and results of the Go method.
func (fn *function) signature(f *file, named bool) string {
	pd, rd := fn.directions()
	params := []string{"ctx " + f.context()}
	for i, name := range fn.argNames() {
		params = append(params, name+" "+f.user(pd).goType(fn.args[i].Type, fn.in.side))
	}
	o := fn.outcome()
	s := "(" + strings.Join(params, ", ") + ") "
	switch {
	case o.ok == nil && named:
		return s + "(err error)"
	case o.ok == nil:
		return s + "error"
	case named:
		return s + "(result " + f.user(rd).goType(o.ok, fn.in.side) + ", err error)"
	}
	return s + "(" + f.user(rd).goType(o.ok, fn.in.side) + ", error)"
}

// paramStruct gives the fields of the host's struct of parameters.
func (fn *function) paramStruct(f *file) (fields []string, text string) {
	names := make([]string, len(fn.Params))
	for i, p := range fn.Params {
		names[i] = p.Name
	}
	fields = fieldNames(names)
	lines := make([]string, len(fields))
	for i, p := range fn.Params {
		lines[i] = fields[i] + " " + f.shape().goType(p.Type, fn.in.side)
	}
	if len(lines) > 1 {
		return fields, "struct {\n" + strings.Join(lines, "\n") + "\n}"
	}
	return fields, "struct{ " + strings.Join(lines, "") + " }"
}

// rawResult gives the host's shape of the result.
func (fn *function) rawResult(f *file) string { return f.shape().goType(fn.Result, fn.in.side) }

// isError tells whether the Go type of an error arm is an error itself.
func (g *generator) isError(t wit.Type) bool {
	d, ok := t.(*wit.TypeDef)
	if !ok {
		return false
	}
	target, ok := d.Resolve().(*wit.TypeDef)
	if !ok {
		return false
	}
	switch target.Kind.(type) {
	case *wit.Enum, *wit.Variant:
		return true
	}
	return false
}

// docs documents a function from the WIT; verb is for one without a word there.
func (fn *function) docs(f *file, verb string) {
	word := "function"
	if fn.async {
		word = "async function"
	}
	f.docs(fn.Docs, fn.name+" "+verb+" the "+word+" "+fn.ABIName()+".")
	if o := fn.outcome(); o.result && o.err != nil {
		_, rd := fn.directions()
		typ := f.user(rd).goType(o.err, fn.in.side)
		if !fn.g.isError(o.err) {
			typ = "*" + f.bindings() + "Error[" + typ + "]"
		}
		f.printf("//\n// The error that the WIT has is of type %s.\n", typ)
	}
}
