package wasihttp

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

type (
	// A TrailersResult is what follows a body: trailers or none, or how the
	// body failed.
	TrailersResult = host.Result[host.Option[*Fields], ErrorCode]
	// A SendResult is how a transmission ended.
	SendResult = host.Result[struct{}, ErrorCode]

	trailersFuture   = wasi.Future[TrailersResult]
	sendFuture       = wasi.Future[SendResult]
	trailersReceiver = wasi.Receiver[TrailersResult]
	sendReceiver     = wasi.Receiver[SendResult]
)

func trailersErr(c ErrorCode) TrailersResult { return host.Err[host.Option[*Fields]](c) }
func sendErr(c ErrorCode) SendResult         { return host.Err[struct{}](c) }

// A Method is the Go shape of variant method.
type Method struct {
	Case  uint8 // index in methods, or methodOther
	Other string
}

var methods = [...]string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete,
	http.MethodConnect, http.MethodOptions, http.MethodTrace, http.MethodPatch,
}

const methodOther = uint8(len(methods))

func methodOf(name string) Method {
	for i, m := range methods {
		if m == name {
			return Method{Case: uint8(i)}
		}
	}
	return Method{Case: methodOther, Other: name}
}

// String gives the method as a request line has it: "GET".
func (m Method) String() string {
	if int(m.Case) < len(methods) {
		return methods[m.Case]
	}
	return m.Other
}

// A Scheme is the Go shape of variant scheme.
type Scheme struct {
	Case  uint8
	Other string
}

// The cases of scheme.
const (
	schemeHTTP uint8 = iota
	schemeHTTPS
	schemeOther
)

func schemeOf(name string) Scheme {
	switch strings.ToLower(name) {
	case "http":
		return Scheme{Case: schemeHTTP}
	case "https":
		return Scheme{Case: schemeHTTPS}
	}
	return Scheme{Case: schemeOther, Other: name}
}

// A body is what requests and responses have in common: contents, and the
// futures around them. It is used up by the first that takes it.
type body struct {
	headers  *Fields           // immutable
	stream   *wasi.InputStream // nil for no contents
	trailers *trailersFuture
	sent     *sendFuture // resolved by who has transmitted or consumed it
}

// drop gives up a message that nobody will send.
func (b *body) drop() {
	if b.stream != nil {
		b.stream.Close()
	}
	b.sent.Resolve(sendErr(internalError("the message was dropped before it was sent")))
}

// consume takes the contents out for a guest; res tells what became of them.
func (b *body) consume(res *sendReceiver) bodyEnds {
	res.Future.OnDone(func(v SendResult, _ bool) { b.sent.Resolve(v) })
	s := b.stream
	if s == nil {
		s = wasi.EmptyStream()
	}
	return bodyEnds{s, &trailersReceiver{Future: b.trailers}}
}

type bodyEnds struct {
	Stream   *wasi.InputStream
	Trailers *trailersReceiver
}

// A Request is the Go side of resource request.
type Request struct {
	body
	method    Method
	path      host.Option[string]
	scheme    host.Option[Scheme]
	authority host.Option[string]
	options   *RequestOptions // immutable; nil for none
}

// A Response is the Go side of resource response.
type Response struct {
	body
	status uint16
}

// RequestOptions are the Go side of resource request-options; times are in
// nanoseconds.
type RequestOptions struct {
	connect, firstByte, betweenBytes host.Option[uint64]
	immutable                        bool
}

// validPath tells whether s can be a path with a query: it starts one of them,
// or is "*", and has no characters that end or never occur in them.
func validPath(s string) bool {
	if s == "" || s == "*" {
		return true
	}
	if s[0] != '/' && s[0] != '?' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`#<>\^`+"`", c) >= 0 {
			return false
		}
	}
	return true
}

// validScheme follows RFC 3986 section 3.1.
func validScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || ('0' > c || c > '9') && strings.IndexByte("+-.", c) < 0) {
			return false
		}
	}
	return s != ""
}

// validAuthority tells whether s is [userinfo@]host[:port].
func validAuthority(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`/?#\<>"^{}|`+"`", c) >= 0 {
			return false
		}
	}
	u, err := url.Parse("//" + s)
	return err == nil && u.Hostname() != ""
}
