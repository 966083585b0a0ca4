package wasihttp_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/isyswasfa/isyswasfa/test/cases/mirror/handler"
)

// exchange sends the text of a request and describes the response. What it
// says of a message's framing is how it ended, since when to flush is up to
// the server. whole tells that the response came to its end.
func exchange(t *testing.T, server, text string) (told string, whole bool) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(server, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	go io.WriteString(c, text)
	method, _, _ := strings.Cut(text, " ")
	in := bufio.NewReader(c)
	var b strings.Builder
	for {
		r, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return err.Error(), false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err.Error(), false
		}
		r.Header.Del("Date")
		if r.ContentLength > 0 && len(body) > 0 {
			r.Header.Del("Content-Length")
		}
		fmt.Fprintf(&b, "%s\n", r.Status)
		r.Header.Write(&b)
		fmt.Fprintf(&b, "%s\n%q\n", body, r.Trailer)
		if r.StatusCode >= 200 {
			return b.String(), r.StatusCode != http.StatusInternalServerError
		}
	}
}

// TestMirror has a handler answer in a component as it does natively.
func TestMirror(t *testing.T) {
	base, _ := serve(t, "mirror")
	native := httptest.NewServer(handler.New())
	defer native.Close()
	native.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, request := range requests() {
		name, _, _ := strings.Cut(request, "\r\n")
		t.Run(name, func(t *testing.T) {
			want, whole := exchange(t, native.URL, request)
			got, wholeToo := exchange(t, base, request)
			if whole != wholeToo {
				t.Errorf("whole: %v, not %v: %s", wholeToo, whole, got)
			} else if diff := cmp.Diff(want, got); whole && diff != "" {
				t.Error(diff)
			}
		})
	}
}

// requests gives the texts of requests.
func requests() []string {
	var list []string
	add := func(method, path, more string) {
		list = append(list, method+" "+path+" HTTP/1.1\r\nHost: example.com:80\r\n"+more)
	}
	for _, path := range []string{
		"/request", "/request?", "/request?a=b&a=c;d&%zz=1", "/request?a=%20+b%2F", "/request?a=b#c", "/request?x=\u00fc", "/request?a=\"<>",
		"/stripped/a%2Fb%20c", "/stripped/a%2fb", "/files/a%20b", "/files/a%2Fb", "/files/", "//request", "/a/../request", "/request/", "/stripped//a", "/stripped/;a=b,c", "/stripped/%C3%BC",
		"/stripped/a:b@c!$&'()*+", "/stripped/[a]", "/%zz", "/stripped/%00", "/stripped/%", "request",
		"/none", "/only-get", "/error", "/redirect", "/timeout?ms=0", "/timeout?ms=5000",
		"/write", "/write?n=1", "/write?n=511", "/write?n=513", "/write?n=2048", "/write?n=2049", "/write?n=4096", "/write?n=4097", "/write?n=100000", "/write?n=100000&part=1000",
		"/write?n=3000&part=1", "/write?n=100&part=10&flush=1", "/write?n=100&flush=1", "/write?n=100&part=50&flush=5", "/write?begin&n=100", "/write?empty", "/write?gzip&n=50",
		"/write?n=10&declare=10", "/write?n=10&declare=5", "/write?n=10&part=5&declare=5", "/write?n=10&declare=20", "/write?declare=5", "/write?declare=0", "/write?n=5&declare=0", "/write?n=10&declare=-1", "/write?n=10&declare=x", "/write?n=9000&part=1000&declare=20000", "/write?n=9000&part=1000&declare=5000",
		"/status", "/status?code=201", "/status?code=204", "/status?code=205", "/status?code=304", "/status?code=404", "/status?code=599", "/status?code=999", "/status?code=204&silent", "/status?code=304&silent", "/status?code=200&silent",
		"/header?two", "/header?empty", "/header?none", "/header?lines", "/header?type", "/header?no-type", "/header?length", "/header?length-2", "/header?low-len", "/header?date", "/header?no-date", "/header?server", "/header?cookie",
		"/header?bad-name", "/header?utf", "/header?long", "/header?many", "/header?colon", "/header?nosniff", "/header?encoding", "/header?trailered", "/trailers", "/content", "/form?a=1&a=2&b",
		"/panic", "/panic?with=abort", "/panic?with=nil", "/panic?begin", "/panic?begin&with=abort", "/panic?begin&declare=9",
	} {
		add("GET", path, "\r\n")
	}
	for _, path := range []string{"/request", "/write", "/write?n=100", "/write?n=9000", "/write?begin&n=5", "/write?n=10&declare=20", "/write?declare=20",
		"/status?code=204", "/status?code=404", "/header?two", "/content", "/trailers", "/only-get", "/redirect", "/error"} {
		add("HEAD", path, "\r\n")
	}
	for _, method := range []string{"POST", "DELETE", "OPTIONS", "PURGE", "get", "TRACE"} {
		add(method, "/request", "\r\n")
		add(method, "/only-get", "\r\n")
	}
	add("OPTIONS", "*", "\r\n")
	add("CONNECT", "example.com:80", "\r\n")
	for _, more := range []string{
		"X-Lower: 1\r\nx-lower: 2\r\nX-LOWER: 3\r\n", "X_Under: 1\r\nX.dot: 2\r\n", "Empty:\r\n", "Spaces:   a  b   \r\n", "Utf: gr\u00fc\u00dfe\r\n", "Cookie: a=1\r\nCookie: b=2; c=3\r\n",
		"Authorization: Basic YTpi\r\n", "Te: trailers\r\n", "Proxy-", "Expect: 100-continue\r\n", "Range: bytes=0-4\r\n",
		"Referer: http://a/\r\nUser-Agent: b\r\nAccept-Encoding: gzip\r\n", "Content-Length: 0\r\n", "Many: " + strings.Repeat("v", 100_000) + "\r\n",
		"Forwarded: for=1\r\n", "Content-Type: a/b\r\n", "Pragma: no-cache\r\n",
	} {
		add("GET", "/request", ""+more+"\r\n")
	}
	add("GET", "/content", "Range: bytes=19990-\r\n\r\n")
	add("GET", "/content", "Range: bytes=90000-\r\n\r\n")
	add("GET", "/content", "If-Modified-Since: Sun, 09 Sep 2001 01:46:40 GMT\r\n\r\n")
	chunked := "Transfer-Encoding: chunked\r\n"
	for _, path := range []string{"/request", "/trailers", "/limited", "/limited?max=3", "/limited?max=2", "/early", "/write?n=10", "/form", "/iotest"} {
		add("POST", path, "Content-Length: 3\r\n\r\nabc")
		add("GET", path, "Content-Length: 3\r\n\r\nabc")
		add("PUT", path, chunked+"\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n")
		add("POST", path, chunked+"Trailer: Sum\r\n\r\n3\r\nabc\r\n0\r\nSum: 3\r\n\r\n")
		add("POST", path, chunked+"\r\n3\r\nabc\r\n0\r\nUnannounced: 3\r\n\r\n")
		add("GET", path, chunked+"\r\n3\r\nabc\r\n0\r\n\r\n")
		if path != "/early" { // where it depends on who is first
			add("POST", path, "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
		}
		add("POST", path, "Content-Length: 300000\r\n\r\n"+strings.Repeat("x", 300_000))
	}
	add("POST", "/request", chunked+"\r\nzz\r\n")
	add("POST", "/form?a=1", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\na=2&b=%zz&c")
	part := "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\ncontent\r\n--x\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\nvalue\r\n--x--\r\n"
	add("POST", "/form", fmt.Sprintf("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n%s", len(part), part))
	return list
}

// origin answers the requests of the handler's client.
func origin(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/moved":
		http.Redirect(w, r, "/echo?moved", http.StatusFound)
	case "/again":
		http.Redirect(w, r, "/echo?again", http.StatusTemporaryRedirect)
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "/cookie":
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes"})
		fmt.Fprint(w, r.Cookies())
	case "/gzip":
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "zipped")
		z.Close()
	case "/slow":
		<-r.Context().Done()
	case "/slow-body":
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "/cut":
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "cut")
	case "/cut-chunked":
		io.WriteString(w, "cut")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	case "/drop":
		panic(http.ErrAbortHandler)
	case "/204":
		w.WriteHeader(http.StatusNoContent)
	case "/304":
		w.Header().Set("Etag", "a")
		w.WriteHeader(http.StatusNotModified)
	case "/404":
		http.NotFound(w, r)
	case "/hints":
		w.Header().Set("Link", "</a>")
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "hinted")
	case "/empty":
	case "/long":
		io.WriteString(w, strings.Repeat("x", 1<<20))
	case "/long-header":
		w.Header().Set("Long", strings.Repeat("x", 100_000))
	case "/trailers":
		w.Header().Set("Trailer", "A")
		io.WriteString(w, "body")
		w.Header().Set("A", "1")
		w.Header().Set(http.TrailerPrefix+"Late", "2")
	default:
		body, err := io.ReadAll(r.Body)
		r.Header.Del("User-Agent")
		r.Header.Del("Accept-Encoding") // native clients decode gzip
		fmt.Fprintln(w, r.Method, r.URL, r.ContentLength, r.TransferEncoding, r.Header, string(body), err, r.Trailer)
	}
}

