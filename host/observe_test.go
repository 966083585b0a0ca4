package host

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "renew the golden files")

// golden compares the sections of a txtar file with what was written.
func golden(t *testing.T, file, comment string, sections ...txtar.File) {
	t.Helper()
	got := &txtar.Archive{Comment: []byte(comment), Files: sections}
	if *update {
		if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(txtar.Format(got))); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

// sorted splits what a text observer wrote into polls and the rest.
func sorted(text string) (polls, tasks []byte) {
	for line := range strings.Lines(text) {
		if strings.Contains(line, "] -> [") {
			polls = append(polls, line...)
		} else {
			tasks = append(tasks, line...)
		}
	}
	return polls, tasks
}

// A chain of three components passes a call on to the host; the second one is
// cancelled.
func TestObserve(t *testing.T) {
	var text bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	pre := relayProgramOf(newProgram(t, "root", "root/0", "root/1", "root/2"), u32, chained).
		linkWith(Config{Observer: NewTextObserver(&text)}, defineFetch(func(c *Call, p single, done *Completion[uint32]) error {
			switch p.A {
			case 0:
				done.Resolve(1)
			case 1:
				c.Instance().Post(func() { done.Resolve(2) })
			case 2: // some rounds later
				in := c.Instance()
				in.Post(func() { in.Post(func() { in.Post(cancel) }) })
			}
			return nil
		}))
	get := export[single, uint32](t, pre, "get")
	in := instance(t, pre)
	for x := range uint32(2) {
		if _, err := get.Call(context.Background(), in, single{x}); err != nil {
			t.Fatal(err)
		}
		checkEmpty(t, in)
	}
	if _, err := get.Call(ctx, in, single{2}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	checkEmpty(t, in)
	in.Close(context.Background())
	polls, tasks := sorted(text.String())
	golden(t, "testdata/observe.txtar", "Three calls through three components: answered at once, later, and cancelled.\n",
		txtar.File{Name: "polls", Data: polls}, txtar.File{Name: "tasks", Data: tasks})
}
