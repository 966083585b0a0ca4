package compose

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Config is a configuration file as wasm-tools compose reads it. Paths are
// relative to the folder of the file.
type Config struct {
	Dir string // the folder; not in the file

	SearchPaths      []string
	Definitions      []string
	Dependencies     map[string]Dependency
	Instantiations   map[string]Instantiation
	SkipValidation   bool
	ImportComponents bool
	DisallowImports  bool
}

// A Dependency says where a component is.
type Dependency struct {
	Path   string
	Import string // import the component under this name in place of containing it; "" for no
}

// ParseConfig reads a configuration file. Errors say in which line; for text
// that is no YAML at all, it may be the line after that.
func ParseConfig(text []byte) (*Config, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		why := strings.TrimPrefix(err.Error(), "yaml: ")
		if strings.HasPrefix(why, "line ") {
			why = "near " + why
		}
		return nil, errors.New("it is no YAML: " + why)
	}
	c := &Config{}
	if len(doc.Content) == 0 {
		return c, nil
	}
	err := fields(doc.Content[0], map[string]reader{
		"search-paths":      texts(&c.SearchPaths),
		"definitions":       texts(&c.Definitions),
		"dependencies":      entries(&c.Dependencies, readDependency),
		"instantiations":    entries(&c.Instantiations, readInstantiation),
		"skip-validation":   truth(&c.SkipValidation),
		"import-components": truth(&c.ImportComponents),
		"disallow-imports":  truth(&c.DisallowImports),
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// A reader reads one value.
type reader func(*yaml.Node) error

// fields reads a map whose keys are known.
func fields(n *yaml.Node, known map[string]reader) error {
	return each(n, func(key, value *yaml.Node) error {
		read := known[key.Value]
		if read == nil {
			return fmt.Errorf("line %d: unknown field %q; there are %s", key.Line, key.Value, strings.Join(sortedKeys(known), ", "))
		}
		return read(value)
	})
}

// each gives the entries of a map in their order. Null is an empty map.
func each(n *yaml.Node, f func(key, value *yaml.Node) error) error {
	n = meant(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a map is expected", n.Line)
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a name is expected", key.Line)
		}
		if seen[key.Value] {
			return fmt.Errorf("line %d: %q is there twice", key.Line, key.Value)
		}
		seen[key.Value] = true
		if err := f(key, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// entries reads a map with names as keys.
func entries[V any](into *map[string]V, read func(*yaml.Node) (V, error)) reader {
	return func(n *yaml.Node) error {
		*into = make(map[string]V)
		return each(n, func(key, value *yaml.Node) error {
			v, err := read(value)
			(*into)[key.Value] = v
			return err
		})
	}
}

func text(into *string) reader { return scalar(into, "a string is expected") }

func truth(into *bool) reader { return scalar(into, "true or false is expected") }

func texts(into *[]string) reader { return scalar(into, "a list of strings is expected") }

func scalar[T any](into *T, what string) reader {
	return func(n *yaml.Node) error {
		if n.Decode(into) != nil {
			return fmt.Errorf("line %d: %s", n.Line, what)
		}
		return nil
	}
}

// isText tells whether a value stands for the map of which it is the main
// field.
func isText(n *yaml.Node) bool {
	n = meant(n)
	return n.Kind == yaml.ScalarNode && n.Tag != "!!null"
}

// meant follows an alias to what it stands for.
func meant(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func readDependency(n *yaml.Node) (d Dependency, err error) {
	if isText(n) {
		return d, text(&d.Path)(n)
	}
	if err = fields(n, map[string]reader{"path": text(&d.Path), "import": text(&d.Import)}); err == nil && d.Path == "" {
		err = fmt.Errorf("line %d: the path is missing", n.Line)
	}
	return d, err
}

func readInstantiation(n *yaml.Node) (i Instantiation, err error) {
	err = fields(n, map[string]reader{"dependency": text(&i.Dependency), "arguments": entries(&i.Arguments, readArgument)})
	return i, err
}

func readArgument(n *yaml.Node) (a Argument, err error) {
	if isText(n) {
		return a, text(&a.Instance)(n)
	}
	if err = fields(n, map[string]reader{"instance": text(&a.Instance), "export": text(&a.Export)}); err == nil && a.Instance == "" {
		err = fmt.Errorf("line %d: the instance is missing", n.Line)
	}
	return a, err
}
