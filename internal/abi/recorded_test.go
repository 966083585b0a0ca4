package abi_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/isyswasfa/isyswasfa/internal/abi/abitest"
)

// TestRecorded checks all plans against what the specification's executable
// model answered to questions about random values, for components with equal
// and with different encodings of strings. The recording is made by
// TestRecordDefinitions in test/interop, which asks for many more.
func TestRecorded(t *testing.T) {
	f, err := os.Open("testdata/recorded.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.UseNumber()
	var checker abitest.Checker
	values, traps := 0, 0
	for {
		var x abitest.Exchange
		if err := d.Decode(&x); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		values++
		for _, p := range []*abitest.Passed{&x.A.Param, &x.A.Res} {
			if p.Moved == nil {
				traps++
			}
		}
		if err := checker.Check(x.Q, x.A); err != nil {
			t.Errorf("line %d: %v", values, err)
		}
	}
	if values < 600 || traps < 200 {
		t.Errorf("%d values, %d traps", values, traps)
	}
}
