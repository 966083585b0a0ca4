// Package inspect describes a component as text: its world as the author
// wrote it, with the rewriting of async functions undone.
package inspect

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/component"
)

// Describe writes what the component binary holds: its imports and exports,
// one item a line, those that serve only the convention apart from the rest,
// the poll functions and the sizes.
func Describe(out io.Writer, name string, binary []byte) error {
	decoded, err := component.Decode(binary)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	program, err := component.Link(decoded)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p := newPrinter(program)
	author, runtime := p.imports()
	w := &strings.Builder{}
	fmt.Fprintf(w, "%s: %s\n", name, p.kind())
	if err := program.Runnable(); err != nil {
		fmt.Fprintf(w, "it cannot be run here: %v\n", err)
	}
	section(w, "imports", author)
	section(w, "exports", p.exports())
	section(w, "imports of the runtime", runtime)
	section(w, "poll functions", p.polls())
	section(w, "sizes", p.sizes(len(binary)))
	_, err = io.WriteString(out, w.String())
	return err
}

func section(w io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, l := range lines {
		fmt.Fprintf(w, "  %s\n", l)
	}
}

// kind tells which convention the component follows.
func (p *printer) kind() string {
	if p.program.Native() != nil || p.hasAsyncTypes() {
		return "component with native async functions, as of WASI 0.3"
	}
	if len(p.program.Polls) > 0 {
		return "WASI 0.2 component with async functions by the isyswasfa convention"
	}
	return "WASI 0.2 component without async functions"
}

// hasAsyncTypes tells whether a function is of an async type.
func (p *printer) hasAsyncTypes() bool {
	var imported func([]*component.ImportItem) bool
	imported = func(items []*component.ImportItem) bool {
		return slices.ContainsFunc(items, func(i *component.ImportItem) bool {
			return i.Func != nil && i.Func.Async || imported(i.Instance)
		})
	}
	var exported func([]*component.ExportItem) bool
	exported = func(items []*component.ExportItem) bool {
		return slices.ContainsFunc(items, func(i *component.ExportItem) bool {
			return i.Func != nil && i.Func.Type.Async || exported(i.Instance)
		})
	}
	return imported(p.program.Imports) || exported(p.program.Exports)
}

// runtimePackages are the packages that the rewriting, the guest runtime and
// the preview1 adapter bring in; no world of WASI 0.3 names them.
var runtimePackages = []string{"isyswasfa:", "wasi:io/", "wasi:cli/", "wasi:clocks/", "wasi:random/", "wasi:filesystem/", "wasi:sockets/"}

// isRuntime tells whether an import is there for the runtime's sake.
func isRuntime(name string) bool {
	for _, p := range runtimePackages {
		if strings.HasPrefix(name, p) {
			return p == "isyswasfa:" || strings.Contains(name, "@0.2.")
		}
	}
	return false
}

func (p *printer) imports() (author, runtime []string) {
	var world []function
	var values []string
	for _, item := range p.program.Imports {
		switch {
		case isRuntime(item.Name) && len(p.program.Polls) > 0:
			runtime = append(runtime, item.Name)
		case item.Func != nil:
			world = append(world, function{item.Name, item.Func})
		case item.Value != nil:
			values = append(values, p.value(item.Name, item.Value))
		case item.Instance != nil:
			author = append(author, indent(item.Name, p.imported(item.Instance))...)
		}
	}
	return slices.Concat(author, p.functions(world), values), runtime
}

func (p *printer) exports() []string {
	var lines, values []string
	var world []function
	for _, item := range p.program.Exports {
		switch {
		case item.Func != nil && !strings.HasPrefix(item.Name, component.PollPrefix):
			world = append(world, function{item.Name, item.Func.Type})
		case item.Value != nil:
			values = append(values, p.value(item.Name, item.Value))
		case item.Instance != nil:
			lines = append(lines, indent(item.Name, p.exported(item.Instance))...)
		}
	}
	return slices.Concat(lines, p.functions(world), values)
}

// imported describes the exports of an imported instance.
func (p *printer) imported(items []*component.ImportItem) []string {
	lines := p.functions(importedFunctions(items))
	for _, i := range items {
		if i.Value != nil {
			lines = append(lines, p.value(i.Name, i.Value))
		}
	}
	return lines
}

// exported describes the exports of an exported instance.
func (p *printer) exported(items []*component.ExportItem) []string {
	lines := p.functions(exportedFunctions(items))
	for _, i := range items {
		if i.Value != nil {
			lines = append(lines, p.value(i.Name, i.Value))
		}
	}
	return lines
}

func importedFunctions(items []*component.ImportItem) []function {
	var fs []function
	for _, i := range items {
		if i.Func != nil {
			fs = append(fs, function{i.Name, i.Func})
		}
	}
	return fs
}

func exportedFunctions(items []*component.ExportItem) []function {
	var fs []function
	for _, i := range items {
		if i.Func != nil {
			fs = append(fs, function{i.Name, i.Func.Type})
		}
	}
	return fs
}

func (p *printer) polls() []string {
	var lines []string
	for _, poll := range p.program.Polls {
		line := poll.Name + " of " + p.program.Instances[poll.Instance].Name
		at := slices.IndexFunc(p.program.Exports, func(x *component.ExportItem) bool { return x.Func == poll.Func })
		switch {
		case at < 0:
			line += ", which is not exported"
		case p.program.Exports[at].Name != poll.Name:
			line += ", exported as " + p.program.Exports[at].Name
		}
		lines = append(lines, line)
	}
	return lines
}

func (p *printer) sizes(total int) []string {
	lines := []string{fmt.Sprintf("component: %d bytes", total)}
	users := p.users()
	for i, m := range p.program.Modules {
		line := fmt.Sprintf("core module %d: %d bytes", i, len(m.Data))
		if names := users[i]; len(names) > 0 {
			line += ", in " + names[0]
			if more := len(names) - 1; more > 0 {
				line += fmt.Sprintf(" and %d more", more)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// users gives, for each core module, the names of the component instances
// that instantiate it, if that is not the same one for all.
func (p *printer) users() map[int][]string {
	users := map[int][]string{}
	all := map[int]bool{}
	seen := map[[2]int]bool{} // a module and an instance
	for _, step := range p.program.Steps {
		s, ok := step.(*component.InstantiateModule)
		if !ok {
			continue
		}
		all[s.Instance] = true
		if pair := [2]int{s.Module, s.Instance}; !seen[pair] {
			seen[pair] = true
			users[s.Module] = append(users[s.Module], p.program.Instances[s.Instance].Name)
		}
	}
	if len(all) < 2 {
		return nil
	}
	return users
}

func indent(head string, lines []string) []string {
	out := []string{head}
	for _, l := range lines {
		out = append(out, "  "+l)
	}
	return out
}
