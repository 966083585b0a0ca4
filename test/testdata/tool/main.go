// Command tool is an ordinary program that knows nothing of components: it
// tells what it is given, and exits with a failure if told so.
package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

func main() {
	fmt.Printf("args %q, TOOL=%s\n", os.Args, os.Getenv("TOOL"))
	start := time.Now()
	time.Sleep(time.Millisecond)
	fmt.Println("slept", time.Since(start) >= time.Millisecond, start.Year() > 2000, rand.Uint64() != rand.Uint64())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() == "fail" {
			fmt.Fprintln(os.Stderr, "told to fail")
			os.Exit(3)
		}
		fmt.Println(strings.ToUpper(lines.Text()))
	}
	if _, err := os.Open("file"); err != nil {
		fmt.Println("no files")
	}
}
