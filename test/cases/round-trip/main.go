// Package main is a component whose export asks its import.
package main

//isyswasfa:world round-trip wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen guest wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen host -o host wit

func main() {}
