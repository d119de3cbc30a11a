package formats

import (
	"bytes"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// Readers of single values, in the ways in which JSON and tables write them: a
// number may be the text of one.

// hasAny reports whether an object has one of the members.
func hasAny(v jsontape.Value, names ...string) bool {
	for _, name := range names {
		if v.Get(name).Exists() {
			return true
		}
	}
	return false
}

// hasAll reports whether an object has all of the members.
func hasAll(v jsontape.Value, names ...string) bool {
	for _, name := range names {
		if !v.Get(name).Exists() {
			return false
		}
	}
	return true
}

// nameOf returns the first of the values that is a text or a number and not
// empty. Gateways write "" where a name is not known, and cells of CSV have no
// other way to say it.
func nameOf(values ...jsontape.Value) Text {
	for _, v := range values {
		if t := scalar(v); len(t) > 0 {
			return t
		}
	}
	return nil
}

// countOf returns a whole number.
func countOf(v jsontape.Value) Int { return decimalOf(v, 0, false) }

// dollarsOf returns an amount in USD, a number or its text.
func dollarsOf(v jsontape.Value) Int { return decimalOf(v, 9, true) }

// millisOf returns milliseconds, a number or its text, as microseconds.
func millisOf(v jsontape.Value) Int { return decimalOf(v, 3, true) }

func decimalOf(v jsontape.Value, exp int, round bool) Int {
	n, ok := scaled(scalar(v), exp, round)
	if !ok {
		return Int{}
	}
	return IntOf(n)
}

// scalar returns the text of a string, or a number as written; nil for others.
func scalar(v jsontape.Value) Text {
	if v.Kind() == jsontape.Number {
		return v.Raw()
	}
	return v.Text()
}

// rawJSON returns the value as written. Bytes that are not UTF-8, which can
// only stand inside its strings, become U+FFFD: columns hold valid text.
func rawJSON(d *Decoder, v jsontape.Value) Text {
	b := v.Raw()
	if utf8.Valid(b) {
		return b
	}
	return d.Arena.Copy(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}
