package transform

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/wit"
)

// payloads are the streams and futures of one interface.
type payloads struct {
	names map[string]string   // what a type is -> NAME
	made  map[string]*Payload // what a type is -> its helpers
	order []*Payload          // in the order they were first met
}

// carried tells whether k is a stream or future that needs helpers, and of
// what.
func carried(k wit.Kind) (word string, elem wit.Type, ok bool) {
	switch k := k.(type) {
	case *wit.Future:
		return "", k.Elem, true
	case *wit.Stream:
		return "stream-", k.Elem, !isBytes(k)
	}
	return "", nil, false
}

// isBytes tells whether s is stream<u8>.
func isBytes(s *wit.Stream) bool {
	if d, ok := s.Elem.(*wit.TypeDef); ok {
		return d.Resolve() == wit.U8
	}
	return s.Elem == wit.U8
}

// namePayloads gives the streams and futures that types and functions mention
// their names, in text order: of different types with one name the later ones
// get a number.
func namePayloads(types []*wit.TypeDef, fns []*wit.Function) *payloads {
	p := &payloads{names: map[string]string{}, made: map[string]*Payload{}}
	taken := map[string]bool{}
	var structure func(d *wit.TypeDef)
	visit := func(t wit.Type) {
		if d, ok := t.(*wit.TypeDef); ok && d.Name == "" {
			structure(d)
		}
	}
	structure = func(d *wit.TypeDef) {
		if word, elem, ok := carried(d.Kind); ok {
			key := word + identity(elem)
			if p.names[key] == "" {
				name := PayloadName(elem)
				for n := 2; taken[word+name]; n++ {
					name = fmt.Sprintf("%s-%d", PayloadName(elem), n)
				}
				taken[word+name] = true
				p.names[key] = name
			}
		}
		for _, part := range wit.Parts(d) {
			visit(part)
		}
	}
	for _, t := range types {
		structure(t)
	}
	for _, f := range fns {
		eachType(f, visit)
	}
	return p
}

// identity tells types apart: equal texts mean equal types.
func identity(t wit.Type) string {
	d, ok := t.(*wit.TypeDef)
	switch {
	case t == nil:
		return "_"
	case !ok:
		return wit.PrintType(t)
	case d.Name != "":
		return fmt.Sprintf("%p", d)
	}
	var parts []string
	switch k := d.Kind.(type) {
	case *wit.Handle:
		return fmt.Sprintf("handle %t %p", k.Borrow, k.Resource)
	case *wit.List:
		parts = []string{fmt.Sprint(k.Len)}
	case *wit.Result:
		parts = []string{fmt.Sprint(k.OK != nil, k.Err != nil)}
	}
	for _, part := range wit.Parts(d) {
		parts = append(parts, identity(part))
	}
	return fmt.Sprintf("%T(%s)", d.Kind, strings.Join(parts, ","))
}

// PayloadName gives NAME for a stream or future of t: a named type's own name, else
// words for its structure. nil gives "unit".
func PayloadName(t wit.Type) string {
	d, ok := t.(*wit.TypeDef)
	switch {
	case t == nil:
		return "unit"
	case t == wit.F32:
		return "float32" // the convention's names are older than f32 and f64
	case t == wit.F64:
		return "float64"
	case !ok:
		return wit.PrintType(t)
	case d.Name != "":
		return d.Name
	}
	names := func(word string, types ...wit.Type) string {
		for _, x := range types {
			word += "-" + PayloadName(x)
		}
		return word
	}
	switch k := d.Kind.(type) {
	case *wit.Handle:
		if k.Borrow {
			return "borrow-" + k.Resource.Name
		}
		return "own-" + k.Resource.Name
	case *wit.Tuple:
		return names("tuple", k.Types...)
	case *wit.Option:
		return names("option", k.Type)
	case *wit.Result:
		return names("result", k.OK, k.Err)
	case *wit.List:
		if k.Len > 0 {
			return fmt.Sprintf("%s-n%d", names("list", k.Elem), k.Len)
		}
		return names("list", k.Elem)
	case *wit.Map:
		return names("map", k.Key, k.Value)
	case *wit.Stream:
		return names("stream", k.Elem)
	case *wit.Future:
		return names("future", k.Elem)
	case *wit.Alias:
		return PayloadName(k.Type)
	}
	return "unit"
}
