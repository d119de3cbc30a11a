package formats

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// SampleSize is how many bytes of a stream detection sees first. When the
// first JSON value is longer (the Complete method of the document given to
// [NewSample] says so), and no format accepts the sample or its framing is in
// doubt, callers try once more with a sample of MaxSampleSize.
const (
	SampleSize    = 64 << 10
	MaxSampleSize = 1 << 20
)

// NewSample returns the sample of a stream that begins with prefix, which is
// the whole stream when whole. It looks into tables and wrapped lines, so that
// formats see what they would see without. The sample aliases prefix and doc,
// and is valid until either is used again.
func NewSample(path string, prefix []byte, whole bool, doc *jsontape.Doc) *Sample {
	s := &Sample{Path: path, Prefix: prefix, Whole: whole}
	text := trimBOM(prefix)
	if f, first, ok := sniffTable(text, whole); ok {
		s.opened = &f
		s.readFirst(doc, first)
		return s
	}
	s.readFirst(doc, text)
	w := sniffWrapped(text, s.First)
	if w == "" {
		return s
	}
	inner := &Sample{
		Path: path, Prefix: w.unwrap(text, whole), Whole: whole,
		opened: &Framing{Kind: FrameLines, Wrapper: w},
	}
	if s.First.Exists() {
		inner.outer = s
		s.readFirst(new(jsontape.Doc), text)
	}
	inner.readFirst(doc, inner.Prefix)
	for rest := inner.Prefix; len(rest) > 0 && inner.First.Kind() != jsontape.Object; {
		if _, rest = cutLine(rest); len(rest) > 0 && rest[0] == '{' {
			inner.readFirst(doc, rest)
		}
	}
	return inner
}

func (s *Sample) readFirst(doc *jsontape.Doc, text []byte) {
	s.First = jsontape.Value{}
	err := doc.ParsePrefix(text)
	var syntax *jsontape.SyntaxError
	if errors.As(err, &syntax) {
		// One broken record must not hide those before it.
		if err = doc.ParsePrefix(text[:syntax.Offset]); err == nil && doc.Root().Len() == 0 {
			return
		}
	}
	if err == nil {
		s.First = doc.Root()
	}
}

// record returns the first record of a sample that begins with JSON: the first
// element of an array or of the first of the named members that is a list, else
// the value itself.
func (s *Sample) record(lists ...string) (jsontape.Value, error) {
	v := s.First
	switch v.Kind() {
	case jsontape.Missing:
		return v, errors.New("it does not begin with JSON")
	case jsontape.Array:
		if v = v.Index(0); !v.Exists() {
			return v, errors.New("the array is empty")
		}
	case jsontape.Object:
		if name := listIn(v, lists...); name != "" {
			v = v.Get(name).Index(0)
		}
	}
	return v, nil
}

// listIn returns the first of the named members of an object that is a list, ""
// when none is.
func listIn(v jsontape.Value, lists ...string) string {
	for _, name := range lists {
		if v.Get(name).Kind() == jsontape.Array {
			return name
		}
	}
	return ""
}

// listFraming cuts the elements of the first of the named members that is a
// list; without one it is JSON of whatever shape.
func listFraming(s *Sample, lists ...string) Framing {
	if name := listIn(s.First, lists...); name != "" {
		return Framing{Kind: FrameArray, Path: name}
	}
	return JSONFraming(s)
}

// Framing says how to cut records from the evidence that the sample is of when
// it is read by f, which accepted the sample.
func (s *Sample) Framing(f Format) Framing {
	if s.opened != nil {
		return *s.opened
	}
	return f.Framing(s)
}

// isTable reports whether the sample is of a table in text.
func (s *Sample) isTable() bool { return s.opened != nil && s.opened.Kind == FrameTable }

// isWrapped reports whether the sample is of wrapped lines.
func (s *Sample) isWrapped() bool { return s.opened != nil && s.opened.Wrapper != "" }

// JSONFraming returns the framing of JSON that is nothing but records: an
// array, lines, or a sequence of values.
//
// A stream that begins with an array is an array of records. It is lines when
// its first line is exactly one value and another line follows, or else, where
// the first value is broken, when that is so of the second line: one damaged
// line must not make the others unreadable. It is lines, too, when it does not
// begin with JSON. Everything else is a sequence of values; so is a single
// object.
func JSONFraming(s *Sample) Framing {
	text := trimBOM(s.Prefix)
	text = text[skipBlank(text, 0):]
	first, rest := cutLine(text)
	if len(first) == 0 || !beginsValue(first[0]) {
		return Framing{Kind: FrameLines}
	}
	if first[0] == '[' {
		return Framing{Kind: FrameArray}
	}
	if rest == nil {
		return Framing{Kind: FrameValues}
	}
	var doc jsontape.Doc
	if doc.Parse(first) == nil {
		if blank(rest) && s.Whole {
			return Framing{Kind: FrameValues}
		}
		return Framing{Kind: FrameLines}
	}
	if doc.ParsePrefix(first) == nil {
		if !doc.Complete() && s.First.Exists() {
			return Framing{Kind: FrameValues} // a value of several lines
		}
		after := skipBlank(first, len(doc.Root().Raw()))
		if after < len(first) && (first[after] == ',' || beginsValue(first[after])) {
			return Framing{Kind: FrameValues} // several values in a line
		}
	}
	second, _ := cutLine(rest[skipBlank(rest, 0):])
	if len(second) > 0 && second[0] == '{' && doc.Parse(second) == nil {
		return Framing{Kind: FrameLines}
	}
	return Framing{Kind: FrameValues}
}

// cutLine returns the first line of text and what follows it, nil when the
// line has no end.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return text, nil
	}
	return text[:i], text[i+1:]
}

// Detect returns the first of the formats that accepts the sample. When none
// does, the error says why not: each reason, and the formats that gave it.
// Wrapped lines that no format reads are looked at as they stand, and the sample
// becomes that of them.
func Detect(s *Sample, formats []Format) (Format, error) {
	var reasons []string
	by := map[string][]string{}
	for _, f := range formats {
		err := f.Detect(s)
		if err == nil {
			return f, nil
		}
		reason := err.Error()
		if by[reason] == nil {
			reasons = append(reasons, reason)
		}
		by[reason] = append(by[reason], f.Name())
	}
	if s.outer != nil {
		if f, err := Detect(s.outer, formats); err == nil {
			*s = *s.outer
			return f, nil
		}
	}
	var text strings.Builder
	for _, reason := range reasons {
		fmt.Fprintf(&text, "\n  %s: %s", strings.Join(by[reason], ", "), reason)
	}
	return nil, fmt.Errorf("detecting the format of %s: none fits%s", s.Path, text.String())
}
