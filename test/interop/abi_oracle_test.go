//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/abi/abitest"
)

var (
	definitions = flag.String("definitions", os.Getenv("ISYSWASFA_DEFINITIONS"),
		"compare with `FILE`, design/mvp/canonical-abi/definitions.py of the component model's repository")
	abiValues = flag.Int("abi-values", 20_000, "compare `N` values")
	abiSeed   = flag.Uint64("abi-seed", 1, "make types and values from `SEED`")
	abiRecord = flag.Bool("abi-record", false, "record some answers for the tests of internal/abi")
)

// valuesPerType is how many questions are asked about each random type.
const valuesPerType = 20

// An oracle is a process that answers questions, a line each.
type oracle struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startOracle(t *testing.T, script string) *oracle {
	t.Helper()
	if *definitions == "" {
		t.Skip("no -definitions")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not in PATH")
	}
	cmd := exec.Command(python, filepath.Join("testdata", script), *definitions)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be in the middle of an answer
		_ = cmd.Wait()
	})
	return &oracle{in, bufio.NewReaderSize(out, 1<<20)}
}

// exchange writes the questions that next gives, until it gives nil, and calls
// each with every one and with what reads its answer. Questions are written
// while answers are read.
func exchange[Q any](ctx context.Context, o *oracle, next func() *Q, each func(q *Q, answer func(any) error) error) error {
	questions := make(chan *Q, 1000)
	go func() {
		defer close(questions)
		w := bufio.NewWriter(o.in)
		defer w.Flush()
		enc := json.NewEncoder(w)
		for q := next(); q != nil; q = next() {
			if enc.Encode(q) != nil {
				return
			}
			select {
			case questions <- q:
			case <-ctx.Done():
				return
			}
		}
	}()
	dec := json.NewDecoder(o.out)
	for q := range questions {
		if err := each(q, dec.Decode); err != nil {
			return err
		}
	}
	return nil
}

// ask asks n questions about types of at most the depth, and calls each with
// them and their answers.
func (o *oracle) ask(ctx context.Context, g *abitest.Generator, n, depth int, each func(*abitest.Exchange) error) error {
	var d abitest.Desc
	var t *abi.Type
	asked := 0
	next := func() *abitest.Question {
		if asked == n {
			return nil
		}
		if asked%valuesPerType == 0 {
			d = g.Type(depth)
			t = abitest.TypeOf(d)
		}
		asked++
		return g.Question(d, t)
	}
	return exchange(ctx, o, next, func(q *abitest.Question, answer func(any) error) error {
		x := &abitest.Exchange{Q: q}
		if err := answer(&x.A); err != nil {
			return fmt.Errorf("no answer to %v: %w", q, err)
		}
		return each(x)
	})
}

