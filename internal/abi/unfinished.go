package abi

import "errors"

// Placeholders until the plans are in.
var errUnfinished = errors.New("abi: plans are not written yet")

type (
	node struct{}
	move struct{}
)
