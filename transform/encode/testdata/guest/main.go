// A guest of the standard library alone, to see how it fares on the adapter.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"
	"unsafe"
)

func init() {
	start := time.Now()
	fmt.Println("init", os.Args, os.Getenv("LONG") == strings.Repeat("x", 5000), len(os.Environ()))
	time.Sleep(2 * time.Millisecond)
	fmt.Fprintln(os.Stderr, "slept", time.Since(start) >= 2*time.Millisecond)
}

var kept [][]byte

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	b := make([]byte, size)
	kept = append(kept, b)
	return unsafe.Pointer(unsafe.SliceData(b))
}

// sum gets a list from an allocation in which garbage may be collected, which
// reads the clock.
//
//go:wasmexport sum
func sum(p *byte, n uint32) (total uint32) {
	for _, b := range unsafe.Slice(p, n) {
		total += uint32(b)
	}
	kept = nil
	return total
}

//go:wasmexport run
func run() uint32 {
	_, err := os.ReadFile("/etc/hosts")
	fmt.Println("file:", errors.Is(err, fs.ErrNotExist))
	fmt.Println("mkdir:", errors.Is(os.Mkdir("x", 0o700), fs.ErrNotExist))
	_, err = net.FileListener(os.Stdin)
	fmt.Println("socket:", err != nil)
	text, err := io.ReadAll(os.Stdin)
	fmt.Printf("stdin: %q %v\n", text, err)
	fmt.Println(strings.Repeat("0123456789", 1000))
	ticker := time.NewTicker(time.Millisecond)
	for range 3 {
		<-ticker.C
	}
	return 7
}

//go:wasmexport quit
func quit() { os.Exit(3) }

func main() {}
