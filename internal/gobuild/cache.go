package gobuild

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// findCaches chooses our cache folder and sees to it that the go command has
// a build cache and a module cache: where HOME is missing or cannot be
// written to, they go to a folder of the user's below the temporary one.
func (t *tool) findCaches(gocache, gomodcache string) error {
	if base, err := os.UserCacheDir(); err == nil {
		t.cache = filepath.Join(base, "isyswasfa")
	}
	if t.cache != "" && !writable(t.cache) {
		t.cache = ""
	}
	buildOK := filepath.IsAbs(gocache) && writable(gocache)
	modOK := filepath.IsAbs(gomodcache) && (isDir(gomodcache) || writable(gomodcache))
	if t.cache != "" && buildOK && modOK {
		return nil
	}
	if t.cache == "" {
		var err error
		t.cache, err = tempCache()
		switch {
		case err != nil && buildOK && modOK:
			return nil // the overlay can do without
		case err != nil:
			return fmt.Errorf("no folder for Go's build cache: %w", err)
		}
	}
	if !buildOK {
		t.env = t.env.with("GOCACHE", filepath.Join(t.cache, "go-build"))
	}
	if !modOK {
		t.env = t.env.with("GOMODCACHE", filepath.Join(t.cache, "go-mod"))
	}
	return nil
}

// tempCache makes a folder below the temporary one that is found again by the
// next build of the same user, and that nobody else can write to: what is in
// it becomes part of programs.
func tempCache() (string, error) {
	dir := filepath.Join(os.TempDir(), "isyswasfa-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || !ownedByUser(info) {
		return "", fmt.Errorf("%s exists and is not a folder of this user", dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return "", err
	}
	if !writable(dir) {
		return "", fmt.Errorf("cannot write to %s", dir)
	}
	return dir, nil
}

func isDir(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}

// writable tells whether files can be made in a folder, which it makes if it
// has to.
func writable(dir string) bool {
	if os.MkdirAll(dir, 0o777) != nil {
		return false
	}
	f, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}
