package formats

import (
	"bytes"
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// apimGateway is the log of the gateway of Azure API Management: who called
// which API through it with which subscription, what became of the call and,
// where that is switched on, headers and the beginning of the bodies.
//
// https://learn.microsoft.com/azure/azure-monitor/reference/tables/apimanagementgatewaylogs
type apimGateway struct{}

var _ Witness = apimGateway{}

func (apimGateway) Name() string { return "apim-gateway" }

func (apimGateway) Doc() string {
	return "Azure API Management gateway logs: storage blobs, event hub messages, rows of Log Analytics"
}

// Vantage says that the gateway stands before the provider.
func (apimGateway) Vantage() Vantage { return VantageGateway }

// Detect accepts what begins with a record of an API Management service that is
// none of its log about language models.
func (apimGateway) Detect(s *Sample) error {
	log, err := detectAzure(s)
	switch {
	case err != nil:
		return err
	case log == azureLLM:
		return errors.New("the first record is of the log about language models")
	case log != azureGateway && log != azureManagement:
		return errors.New("the first record is not of API Management")
	}
	return nil
}

func (apimGateway) readsNull() {}

func (apimGateway) Framing(s *Sample) Framing { return azureFraming(s) }

func (apimGateway) Decode(d *Decoder, record []byte) error { return decodeAzure(d, record) }

// gateway fills the columns of a call through the gateway. What the call is
// follows from the address of the backend, which is that of the provider; the
// gateway's own can be anything.
func (r *azureRecord) gateway(d *Decoder, e *Event) {
	if op := nameOf(r.operationID); op != nil {
		e.Operation = op
	}
	if api := nameOf(r.apiID); api != nil {
		e.Service = api
	}
	e.Principal = nameOf(r.user)
	if e.CredentialID = nameOf(r.subscription); e.CredentialID != nil {
		e.CredentialKind = word(d, "api_key") // the id of the subscription, whose key was sent
	}
	if !e.Latency.OK {
		e.Latency = positive(millisOf(r.total))
	}
	e.BytesIn = positive(countOf(r.requestSize))
	e.BytesOut = positive(countOf(r.responseSize))
	if n, ok := statusCode(r.status); ok {
		e.HTTPStatus = IntOf(n)
	}
	r.failure(e)
	r.headers(d, e)

	address := nameOf(r.url)
	e.Endpoint = readURL(d, address).host
	if backend := nameOf(r.backendURL); backend != nil {
		e.Destination = plainAddress(d, backend)
		address = backend
	}
	e.Kind = "" // as the address and the bodies tell
	decodeExchange(d, e, exchange{
		method:  nameOf(r.method),
		url:     address,
		request: bodyOf(firstBody(r.requestBody, r.backendRequestBody)),
		reply:   bodyOf(firstBody(r.responseBody, r.backendResponseBody)),
	})
	if e.Provider == nil {
		e.Provider = word(d, "azure")
	}
}

// failure reads the last error, of the gateway and its policies. A quota is a
// limit like a rate, though its status is 403.
// https://learn.microsoft.com/azure/api-management/api-management-error-handling-policies
func (r *azureRecord) failure(e *Event) {
	e.ErrorCode = firstFilled(r.lastErrorReason, r.lastError.Get("reason"))
	e.ErrorMessage = firstFilled(r.lastErrorMessage, r.lastError.Get("message"))
	switch ok := truth(r.succeeded); {
	case string(e.ErrorCode) == "QuotaExceeded", string(e.ErrorCode) == "RateLimitExceeded":
		e.Outcome = OutcomeThrottled
	case ok.OK && !ok.V && !e.HTTPStatus.OK:
		e.Outcome = OutcomeError // no reply was sent
	}
}

// headers takes what headers tell, where they are logged: those of the backend,
// which is the provider, rather than those that the gateway made of them. The
// apim-request-id among them is what Azure OpenAI's own log calls the
// correlation id of the call.
func (r *azureRecord) headers(d *Decoder, e *Event) {
	for _, headers := range [...]jsontape.Value{firstBody(r.backendResponseHeaders, r.responseHeaders), r.requestHeaders} {
		var u usage
		for name, value := range inlineJSON(d, headers).Members() {
			readHeader(d, e, &u, name, value.Text())
		}
		u.fill(e)
	}
}

// firstBody returns the first body that is there.
func firstBody(a, b jsontape.Value) jsontape.Value {
	if t := a.Text(); !a.Exists() || t != nil && len(t) == 0 {
		return b
	}
	return a
}

// firstFilled returns the first text that is not empty, or nil.
func firstFilled(a, b jsontape.Value) Text {
	if t := nameOf(a); t != nil {
		return t
	}
	return nameOf(b)
}

// plainAddress returns an address up to its query, which can hold keys, and
// without a name and password before its host.
func plainAddress(d *Decoder, address Text) Text {
	if end := bytes.IndexAny(address, "?#"); end >= 0 {
		address = address[:end]
	}
	start := bytes.Index(address, []byte("://")) + len("://")
	if start < len("://") {
		return address
	}
	host, _, _ := bytes.Cut(address[start:], []byte{'/'})
	if at := bytes.LastIndexByte(host, '@'); at >= 0 {
		return joinText(d, "", address[:start], "", address[start+at+1:])
	}
	return address
}
