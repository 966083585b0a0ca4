package gobuild

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// A World is what a comment
//
//	//isyswasfa:world NAME [WITDIR]
//
// in one of the package's Go files says.
type World struct {
	Name string         // such as "service" or "wasi:http/service@0.3.0"
	Dir  string         // the folder of the WIT, absolute; "" if the directive names none
	Pos  token.Position // of the comment
}

const directivePrefix = "//isyswasfa:world"

// findWorld looks for the directive in the files of a package.
func findWorld(dir string, files []string) (*World, error) {
	var found *World
	fset := token.NewFileSet()
	for _, name := range files {
		file, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				rest, ok := strings.CutPrefix(c.Text, directivePrefix)
				if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
					continue
				}
				w, err := parseWorld(rest, dir, fset.Position(c.Pos()))
				if err != nil {
					return nil, err
				}
				if found != nil {
					return nil, fmt.Errorf("%s: a second %s directive; the first is at %s", w.Pos, directivePrefix, found.Pos)
				}
				found = w
			}
		}
	}
	return found, nil
}

// parseWorld reads what follows the directive's name. A folder with spaces in
// its name is written as a quoted Go string.
func parseWorld(rest, pkgDir string, pos token.Position) (*World, error) {
	name, dir, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(rest, "\t", " ")), " ")
	dir = strings.TrimSpace(dir)
	bad := func() (*World, error) {
		return nil, fmt.Errorf("%s: want %s NAME [WITDIR], have %q", pos, directivePrefix, directivePrefix+rest)
	}
	if strings.HasPrefix(dir, `"`) {
		var err error
		if dir, err = strconv.Unquote(dir); err != nil {
			return bad()
		}
	} else if strings.Contains(dir, " ") {
		return bad()
	}
	if name == "" {
		return bad()
	}
	w := &World{Name: name, Pos: pos}
	if dir != "" {
		w.Dir = filepath.FromSlash(dir)
		if !filepath.IsAbs(w.Dir) {
			w.Dir = filepath.Join(pkgDir, w.Dir)
		}
	}
	return w, nil
}
