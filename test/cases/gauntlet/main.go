// Package main is a guest that does what may go wrong: each path is one way to
// strain the host or the runtime.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wasihttp"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

func init() {
	for pattern, f := range map[string]http.HandlerFunc{
		"/ok":              func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok\n") },
		"/status":          status,
		"/request":         request,
		"/size":            size,
		"/echo":            echo,
		"/large":           large,
		"/flush":           flush,
		"/trailers":        trailers,
		"/prefix-trailers": prefixTrailers,
		"/bad-header":      badHeader,
		"/bad-status":      func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(1000) },
		"/odd-header":      oddHeader,
		"/short":           short,
		"/sleep-1000":      sleep1000,
		"/timeout":         timeout,
		"/garbage":         garbage,
		"/spawn":           spawn,
		"/spawned":         spawned,
		"/late-body":       lateBody,
		"/late-write":      lateWrite,
		"/late-error":      lateError,
		"/wait-for-client": wait,
		"/endless":         endless,
		"/fetch":           fetch,
		"/panic":           func(http.ResponseWriter, *http.Request) { panic("gauntlet panics") },
		"/panic-late":      panicLate,
		"/abort":           func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"/goexit":          func(http.ResponseWriter, *http.Request) { runtime.Goexit() },
		"/error-code":      errorCode,
		"/exit":            func(http.ResponseWriter, *http.Request) { os.Exit(3) },
		"/trap":            func(http.ResponseWriter, *http.Request) { trap() },
		"/hang":            func(http.ResponseWriter, *http.Request) { select {} },
		"/spin":            spin,
		"/crash":           crash,
	} {
		http.HandleFunc(pattern, f)
	}
	wasihttp.Handle(http.DefaultServeMux)
}

func main() {}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

// status answers with ?code= and, where there may be one, a body.
func status(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusEarlyHints)
	w.WriteHeader(number(r, "code", 200))
	w.WriteHeader(500)
	_, err := io.WriteString(w, "body")
	fmt.Fprintln(os.Stderr, "write:", err)
}

// request tells what arrived.
func request(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "url": r.URL.String(), "uri": r.RequestURI, "host": r.Host,
		"header": r.Header, "length": r.ContentLength, "trailer": r.Trailer,
		"body": string(body), "error": err != nil,
	})
}

// size reads the body and tells how long it is.
func size(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	fmt.Fprintln(w, n, err)
}

// echo sends the body back as it comes, and then the trailers.
func echo(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	out.Flush()
	buf := make([]byte, 8192)
	for {
		n, err := r.Body.Read(buf)
		w.Write(buf[:n])
		out.Flush()
		if err != nil {
			break
		}
	}
	for name, values := range r.Trailer {
		for _, v := range values {
			w.Header().Add(http.TrailerPrefix+name, v)
		}
	}
}

// large sends ?n= bytes.
func large(w http.ResponseWriter, r *http.Request) {
	line := strings.Repeat("0123456789abcde\n", 64)
	for n := number(r, "n", 1<<20); n > 0; n -= len(line) {
		io.WriteString(w, line[:min(n, len(line))])
	}
}

// flush sends parts with pauses.
func flush(w http.ResponseWriter, r *http.Request) {
	for i := range number(r, "n", 3) {
		fmt.Fprintln(w, "part", i)
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

// trailers sends the body back, and then the trailers and one more.
func trailers(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", "Sum, Unset")
	n, _ := io.Copy(w, r.Body)
	w.Header().Set("Sum", strconv.FormatInt(n, 10))
	w.Header().Set("Unannounced", "no trailer")
	for name, values := range r.Trailer {
		w.Header()[http.TrailerPrefix+name] = values
	}
}

func prefixTrailers(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, "body")
	w.(http.Flusher).Flush()
	w.Header().Set(http.TrailerPrefix+"Sum", "4")
}

// badHeader sets a field that no host can take.
func badHeader(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Bad", "a\x00b")
	io.WriteString(w, "not sent")
}

// oddHeader sets fields that net/http leaves out or mends.
func oddHeader(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Connection", "close")
	h["bad name"] = []string{"left out"}
	h["Two-Lines"] = []string{"one\r\ntwo: 2"}
	io.WriteString(w, "ok\n")
}

// short promises more than it sends.
func short(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "100")
	io.WriteString(w, "not a hundred bytes")
}

