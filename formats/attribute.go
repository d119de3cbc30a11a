package formats

import (
	"iter"
	"strconv"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// attr is the value of an attribute of a span or log record. It is plain JSON,
// or the AnyValue of OTLP (opentelemetry-proto, common/v1), whose only member
// names the type: an integer is a string there, a list is {"values": [...]}.
// Nothing is converted until it is used, for most attributes are not.
type attr struct {
	v    jsontape.Value
	wrap wrapping
}

// wrapping says how the value of an attribute is written.
type wrapping uint8

const (
	wrapNone   wrapping = iota // plain JSON
	wrapNumber                 // intValue or doubleValue: a number, or a string that holds one
	wrapList                   // the values of an arrayValue: each an AnyValue
	wrapPairs                  // the values of a kvlistValue: each {"key": ..., "value": AnyValue}
)

// anyValue returns what an AnyValue holds. The names in snake case are those of
// the proto file, which protobuf's JSON mapping lets writers use. What is no
// object is taken as it is.
func anyValue(v jsontape.Value) attr {
	if v.Kind() != jsontape.Object {
		return attr{v: v}
	}
	var a attr
	for key, m := range v.Members() {
		switch string(key) {
		case "stringValue", "string_value", "boolValue", "bool_value", "bytesValue", "bytes_value":
			a = attr{v: m}
		case "intValue", "int_value", "doubleValue", "double_value":
			a = attr{m, wrapNumber}
		case "arrayValue", "array_value":
			a = attr{m.Get("values"), wrapList}
		case "kvlistValue", "kvlist_value":
			a = attr{m.Get("values"), wrapPairs}
		}
	}
	return a
}

// keyValue returns the two halves of an attribute in a list of OTLP.
func keyValue(v jsontape.Value) (key []byte, value attr) {
	for name, m := range v.Members() {
		switch string(name) {
		case "key":
			key = m.Text()
		case "value":
			value = anyValue(m)
		}
	}
	return key, value
}

// exists reports whether there is a value; a null is none.
func (a attr) exists() bool {
	k := a.v.Kind()
	return k != jsontape.Missing && k != jsontape.Null
}

// text returns the text of a string, or a number as written; nil for others.
func (a attr) text() Text {
	if a.wrap == wrapList || a.wrap == wrapPairs {
		return nil
	}
	return scalar(a.v)
}

// first returns the text of a string, or of the first element of a list.
func (a attr) first() Text {
	switch {
	case a.wrap == wrapList:
		return anyValue(a.v.Index(0)).text()
	case a.wrap == wrapNone && a.v.Kind() == jsontape.Array:
		return scalar(a.v.Index(0))
	}
	return a.text()
}

// integer returns a whole number, written as a number or as its digits.
func (a attr) integer() Int {
	n, ok := scaled(a.text(), 0, false)
	return Int{n, ok}
}

// truth returns a truth value.
func (a attr) truth() Bool { return truth(a.v) }

// composite reports whether the value is a list or an object.
func (a attr) composite() bool {
	k := a.v.Kind()
	return a.wrap == wrapList || a.wrap == wrapPairs || k == jsontape.Array || k == jsontape.Object
}

// members yields the members of an object, however it is written.
func (a attr) members() iter.Seq2[[]byte, attr] {
	return func(yield func([]byte, attr) bool) {
		if a.wrap == wrapPairs {
			for x := range a.v.Elements() {
				if key, v := keyValue(x); !yield(key, v) {
					return
				}
			}
			return
		}
		for key, v := range a.v.Members() {
			if !yield(key, attr{v: v}) {
				return
			}
		}
	}
}

// elements yields the elements of a list, however it is written.
func (a attr) elements() iter.Seq[attr] {
	return func(yield func(attr) bool) {
		if a.wrap == wrapPairs {
			return
		}
		for x := range a.v.Elements() {
			item := attr{v: x}
			if a.wrap == wrapList {
				item = anyValue(x)
			}
			if !yield(item) {
				return
			}
		}
	}
}

// opened returns the value, or the object or list that it is a JSON text of.
// The parser is its own, for the values of others are still in use.
func (a attr) opened(d *Decoder) attr {
	if t := a.v.Text(); looksComposite(t) {
		if v := parseInner(d, t); v.Exists() {
			return attr{v: v}
		}
	}
	return a
}

// parsed returns the value as plain JSON: a list or an object, or what a string
// holds when it is JSON. It does not exist otherwise. It uses doc, and is valid
// until doc is used again.
func (a attr) parsed(d *Decoder, doc *jsontape.Doc) jsontape.Value {
	text := a.v.Text()
	switch {
	case a.wrap == wrapList || a.wrap == wrapPairs:
		text = a.render(d)
	case a.composite():
		return a.v
	case !looksComposite(text):
		return jsontape.Value{}
	}
	if doc.Parse(text) != nil {
		return jsontape.Value{}
	}
	return doc.Root()
}

// looksComposite reports whether a text may be a JSON list or object, so that
// prose is not parsed.
func looksComposite(text []byte) bool {
	at := skipBlank(text, 0)
	return at < len(text) && (text[at] == '[' || text[at] == '{')
}

// json returns the value as JSON: what a string holds, or else the value in
// plain JSON; nil when there is none.
func (a attr) json(d *Decoder) Text {
	switch {
	case !a.exists():
		return nil
	case a.v.Kind() == jsontape.String && a.wrap == wrapNone:
		return a.v.Text()
	}
	return a.render(d)
}

// render returns the value in plain JSON. That is never longer than the value
// in OTLP, but for bytes that are not UTF-8.
func (a attr) render(d *Decoder) Text {
	if a.wrap == wrapNone {
		return rawJSON(d, a.v)
	}
	return a.appendJSON(d, d.Arena.Bytes(len(a.v.Raw()) + 2)[:0], 0)
}

// maxAnyDepth is how deep AnyValues are converted; what is nested deeper stays
// as OTLP writes it. Documents nest a dozen deep.
const maxAnyDepth = 64

// appendJSON appends the value in plain JSON.
func (a attr) appendJSON(d *Decoder, dst []byte, depth int) []byte {
	switch {
	case !a.v.Exists() && a.wrap == wrapList: // an empty list may be left out
		return append(dst, '[', ']')
	case !a.v.Exists() && a.wrap == wrapPairs:
		return append(dst, '{', '}')
	case !a.v.Exists():
		return append(dst, "null"...)
	case a.wrap == wrapNumber && a.v.Kind() == jsontape.String && isNumber(a.v.Text()):
		return append(dst, a.v.Text()...)
	case a.wrap == wrapNone || a.wrap == wrapNumber || depth == maxAnyDepth:
		return append(dst, rawJSON(d, a.v)...)
	}
	open, end := byte('['), byte(']')
	if a.wrap == wrapPairs {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	comma := func() {
		if last := dst[len(dst)-1]; last != open {
			dst = append(dst, ',')
		}
	}
	for x := range a.elements() {
		comma()
		dst = x.appendJSON(d, dst, depth+1)
	}
	for key, x := range a.members() {
		comma()
		dst = append(appendString(dst, key), ':')
		dst = x.appendJSON(d, dst, depth+1)
	}
	return append(dst, end)
}

// isNumber reports whether a text is a number that JSON allows: NaN and
// Infinity, which OTLP writes as strings, are not.
func isNumber(b []byte) bool {
	if len(b) == 0 || len(b) > 32 || b[0] != '-' && (b[0] < '0' || b[0] > '9') {
		return false
	}
	_, err := strconv.ParseFloat(string(b), 64)
	leading := len(b) > 1 && b[0] == '0' && b[1] >= '0' && b[1] <= '9'
	return err == nil && !leading
}

// attributesOf returns a set of attributes: the list of OTLP, or an object.
func attributesOf(v jsontape.Value) attr {
	if v.Kind() == jsontape.Array {
		return attr{v, wrapPairs}
	}
	return attr{v: v}
}
