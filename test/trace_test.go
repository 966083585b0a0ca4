package test

import (
	"bytes"
	"context"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/trace"
	roundtrip "github.com/isyswasfa/isyswasfa/test/cases/round-trip/host"
)

var update = flag.Bool("update", false, "renew golden files and the pictures in docs")

// The picture of round-trip in the docs shows what happens today, but for the
// times. On a busy machine the guest may see the end of its sleep before the
// host tells it, and things happen in another order: then it has another try.
func TestTraceRoundTrip(t *testing.T) {
	const tries = 5
	for try := 1; ; try++ {
		d := drawingDiff(t, "round-trip.svg", traceRoundTrip(t))
		if d == "" {
			return
		}
		if try == tries {
			t.Fatalf("round-trip.svg (-docs +today):\n%s", d)
		}
	}
}

// traceRoundTrip gives the trace of one call of round-trip.
func traceRoundTrip(t *testing.T) []byte {
	ctx := context.Background()
	var file bytes.Buffer
	w := trace.NewWriter(&file)
	engine, err := host.NewEngine(ctx, host.Config{Observer: w})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(ctx)
	binary, err := os.ReadFile(component(t, "round-trip"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := engine.Compile(ctx, "round-trip", binary)
	if err != nil {
		t.Fatal(err)
	}
	in, err := roundtrip.Instantiate(ctx, engine, c, roundtrip.Imports{Baz: bazHost{}}, host.InstanceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Baz.Foo(ctx, "hello, world!"); err != nil {
		t.Fatal(err)
	}
	in.Close(ctx)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// drawingDiff compares what the drawing of a trace says with a picture.
func drawingDiff(t *testing.T, name string, file []byte) string {
	t.Helper()
	records, err := trace.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var drawn bytes.Buffer
	if err := trace.Draw(&drawn, records, trace.Instances(records)[0]); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "docs", name)
	if *update {
		if err := os.WriteFile(path, drawn.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return cmp.Diff(words(t, want), words(t, drawn.Bytes()))
}

// words gives the texts of a drawing but for the times.
func words(t *testing.T, svg []byte) []string {
	t.Helper()
	var drawing struct {
		Text []struct {
			Class string `xml:"class,attr"`
			Text  string `xml:",chardata"`
		} `xml:"text"`
		Groups []struct {
			Text []string `xml:"text"`
		} `xml:"g"`
	}
	if err := xml.Unmarshal(svg, &drawing); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, x := range drawing.Text {
		if x.Class != "time" {
			all = append(all, x.Text)
		}
	}
	for _, g := range drawing.Groups {
		all = append(all, g.Text...)
	}
	return slices.DeleteFunc(all, func(s string) bool { return strings.TrimSpace(s) == "" })
}
