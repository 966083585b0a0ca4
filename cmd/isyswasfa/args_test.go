package main

import (
	"io"
	"strings"
	"testing"
)

func TestReorder(t *testing.T) {
	app := newApp(io.Discard, io.Discard)
	for _, tt := range []struct{ args, want string }{
		{"x", "x"},
		{"x nothing -o a", "x nothing -o a"},
		{"x build . -o a", "x build -o a -- ."},
		{"x build -o=a . -- -b", "x build -o=a -- . -b"},
		{"x build . -o", "x build -o"},
		{"x bindgen", "x bindgen"},
		{"x bindgen guest wit -o a", "x bindgen guest -o a -- wit"},
		{"x bindgen -o guest guest wit", "x bindgen guest -o guest -- wit"},
		{"x bindgen --world=w guest", "x bindgen guest --world=w"},
		{"x bindgen other wit -o a", "x bindgen -o -- other wit a"},
	} {
		if got := strings.Join(reorder(app, strings.Fields(tt.args)), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.args, got, tt.want)
		}
	}
}
