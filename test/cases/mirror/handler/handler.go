// Package handler has a handler of net/http's that does what handlers do in
// the wild. It runs natively and in a component.
package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing/iotest"
	"time"
)

// New returns the handler.
func New() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range map[string]http.HandlerFunc{
		"/request":      request,
		"/write":        write,
		"/status":       status,
		"/header":       header,
		"/trailers":     trailers,
		"/form":         form,
		"/limited":      limited,
		"/early":        early,
		"/content":      content,
		"GET /only-get": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "got") },
		"/files/{name}": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.PathValue("name")) },
		"/error":        func(w http.ResponseWriter, r *http.Request) { http.Error(w, "an error", http.StatusTeapot) },
		"/redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "../else where?a=b", http.StatusFound)
		},
		"/client": client,
	} {
		mux.HandleFunc(pattern, f)
	}
	mux.HandleFunc("/panic", panics)
	mux.HandleFunc("/iotest", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, iotest.TestReader(r.Body, []byte("abc")))
	})
	mux.Handle("/timeout", http.TimeoutHandler(http.HandlerFunc(wait), 50*time.Millisecond, "too late"))
	mux.Handle("/stripped/", http.StripPrefix("/stripped", http.HandlerFunc(request)))
	return mux
}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

// request tells what arrived.
func request(w http.ResponseWriter, r *http.Request) {
	buf := make([]byte, 3)
	var body bytes.Buffer
	_, err := io.CopyBuffer(struct{ io.Writer }{&body}, r.Body, buf)
	zero, again := r.Body.Read(make([]byte, 1))
	user, password, basic := r.BasicAuth()
	r.Body.Close()
	_, closed := r.Body.Read(buf)
	r.Header.Del("Expect")
	server := r.Context().Value(http.ServerContextKey) != nil
	encode(w, map[string]any{
		"method": r.Method, "uri": r.RequestURI, "host": r.Host, "proto": r.Proto,
		"url": r.URL.String(), "path": r.URL.Path, "raw path": r.URL.RawPath, "query": r.URL.RawQuery, "fragment": r.URL.Fragment,
		"force query": r.URL.ForceQuery, "opaque": r.URL.Opaque, "scheme": r.URL.Scheme, "url host": r.URL.Host,
		"header": r.Header, "length": max(r.ContentLength, 0), // unknown is -1 or 0 "trailer": len(r.Trailer), "trailers": fmt.Sprint(r.Trailer), "values": r.URL.Query(), "cookies": len(r.Cookies()),
		"basic": fmt.Sprint(user, password, basic), "body": body.String(), "error": err != nil,
		"again": fmt.Sprint(zero, again != nil), "closed": body.Len() == 0 || closed == http.ErrBodyReadAfterClose, "server": server,
		"form": r.FormValue("a"), "get body": r.GetBody != nil, "response": r.Response != nil, "pattern": r.Pattern,
	})
}

