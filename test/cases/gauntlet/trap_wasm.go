package main

// trap executes the instruction unreachable.
func trap()
