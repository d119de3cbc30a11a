package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// A gateway stands between callers and providers, so that its record shows both
// who called and what was said. It is of the content plane where it has bodies
// or tokens; a case merges the planes.
//
// Two kinds of ids meet in it. The id that the provider gave the request is the
// one that the provider's own log has, and is the request_id. The gateway's own
// id of the call is known to nobody behind it: it becomes the request_id only
// where the record has neither an id of the provider's request nor of its
// reply, so that two logs of the same gateway still meet, and it never hides
// the id by which the provider's log would join.

// gatewayRecord returns the first record of a sample: the value itself, or the
// first element of an array or of a list in an envelope, whose name it returns.
func gatewayRecord(s *Sample, lists ...string) (v jsontape.Value, list string, err error) {
	v = s.First
	switch v.Kind() {
	case jsontape.Missing:
		return v, "", errors.New("it does not begin with JSON")
	case jsontape.Array:
		v = v.Index(0)
	case jsontape.Object:
		for _, name := range lists {
			if l := v.Get(name); l.Kind() == jsontape.Array {
				v, list = l.Index(0), name
				break
			}
		}
	}
	if v.Kind() != jsontape.Object {
		return v, list, errors.New("its first record is no object")
	}
	return v, list, nil
}

// gatewayFraming cuts the records of the list in an envelope; without one it is
// JSON of whatever shape.
func gatewayFraming(s *Sample, lists ...string) Framing {
	if _, list, _ := gatewayRecord(s, lists...); list != "" {
		return Framing{Kind: FrameArray, Path: list}
	}
	return JSONFraming(s)
}

// gatewayObject parses a record that must be an object.
func gatewayObject(d *Decoder, format string, record []byte) (jsontape.Value, error) {
	if err := d.JSON.Parse(record); err != nil {
		return jsontape.Value{}, err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return v, fmt.Errorf("decoding %s record: want an object, not %s", format, v.Kind())
	}
	return v, nil
}

// nested returns the JSON that a string holds, and other values as they are.
// Columns of tables hold JSON so. The values in it are valid until the next
// call; their texts longer. A string that holds no JSON object or array is
// returned as it is.
func (d *Decoder) nested(v jsontape.Value) jsontape.Value {
	text := v.Text()
	if len(text) == 0 || text[0] != '{' && text[0] != '[' || d.Nested.Parse(text) != nil {
		return v
	}
	return d.Nested.Root()
}

// setStatus sets the HTTP status from a number or its text. What is no status
// of HTTP, as gateways have for calls that they cut off, is an error code.
func setStatus(e *Event, v jsontape.Value) {
	switch n := countOf(v); {
	case !n.OK || n.V == 0:
	case n.V >= 100 && n.V <= 599:
		e.HTTPStatus = n
	default:
		setName(&e.ErrorCode, scalar(v))
	}
}

// span returns the time from one instant to another; NULL when either is, or
// when it would be negative.
func span(from, to Time) Int {
	if !from.OK || !to.OK || to.Micros < from.Micros {
		return Int{}
	}
	return IntOf(to.Micros - from.Micros)
}

// withoutQuery returns an address without its query and without the name and
// password before the host: keys stand there.
func withoutQuery(address Text) Text {
	if end := bytes.IndexAny(address, "?#"); end >= 0 {
		address = address[:end]
	}
	scheme := bytes.Index(address, []byte("://"))
	if scheme < 0 {
		return address
	}
	host := address[scheme+3:]
	if slash := bytes.IndexByte(host, '/'); slash >= 0 {
		host = host[:slash]
	}
	if at := bytes.LastIndexByte(host, '@'); at >= 0 {
		return address[scheme+3+at+1:]
	}
	return address
}

// setGatewayID takes the gateway's own id of a call, under the rule that stands
// at the top of this file. Call it when the ids of the provider are set.
func setGatewayID(e *Event, id Text) {
	if len(id) > 0 && e.RequestID == nil && e.ResponseID == nil {
		e.RequestID = id
	}
}

// gatewayKind returns what a call is by its address, whose path is enough: a
// gateway for models has no others on it. Where the address does not tell, a
// model or tokens make it a call of a model.
func gatewayKind(d *Decoder, e *Event, address Text) Kind {
	call := readURL(d, address)
	kind := call.kind
	if kind == "" && (len(e.Model) > 0 || e.InputTokens.V > 0 || e.OutputTokens.V > 0) {
		kind = KindInference
	}
	switch {
	case kind == "":
		return KindOther
	case kind == KindInference && bytes.Contains(e.Model, []byte("embed")):
		return KindEmbedding
	}
	return kind
}

// readReplyHeaders takes the headers of a provider's reply.
func readReplyHeaders(d *Decoder, e *Event, headers jsontape.Value) {
	var u usage
	for key, v := range headers.Members() {
		readHeader(d, e, &u, bytes.TrimPrefix(key, []byte("llm_provider-")), nameOf(v, v.Index(0)))
	}
	u.fill(e)
}

// safeKey returns what may be shown of a key: hashes, ids and names as they
// are, of what may be a key or token in clear the last four characters, as
// providers show them.
func safeKey(d *Decoder, key Text) Text {
	for _, prefix := range [...]string{
		"sk-", "Bearer ", "eyJ", "AIza", "AKIA", "ABSK", "bedrock-api-key-", "gsk_", "xai-", "hf_", "pplx-", "r8_",
	} {
		if !bytes.HasPrefix(key, []byte(prefix)) {
			continue
		}
		if len(key) < 16 {
			return nil
		}
		return joinText(d, "...", key[len(key)-4:], "", nil)
	}
	return key
}

// hasHost reports whether an address has a scheme and a host.
func hasHost(address Text) bool { return bytes.Contains(address, []byte("://")) }
