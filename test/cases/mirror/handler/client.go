package handler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"syscall"
	"testing/iotest"
	"time"
)

// client sends a request to ?url= as ?mode= says and tells what came of it.
func client(w http.ResponseWriter, r *http.Request) {
	target, mode := r.URL.Query().Get("url"), r.URL.Query().Get("mode")
	do := modes[mode]
	if do == nil {
		http.NotFound(w, r)
		return
	}
	encode(w, do(target))
}

var modes = map[string]func(target string) map[string]any{
	"get":  func(target string) map[string]any { return told(http.Get(target)) },
	"head": func(target string) map[string]any { return told(http.Head(target)) },
	"form": func(target string) map[string]any { return told(http.PostForm(target, url.Values{"a": {"b c"}})) },
	"post": func(target string) map[string]any {
		return told(http.Post(target, "text/plain", strings.NewReader("abc")))
	},
	"chunked": func(target string) map[string]any {
		return told(http.Post(target, "text/plain", struct{ io.Reader }{strings.NewReader("abc")}))
	},
	"cookies": func(target string) map[string]any {
		jar, _ := cookiejar.New(nil)
		c := &http.Client{Jar: jar}
		told(c.Get(target))
		return told(c.Get(target))
	},
	"no-redirect": func(target string) map[string]any {
		c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		return told(c.Get(target))
	},
	"timeout": func(target string) map[string]any {
		return told((&http.Client{Timeout: 100 * time.Millisecond}).Get(target))
	},
	"deadline": func(target string) map[string]any {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		return send(ctx, "GET", target, nil, nil)
	},
	"cancel": func(target string) map[string]any {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(100*time.Millisecond, cancel)
		return send(ctx, "GET", target, nil, nil)
	},
	"cancelled": func(target string) map[string]any {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return send(ctx, "GET", target, nil, nil)
	},
	"close": func(target string) map[string]any {
		res, err := http.Get(target)
		if err != nil {
			return told(res, err)
		}
		res.Body.Read(make([]byte, 1))
		res.Body.Close()
		_, err = res.Body.Read(make([]byte, 1))
		return map[string]any{"closed": err != nil, "again": text(res.Body.Close())}
	},
	"close-while-reading": func(target string) map[string]any {
		res, err := http.Get(target)
		if err != nil {
			return told(res, err)
		}
		time.AfterFunc(50*time.Millisecond, func() { res.Body.Close() })
		n, err := io.Copy(io.Discard, res.Body)
		return map[string]any{"read": n, "error": err != nil}
	},
	"iotest": func(target string) map[string]any {
		res, err := http.Get(target)
		if err != nil {
			return told(res, err)
		}
		defer res.Body.Close()
		return map[string]any{"error": text(iotest.TestReader(res.Body, []byte("hinted")))}
	},
	"unread": func(target string) map[string]any {
		for range 50 { // which would fill all connections, were they not given back
			res, err := http.Get(target)
			if err != nil {
				return told(res, err)
			}
			res.Body.Close()
		}
		return told(http.Get(target))
	},
	"method": func(target string) map[string]any { return send(context.Background(), "bad method", target, nil, nil) },
	"patch": func(target string) map[string]any {
		return send(context.Background(), "PATCH", target, nil, strings.NewReader("x"))
	},
	"custom": func(target string) map[string]any { return send(context.Background(), "PURGE", target, nil, nil) },
	"lower":  func(target string) map[string]any { return send(context.Background(), "get", target, nil, nil) },
	"bad-name": func(target string) map[string]any {
		return send(context.Background(), "GET", target, http.Header{"a b": {"c"}}, nil)
	},
	"bad-value": func(target string) map[string]any {
		return send(context.Background(), "GET", target, http.Header{"A": {"b\x00c"}}, nil)
	},
	"newline": func(target string) map[string]any {
		return send(context.Background(), "GET", target, http.Header{"A": {"b\nc"}}, nil)
	},
	"headers": func(target string) map[string]any {
		return send(context.Background(), "GET", target, http.Header{
			"x-lower": {"1", "2"}, "User-Agent": {"mirror"}, "Cookie": {"a=1"}, "Empty": {""}, "Accept": {"*/*"}, "Accept-Encoding": {"identity"}}, nil)
	},
	"host": func(target string) map[string]any {
		r, err := http.NewRequest("GET", target, nil)
		if err == nil {
			r.Host = "other.invalid"
		}
		return told(http.DefaultClient.Do(r))
	},
	"short": func(target string) map[string]any { return lengths(target, 10, "abc") },
	"long":  func(target string) map[string]any { return lengths(target, 2, "abc") },
	"exact": func(target string) map[string]any { return lengths(target, 3, "abc") },
	"broken": func(target string) map[string]any {
		return send(context.Background(), "POST", target, nil, io.MultiReader(strings.NewReader("abc"), failing{}))
	},
	"trailers": func(target string) map[string]any {
		r, err := http.NewRequest("POST", target, struct{ io.Reader }{strings.NewReader("abc")})
		if err != nil {
			return told(nil, err)
		}
		r.Trailer = http.Header{"Sum": {"3"}}
		return told(http.DefaultClient.Do(r))
	},
}

var errBroken = errors.New("the body is broken")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

func lengths(target string, length int64, body string) map[string]any {
	r, err := http.NewRequest("POST", target, struct{ io.Reader }{strings.NewReader(body)})
	if err != nil {
		return told(nil, err)
	}
	r.ContentLength = length
	return told(http.DefaultClient.Do(r))
}

func send(ctx context.Context, method, target string, h http.Header, body io.Reader) map[string]any {
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return told(nil, err)
	}
	if h != nil {
		r.Header = h
	}
	return told(http.DefaultClient.Do(r))
}

// told describes a response or an error.
func told(res *http.Response, err error) map[string]any {
	if err != nil {
		var u *url.Error
		var n net.Error
		return map[string]any{
			"url error": errors.As(err, &u), "timeout": errors.As(err, &n) && n.Timeout(), "broken": errors.Is(err, errBroken),
			"deadline": errors.Is(err, context.DeadlineExceeded), "canceled": errors.Is(err, context.Canceled),
			"refused": errors.Is(err, syscall.ECONNREFUSED),
		}
	}
	defer res.Body.Close()
	var body bytes.Buffer
	_, err = io.CopyBuffer(struct{ io.Writer }{&body}, res.Body, make([]byte, 5))
	var n net.Error
	res.Header.Del("Date")
	told := map[string]any{
		"status": res.Status, "code": res.StatusCode, "proto": res.Proto, "header": res.Header, "length": res.ContentLength,
		"trailer": fmt.Sprint(res.Trailer), "body": body.String(), "read error": err != nil, "unexpected": errors.Is(err, io.ErrUnexpectedEOF),
		"read deadline": errors.Is(err, context.DeadlineExceeded), "read timeout": errors.As(err, &n) && n.Timeout(), "uncompressed": res.Uncompressed,
		"request": res.Request.Method + " " + res.Request.URL.Path, "no body": res.Body == http.NoBody, "cookies": len(res.Cookies()),
	}
	return told
}
