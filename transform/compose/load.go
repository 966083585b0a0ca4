package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Loader finds components by the rules of wasm-tools compose: at the path
// that the configuration has for a dependency, or else as NAME.wasm or
// NAME.wat in the folder of the configuration, and then in the search paths.
type Loader struct {
	// ReadFile reads a file; nil for the system's.
	ReadFile func(path string) ([]byte, error)

	// Text assembles a component that is written as text; nil where text is
	// not read.
	Text func(text []byte) ([]byte, error)
}

// Compose composes the component at a path. The folder of a configuration
// that was not read from a file is that of the component.
func (l Loader) Compose(root string, c *Config, strict bool) (*Result, error) {
	in, err := l.input(root)
	if err != nil {
		return nil, err
	}
	o := Options{
		Find:             func(name string) (Input, error) { return l.find(c, name) },
		Instantiations:   c.Instantiations,
		NoImports:        c.DisallowImports,
		Strict:           strict,
		ImportComponents: c.ImportComponents,
		Imported:         make(map[string]string),
		SkipValidation:   c.SkipValidation,
	}
	for name, d := range c.Dependencies {
		if d.Import != "" {
			o.Imported[name] = d.Import
		}
	}
	for _, path := range c.Definitions {
		in, err := l.input(c.path(path))
		if err != nil {
			return nil, fmt.Errorf("the definitions: %w", err)
		}
		base := filepath.Base(path)
		o.Definitions = append(o.Definitions, Definition{Stem: strings.TrimSuffix(base, filepath.Ext(base)), Input: in})
	}
	return Compose(in, o)
}

func (c *Config) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}

// input reads the component at a path.
func (l Loader) input(path string) (Input, error) {
	read := l.ReadFile
	if read == nil {
		read = os.ReadFile
	}
	in := Input{Name: filepath.ToSlash(path)}
	data, err := read(path)
	if err == nil && isWAT(path, data) {
		data, err = l.assemble(data)
		if err != nil {
			err = fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	in.Data = data
	return in, err
}

// isWAT tells whether a file has text: a binary begins with "\0asm".
func isWAT(path string, data []byte) bool {
	return filepath.Ext(path) == ".wat" || len(data) > 0 && data[0] == '('
}

func (l Loader) assemble(text []byte) ([]byte, error) {
	if l.Text == nil {
		return nil, errors.New("components are not read as text; wasm-tools parse makes a binary of it")
	}
	return l.Text(text)
}

// find looks for the component of a dependency.
func (l Loader) find(c *Config, name string) (Input, error) {
	if d, ok := c.Dependencies[name]; ok {
		in, err := l.input(c.path(d.Path))
		if err != nil {
			err = fmt.Errorf("the dependency %q: %v", name, err) // which is not ErrNotFound
		}
		return in, err
	}
	if strings.ContainsAny(name, "<>") {
		return Input{}, fmt.Errorf("%w: a file cannot have that name", ErrNotFound)
	}
	var places []string
	for _, dir := range append([]string{""}, c.SearchPaths...) {
		for _, ext := range []string{".wasm", ".wat"} {
			path := filepath.Join(c.path(dir), filepath.FromSlash(name)+ext)
			in, err := l.input(path)
			if err == nil || !missing(err) {
				return in, err
			}
			places = append(places, filepath.ToSlash(path))
		}
	}
	return Input{}, fmt.Errorf("%w: looked for %s", ErrNotFound, strings.Join(places, ", "))
}

// missing tells whether a file could not be read because there is none of
// that name, or could not be.
func missing(err error) bool {
	var e *fs.PathError
	return errors.As(err, &e) && !errors.Is(err, fs.ErrPermission)
}
