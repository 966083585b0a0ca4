package wasihttp

import (
	"fmt"
	"net/http"

	"github.com/isyswasfa/isyswasfa/host"
)

// The cases of wasi:http/types' variant error-code.
const (
	DNSTimeout uint8 = iota
	DNSError
	DestinationNotFound
	DestinationUnavailable
	DestinationIPProhibited
	DestinationIPUnroutable
	ConnectionRefused
	ConnectionTerminated
	ConnectionTimeout
	ConnectionReadTimeout
	ConnectionWriteTimeout
	ConnectionLimitReached
	TLSProtocolError
	TLSCertificateError
	TLSAlertReceived
	HTTPRequestDenied
	HTTPRequestLengthRequired
	HTTPRequestBodySize
	HTTPRequestMethodInvalid
	HTTPRequestURIInvalid
	HTTPRequestURITooLong
	HTTPRequestHeaderSectionSize
	HTTPRequestHeaderSize
	HTTPRequestTrailerSectionSize
	HTTPRequestTrailerSize
	HTTPResponseIncomplete
	HTTPResponseHeaderSectionSize
	HTTPResponseHeaderSize
	HTTPResponseBodySize
	HTTPResponseTrailerSectionSize
	HTTPResponseTrailerSize
	HTTPResponseTransferCoding
	HTTPResponseContentCoding
	HTTPResponseTimeout
	HTTPUpgradeFailed
	HTTPProtocolError
	LoopDetected
	ConfigurationError
	InternalError
)

// Go shapes of the payloads of error-code.
type (
	DNSErrorPayload struct {
		Rcode    host.Option[string]
		InfoCode host.Option[uint16]
	}
	TLSAlertReceivedPayload struct {
		AlertID      host.Option[uint8]
		AlertMessage host.Option[string]
	}
	FieldSizePayload struct {
		FieldName host.Option[string]
		FieldSize host.Option[uint32]
	}
)

// An ErrorCode is the Go shape of variant error-code: Case is one of the
// constants above, and the field of that case, if any, is its payload. It is
// an error.
type ErrorCode struct {
	Case                           uint8
	DNSError                       DNSErrorPayload
	TLSAlertReceived               TLSAlertReceivedPayload
	HTTPRequestBodySize            host.Option[uint64]
	HTTPRequestHeaderSectionSize   host.Option[uint32]
	HTTPRequestHeaderSize          host.Option[FieldSizePayload]
	HTTPRequestTrailerSectionSize  host.Option[uint32]
	HTTPRequestTrailerSize         FieldSizePayload
	HTTPResponseHeaderSectionSize  host.Option[uint32]
	HTTPResponseHeaderSize         FieldSizePayload
	HTTPResponseBodySize           host.Option[uint64]
	HTTPResponseTrailerSectionSize host.Option[uint32]
	HTTPResponseTrailerSize        FieldSizePayload
	HTTPResponseTransferCoding     host.Option[string]
	HTTPResponseContentCoding      host.Option[string]
	InternalError                  host.Option[string]
}

