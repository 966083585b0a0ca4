package trace

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/isyswasfa/isyswasfa/host"
)

var update = flag.Bool("update", false, "renew the golden files")

// story is a call of the host's that passes through two components, of which
// one waits for two things at once and gives one of them up.
var story = []host.Event{
	{Kind: host.EventStart, Component: "root/front", Task: 1, Func: "test:a/a get"},
	{Kind: host.EventStart, Component: "root/back", Task: 2, Func: "test:b/b fetch", Caller: 1, CallerComponent: "root/front"},
	{Kind: host.EventStart, Task: 3, Func: "timer", Caller: 2, CallerComponent: "root/back"},
	{Kind: host.EventStart, Task: 4, Func: "test:h/h [static]isyswasfa-receiver-u8.receive", Caller: 2, CallerComponent: "root/back"},
	{Kind: host.EventReturn, Component: "root/back", Task: 2},
	{Kind: host.EventReturn, Component: "root/front", Task: 1},
	{Kind: host.EventWait, Task: 0, On: 1},
	{Kind: host.EventPoll, Component: "root/back"},
	{Kind: host.EventPolled, Component: "root/back", Outputs: []host.PollEvent{{Name: "listen", State: 5, Task: 3}, {Name: "pending", State: 6, Task: 2}}},
	{Kind: host.EventWait, Component: "root/back", Task: 2, On: 3},
	{Kind: host.EventWait, Component: "root/back", Task: 2, On: 4},
	{Kind: host.EventWait, Component: "root/front", Task: 1, On: 2},
	{Kind: host.EventEnd, Task: 3},
	{Kind: host.EventWake, Component: "root/back", Task: 2, On: 3},
	{Kind: host.EventPoll, Component: "root/back", Inputs: []host.PollEvent{{Name: "ready", State: 5, Task: 3}}},
	{Kind: host.EventPolled, Component: "root/back"},
	{Kind: host.EventCancel, Component: "root/back", Task: 2, On: 4},
	{Kind: host.EventEnd, Task: 4, Outcome: host.Cancelled},
	{Kind: host.EventStart, Component: "root/back", Task: 5, Func: "background task", Caller: 2, CallerComponent: "root/back"},
	{Kind: host.EventEnd, Component: "root/back", Task: 2},
	{Kind: host.EventWake, Component: "root/front", Task: 1, On: 2},
	{Kind: host.EventEnd, Component: "root/front", Task: 1},
	{Kind: host.EventWake, On: 1},
	{Kind: host.EventStart, Component: "root/front", Task: 6, Func: "<quick> & done"},
	{Kind: host.EventReturn, Component: "root/front", Task: 6},
	{Kind: host.EventEnd, Component: "root/front", Task: 6},
	{Kind: host.EventEnd, Component: "root/back", Task: 5, Outcome: host.Dropped},
	{Kind: host.EventFail, Err: errors.New("out of luck")},
}

