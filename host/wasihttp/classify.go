package wasihttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"

	"github.com/isyswasfa/isyswasfa/host"
)

// classify tells what a failure of net/http is in the terms of wasi:http.
func classify(err error) ErrorCode {
	var known ErrorCode
	if errors.As(err, &known) {
		return known
	}
	for _, f := range []func(error) (ErrorCode, bool){classifyDNS, classifyTLS, classifySystem, classifyTimeout, classifyHTTP} {
		if c, ok := f(err); ok {
			return c
		}
	}
	return internalError("%v", err)
}

func classifyDNS(err error) (c ErrorCode, ok bool) {
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		return c, false
	case dns.IsTimeout:
		return code(DNSTimeout), true
	}
	c = code(DNSError)
	if dns.IsNotFound {
		c.DNSError.Rcode = host.Some("NXDOMAIN")
	} else if dns.IsTemporary {
		c.DNSError.Rcode = host.Some("SERVFAIL")
	}
	return c, true
}

func classifyTLS(err error) (c ErrorCode, ok bool) {
	var (
		op        *net.OpError
		header    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &verify), errors.As(err, &authority), errors.As(err, &name), errors.As(err, &invalid):
		return code(TLSCertificateError), true
	case errors.As(err, &header), errors.Is(err, http.ErrSchemeMismatch):
		return code(TLSProtocolError), true
	case errors.As(err, &op) && op.Op == "remote error":
		c = code(TLSAlertReceived)
		c.TLSAlertReceived.AlertMessage = host.Some(op.Err.Error())
		// crypto/tls does not export the type of an alert that it received.
		if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 {
			c.TLSAlertReceived.AlertID = host.Some(uint8(v.Uint()))
		}
		return c, true
	case op != nil && op.Op == "local error", textHas(err, "tls: "):
		return code(TLSProtocolError), true
	}
	return c, false
}

func classifySystem(err error) (c ErrorCode, ok bool) {
	for _, s := range systemErrors {
		if errors.Is(err, s.errno) {
			return code(s.code), true
		}
	}
	return c, false
}

func classifyTimeout(err error) (c ErrorCode, ok bool) {
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		return c, false
	}
	var op *net.OpError
	if errors.As(err, &op) {
		switch op.Op {
		case "read":
			return code(ConnectionReadTimeout), true
		case "write":
			return code(ConnectionWriteTimeout), true
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || textHas(err, "awaiting response headers") {
		return code(HTTPResponseTimeout), true
	}
	return code(ConnectionTimeout), true
}

// Failures that net/http tells apart by their text alone.
var httpTexts = []struct {
	text string
	code uint8
}{
	{"server closed idle connection", ConnectionTerminated},
	{"server sent GOAWAY", ConnectionTerminated},
	{"connection broken: EOF", ConnectionTerminated},
	{"response headers exceeded", HTTPResponseHeaderSectionSize},
	{"unsupported transfer encoding", HTTPResponseTransferCoding},
	{"too many transfer encodings", HTTPResponseTransferCoding},
	{"http: ContentLength=", HTTPRequestBodySize},
	{"http: Request.ContentLength=", HTTPRequestBodySize},
	{"invalid URL port", HTTPRequestURIInvalid},
	{"no Host in request URL", HTTPRequestURIInvalid},
	{"malformed", HTTPProtocolError},
	{"bad Content-Length", HTTPProtocolError},
	{"invalid Content-Length", HTTPProtocolError},
	{"invalid header", HTTPProtocolError},
	{"chunk", HTTPProtocolError},
	{"stream error:", HTTPProtocolError},
	{"http2: ", HTTPProtocolError},
}

func classifyHTTP(err error) (c ErrorCode, ok bool) {
	var addr *net.AddrError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return code(HTTPResponseIncomplete), true
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
		return code(ConnectionTerminated), true
	case errors.As(err, &addr):
		return code(DestinationNotFound), true
	}
	for _, t := range httpTexts {
		if textHas(err, t.text) {
			return code(t.code), true
		}
	}
	return c, false
}

func textHas(err error, part string) bool { return strings.Contains(err.Error(), part) }