func encode(w io.Writer, told map[string]any) {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.Encode(told)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// write writes ?n= bytes, ?part= at a time, and flushes ?flush= times. What it
// writes looks like HTML.
func write(w http.ResponseWriter, r *http.Request) {
	if declared := r.URL.Query().Get("declare"); declared != "" {
		w.Header().Set("Content-Length", declared)
	}
	if r.URL.Query().Has("begin") {
		w.(http.Flusher).Flush()
	}
	if r.URL.Query().Has("gzip") {
		w.Header().Set("Content-Encoding", "gzip")
	}
	n := number(r, "n", 0)
	part, flush := number(r, "part", n), number(r, "flush", 0)
	data := strings.Repeat("<html>\n", n/7+1)[:n]
	for len(data) > 0 {
		k := min(part, len(data))
		if m, err := io.WriteString(w, data[:k]); err != nil || m != k {
			w.Header().Set(http.TrailerPrefix+"Write-Error", fmt.Sprint(m, err))
			return
		}
		data = data[k:]
		if flush--; flush >= 0 {
			w.(http.Flusher).Flush()
		}
	}
	if r.URL.Query().Has("empty") {
		w.Write(nil)
	}
}

// status answers with ?code=, and tries to write a body.
func status(w http.ResponseWriter, r *http.Request) {
	if early := number(r, "early", 0); early != 0 {
		w.Header().Set("Link", "</a.css>")
		w.WriteHeader(early)
	}
	w.Header().Set("Content-Type", "text/x-status")
	w.WriteHeader(number(r, "code", 200))
	w.Header().Set("Too-Late", "yes")
	w.WriteHeader(500)
	if r.URL.Query().Has("silent") {
		return
	}
	io.WriteString(w, "body")
}

// header sets odd fields.
func header(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for name, values := range map[string][]string{
		"two":       {"x-lower", "1", "2"},
		"empty":     {"Empty", ""},
		"none":      {"None"},
		"lines":     {"Lines", "a\r\nb: c", "\td \n"},
		"type":      {"Content-Type", ""},
		"no-type":   {"Content-Type"},
		"length":    {"Content-Length", "x"},
		"length-2":  {"Content-Length", "4", "4"},
		"low-len":   {"content-length", "4"},
		"date":      {"Date", "Thu, 01 Jan 1970 00:00:00 GMT"},
		"no-date":   {"Date"},
		"server":    {"Server", "mirror"},
		"cookie":    {"Set-Cookie", "a=1", "b=2; Path=/"},
		"bad-name":  {"bad name", "1"},
		"utf":       {"Utf", "gr\u00fc\u00dfe"},
		"long":      {"Long", strings.Repeat("x", 100_000)},
		"many":      append([]string{"Many"}, strings.Split(strings.Repeat("v ", 500), " ")...),
		"colon":     {":status", "500"},
		"nosniff":   {"X-Content-Type-Options", "nosniff"},
		"encoding":  {"Content-Encoding", "br"},
		"trailered": {"Trailer", "Content-Length, Te, A b"},
	} {
		if r.URL.Query().Has(name) {
			h[values[0]] = append([]string{}, values[1:]...)
			if len(values) == 1 {
				h[values[0]] = nil
			}
		}
	}
	io.WriteString(w, "body")
}

// trailers sends the body back, and trailers of each kind.
func trailers(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", "Sum, unset")
	w.Header().Add("Trailer", "x-Other")
	n, _ := io.Copy(w, r.Body)
	w.Header().Set("Sum", strconv.FormatInt(n, 10))
	w.Header()["X-Other"] = []string{"1", "2"}
	w.Header().Set("Unannounced", "no trailer")
	w.Header().Set(http.TrailerPrefix+"late", "late")
	for name, values := range r.Trailer {
		w.Header()[http.TrailerPrefix+"Got-"+name] = values
	}
}

// form reads a form of either kind.
func form(w http.ResponseWriter, r *http.Request) {
	err := r.ParseMultipartForm(1 << 20)
	names := map[string]int64{}
	if r.MultipartForm != nil {
		for _, files := range r.MultipartForm.File {
			for _, f := range files {
				names[f.Filename] = f.Size
			}
		}
	}
	encode(w, map[string]any{"error": text(err), "form": r.Form, "post": r.PostForm, "files": names})
}

// limited reads at most ?max= bytes of the body.
func limited(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, int64(number(r, "max", 10))))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	fmt.Fprintln(w, n, err)
}

// early answers before it reads the body.
func early(w http.ResponseWriter, r *http.Request) {
	http.NewResponseController(w).EnableFullDuplex()
	io.WriteString(w, "early ")
	w.(http.Flusher).Flush()
	n, err := io.Copy(io.Discard, r.Body)
	fmt.Fprintln(w, n, err)
}

// panics panics with ?with=, perhaps in the midst of the response.
func panics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", r.URL.Query().Get("declare"))
	if r.URL.Query().Has("begin") {
		io.WriteString(w, "begun")
		w.(http.Flusher).Flush()
	}
	switch r.URL.Query().Get("with") {
	case "abort":
		panic(http.ErrAbortHandler)
	case "nil":
		panic(nil)
	}
	panic(fmt.Errorf("mirror panics"))
}

func content(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader(strings.Repeat("0123456789", 2000)))
}

func wait(w http.ResponseWriter, r *http.Request) {
	select {
	case <-time.After(time.Duration(number(r, "ms", 0)) * time.Millisecond):
		io.WriteString(w, "in time")
	case <-r.Context().Done():
	}
}
