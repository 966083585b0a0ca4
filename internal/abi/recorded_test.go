package abi_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi/abitest"
)

// recorded gives the recording of what the specification's executable model
// answered to questions about random values, for components with equal and
// with different encodings of strings. It is made by TestRecordDefinitions in
// test/interop, which asks for many more.
func recorded(t *testing.T) (list []*abitest.Exchange) {
	f, err := os.Open("testdata/recorded.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.UseNumber()
	for {
		x := new(abitest.Exchange)
		if err := d.Decode(x); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
}

// TestRecorded checks all plans against the recording.
func TestRecorded(t *testing.T) {
	var checker abitest.Checker
	list, traps := recorded(t), 0
	for i, x := range list {
		for _, p := range []*abitest.Passed{&x.A.Param, &x.A.Res} {
			if p.Moved == nil {
				traps++
			}
		}
		if err := checker.Check(x.Q, x.A); err != nil {
			t.Errorf("line %d: %v", i+1, err)
		}
	}
	if len(list) < 600 || traps < 200 {
		t.Errorf("%d values, %d traps", len(list), traps)
	}
}

// TestRecordedWrong wants the checks to find answers that are wrong.
func TestRecordedWrong(t *testing.T) {
	for name, spoil := range map[string]func(p *abitest.Passed){
		"core value": func(p *abitest.Passed) { p.Lowered.Flat[0]++ },
		"heap":       func(p *abitest.Passed) { p.Lowered.Heap += "00" },
		"lifted":     func(p *abitest.Passed) { p.Lifted = json.RawMessage(`"wrong"`) },
		"lift trap":  func(p *abitest.Passed) { p.Lifted, p.Moved = nil, nil },
		"moved heap": func(p *abitest.Passed) { p.Moved.Heap += "00" },
		"moved core": func(p *abitest.Passed) { p.Moved.Flat[0]++ },
		"move trap":  func(p *abitest.Passed) { p.Moved = nil },
	} {
		var checker abitest.Checker
		found, tried := 0, 0
		for _, x := range recorded(t) {
			for _, p := range []*abitest.Passed{&x.A.Param, &x.A.Res} {
				if p.Moved == nil || tried == 40 {
					continue
				}
				kept, moved := *p, *p.Moved
				kept.Lowered.Flat, moved.Flat = slices.Clone(p.Lowered.Flat), slices.Clone(p.Moved.Flat)
				if spoil(p); checker.Check(x.Q, x.A) != nil {
					found++
				}
				*p, tried = kept, tried+1
				*p.Moved = moved
			}
		}
		if found < 40 {
			t.Errorf("%s: %d of %d wrong answers found", name, found, tried)
		}
	}
}
