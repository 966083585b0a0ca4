package wasi

import (
	crand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/isyswasfa/isyswasfa/host"
)

// MaxRandom is how many random bytes one call gives at most. A call of WASI
// 0.2 that wants more traps; one of WASI 0.3 gets this many.
const MaxRandom = 1 << 20

type lenParam struct{ Len uint64 }

func addRandom(l *host.Linker) {
	for _, v := range []string{"0.2.0", "0.3.0"} {
		exact := v == "0.2.0"
		d := l.Instance("wasi:random/random@" + v)
		d.Func("get-random-bytes", host.Func(func(_ *host.Call, p lenParam) ([]byte, error) {
			return randomBytes(p.Len, exact, func(b []byte) { crand.Read(b) })
		}))
		d.Func("get-random-u64", host.Func(func(*host.Call, noParams) (uint64, error) {
			var b [8]byte
			crand.Read(b[:])
			return binary.LittleEndian.Uint64(b[:]), nil
		}))

		d = l.Instance("wasi:random/insecure@" + v)
		d.Func("get-insecure-random-bytes", host.Func(func(_ *host.Call, p lenParam) ([]byte, error) {
			return randomBytes(p.Len, exact, insecureFill)
		}))
		d.Func("get-insecure-random-u64", host.Func(func(*host.Call, noParams) (uint64, error) {
			return rand.Uint64(), nil
		}))
	}
	type seed struct{ A, B uint64 }
	insecureSeed := host.Func(func(*host.Call, noParams) (seed, error) {
		return seed{rand.Uint64(), rand.Uint64()}, nil
	})
	l.Instance("wasi:random/insecure-seed@0.2.0").Func("insecure-seed", insecureSeed)
	l.Instance("wasi:random/insecure-seed@0.3.0").Func("get-insecure-seed", insecureSeed)
}

func randomBytes(n uint64, exact bool, fill func([]byte)) ([]byte, error) {
	if n > MaxRandom {
		if exact {
			return nil, fmt.Errorf("%d random bytes wanted, at most %d are given at once", n, MaxRandom)
		}
		n = MaxRandom
	}
	b := make([]byte, n)
	fill(b)
	return b, nil
}

func insecureFill(b []byte) {
	for len(b) > 0 {
		var w [8]byte
		binary.LittleEndian.PutUint64(w[:], rand.Uint64())
		b = b[copy(b, w[:]):]
	}
}