// caseInfo has the name of each case and the status with which a server
// answers for it: those of RFC 9209 section 2.3, where the errors come from.
var caseInfo = [...]struct {
	name   string
	status int
}{
	DNSTimeout:                     {"DNS-timeout", http.StatusGatewayTimeout},
	DNSError:                       {"DNS-error", http.StatusBadGateway},
	DestinationNotFound:            {"destination-not-found", http.StatusInternalServerError},
	DestinationUnavailable:         {"destination-unavailable", http.StatusServiceUnavailable},
	DestinationIPProhibited:        {"destination-IP-prohibited", http.StatusBadGateway},
	DestinationIPUnroutable:        {"destination-IP-unroutable", http.StatusBadGateway},
	ConnectionRefused:              {"connection-refused", http.StatusBadGateway},
	ConnectionTerminated:           {"connection-terminated", http.StatusBadGateway},
	ConnectionTimeout:              {"connection-timeout", http.StatusGatewayTimeout},
	ConnectionReadTimeout:          {"connection-read-timeout", http.StatusGatewayTimeout},
	ConnectionWriteTimeout:         {"connection-write-timeout", http.StatusGatewayTimeout},
	ConnectionLimitReached:         {"connection-limit-reached", http.StatusServiceUnavailable},
	TLSProtocolError:               {"TLS-protocol-error", http.StatusBadGateway},
	TLSCertificateError:            {"TLS-certificate-error", http.StatusBadGateway},
	TLSAlertReceived:               {"TLS-alert-received", http.StatusBadGateway},
	HTTPRequestDenied:              {"HTTP-request-denied", http.StatusForbidden},
	HTTPRequestLengthRequired:      {"HTTP-request-length-required", http.StatusLengthRequired},
	HTTPRequestBodySize:            {"HTTP-request-body-size", http.StatusRequestEntityTooLarge},
	HTTPRequestMethodInvalid:       {"HTTP-request-method-invalid", http.StatusMethodNotAllowed},
	HTTPRequestURIInvalid:          {"HTTP-request-URI-invalid", http.StatusBadRequest},
	HTTPRequestURITooLong:          {"HTTP-request-URI-too-long", http.StatusRequestURITooLong},
	HTTPRequestHeaderSectionSize:   {"HTTP-request-header-section-size", http.StatusRequestHeaderFieldsTooLarge},
	HTTPRequestHeaderSize:          {"HTTP-request-header-size", http.StatusRequestHeaderFieldsTooLarge},
	HTTPRequestTrailerSectionSize:  {"HTTP-request-trailer-section-size", http.StatusRequestHeaderFieldsTooLarge},
	HTTPRequestTrailerSize:         {"HTTP-request-trailer-size", http.StatusRequestHeaderFieldsTooLarge},
	HTTPResponseIncomplete:         {"HTTP-response-incomplete", http.StatusBadGateway},
	HTTPResponseHeaderSectionSize:  {"HTTP-response-header-section-size", http.StatusBadGateway},
	HTTPResponseHeaderSize:         {"HTTP-response-header-size", http.StatusBadGateway},
	HTTPResponseBodySize:           {"HTTP-response-body-size", http.StatusBadGateway},
	HTTPResponseTrailerSectionSize: {"HTTP-response-trailer-section-size", http.StatusBadGateway},
	HTTPResponseTrailerSize:        {"HTTP-response-trailer-size", http.StatusBadGateway},
	HTTPResponseTransferCoding:     {"HTTP-response-transfer-coding", http.StatusBadGateway},
	HTTPResponseContentCoding:      {"HTTP-response-content-coding", http.StatusBadGateway},
	HTTPResponseTimeout:            {"HTTP-response-timeout", http.StatusGatewayTimeout},
	HTTPUpgradeFailed:              {"HTTP-upgrade-failed", http.StatusBadGateway},
	HTTPProtocolError:              {"HTTP-protocol-error", http.StatusBadGateway},
	LoopDetected:                   {"loop-detected", http.StatusBadGateway},
	ConfigurationError:             {"configuration-error", http.StatusInternalServerError},
	InternalError:                  {"internal-error", http.StatusInternalServerError},
}

// Error gives the WIT name of the case and the text that it carries, if any.
func (e ErrorCode) Error() string {
	name := "unknown error code"
	if int(e.Case) < len(caseInfo) {
		name = caseInfo[e.Case].name
	}
	var text host.Option[string]
	switch e.Case {
	case DNSError:
		text = e.DNSError.Rcode
	case TLSAlertReceived:
		text = e.TLSAlertReceived.AlertMessage
	case HTTPResponseTransferCoding:
		text = e.HTTPResponseTransferCoding
	case HTTPResponseContentCoding:
		text = e.HTTPResponseContentCoding
	case InternalError:
		text = e.InternalError
	}
	if text.Some {
		return fmt.Sprintf("%s: %s", name, text.Value)
	}
	return name
}

// Status gives the status that tells a client of the error.
func (e ErrorCode) Status() int {
	if int(e.Case) < len(caseInfo) {
		return caseInfo[e.Case].status
	}
	return http.StatusInternalServerError
}

func code(c uint8) ErrorCode { return ErrorCode{Case: c} }

func internalError(format string, args ...any) ErrorCode {
	return ErrorCode{Case: InternalError, InternalError: host.Some(fmt.Sprintf(format, args...))}
}
