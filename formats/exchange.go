package formats

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// exchange is one call of a provider's API, as far as a record holds it. Every
// format whose records hold the bodies that providers take and return hands
// them over here, so that one call looks the same from whichever log it comes.
type exchange struct {
	method  Text // of HTTP; nil when it is not known, and is taken for POST
	url     Text // address of the request, or only its path; nil when it is not known
	request body
	reply   body
}

// body is what went one way: a JSON value of the record, or a text.
type body struct {
	json jsontape.Value
	text Text
}

// bodyOf returns the body that a value of the record is. A string is the text
// of the body: JSON, the events of a stream, JSON lines, or whatever was sent.
// A value that is missing or null is no body.
func bodyOf(v jsontape.Value) body {
	switch v.Kind() {
	case jsontape.Missing, jsontape.Null:
		return body{}
	case jsontape.String:
		return body{text: v.Text()}
	}
	return body{json: v}
}

// bodyText returns the body with a text that is no value of the record; nil is
// no body.
func bodyText(b []byte) body { return body{text: b} }

// empty reports whether there is nothing of the body.
func (b body) empty() bool { return len(b.text) == 0 && !b.json.Exists() }

// decodeExchange adds to e what the address and the bodies of a call say.
// Columns that are already set are kept: set what the log itself says before,
// above all the HTTP status, and the kind if the log is of nothing but calls.
// It sets plane, kind, outcome and content state where they are not set yet,
// and the summaries.
//
// Where the kind is not set, the address decides: a path of a model API, and
// not only its host. On a path that nobody knows, or that others use as well on
// a host that nobody knows, bodies count only when the request names a model
// and both sides have a known shape; without an address, when one side has.
func decodeExchange(d *Decoder, e *Event, x exchange) {
	call := readURL(d, x.url)
	decodeCall(d, e, &call, x)
}

// decodeCall is [decodeExchange] for an address that was read.
func decodeCall(d *Decoder, e *Event, call *apiCall, x exchange) {
	call.fill(d, e, x.method)
	if e.Kind != "" {
		kind := e.Kind
		decodeRequest(d, e, x.request)
		decodeReply(d, e, x.reply)
		e.Kind = kind
	} else {
		before := *e
		asked := decodeRequest(d, e, x.request)
		answered := decodeReply(d, e, x.reply)
		e.Kind = call.kindOf(e, x.method, asked, answered)
		if !isContent(e.Kind) {
			dropUnknown(e, &before, call.provider != "" || call.path == nil, asked, answered)
		}
	}
	if e.Plane == "" {
		e.Plane = planeOf(e.Kind)
	}
	exchangeOutcome(e)
	switch in, out := len(e.Input) > 0, len(e.Output) > 0; {
	case e.ContentState != "":
	case isContent(e.Kind):
		e.ContentState = stateOf(!x.request.empty(), !x.reply.empty())
	case in || out:
		e.ContentState = stateOf(in, out)
	}
	e.Summarise()
}

// isContent reports whether events of the kind are about what was said.
func isContent(k Kind) bool {
	switch k {
	case KindInference, KindEmbedding, KindRetrieval, KindTool, KindMessage, KindGuardrail:
		return true
	}
	return false
}

// planeOf returns the plane of a call that was recorded with its bodies.
func planeOf(k Kind) Plane {
	switch {
	case isContent(k):
		return PlaneContent
	case k == KindAdmin:
		return PlaneControl
	}
	return PlaneAccess
}

// dropUnknown takes back what bodies said that are none of a model API: the
// record has them. Of an API that is known, what has a known shape is kept.
func dropUnknown(e, before *Event, api, asked, answered bool) {
	if !api {
		kind := e.Kind
		*e = *before
		e.Kind = kind
		return
	}
	if !asked {
		e.Input = e.Input[:0]
	}
	if !answered {
		e.Output = e.Output[:0]
	}
}

// stateOf returns the content state of a call with the bodies that are there.
func stateOf(in, out bool) ContentState {
	switch {
	case in && out:
		return ContentPresent
	case in || out:
		return ContentPartial
	}
	return ContentNotLogged
}

// exchangeOutcome sets the outcome, unless it is set, from the error, the HTTP
// status and what came back. A stream begins with 200 and may fail later, so
// that an error counts more than the status.
func exchangeOutcome(e *Event) {
	if e.Outcome != "" {
		return
	}
	byStatus := outcomeOfStatus(e.HTTPStatus.V)
	switch {
	case len(e.ErrorCode) > 0:
		if e.Outcome = providerOutcome(e.ErrorCode); e.Outcome == OutcomeError && byStatus != "" && byStatus != OutcomeSuccess {
			e.Outcome = byStatus
		}
	case len(e.ErrorMessage) > 0 && (byStatus == "" || byStatus == OutcomeSuccess):
		e.Outcome = OutcomeError
	case byStatus != "":
		e.Outcome = byStatus
	case len(e.Output) > 0:
		e.Outcome = OutcomeSuccess
	default:
		e.Outcome = OutcomeUnknown
	}
}

// decodeRequest decodes the body of a request and reports whether its shape is
// known.
func decodeRequest(d *Decoder, e *Event, b body) bool {
	if b.text != nil {
		e.requestBody = b.text
		return decodeRequestText(d, e, b.text)
	}
	e.keepBody(b.json)
	return decodeRequestBody(d, e, b.json)
}

// decodeReply decodes the body of a reply and reports whether its shape is
// known.
func decodeReply(d *Decoder, e *Event, b body) bool {
	if b.text != nil {
		return decodeReplyText(d, e, b.text)
	}
	return decodeResponseBody(d, e, b.json)
}

// decodeRequestText decodes the text of a request.
func decodeRequestText(d *Decoder, e *Event, text Text) bool {
	if len(text) == 0 {
		return false
	}
	v, cut := d.parseBody(text)
	if k := v.Kind(); k != jsontape.Object && k != jsontape.Array {
		e.AddInput(nil).Add(unknownPart(d, text))
		return false
	}
	known := decodeRequestBody(d, e, v)
	if cut {
		truncated(e)
	}
	return known
}

// truncated notes that a body was cut off. A column of JSON may then end in the
// middle, and is rather NULL.
func truncated(e *Event) {
	e.ContentState = ContentTruncated
	for _, column := range [...]*Text{&e.ToolDefinitions, &e.Retrieved, &e.Parameters} {
		if *column != nil && !json.Valid(*column) {
			*column = nil
		}
	}
}

// parseBody parses the text of a body. When it was cut off, or is broken in the
// middle, as where a logger put a mark of its own, the value holds what stands
// whole before, and cut is true. The result does not exist when the text does
// not begin with an object or array, or when more than that is in it.
func (d *Decoder) parseBody(text []byte) (v jsontape.Value, cut bool) {
	text = trimBOM(text)
	err := d.body.Parse(text)
	if err == nil {
		return d.body.Root(), false
	}
	if d.body.ParsePrefix(text) == nil {
		if d.body.Complete() {
			return jsontape.Value{}, false
		}
		return d.body.Root(), true
	}
	var broken *jsontape.SyntaxError
	if errors.As(err, &broken) && d.body.ParsePrefix(text[:broken.Offset]) == nil {
		return d.body.Root(), true
	}
	return jsontape.Value{}, false
}

// unknownPart returns the part that a body without known structure is: its text,
// or of what is no text the size.
func unknownPart(d *Decoder, text Text) Part {
	if !utf8.Valid(text) {
		return blobOf(d, nil, len(text))
	}
	return Part{Type: PartOther, Text: text}
}
