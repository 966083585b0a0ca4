package bridge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// consumer makes a component that imports test:a/b with the exports given;
// others come before it.
func consumer(t testing.TB, others, exports string) (*component.Component, *component.Surface) {
	t.Helper()
	bin, err := wast.Assemble(`(component
		(import "isyswasfa:isyswasfa/isyswasfa" (instance $tasks
			(export "pending" (type $pending (sub resource)))
			(export "ready" (type $ready (sub resource)))))
		(alias export $tasks "pending" (type $pending))
		(alias export $tasks "ready" (type $ready))
		` + others + `
		(import "test:a/b" (instance
			(alias outer 1 $pending (type $pending))
			(alias outer 1 $ready (type $ready))
			` + exports + `)))`)
	if err != nil {
		t.Fatal(err)
	}
	c, err := component.Decode(bin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := component.Describe(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

const asyncF = `
	(export "f-isyswasfa-start" (func (param "x" u32) (result (result string (error (own $pending))))))
	(export "f-isyswasfa-result" (func (param "ready" (own $ready)) (result string)))`

const plainF = `(export "f" (func (param "x" u32) (result string)))`

func TestDifferences(t *testing.T) {
	const g = `(export "g" (func))`
	for _, c := range []struct{ provided, wanted, want string }{
		{plainF, asyncF, "[{f true}]"},
		{asyncF, plainF, "[{f false}]"},
		{plainF + g, plainF, "[]"},
		{asyncF, asyncF + g, "[]"},
		{plainF + asyncF, plainF + asyncF, "[]"},
		{g, plainF, "[]"},
		{strings.Split(asyncF, "\n")[1], plainF, "[]"}, // half of it
		{g + plainF, asyncF + g, "[{f true}]"},
	} {
		_, provided := consumer(t, "", c.provided)
		_, wanted := consumer(t, "", c.wanted)
		items := func(s *component.Surface) []*component.Item { return component.Find(s.Imports, "test:a/b").Items }
		if got := fmt.Sprint(Differences(items(provided), items(wanted))); got != c.want {
			t.Errorf("%s\nfor%s\n%s, want %s", c.provided, c.wanted, got, c.want)
		}
	}
}

// A bridge is valid, and to bridge it back gives the same shape again.
func TestThereAndBack(t *testing.T) {
	const more = `
		(export "r" (type $r (sub resource)))
		(type $l' (list u8))
		(export "l" (type $l (eq $l')))
		(export "[method]r.m" (func (param "self" (borrow $r)) (result $l)))
		(export "[constructor]r" (func (result (own $r))))`
	c, s := consumer(t, "", plainF+more)
	diffs := []Difference{{Name: "f"}, {Name: "[method]r.m"}}
	want := shape(s)
	for _, async := range []bool{false, true, false} {
		for i := range diffs {
			diffs[i].Async = async
		}
		bin, err := NewSource(c, s).Build("test:a/b", diffs)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = component.Decode(bin); err != nil {
			t.Fatal(err)
		}
		if err = component.Validate(c); err != nil {
			t.Fatal(err)
		}
		if s, err = component.Describe(c); err != nil {
			t.Fatal(err)
		}
		if e := component.Find(s.Exports, "test:a/b"); e == nil {
			t.Fatal("it is not exported")
		}
	}
	// The last one imports what the first one did: the other colour.
	if got := shape(s); got == want || !strings.Contains(got, "[static]r.m-isyswasfa-result: func(ready: own<ready>) -> l") {
		t.Errorf("got\n%s\nfrom\n%s", got, want)
	}
}

// shape writes down the functions of the import.
func shape(s *component.Surface) string {
	var b strings.Builder
	for _, i := range component.Find(s.Imports, "test:a/b").Items {
		if i.Func != nil {
			fmt.Fprintf(&b, "%s: %s\n", i.Name, s.FuncString(i.Func))
		}
	}
	return b.String()
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		others, exports string
		diff            Difference
		want            string
	}{
		{"", plainF, Difference{"g", false}, `it has no function "g"`},
		{"", plainF, Difference{"f", true}, `it has no function "f-isyswasfa-start"`},
		{"", strings.Split(asyncF, "\n")[1], Difference{"f", true}, `it has no function "f-isyswasfa-result"`},
		{"", `(export "f-isyswasfa-start" (func (result u32))) (export "f-isyswasfa-result" (func))`, Difference{"f", true},
			"f-isyswasfa-start: a start half answers a result"},
		{"", strings.Replace(asyncF, "(result string)", "(result u32)", 1), Difference{"f", true}, "f-isyswasfa-result: " +
			"func(ready: own<ready>) -> u32 is not the other half of f-isyswasfa-start: func(x: u32) -> result<string, own<pending>>"},
		{"", strings.Replace(asyncF, "(own $ready)", "u8", 1), Difference{"f", true}, "f-isyswasfa-result: " +
			"func(ready: u8) -> string is not the other half of f-isyswasfa-start: func(x: u32) -> result<string, own<pending>>"},
		{`(component $c (type $t' (record (field "a" u8))) (export "t" (type $t')))
			(instance $i (instantiate $c)) (alias export $i "t" (type $t))`,
			`(alias outer 1 $t (type $t')) (export "t" (type $t (eq $t'))) (export "f" (func (param "x" $t)))`,
			Difference{"f", false}, "its type depends on more than imports"},
	} {
		s, surface := consumer(t, c.others, c.exports)
		_, err := NewSource(s, surface).Build("test:a/b", []Difference{c.diff})
		if want := `a bridge for the import "test:a/b": ` + c.want; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	s, surface := consumer(t, "", plainF)
	if _, err := NewSource(s, surface).Build("test:a/c", []Difference{{Name: "f"}}); err == nil {
		t.Error("an import that there is not was bridged")
	}
}

// TestOthers sees to it that a bridge takes the same work however much else the
// component imports.
func TestOthers(t *testing.T) {
	work := func(others int) float64 {
		var text strings.Builder
		for i := range others {
			fmt.Fprintf(&text, `(import "test:other/i%d" (instance (export "f" (func))))`, i)
		}
		src := NewSource(consumer(t, text.String(), plainF))
		return testing.AllocsPerRun(5, func() {
			if _, err := src.Build("test:a/b", []Difference{{Name: "f"}}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := work(10), work(2000); many > few+few/10 {
		t.Errorf("%v allocations with 10 other imports, %v with 2000", few, many)
	}
}
