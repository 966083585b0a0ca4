package wasihttp

import (
	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
)

var (
	requestResource = host.NewResource("request", func(_ *host.Instance, r *Request) {
		r.drop()
	})
	responseResource = host.NewResource("response", func(_ *host.Instance, r *Response) {
		r.drop()
	})
	requestOptionsResource = host.NewResource[RequestOptions]("request-options", nil)
)

// plainResult is the shape of result without payloads.
type plainResult = host.Result[struct{}, struct{}]

func okIf(ok bool) (plainResult, error) { return plainResult{IsErr: !ok}, nil }

type requestSelf struct{ Self *Request }

func addRequest(d *host.Definitions) {
	d.Resource("request", requestResource)
	type newParams struct {
		Headers  *Fields
		Contents host.Option[*wasi.InputStream]
		Trailers *trailersReceiver
		Options  host.Option[*RequestOptions]
	}
	type newResult struct {
		Request *Request
		Sent    *sendReceiver
	}
	d.Func("[static]request.new", host.Func(
		func(_ *host.Call, p newParams) (newResult, error) {
			r := &Request{body: newBody(p.Headers, p.Contents, p.Trailers)}
			if p.Options.Some {
				o := *p.Options.Value
				o.immutable = true
				r.options = &o
			}
			return newResult{r, &sendReceiver{Future: r.sent}}, nil
		}))
	type consumeParams struct {
		This *Request
		Res  *sendReceiver
	}
	d.Func("[static]request.consume-body", host.Func(
		func(_ *host.Call, p consumeParams) (bodyEnds, error) { return p.This.consume(p.Res), nil }))
	d.Func("[method]request.get-headers", host.Func(
		func(_ *host.Call, p requestSelf) (*Fields, error) { return p.Self.headers.freeze(), nil }))
	type optionsResult = host.Option[*RequestOptions]
	d.Func("[method]request.get-options", host.Func(
		func(_ *host.Call, p requestSelf) (optionsResult, error) {
			if p.Self.options == nil {
				return optionsResult{}, nil
			}
			o := *p.Self.options
			return host.Some(&o), nil
		}))
	addRequestTarget(d)
}

func newBody(h *Fields, contents host.Option[*wasi.InputStream], trailers *trailersReceiver) body {
	return body{
		headers:  h.freeze(),
		stream:   contents.Value,
		trailers: trailers.Future,
		sent:     new(sendFuture),
	}
}

func addRequestTarget(d *host.Definitions) {
	d.Func("[method]request.get-method", host.Func(
		func(_ *host.Call, p requestSelf) (Method, error) { return p.Self.method, nil }))
	type methodParams struct {
		Self   *Request
		Method Method
	}
	d.Func("[method]request.set-method", host.Func(
		func(_ *host.Call, p methodParams) (plainResult, error) {
			if p.Method.Case == methodOther {
				if !validToken(p.Method.Other) {
					return okIf(false)
				}
				p.Method = methodOf(p.Method.Other)
			}
			p.Self.method = p.Method
			return okIf(true)
		}))
	type stringParams struct {
		Self  *Request
		Value host.Option[string]
	}
	set := func(valid func(string) bool, field func(*Request) *host.Option[string]) host.HostFunc {
		return host.Func(func(_ *host.Call, p stringParams) (plainResult, error) {
			ok := !p.Value.Some || valid(p.Value.Value)
			if ok {
				*field(p.Self) = p.Value
			}
			return okIf(ok)
		})
	}
	get := func(field func(*Request) *host.Option[string]) host.HostFunc {
		return host.Func(func(_ *host.Call, p requestSelf) (host.Option[string], error) {
			return *field(p.Self), nil
		})
	}
	path := func(r *Request) *host.Option[string] { return &r.path }
	authority := func(r *Request) *host.Option[string] { return &r.authority }
	d.Func("[method]request.get-path-with-query", get(path))
	d.Func("[method]request.set-path-with-query", set(validPath, path))
	d.Func("[method]request.get-authority", get(authority))
	d.Func("[method]request.set-authority", set(validAuthority, authority))

	d.Func("[method]request.get-scheme", host.Func(
		func(_ *host.Call, p requestSelf) (host.Option[Scheme], error) { return p.Self.scheme, nil }))
	type schemeParams struct {
		Self   *Request
		Scheme host.Option[Scheme]
	}
	d.Func("[method]request.set-scheme", host.Func(
		func(_ *host.Call, p schemeParams) (plainResult, error) {
			if s := &p.Scheme.Value; p.Scheme.Some && s.Case == schemeOther {
				if !validScheme(s.Other) {
					return okIf(false)
				}
				*s = schemeOf(s.Other)
			}
			p.Self.scheme = p.Scheme
			return okIf(true)
		}))
}

