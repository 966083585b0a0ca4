package component

import (
	"slices"
	"testing"
)

// Instances are called what the name section says, each name once in a
// component; what is malformed in it does no harm.
func TestNames(t *testing.T) {
	child := &Nested{Component: &Component{}}
	make := func(section *Custom) []string {
		c := &Component{Defs: []Def{child, section}}
		for range 4 {
			c.Defs = append(c.Defs, &Instance{Instantiate: true})
		}
		decoded, err := Decode(c.Encode())
		if err != nil {
			t.Fatal(err)
		}
		p, err := Link(decoded)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, in := range p.Instances {
			names = append(names, in.Name)
		}
		return names
	}
	names := Names{Component: "both", Instances: map[uint32]string{0: "service", 1: "new\nline", 3: "service"}}
	section := names.Section()
	if got := (&Component{Defs: []Def{section}}).Names(); got.Component != "both" {
		t.Errorf("the component is called %q", got.Component)
	}
	if got, want := make(section), []string{"both", "both/service", "both/1", "both/2", "both/service-2"}; !slices.Equal(got, want) {
		t.Errorf("instances are called %q, want %q", got, want)
	}
	for n := range section.Data {
		make(&Custom{Name: namesSection, Data: section.Data[:n]})
	}
}