// sleep1000 has a thousand goroutines sleep and meet on a channel.
func sleep1000(w http.ResponseWriter, r *http.Request) {
	woken := make(chan int)
	for range 1000 {
		go func() {
			time.Sleep(100 * time.Millisecond)
			woken <- 1
		}()
	}
	sum := 0
	for range 1000 {
		sum += <-woken
	}
	fmt.Fprintln(w, sum)
}

func timeout(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Fprintln(w, ctx.Err())
	case <-time.After(time.Hour):
		fmt.Fprintln(w, "an hour")
	}
}

// garbage makes the collector run while the body is read.
func garbage(w http.ResponseWriter, r *http.Request) {
	var keep [][]byte
	sum := 0
	buf := make([]byte, 1000)
	for {
		n, err := r.Body.Read(buf)
		for _, b := range buf[:n] {
			sum += int(b)
		}
		if keep = append(keep, make([]byte, 64<<10)); len(keep) > 64 {
			keep = nil
		}
		if err != nil {
			break
		}
	}
	fmt.Fprintln(w, sum)
}

var ended atomic.Int32

// spawn leaves a goroutine behind for ?ms=.
func spawn(w http.ResponseWriter, r *http.Request) {
	pause := time.Duration(number(r, "ms", 50)) * time.Millisecond
	go func() {
		time.Sleep(pause)
		ended.Add(1)
		fmt.Fprintln(os.Stderr, "spawned goroutine ended")
	}()
	io.WriteString(w, "spawned\n")
}

func spawned(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, ended.Load()) }

// lateBody writes after wasi:http's handle has returned.
func lateBody(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintln(w, "written before")
	w.(http.Flusher).Flush()
	time.Sleep(20 * time.Millisecond)
	fmt.Fprintln(w, "written after")
}

// lateWrite leaves a goroutine behind that writes when it may not any more.
func lateWrite(w http.ResponseWriter, r *http.Request) {
	go func() {
		<-r.Context().Done()
		time.Sleep(10 * time.Millisecond)
		_, err := io.WriteString(w, "late")
		fmt.Fprintln(os.Stderr, "late write:", err)
	}()
	io.WriteString(w, "in time\n")
}

// lateError fails when the response has begun.
func lateError(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, "begun\n")
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func panicLate(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, "begun\n")
	w.(http.Flusher).Flush()
	panic("gauntlet panics late")
}

// wait waits for the caller to give up.
func wait(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	fmt.Fprintln(os.Stderr, "client went away:", r.Context().Err())
}

// endless writes until the caller goes away.
func endless(w http.ResponseWriter, r *http.Request) {
	part := []byte(strings.Repeat("endless\n", 1024))
	for {
		if _, err := w.Write(part); err != nil {
			<-r.Context().Done()
			fmt.Fprintln(os.Stderr, "endless:", err)
			return
		}
	}
}

// fetch sends a request with the method ?method= to ?url=, with the request's
// body, for at most ?ms=, of which ?first= may pass until the response begins,
// and answers with what it gets.
func fetch(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	ctx := r.Context()
	if ms, err := strconv.Atoi(q.Get("ms")); err == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(ms)*time.Millisecond)
		defer cancel()
	}
	out, err := http.NewRequestWithContext(ctx, q.Get("method"), q.Get("url"), r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out.ContentLength = r.ContentLength
	out.Header.Set("Via-Guest", "gauntlet")
	client := http.Client{Transport: &wasihttp.Transport{
		FirstByteTimeout: time.Duration(number(r, "first", 0)) * time.Millisecond,
	}}
	res, err := client.Do(out)
	if err != nil {
		var code *wasihttp.Error
		var timeout interface{ Timeout() bool }
		http.Error(w, fmt.Sprintf("%v\ncode %v\ntimeout %v", err, errors.As(err, &code),
			errors.As(err, &timeout) && timeout.Timeout()), http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	w.WriteHeader(res.StatusCode)
	n, err := io.Copy(w, res.Body)
	fmt.Fprintln(os.Stderr, "fetched", n, err, res.Trailer)
}

func errorCode(http.ResponseWriter, *http.Request) {
	panic(&wasihttp.Error{Code: wasi_http_types.MakeErrorCodeInternalError(types.Some("on purpose"))})
}

var spins atomic.Int64

// spin never ends and never waits.
func spin(http.ResponseWriter, *http.Request) {
	for {
		spins.Add(1)
	}
}

// crash panics where nobody can recover.
func crash(http.ResponseWriter, *http.Request) {
	go func() { panic("gauntlet crashes") }()
	select {}
}