// TestDefinitions compares plans with the specification's executable model:
// what values become in memory and as core values, what becomes of them when
// they were damaged there, and what they become in the memory of another
// component with another encoding of strings.
func TestDefinitions(t *testing.T) {
	o := startOracle(t, "oracle.py")
	start := time.Now()
	var checker abitest.Checker
	values, traps, skipped, failed := 0, 0, 0, 0
	err := o.ask(t.Context(), abitest.NewGenerator(*abiSeed), *abiValues, 5, func(x *abitest.Exchange) error {
		values++
		for _, p := range []*abitest.Passed{&x.A.Param, &x.A.Res} {
			switch {
			case string(p.Lifted) == "true":
				skipped++
			case p.Moved == nil:
				traps++
			}
		}
		if err := checker.Check(x.Q, x.A); err != nil {
			t.Errorf("question %d: %.2000v", values, err)
			if failed++; failed == 20 {
				return fmt.Errorf("too many differences")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %d values of %d types, each as a parameter and as a result: %d traps, %d too long to lift; %.1f s",
		*abiSeed, values, (values+valuesPerType-1)/valuesPerType, traps, skipped, time.Since(start).Seconds())
}

// TestHandles compares what becomes of handles in the same way: in values that
// one component passes to another, and in the tables of both.
func TestHandles(t *testing.T) {
	o := startOracle(t, "oracle.py")
	start := time.Now()
	g, asked, traps, failed := abitest.NewGenerator(*abiSeed), 0, 0, 0
	next := func() *abitest.HandleQuestion {
		if asked++; asked > *abiValues/4 {
			return nil
		}
		return g.HandleQuestion(4)
	}
	err := exchange(t.Context(), o, next, func(q *abitest.HandleQuestion, answer func(any) error) error {
		var a abitest.HandleAnswer
		if err := answer(&a); err != nil {
			return err
		}
		if a.Moved == nil || a.After == nil {
			traps++
		}
		if err := abitest.CheckHandles(q, &a); err != nil {
			t.Errorf("%.2000v", err)
			if failed++; failed == 20 {
				return fmt.Errorf("too many differences")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d: %d values with handles, %d traps, %.1f s", *abiSeed, *abiValues/4, traps, time.Since(start).Seconds())
}

// TestLimits compares which lengths of strings and lists are too large. The
// longest list is not lifted, as that takes the model too long.
func TestLimits(t *testing.T) {
	type question struct {
		Type abitest.Desc       `json:"t"`
		Enc  abi.StringEncoding `json:"a"`
		Flat []uint64           `json:"flat"`
		Size uint32             `json:"size"` // of the memory
	}
	const most, tag = abi.MaxListBytes, 1 << 31
	list := []any{"list", "u64"}
	questions := []*question{
		{"string", abi.UTF8, []uint64{16, most}, most + 16},
		{"string", abi.UTF8, []uint64{17, most}, most + 16},
		{"string", abi.UTF8, []uint64{16, most + 1}, most + 64},
		{"string", abi.UTF16, []uint64{16, most / 2}, most + 64},
		{"string", abi.UTF16, []uint64{16, most/2 + 1}, most + 64},
		{"string", abi.UTF16, []uint64{16, tag}, most + 64},
		{"string", abi.UTF16, []uint64{16, tag | 1}, most + 64},
		{"string", abi.Latin1UTF16, []uint64{16, most}, most + 64},
		{"string", abi.Latin1UTF16, []uint64{16, most + 1}, most + 64},
		{"string", abi.Latin1UTF16, []uint64{16, tag | most/2}, most + 64},
		{"string", abi.Latin1UTF16, []uint64{16, tag | (most/2 + 1)}, most + 64},
		{list, abi.UTF8, []uint64{16, most/8 + 1}, most + 64},
		{list, abi.UTF8, []uint64{16, 1 << 29}, most + 64},
		{list, abi.UTF8, []uint64{1 << 31, 0}, 64},
		{list, abi.UTF8, []uint64{64, 0}, 64},
		{list, abi.UTF8, []uint64{72, 0}, 64},
		{list, abi.UTF8, []uint64{60, 0}, 64},
	}
	o, asked := startOracle(t, "oracle.py"), 0
	next := func() (q *question) {
		if asked < len(questions) {
			q = questions[asked]
		}
		asked++
		return q
	}
	accepted := 0
	err := exchange(t.Context(), o, next, func(q *question, answer func(any) error) error {
		var accept bool
		if err := answer(&accept); err != nil {
			return err
		}
		if accept {
			accepted++
		}
		if err := abitest.Liftable(abitest.TypeOf(q.Type), q.Enc, q.Flat, q.Size); accept != (err == nil) {
			t.Errorf("%v: %v, want %v", *q, err, accept)
		}
		return nil
	})
	if err != nil || accepted < 5 {
		t.Fatal(accepted, err)
	}
}

// TestRecordDefinitions writes the short ones of the answers to the recording
// that the tests of internal/abi read:
//
//	go test -tags interop ./test/interop -run TestRecordDefinitions -definitions FILE -abi-record
func TestRecordDefinitions(t *testing.T) {
	if !*abiRecord {
		t.Skip("no -abi-record")
	}
	const (
		perType = 2
		most    = 700 // answers
		longest = 650 // bytes of each
	)
	var lines bytes.Buffer
	n, ofType, last := 0, 0, ""
	err := startOracle(t, "oracle.py").ask(t.Context(), abitest.NewGenerator(*abiSeed), 20*most, 5, func(x *abitest.Exchange) error {
		line, err := json.Marshal(x)
		if err != nil {
			return err
		}
		if desc := fmt.Sprint(x.Q.Type); desc != last {
			ofType, last = 0, desc
		}
		if len(line) > longest || ofType == perType || n == most || string(x.A.Param.Lifted) == "true" || string(x.A.Res.Lifted) == "true" {
			return nil
		}
		n, ofType = n+1, ofType+1
		lines.Write(append(line, '\n'))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../../internal/abi/testdata/recorded.jsonl", lines.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d answers, %d bytes", n, lines.Len())
}
