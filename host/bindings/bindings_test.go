package bindings_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/isyswasfa/isyswasfa/host/bindings"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

// A future may be waited for by many, some of whom give up, and again.
func TestTakeFuture(t *testing.T) {
	future := new(wasi.Future[int])
	lifted := 0
	get := bindings.TakeFuture(&wasi.Receiver[int]{Future: future}, func(n int) (string, error) {
		lifted++
		return fmt.Sprint(n), nil
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if v, err := get(gone); err != context.Canceled {
		t.Errorf("%q, %v", v, err)
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if v, err := get(t.Context()); v != "42" || err != nil {
				t.Errorf("%q, %v", v, err)
			}
		})
	}
	future.Resolve(42)
	wg.Wait()
	if lifted != 1 {
		t.Errorf("lifted %d times", lifted)
	}
	dropped := new(wasi.Future[int])
	dropped.Drop()
	if _, err := bindings.TakeFuture(&wasi.Receiver[int]{Future: dropped}, bindings.Same)(t.Context()); err != bindings.ErrDropped {
		t.Errorf("a future whose sender was dropped: %v", err)
	}
}

func TestErrors(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", bindings.Fail("full"))
	if v, ok := bindings.AsValue[string](err); v != "full" || !ok {
		t.Errorf("%q, %t", v, ok)
	}
	if _, ok := bindings.AsValue[int](err); ok {
		t.Error("a string is found as an int")
	}
	if _, ok := bindings.AsUnit(errors.New("any")); !ok {
		t.Error("an error without a value takes no other")
	}
}

func TestBytes(t *testing.T) {
	r := bindings.Bytes(strings.NewReader("abc"))
	if bindings.Bytes(r) != r {
		t.Error("a stream is wrapped again")
	}
	if n, err := bindings.Bytes(nil).Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("nil is no empty stream: %d, %v", n, err)
	}
}
