// Package main exports what it imports, made anew, and passes one on to the
// other.
package main

//isyswasfa:world exchange wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen guest wit
//go:generate go run github.com/isyswasfa/isyswasfa/cmd/isyswasfa bindgen host -o host wit

func main() {}