// TestMirrorClient has a client get in a component what it gets natively.
func TestMirrorClient(t *testing.T) {
	base, _ := serve(t, "mirror")
	native := httptest.NewServer(handler.New())
	defer native.Close()
	server := httptest.NewServer(http.HandlerFunc(origin))
	defer server.Close()
	ask := func(at, mode, target string) string {
		t.Helper()
		res, err := http.Get(at + "/client?mode=" + mode + "&url=" + url.QueryEscape(target))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	for _, c := range []string{
		"get /", "get /a%2Fb%20c?a=%20+b&c#frag", "get ?q", "head /", "form /", "post /", "chunked /", "patch /", "custom /", "lower /", "method /", "headers /", "bad-name /", "bad-value /", "newline /",
		"get /moved", "post /moved", "post /again", "chunked /again", "get /loop", "no-redirect /moved", "cookies /cookie", "head /gzip",
		"get /cut", "get /cut-chunked", "get /drop", "post /drop", "get /204", "get /304", "get /404", "get /hints", "get /empty", "head /empty", "get /trailers", "get /long-header",
		"timeout /slow", "timeout /slow-body", "deadline /slow", "deadline /slow-body", "cancel /slow", "cancel /slow-body", "cancelled /", "close /", "close /slow-body", "close-while-reading /slow-body", "iotest /hints", "unread /", "unread /long",
		"host /", "short /", "long /", "exact /", "broken /", "trailers /", "get http://127.0.0.1:1/", "get http://nowhere.invalid/", "get http:///x", "get ftp://a/", "get /%zz", "get http://a b/", "get https://127.0.0.1:1/", "get http://user:pass@HOST/",
	} {
		t.Run(c, func(t *testing.T) {
			mode, target, _ := strings.Cut(c, " ")
			if strings.HasPrefix(target, "/") || strings.HasPrefix(target, "?") {
				target = server.URL + target
			}
			target = strings.ReplaceAll(target, "HOST", strings.TrimPrefix(server.URL, "http://"))
			if diff := cmp.Diff(ask(native.URL, mode, target), ask(base, mode, target)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
