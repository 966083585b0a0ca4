package gobuild

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A tool runs the go command in one folder, for one package.
type tool struct {
	path   string  // of the go command
	dir    string  // where it runs
	pkg    string  // the package as the go command wants it
	asked  string  // the package as the user typed it
	env    environ // complete
	cache  string  // our folder for files that outlive the build; "" if there is none
	stderr io.Writer

	flagTags []string // from GOFLAGS
}

// newTool finds the go command and settles its environment. The map holds
// what `go env` says in the folder, so after any switch of the toolchain.
func newTool(ctx context.Context, o Options, dir, pkg string) (*tool, map[string]string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, nil, errors.New("there is no go command in PATH: components are built with Go 1.26 or later, see https://go.dev/dl")
	}
	inherited := environ(o.Env)
	if o.Env == nil {
		inherited = os.Environ()
	}
	t := &tool{path: path, dir: dir, pkg: pkg, asked: cmp.Or(o.Package, "."), stderr: o.Stderr, env: targetEnv(inherited, dir)}
	out, err := t.run(ctx, t.asked, "env", "-json", "GOROOT", "GOVERSION", "GOFLAGS", "GOCACHE", "GOMODCACHE")
	if err != nil {
		return nil, nil, err
	}
	var env map[string]string
	if err := json.Unmarshal([]byte(out), &env); err != nil {
		return nil, nil, fmt.Errorf("go env: %w", err)
	}
	kept, tags, err := splitGOFLAGS(env["GOFLAGS"])
	if err != nil {
		return nil, nil, err
	}
	t.flagTags = tags
	// A blank, unlike the empty string, hides what `go env -w GOFLAGS` set.
	t.env = t.env.with("GOFLAGS", " "+joinQuoted(kept))
	if err := t.findCaches(env["GOCACHE"], env["GOMODCACHE"]); err != nil {
		return nil, nil, err
	}
	return t, env, nil
}

// tags gives all the tags of a build.
func (t *tool) tags(more []string) []string {
	all := append([]string(nil), t.flagTags...)
	for _, m := range more {
		all = append(all, splitTags(m)...)
	}
	return all
}

// in gives the tool with its temporary files in tmp: a go command that is
// killed leaves them behind.
func (t *tool) in(tmp string) *tool {
	with := *t
	with.env = t.env.with("GOTMPDIR", tmp)
	return &with
}

// run runs the go command and gives its standard output. If it fails the
// error is a [*BuildError] with what it said.
func (t *tool) run(ctx context.Context, what string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir, cmd.Env = t.dir, t.env
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second // for compilers that outlive a cancelled go command
	err := cmd.Run()
	switch said := strings.TrimSpace(stderr.String()); {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && said != "":
		return "", &BuildError{Package: what, Output: said}
	case err != nil:
		return "", fmt.Errorf("%s %s: %w", t.path, args[0], err)
	case said != "" && t.stderr != nil:
		fmt.Fprintln(t.stderr, said)
	}
	return stdout.String(), nil
}
