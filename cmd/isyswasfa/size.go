package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// maxMemoryFlag is the flag of the commands that run components.
func maxMemoryFlag(value string) cli.Flag {
	return &cli.StringFlag{Name: "max-memory", Value: value, Usage: "most memory of each core instance, as `SIZE`"}
}

// maxMemory gives what the flag says.
func maxMemory(c *cli.Context) (uint64, error) {
	const least, most = 64 << 10, 4 << 30 // one page, and what 32 bits address
	n, err := parseSize(c.String("max-memory"))
	if err != nil {
		return 0, usagef("--max-memory: %v", err)
	}
	if n < least || n > most {
		return 0, usagef("--max-memory: %s is not from 64KiB to 4GiB", c.String("max-memory"))
	}
	return n, nil
}

// retireAbove gives what the flag says, as [wasihttp.Config] has it.
func retireAbove(c *cli.Context) (int64, error) {
	switch s := c.String("retire-above"); s {
	case "auto":
		return 0, nil
	case "never":
		return -1, nil
	default:
		n, err := parseSize(s)
		if err != nil || n == 0 || n > math.MaxInt64 {
			return 0, usagef("--retire-above: %q is no size, such as 64MiB, and neither auto nor never", s)
		}
		return int64(n), nil
	}
}

// parseSize reads a number of bytes such as "65536", "64MiB", "512K" or
// "1GB". Units without an i are binary too, as memory is counted.
func parseSize(s string) (uint64, error) {
	digits := strings.TrimRight(s, "BbIiKkMmGg ")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no size: write for example 64MiB", s)
	}
	shift, ok := map[string]uint{"": 0, "b": 0,
		"k": 10, "kb": 10, "kib": 10, "m": 20, "mb": 20, "mib": 20, "g": 30, "gb": 30, "gib": 30,
	}[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	if !ok {
		return 0, fmt.Errorf("%q is no size: its unit is none of B, KiB, MiB and GiB", s)
	}
	if n > math.MaxUint64>>shift {
		return 0, fmt.Errorf("%q is too large a size", s)
	}
	return n << shift, nil
}
