package test

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/abi"
	"github.com/isyswasfa/isyswasfa/internal/abi/abitest"
	"github.com/isyswasfa/isyswasfa/test/passing"
)

// TestPassing passes random values of random types through two components to
// the host and back, for all pairs of encodings of strings.
func TestPassing(t *testing.T) {
	engine, err := host.NewEngine(t.Context(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close(t.Context())
	g := abitest.NewGenerator(4)
	for a := abi.UTF8; a <= abi.Latin1UTF16; a++ {
		for b := abi.UTF8; b <= abi.Latin1UTF16; b++ {
			batch := passing.NewBatch(g, 12, 10, 5, nil)
			binary, err := batch.Component(a, b)
			if err == nil {
				err = batch.Run(t.Context(), engine, binary)
			}
			if err != nil {
				t.Errorf("encodings %d and %d: %v", a, b, err)
			}
		}
	}
}
