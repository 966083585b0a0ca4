// Package main does not compile.
package main

import _ "github.com/isyswasfa/isyswasfa/guest/wasihttp"

func main() { undefinedName() }
