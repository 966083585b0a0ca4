package test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestComposedServe serves the middleware before hash-all: a client that
// accepts deflate gets the same text as one that does not, line by line. The
// last line is there only after the client has read the others.
func TestComposedServe(t *testing.T) {
	s := serve(t, component(t, "middleware-hash-all"))
	others := make(chan struct{})
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i, v := range verses {
			if v.path == r.URL.Path {
				if i == len(verses)-1 {
					<-others
				}
				io.WriteString(w, v.text)
				return
			}
		}
		http.NotFound(w, r)
	}))
	defer origin.Close()
	var want []string
	r, err := http.NewRequest(http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verses {
		r.Header.Add("Url", origin.URL+v.path)
		want = append(want, origin.URL+v.path+": "+v.digest)
	}
	r.Header.Add("Url", origin.URL+"/none")
	want = append(want, origin.URL+"/none: unexpected status: 404")
	slices.Sort(want)
	for _, coding := range []string{"", "deflate"} {
		others = make(chan struct{})
		r.Header.Set("Accept-Encoding", coding)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Content-Encoding"); got != coding {
			t.Errorf("content coding %q, want %q", got, coding)
		}
		var lines []string
		for scan := bufio.NewScanner(inflater(res)); scan.Scan(); {
			if lines = append(lines, scan.Text()); len(lines) == len(want)-1 {
				close(others)
			}
		}
		res.Body.Close()
		slices.Sort(lines)
		if !slices.Equal(lines, want) {
			t.Errorf("got %s\nwant %s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
	}
}
