package host

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/bindgen"
	"github.com/isyswasfa/isyswasfa/transform"
	"github.com/isyswasfa/isyswasfa/wit"
)

// A conversion turns the user's types into the host's shapes (lower), or back
// (lift).
type conversion struct {
	g     *generator
	lower bool
	dir   direction // of the user's types
}

func (c conversion) word() string {
	if c.lower {
		return "lower"
	}
	return "lift"
}

// types gives the Go types of the argument and of the result.
func (c conversion) types(f *file, t wit.Type, s side) (from, to string) {
	user, raw := f.user(c.dir).goType(t, s), f.shape().goType(t, s)
	if c.lower {
		return user, raw
	}
	return raw, user
}

// apply gives the conversion of an expression in a scope where x is a *conv.
func (c conversion) apply(f *file, t wit.Type, s side, expr string) string {
	if t == nil || c.g.isDirect(t, s) {
		return expr
	}
	return c.function(t, s) + "(x, " + expr + ")"
}

// value gives a function for generic helpers to call.
func (c conversion) value(f *file, t wit.Type, s side) string {
	if t == nil || c.g.isDirect(t, s) {
		return f.bindings() + "Keep[*conv, " + f.user(c.dir).goType(t, s) + "]"
	}
	return c.function(t, s)
}

// identity tells types apart whose conversions differ.
func (g *generator) identity(t wit.Type, s side) string {
	d, ok := t.(*wit.TypeDef)
	if !ok {
		return fmt.Sprint(t)
	}
	if d.Name != "" {
		key := g.key(d, s)
		if e := g.byKey[key]; e != nil && e.name != "" {
			return e.name
		}
		d, s = key.def, g.inside(key.def, s)
	}
	id := fmt.Sprintf("%T", d.Kind)
	switch k := d.Kind.(type) {
	case *wit.Handle:
		return fmt.Sprintf("%t %s", k.Borrow, g.identity(resourceOf(k), s))
	case *wit.List:
		id += fmt.Sprint(k.Len)
	case *wit.Result:
		id += fmt.Sprint(k.OK != nil, k.Err != nil)
	case *wit.Stream, *wit.Future:
		if c := g.carrier(d, s); c != nil {
			id += fmt.Sprintf("%p %t", c.Payload, c.side)
		}
	}
	for _, part := range wit.Parts(d) {
		id += "(" + g.identity(part, s) + ")"
	}
	return id
}

// words names a type within the name of a function.
func (g *generator) words(t wit.Type, s side) string {
	d, ok := t.(*wit.TypeDef)
	if !ok {
		return bindgen.UpperCamel(transform.PayloadName(t))
	}
	if d.Name != "" {
		key := g.key(d, s)
		if e := g.byKey[key]; e != nil && e.name != "" {
			return e.name
		}
		return bindgen.UpperCamel(d.Name)
	}
	name := ""
	switch k := d.Kind.(type) {
	case *wit.Handle:
		word := "Own"
		if k.Borrow {
			word = "Borrow"
		}
		return word + g.words(resourceOf(k), s)
	default: // *wit.Option and the like
		_, name, _ = strings.Cut(fmt.Sprintf("%T", k), ".")
	}
	for _, part := range wit.Parts(d) {
		name += g.words(part, s)
	}
	return name
}

// function gives the name of the function that converts values of a type.
func (c conversion) function(t wit.Type, s side) string {
	f := c.g.convFile
	if f.user(c.dir).goType(t, s) == f.user(both).goType(t, s) {
		c.dir = both // one function for all directions
	}
	key := fmt.Sprint(c.word(), c.dir, c.g.identity(t, s))
	if name := c.g.convs[key]; name != "" {
		return name
	}
	name := c.g.claim(c.word() + c.g.words(t, s))
	c.g.convs[key] = name
	from, to := c.types(f, t, s)
	body := c.body(f, t, s, to)
	f.printf("func %s(x *conv, v %s) %s {\n%s}\n\n", name, from, to, body)
	return name
}