func addResponse(d *host.Definitions) {
	d.Resource("response", responseResource)
	type newParams struct {
		Headers  *Fields
		Contents host.Option[*wasi.InputStream]
		Trailers *trailersReceiver
	}
	type newResult struct {
		Response *Response
		Sent     *sendReceiver
	}
	d.Func("[static]response.new", host.Func(
		func(_ *host.Call, p newParams) (newResult, error) {
			r := &Response{body: newBody(p.Headers, p.Contents, p.Trailers), status: 200}
			return newResult{r, &sendReceiver{Future: r.sent}}, nil
		}))
	type consumeParams struct {
		This *Response
		Res  *sendReceiver
	}
	d.Func("[static]response.consume-body", host.Func(
		func(_ *host.Call, p consumeParams) (bodyEnds, error) { return p.This.consume(p.Res), nil }))
	type self struct{ Self *Response }
	d.Func("[method]response.get-headers", host.Func(
		func(_ *host.Call, p self) (*Fields, error) { return p.Self.headers.freeze(), nil }))
	d.Func("[method]response.get-status-code", host.Func(
		func(_ *host.Call, p self) (uint16, error) { return p.Self.status, nil }))
	type statusParams struct {
		Self       *Response
		StatusCode uint16
	}
	d.Func("[method]response.set-status-code", host.Func(
		func(_ *host.Call, p statusParams) (plainResult, error) {
			ok := p.StatusCode >= 100 && p.StatusCode <= 999
			if ok {
				p.Self.status = p.StatusCode
			}
			return okIf(ok)
		}))
}

// A RequestOptionsError is the Go shape of variant request-options-error.
type RequestOptionsError struct {
	Case  uint8 // 0 not-supported, 1 immutable, 2 other
	Other host.Option[string]
}

func addRequestOptions(d *host.Definitions) {
	d.Resource("request-options", requestOptionsResource)
	d.Func("[constructor]request-options", host.Func(
		func(*host.Call, struct{}) (*RequestOptions, error) { return &RequestOptions{}, nil }))
	type self struct{ Self *RequestOptions }
	d.Func("[method]request-options.clone", host.Func(
		func(_ *host.Call, p self) (*RequestOptions, error) {
			o := *p.Self
			o.immutable = false
			return &o, nil
		}))
	type (
		setParams struct {
			Self     *RequestOptions
			Duration host.Option[uint64]
		}
		setResult = host.Result[struct{}, RequestOptionsError]
	)
	for name, field := range map[string]func(*RequestOptions) *host.Option[uint64]{
		"connect-timeout":       func(o *RequestOptions) *host.Option[uint64] { return &o.connect },
		"first-byte-timeout":    func(o *RequestOptions) *host.Option[uint64] { return &o.firstByte },
		"between-bytes-timeout": func(o *RequestOptions) *host.Option[uint64] { return &o.betweenBytes },
	} {
		d.Func("[method]request-options.get-"+name, host.Func(
			func(_ *host.Call, p self) (host.Option[uint64], error) { return *field(p.Self), nil }))
		d.Func("[method]request-options.set-"+name, host.Func(
			func(_ *host.Call, p setParams) (setResult, error) {
				if p.Self.immutable {
					return host.Err[struct{}](RequestOptionsError{Case: 1}), nil
				}
				*field(p.Self) = p.Duration
				return setResult{}, nil
			}))
	}
}
