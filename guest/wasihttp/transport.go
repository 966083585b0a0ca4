package wasihttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_client"
	"github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/async"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// A Transport sends requests with wasi:http/client, or with Send. It is an
// http.RoundTripper; the zero value has no time limits of its own. Connections,
// TLS and proxies are the host's business.
//
// wasi:http has one authority and no Host field: it is the URL's host. The
// request's Host counts if the URL has none, or if Send is set.
//
// A request whose context is that of a request being served, and whose URL has
// no scheme, gets the scheme of that one.
type Transport struct {
	// Send, if set, is called instead of wasi:http/client's send. With an
	// imported handler's Handle, requests go to the component that is composed
	// with this one, or to the network if none is; they need no host then.
	Send func(*wasi_http_types.Request) types.Result[*wasi_http_types.Response, wasi_http_types.ErrorCode]

	ConnectTimeout      time.Duration // to connect; 0 is the host's
	FirstByteTimeout    time.Duration // until the response's first byte; 0 is the host's
	BetweenBytesTimeout time.Duration // between parts of the response's body; 0 is the host's
}

// RoundTrip sends a request and returns the response when its header has come.
// What fails on the way is an [*Error]. When the request's context ends, so do
// sending, waiting and reading the response's body.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.roundTrip(r) }

// send is RoundTrip in a component.
func (t *Transport) send(r *http.Request) (*http.Response, error) {
	out, err := t.newOutgoing(r)
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	if out.hasBody {
		go out.send()
	} else {
		out.send()
	}
	send := t.Send
	if send == nil {
		send = wasi_http_client.Send
	}
	var result types.Result[*wasi_http_types.Response, wasi_http_types.ErrorCode]
	ctx := r.Context()
	if !async.Until(ctx.Done(), func() { result = send(out.made) }) {
		out.stop()
		return nil, context.Cause(ctx)
	}
	if result.IsErr() {
		out.stop()
		if err := out.bodyError(); err != nil {
			return nil, err
		}
		return nil, &Error{result.Err()}
	}
	return newClientResponse(r, result.Ok()), nil
}

// newOutgoing makes the host's request.
func (t *Transport) newOutgoing(r *http.Request) (*outgoing, error) {
	if err := context.Cause(r.Context()); err != nil {
		return nil, err
	}
	if r.URL == nil || r.URL.Host == "" && r.Host == "" && t.Send == nil {
		return nil, errors.New("wasihttp: no host in the request's URL")
	}
	options, err := t.options()
	if err != nil {
		return nil, err
	}
	header, hasBody := requestHeader(r)
	for name, values := range header {
		if !validName(name) {
			return nil, fmt.Errorf("wasihttp: invalid header field name %q", name)
		}
		if slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "\r\n\x00") }) {
			return nil, fmt.Errorf("wasihttp: invalid header field value for %q", name)
		}
	}
	fields, refused := toFields(header)
	if refused != "" {
		fields.Drop()
		return nil, fmt.Errorf("wasihttp: the host refuses the header field %q", refused)
	}
	o := newOutgoingBody(r, hasBody)
	contents := types.None[*types.StreamReader[uint8]]()
	if hasBody {
		writer, reader := wasi_http_types.MakeStreamU8()
		o.stream, contents = writer, types.Some(reader)
	}
	trailers, trailersReader := wasi_http_types.MakeFutureResultOptionFieldsErrorCode()
	o.trailers = trailers
	made, transmitted := wasi_http_types.RequestNew(fields, contents, trailersReader, options)
	transmitted.Drop()
	o.made = made
	if err := setTarget(made, r, t.Send != nil); err != nil {
		made.Drop()
		o.stop()
		o.fail(err)
		return nil, err
	}
	return o, nil
}

func (t *Transport) options() (types.Option[*wasi_http_types.RequestOptions], error) {
	none := types.None[*wasi_http_types.RequestOptions]()
	if t.ConnectTimeout == 0 && t.FirstByteTimeout == 0 && t.BetweenBytesTimeout == 0 {
		return none, nil
	}
	o := wasi_http_types.MakeRequestOptions()
	for _, limit := range []struct {
		name string
		d    time.Duration
		set  func(types.Option[uint64]) types.Result[types.Unit, wasi_http_types.RequestOptionsError]
	}{
		{"ConnectTimeout", t.ConnectTimeout, o.SetConnectTimeout},
		{"FirstByteTimeout", t.FirstByteTimeout, o.SetFirstByteTimeout},
		{"BetweenBytesTimeout", t.BetweenBytesTimeout, o.SetBetweenBytesTimeout},
	} {
		if limit.d > 0 && limit.set(types.Some(uint64(limit.d))).IsErr() {
			o.Drop()
			return none, fmt.Errorf("wasihttp: the host has no %s", limit.name)
		}
	}
	return types.Some(o), nil
}