func (c conversion) body(f *file, t wit.Type, s side, to string) string {
	d := t.(*wit.TypeDef) // a primitive is direct
	inner := c
	if d.Name != "" {
		d = c.g.key(d, s).def
		s = c.g.inside(d, s)
		if _, ok := d.Kind.(*wit.Alias); !ok && c.g.isDeclared(d, s) {
			inner.dir = both
		}
	}
	switch k := d.Kind.(type) {
	case *wit.Alias:
		return "return " + c.apply(f, k.Type, s, "v") + "\n"
	case *wit.Record:
		names := recordFields(k)
		var b strings.Builder
		fmt.Fprintf(&b, "return %s{\n", to)
		for i, field := range k.Fields {
			fmt.Fprintf(&b, "%s: %s,\n", names[i], inner.apply(f, field.Type, s, "v."+names[i]))
		}
		return b.String() + "}\n"
	case *wit.Variant:
		return inner.variantBody(f, k, s, to)
	case *wit.Tuple:
		var parts []string
		for i, e := range k.Types {
			parts = append(parts, fmt.Sprintf("F%d: %s", i, c.apply(f, e, s, fmt.Sprintf("v.F%d", i))))
		}
		return "return " + to + "{" + strings.Join(parts, ", ") + "}\n"
	case *wit.Option:
		return "return " + f.bindings() + "Option(x, v, " + c.value(f, k.Type, s) + ")\n"
	case *wit.Result:
		return "return " + f.bindings() + "Result(x, v, " + c.value(f, k.OK, s) + ", " + c.value(f, k.Err, s) + ")\n"
	case *wit.List:
		if k.Len > 0 {
			return fmt.Sprintf("var r %s\nfor i, v := range v {\nr[i] = %s\n}\nreturn r\n", to, c.apply(f, k.Elem, s, "v"))
		}
		return "return " + f.bindings() + "Slice(x, v, " + c.value(f, k.Elem, s) + ")\n"
	case *wit.Map:
		helper := "Map"
		if c.lower {
			helper = "Entries"
		}
		return "return " + f.bindings() + helper + "(x, v, " + c.value(f, k.Value, s) + ")\n"
	case *wit.Handle:
		return c.handleBody(f, k, s)
	}
	return c.carrierBody(f, d, s)
}

func (c conversion) variantBody(f *file, k *wit.Variant, s side, to string) string {
	fields := variantFields(k)
	var b strings.Builder
	disc := "uint8"
	if n := len(k.Cases); n > 0 {
		disc = unsigned(n, false)
	}
	if !c.lower {
		disc = to + "Case"
	}
	fmt.Fprintf(&b, "r := %s{Case: %s(v.Case)}\nswitch v.Case {\n", to, disc)
	for i, cs := range k.Cases {
		if cs.Type != nil {
			fmt.Fprintf(&b, "case %d:\nr.%s = %s\n", i, fields[i], c.apply(f, cs.Type, s, "v."+fields[i]))
		}
	}
	return b.String() + "}\nreturn r\n"
}

func (c conversion) handleBody(f *file, h *wit.Handle, s side) string {
	def := resourceOf(h)
	if c.g.sideOf(def.Interface, s) == guests {
		name := c.g.resource(def, guests)
		if !c.lower {
			return fmt.Sprintf("return &%s{h: %sNewHandle(x.In, v), w: x.w}\n", name, f.bindings())
		}
		method := "Give"
		if h.Borrow {
			method = "Borrow"
		}
		return fmt.Sprintf("if v == nil {\nreturn x.%s(nil)\n}\nreturn x.%s(&v.h)\n", method, method)
	}
	name := c.g.resource(def, hosts)
	if !c.lower {
		return "return v.Impl\n"
	}
	return fmt.Sprintf("if v == nil {\nx.Fail(%sErrNil)\n}\nreturn &%sHost[%s]{Impl: v}\n", f.bindings(), f.bindings(), name)
}

// carrierBody converts a stream or future.
func (c conversion) carrierBody(f *file, d *wit.TypeDef, s side) string {
	car := c.g.carrier(d, s)
	if car == nil {
		if c.lower {
			return "return " + f.bindings() + "Bytes(v)\n"
		}
		return "return v\n"
	}
	word, verb := "Future", "Take"
	if car.Stream {
		word = "Stream"
	}
	if c.lower {
		verb = "Give"
	}
	elem := c.element(f, car.elem, s)
	switch {
	case car.side == hosts && (c.lower || car.Stream):
		return fmt.Sprintf("return %s%s%s(x.In, v, %s)\n", f.bindings(), verb, word, elem)
	case car.side == hosts:
		return fmt.Sprintf("return %sTakeFuture(v, %s)\n", f.bindings(), elem)
	case c.lower:
		return fmt.Sprintf("r, err := %sGiveGuest%s(x.Ctx, x.In, x.w.pre.%s, v, %s)\nif err != nil {\nx.Fail(err)\n}\nreturn r\n", f.bindings(), word, car.name, elem)
	}
	return fmt.Sprintf("return %sTakeGuest%s(x.In, x.w.pre.%s, v, %s)\n", f.bindings(), word, car.name, elem)
}

// element gives the function that converts what a stream or future carries,
// outside of the call that passes it.
func (c conversion) element(f *file, t wit.Type, s side) string {
	if t == nil || c.g.isDirect(t, s) {
		return f.bindings() + "Same[" + f.user(c.dir).goType(t, s) + "]"
	}
	from, to := c.types(f, t, s)
	return fmt.Sprintf("func(v %s) (%s, error) {\nx := x.fork()\nr := %s\nx.Release()\nreturn r, x.Err\n}", from, to, c.apply(f, t, s, "v"))
}

// convType declares what conversions need.
func (g *generator) convType() {
	f := g.convFile
	world := g.worldName()
	f.printf(`// conv carries the conversion of the values of one call.
type conv struct {
	%sConv
	w *%s
}

// fork is for what is converted after the call.
func (x *conv) fork() *conv {
	return &conv{Conv: x.Conv.Fork(), w: x.w}
}

`, f.bindings(), world)
}
