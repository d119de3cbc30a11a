package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// RequestBody returns the body that was sent for the call, byte for byte as the
// log kept it, for those who want to send it again. It is nil where the log
// keeps no body, however much it says of what was in it. Like all texts of an
// event it aliases the record.
func (e *Event) RequestBody() Text { return e.requestBody }

// keepBody remembers that a value of the record is the body of the request.
func (e *Event) keepBody(v jsontape.Value) {
	switch v.Kind() {
	case jsontape.String:
		e.requestBody = v.Text()
	case jsontape.Object:
		e.requestBody = v.Raw()
	}
}

// DecodeRequest adds to e what the body of a request to a provider says, of any
// shape that is known, as decoders of logs do. It reports whether its shape is
// known. The text must stay as it is until Reset.
func (d *Decoder) DecodeRequest(e *Event, text []byte) bool {
	e.requestBody = text
	known := decodeRequestText(d, e, text)
	e.Summarise()
	return known
}

// DecodeReply is [Decoder.DecodeRequest] for a reply: JSON, the events of a
// stream, JSON lines. The outcome is set by what the body says and by the HTTP
// status, when e has one.
func (d *Decoder) DecodeReply(e *Event, text []byte) bool {
	known := decodeReplyText(d, e, text)
	exchangeOutcome(e)
	e.Summarise()
	return known
}