// requestHeader returns the fields to send, and whether there is a body.
func requestHeader(r *http.Request) (h http.Header, hasBody bool) {
	h = r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	delete(h, "Content-Length")
	hasBody = r.Body != nil && r.Body != http.NoBody
	if hasBody && r.ContentLength > 0 {
		h["Content-Length"] = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	delete(h, "Trailer")
	for name := range r.Trailer {
		h["Trailer"] = append(h["Trailer"], name)
	}
	slices.Sort(h["Trailer"])
	return h, hasBody
}

// setTarget says where a request goes. A component gets what the request calls
// its host; the network needs what to connect to.
func setTarget(to *wasi_http_types.Request, r *http.Request, component bool) error {
	if to.SetMethod(method(r.Method)).IsErr() {
		return fmt.Errorf("wasihttp: invalid method %q", r.Method)
	}
	if to.SetScheme(schemeOf(r)).IsErr() {
		return fmt.Errorf("wasihttp: invalid scheme %q", r.URL.Scheme)
	}
	host := r.URL.Host
	if host == "" || component && r.Host != "" {
		host = r.Host
	}
	if host != "" && to.SetAuthority(types.Some(host)).IsErr() {
		return fmt.Errorf("wasihttp: invalid host %q", host)
	}
	if path := r.URL.RequestURI(); to.SetPathWithQuery(types.Some(path)).IsErr() {
		return fmt.Errorf("wasihttp: invalid path %q", path)
	}
	return nil
}

func method(name string) wasi_http_types.Method {
	switch name {
	case "", "GET":
		return wasi_http_types.MakeMethodGet()
	case "HEAD":
		return wasi_http_types.MakeMethodHead()
	case "POST":
		return wasi_http_types.MakeMethodPost()
	case "PUT":
		return wasi_http_types.MakeMethodPut()
	case "DELETE":
		return wasi_http_types.MakeMethodDelete()
	case "CONNECT":
		return wasi_http_types.MakeMethodConnect()
	case "OPTIONS":
		return wasi_http_types.MakeMethodOptions()
	case "TRACE":
		return wasi_http_types.MakeMethodTrace()
	case "PATCH":
		return wasi_http_types.MakeMethodPatch()
	}
	return wasi_http_types.MakeMethodOther(name)
}

// schemeKey is the key of the scheme of the request being served, in its context.
type schemeKey struct{}

func schemeOf(r *http.Request) types.Option[wasi_http_types.Scheme] {
	if r.URL.Scheme != "" {
		return types.Some(scheme(r.URL.Scheme))
	}
	if served, ok := r.Context().Value(schemeKey{}).(types.Option[wasi_http_types.Scheme]); ok {
		return served
	}
	return types.Some(scheme(""))
}

func scheme(name string) wasi_http_types.Scheme {
	switch name {
	case "http":
		return wasi_http_types.MakeSchemeHttp()
	case "https":
		return wasi_http_types.MakeSchemeHttps()
	}
	return wasi_http_types.MakeSchemeOther(name)
}

// newClientResponse makes of a response what net/http's client makes of one,
// and takes it over.
func newClientResponse(r *http.Request, from *wasi_http_types.Response) *http.Response {
	status := int(from.GetStatusCode())
	res := &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  toHeader(from.GetHeaders()),
		Request: r,
	}
	res.Trailer = takeTrailerNames(res.Header)
	res.ContentLength = contentLength(res.Header, -1)
	handled, handledReader := wasi_http_types.MakeFutureResultUnitErrorCode()
	stream, trailers := wasi_http_types.ResponseConsumeBody(from, handledReader)
	b := newBody(r.Context(), stream, trailers, handled, res.ContentLength, res.Trailer)
	res.Body = b
	if r.Method == http.MethodHead || !statusHasBody(status) || res.ContentLength == 0 {
		b.end(io.EOF)
		res.Body = http.NoBody
		if r.Method != http.MethodHead {
			res.ContentLength = 0
		}
	}
	return res
}
