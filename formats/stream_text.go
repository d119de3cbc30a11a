package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// decodeReplyText decodes the text of a reply: JSON, the events of a stream as
// they went over the wire, JSON lines, or what a proxy or server in between
// said. It reports whether its shape is known.
func decodeReplyText(d *Decoder, e *Event, text Text) bool {
	text = trimBOM(text)
	if len(bytes.TrimSpace(text)) == 0 {
		return false
	}
	if isEventText(text) {
		return foldEventText(d, e, text)
	}
	if isAmazonStream(text) {
		return foldAmazonStream(d, e, text)
	}
	v, cut := d.parseBody(text)
	switch v.Kind() {
	case jsontape.Object, jsontape.Array:
		known := decodeResponseBody(d, e, v)
		if cut {
			truncated(e)
		}
		return known
	case jsontape.Missing:
		if known, ok := foldValues(d, e, text); ok {
			return known
		}
	}
	e.AddOutput(nil).Add(unknownPart(d, text))
	return false
}

// isEventText reports whether a text is an event stream
// (html.spec.whatwg.org, "Server-sent events"): it begins with a field or a
// comment.
func isEventText(text []byte) bool {
	text = text[skipBlank(text, 0):]
	for _, field := range [...]string{"data:", "event:", "id:", "retry:", ":"} {
		if bytes.HasPrefix(text, []byte(field)) {
			return true
		}
	}
	return false
}

// foldEventText folds the events of a stream, each of which is a JSON value.
// Their names are not needed: all providers repeat them in the data, or need
// none. It reports whether the shape of any was known.
func foldEventText(d *Decoder, e *Event, text []byte) bool {
	f := fold{d: d, e: e}
	var data []byte // of the event so far; nil before its first line
	joined := false
	for len(text) > 0 {
		line, rest := cutLine(text)
		text = rest
		line = bytes.TrimSuffix(line, []byte{'\r'})
		piece, ok := bytes.CutPrefix(line, []byte("data:"))
		switch {
		case len(line) == 0:
			f.values(data)
			data, joined = nil, false
		case !ok: // a comment, or the name or number of the event
		case data == nil:
			data = piece
		default:
			if !joined {
				data, joined = bytes.Clone(data), true
			}
			data = append(append(data, '\n'), piece...)
		}
	}
	f.values(data)
	return f.finish()
}

// foldValues folds a reply that is a sequence of JSON values, such as JSON
// lines. It reports whether the text is one, of a known shape; when it is not
// JSON, nothing is added.
func foldValues(d *Decoder, e *Event, text []byte) (known, ok bool) {
	text = text[skipBlank(text, 0):]
	if d.body.ParsePrefix(text) != nil || !d.body.Complete() {
		return false, false
	}
	f := fold{d: d, e: e}
	f.values(text)
	return f.finish(), true
}

// values takes a sequence of chunks: mostly one, several where a logger has
// left out the blank lines between the events. A last one that was cut off
// counts as far as it goes, and what is no JSON is kept as text.
func (f *fold) values(text []byte) {
	for {
		text = text[skipBlank(text, 0):]
		if rest, done := bytes.CutPrefix(text, []byte("[DONE]")); done {
			text = rest
			continue
		}
		if len(text) == 0 {
			return
		}
		if f.d.body.ParsePrefix(text) != nil || !f.d.body.Root().Exists() {
			f.otherText(text)
			return
		}
		chunk := f.d.body.Root()
		if f.chunk(chunk); !f.d.body.Complete() {
			truncated(f.e)
			return
		}
		text = text[len(chunk.Raw()):]
	}
}

// otherText keeps what is no JSON.
func (f *fold) otherText(text []byte) {
	m := f.message(0)
	m.push(unknownPart(f.d, text), -1)
}
