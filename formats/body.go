package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// The bodies that providers take and return have few shapes, and gateways put
// any of them under any model name. So bodies are told apart by the members
// they have, never by the model id: one pass over the members collects what is
// known, in whatever order it was written, and the shape is decided afterwards.
// What no shape explains is kept as a part of type other with its JSON.

// decodeRequestBody adds to e what a request body says: messages, parameters,
// tools, documents, the session and end user in its metadata. The body may be
// of any supported provider; a string that holds JSON is decoded as that JSON,
// and an array is taken for a list of messages. Columns that are already set
// are kept. It reports whether the shape of the body is known.
func decodeRequestBody(d *Decoder, e *Event, body jsontape.Value) bool {
	switch body.Kind() {
	case jsontape.Missing, jsontape.Null:
		return false
	case jsontape.String:
		return decodeRequestText(d, e, body.Text())
	case jsontape.Array:
		addMessageList(d, &e.Input, body)
		return body.Index(0).Get("role").Exists()
	case jsontape.Object:
		var r requestBody
		r.read(d, e, body)
		known := r.addInput(d, e)
		if !known {
			e.AddInput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
		}
		if p := r.params.json(d); p != nil && e.Parameters == nil {
			e.Parameters = p
		}
		return known
	}
	e.AddInput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	return false
}

// decodeResponseBody adds to e what a response body says: messages, finish
// reason, usage, latency, guardrails, errors. An array is taken for the chunks
// of a stream and folded; a string is decoded as the text that it is: JSON, or
// a stream. Columns that are already set are kept. It reports whether the shape
// of the body is known.
func decodeResponseBody(d *Decoder, e *Event, body jsontape.Value) bool {
	switch body.Kind() {
	case jsontape.Missing, jsontape.Null:
		return false
	case jsontape.String:
		return decodeReplyText(d, e, body.Text())
	case jsontape.Array:
		return foldStream(d, e, body)
	case jsontape.Object:
		var r responseBody
		r.read(d, e, body)
		known := r.addOutput(d, e, body)
		if !known {
			e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
		}
		r.finishEvent(d, e, known)
		return known
	}
	e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	return false
}
