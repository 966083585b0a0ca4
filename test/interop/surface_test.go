//go:build interop

package interop

import (
	"fmt"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/internal/component"
	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// compareSurfaces says how a component differs from an expected one in the
// text format, as our own readers see it: in what they import and export, and
// in the options of what they lift and lower.
func compareSurfaces(have *component.Component, expected string) error {
	bin, err := wast.Assemble(expected)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnread, err)
	}
	want, err := component.Decode(bin)
	if err != nil {
		return fmt.Errorf("the expected component: %w", err)
	}
	wantLines, err := surfaceLines(want)
	if err != nil {
		return fmt.Errorf("the expected component: %w", err)
	}
	haveLines, err := surfaceLines(have)
	if err != nil {
		return err
	}
	if diff := gocmp.Diff(wantLines, haveLines); diff != "" {
		return fmt.Errorf("imports or exports differ (- expected):\n%s", diff)
	}
	return nil
}

// surfaceLines describes what a component imports and exports and which
// canonical definitions it has, without regard to order and number.
func surfaceLines(c *component.Component) ([]string, error) {
	s, err := component.Describe(c)
	if err != nil {
		return nil, err
	}
	var lines []string
	var add func(string, []*component.Item)
	add = func(path string, items []*component.Item) {
		for _, it := range items {
			what := fmt.Sprint(it.Sort)
			switch {
			case it.Func != nil:
				what = s.FuncString(it.Func)
			case it.Type != nil:
				what = s.Structure(it.Type)
			}
			for _, a := range it.Attrs {
				what += fmt.Sprintf(" attribute %d %q", a.Kind, a.Value)
			}
			lines = append(lines, strings.Join([]string{path, it.Name, what}, " "))
			add(path+" "+it.Name, it.Items)
		}
	}
	add("import", s.Imports)
	add("export", s.Exports)
	for _, d := range c.Defs {
		if d, ok := d.(*component.Canon); ok {
			lines = append(lines, canonLine(d))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

// canonLine describes a canonical definition without its indices.
func canonLine(d *component.Canon) string {
	line := fmt.Sprintf("canon %s", d.Op)
	for _, o := range []struct {
		name string
		set  bool
	}{
		{"async", d.Async || d.Opts.Async}, {"cancellable", d.Cancellable}, {"memory", d.Opts.Memory != nil}, {"realloc", d.Opts.Realloc != nil},
		{"post-return", d.Opts.PostReturn != nil}, {"callback", d.Opts.Callback != nil}, {"utf16", d.Opts.Encoding == component.UTF16},
		{"latin1+utf16", d.Opts.Encoding == component.Latin1UTF16}, {"i64", d.Val == byte(wasm.I64)}, {"slot 1", d.Slot == 1},
	} {
		if o.set {
			line += " " + o.name
		}
	}
	return line
}
