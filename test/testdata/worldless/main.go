// Package main is a program that names no world.
package main

func main() {}
