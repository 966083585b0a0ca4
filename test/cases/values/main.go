// Package main answers every function with what the host answers to the same
// one.
package main

//isyswasfa:world values wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen guest wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen host -o host wit

func main() {}
