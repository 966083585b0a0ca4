package wasihttp

import (
	"io"
	"os"
	"strconv"
	"syscall"

	http "github.com/isyswasfa/isyswasfa/guest/wasi/wasi_http_types"
	"github.com/isyswasfa/isyswasfa/guest/wit/types"
)

// An Error is an error-code of wasi:http. [Transport] returns it for what
// failed on the way, wrapped in a *url.Error by http.Client; errors.As finds it:
//
//	var e *wasihttp.Error
//	if errors.As(err, &e) && e.Code.Tag() == wasi_http_types.ErrorCodeConnectionRefused {
type Error struct {
	Code http.ErrorCode
}

// codeNames are the cases of error-code in order.
var codeNames = [...]string{
	"DNS-timeout", "DNS-error", "destination-not-found", "destination-unavailable",
	"destination-IP-prohibited", "destination-IP-unroutable", "connection-refused",
	"connection-terminated", "connection-timeout", "connection-read-timeout",
	"connection-write-timeout", "connection-limit-reached", "TLS-protocol-error",
	"TLS-certificate-error", "TLS-alert-received", "HTTP-request-denied",
	"HTTP-request-length-required", "HTTP-request-body-size", "HTTP-request-method-invalid",
	"HTTP-request-URI-invalid", "HTTP-request-URI-too-long", "HTTP-request-header-section-size",
	"HTTP-request-header-size", "HTTP-request-trailer-section-size", "HTTP-request-trailer-size",
	"HTTP-response-incomplete", "HTTP-response-header-section-size", "HTTP-response-header-size",
	"HTTP-response-body-size", "HTTP-response-trailer-section-size", "HTTP-response-trailer-size",
	"HTTP-response-transfer-coding", "HTTP-response-content-coding", "HTTP-response-timeout",
	"HTTP-upgrade-failed", "HTTP-protocol-error", "loop-detected", "configuration-error",
	"internal-error",
}

// Error returns the code's name and, where it has one, its text.
func (e *Error) Error() string {
	tag := int(e.Code.Tag())
	if tag >= len(codeNames) {
		return "wasi:http: error-code " + strconv.Itoa(tag)
	}
	return "wasi:http: " + codeNames[tag] + e.detail()
}

func (e *Error) detail() string {
	switch e.Code.Tag() {
	case http.ErrorCodeInternalError:
		return optional(e.Code.InternalError())
	case http.ErrorCodeDnsError:
		return optional(e.Code.DnsError().Rcode)
	case http.ErrorCodeTlsAlertReceived:
		return optional(e.Code.TlsAlertReceived().AlertMessage)
	}
	return ""
}

func optional(s types.Option[string]) string {
	if s.SomeOr("") == "" {
		return ""
	}
	return ": " + s.Some()
}

// Timeout tells whether a time limit was exceeded, as net.Error has it.
func (e *Error) Timeout() bool {
	switch e.Code.Tag() {
	case http.ErrorCodeDnsTimeout, http.ErrorCodeConnectionTimeout, http.ErrorCodeConnectionReadTimeout,
		http.ErrorCodeConnectionWriteTimeout, http.ErrorCodeHttpResponseTimeout:
		return true
	}
	return false
}

// Is tells that e is, for errors.Is, what net/http's own transport gives in such
// a case: io.ErrUnexpectedEOF, syscall.ECONNREFUSED or os.ErrDeadlineExceeded.
func (e *Error) Is(target error) bool {
	switch e.Code.Tag() {
	case http.ErrorCodeHttpResponseIncomplete:
		return target == io.ErrUnexpectedEOF
	case http.ErrorCodeConnectionRefused:
		return target == syscall.ECONNREFUSED
	}
	return e.Timeout() && target == os.ErrDeadlineExceeded
}

// Temporary is always false; it makes Error a net.Error.
func (e *Error) Temporary() bool { return false }

func internalError(text string) http.ErrorCode {
	return http.MakeErrorCodeInternalError(types.Some(text))
}
