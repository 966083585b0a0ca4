package wit_test

import (
	"testing"

	"github.com/isyswasfa/isyswasfa/wit"
)

func TestTrack(t *testing.T) {
	for name, want := range map[string]string{
		"wasi:io/poll@0.2.11":                 "wasi:io/poll@0.2",
		"wasi:io/poll@0.2":                    "wasi:io/poll@0.2",
		"a:b/c@1.2.3":                         "a:b/c@1",
		"a:b/c@1.2.4+build-7":                 "a:b/c@1",
		"a:b/c@12.0.0":                        "a:b/c@12",
		"a:b/c@0.0.1":                         "a:b/c@0.0.1",
		"a:b/c@0.0.1+7":                       "a:b/c@0.0.1",
		"wasi:http/types@0.3.0-draft":         "wasi:http/types@0.3.0-draft",
		"isyswasfa:io/poll":                   "isyswasfa:io/poll",
		"echo":                                "echo",
		"unlocked-dep=<a:b@{>=1.0.0 <1.2.0}>": "unlocked-dep=<a:b@{>=1.0.0 <1.2.0}>",
	} {
		if got := wit.Track(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