// write writes the story of two instances, one event each 3 ms.
func write(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	w := NewWriter(&file)
	now := time.Duration(0)
	w.now = func() time.Duration { now += 1500 * time.Microsecond; return now }
	for _, e := range story {
		for e.Instance = 7; e.Instance < 9; e.Instance++ {
			w.Observe(e)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Observe(story[0])
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestTrace(t *testing.T) {
	file := write(t)
	records, err := Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var got []host.Event
	for _, r := range records {
		if r.Instance == 7 {
			r.Instance = 0
			got = append(got, r.Event)
		}
	}
	same := cmp.Comparer(func(a, b error) bool { return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error()) })
	if d := cmp.Diff(story, got, same); d != "" {
		t.Errorf("events (-written +read):\n%s", d)
	}
	if got := Instances(records); !cmp.Equal(got, []uint64{7, 8}) {
		t.Errorf("instances %v", got)
	}
	var drawn bytes.Buffer
	if err := Draw(&drawn, records, 7); err != nil {
		t.Fatal(err)
	}
	checkXML(t, drawn.Bytes())
	golden := &txtar.Archive{Files: []txtar.File{{Name: "trace.json", Data: file}, {Name: "trace.svg", Data: drawn.Bytes()}}}
	if *update {
		if err := os.WriteFile("testdata/story.txtar", txtar.Format(golden), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/story.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(txtar.Format(golden))); d != "" {
		t.Errorf("golden (-want +got):\n%s", d)
	}
}

func checkXML(t *testing.T, text []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

// Slices on a thread nest, asynchronous ones end by the name and thread that
// they began with, and every arrow has two ends.
func TestFormat(t *testing.T) {
	var entries []entry
	if err := json.Unmarshal(write(t), &entries); err != nil {
		t.Fatal(err)
	}
	type thread struct {
		process uint64
		thread  int
	}
	stacks, open, arrows := map[thread]int{}, map[string]int{}, map[string]string{}
	for _, e := range entries {
		at := thread{e.Process, e.Thread}
		switch e.Phase {
		case "B", "E":
			stacks[at] += map[string]int{"B": 1, "E": -1}[e.Phase]
			if stacks[at] < 0 {
				t.Errorf("%+v ends what has not begun", e)
			}
		case "b", "e":
			key := strings.Join([]string{e.Category, e.Name, e.ID2.Local, string(rune('0' + e.Process)), string(rune('0' + e.Thread))}, " ")
			open[key] += map[string]int{"b": 1, "e": -1}[e.Phase]
		case "s", "f":
			arrows[e.ID] += e.Phase
		}
	}
	for at, n := range stacks {
		if n != 0 && n != 1 { // the background task never returns
			t.Errorf("thread %v: %d slices open", at, n)
		}
	}
	for key, n := range open {
		if n != 0 {
			t.Errorf("slice %s: %d open", key, n)
		}
	}
	if len(arrows) == 0 {
		t.Error("no arrows")
	}
	for id, ends := range arrows {
		if ends != "sf" {
			t.Errorf("arrow %s has ends %q", id, ends)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for _, c := range []struct{ text, err string }{
		{"", "not a trace: it should begin with ["},
		{"{}", "not a trace: it should begin with ["},
		{"[1]", "not a trace: after byte 1: json: cannot unmarshal number into Go value of type trace.entry"},
		{`[{"args":{"event":"jump"}}]`, `not a trace: after byte 1: an event of the unknown kind "jump"`},
	} {
		if _, err := Read(strings.NewReader(c.text)); err == nil || err.Error() != c.err {
			t.Errorf("%s: %v, want %s", c.text, err, c.err)
		}
	}
	if err := Draw(io.Discard, nil, 3); err == nil || err.Error() != "the trace has no instance 3" {
		t.Error(err)
	}
	full := write(t)
	whole, err := Read(bytes.NewReader(full))
	if err != nil {
		t.Fatal(err)
	}
	cut, err := Read(bytes.NewReader(full[:len(full)/2]))
	if err != nil || len(cut) == 0 || len(cut) >= len(whole) {
		t.Errorf("%d of %d events of a file that was cut off, %v", len(cut), len(whole), err)
	}
}

func FuzzDraw(f *testing.F) {
	f.Add([]byte(`[{"ts":1,"args":{"event":"start","task":1,"func":"f"}},{"ts":0,"args":{"event":"wake","on":1}}]`))
	f.Add([]byte(`[{"args":{"event":"fail"}},{"args":{"event":"end","task":1,"outcome":"dropped"}}]`))
	f.Fuzz(func(t *testing.T, file []byte) {
		records, err := Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		for _, n := range Instances(records) {
			var drawn bytes.Buffer
			if err := Draw(&drawn, records, n); err != nil {
				t.Fatal(err)
			}
			checkXML(t, drawn.Bytes())
		}
	})
}

// TestOrder draws records whose times run backwards.
func TestOrder(t *testing.T) {
	var out bytes.Buffer
	records := []Record{
		{time.Hour, host.Event{Kind: host.EventStart, Task: 1, Func: "f"}},
		{time.Minute, host.Event{Kind: host.EventEnd, Task: 1}},
	}
	if err := Draw(&out, records, 0); err != nil || strings.Contains(out.String(), "NaN") {
		t.Errorf("%v\n%s", err, &out)
	}
}
