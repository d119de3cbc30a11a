package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// place is what a walker is looking at.
type place uint8

const (
	atTop    place = iota // between the values of the stream
	atArray               // between the elements of an array of records
	inValue               // in a record that is an array, an object or a string
	inScalar              // in a record that is a number, true, false or null
	inHead                // in an object, before the framing's member
	inTail                // in an object, after the framing's member
	inRest                // after an error
	ended                 // and nothing is left to deliver
)

// walker is what a [Scanner] knows of the JSON around its place.
type walker struct {
	state   place
	nesting nesting
	array   bool      // records are elements of an array, which began at opened
	opened  int64     // offset in the stream
	last    separator // what stands before the place in the sequence or array
	problem string    // of the bytes being held
	doc     jsontape.Doc
	scratch []byte
}

// separator is the last thing of a sequence that is not white space.
type separator uint8

const (
	sepNone separator = iota
	sepValue
	sepComma
)

// scanJSON walks over values and what is between them.
func (s *Scanner) scanJSON(b *Block, data []byte) {
	w := &s.json
	for s.at < len(data) {
		switch w.state {
		case atTop, atArray:
			if s.at = skipBlank(data, s.at); s.at < len(data) {
				s.between(data)
			}
		case inScalar:
			if s.at = scalarEnd(data, s.at); s.at < len(data) {
				s.endRecord(b, data)
			}
		case inHead:
			if !s.head(data) {
				return
			}
		case inValue, inTail:
			var closed bool
			s.at, closed = w.nesting.run(data, s.at)
			if closed && w.state == inValue {
				s.endRecord(b, data)
			} else if closed {
				s.tail(b, data)
			}
		default:
			s.at = len(data)
		}
	}
}

// endRecord ends the value that is being held before s.at.
func (s *Scanner) endRecord(b *Block, data []byte) {
	w := &s.json
	s.emit(b, data, s.at, w.problem)
	w.state, w.last, w.problem = atTop, sepValue, ""
	if w.array {
		w.state = atArray
	}
}

// between takes one step at a byte that is not white space.
func (s *Scanner) between(data []byte) {
	w := &s.json
	c := data[s.at]
	envelope := s.framing.Kind == FrameArray && w.state == atTop
	switch {
	case envelope && s.framing.Path == "":
		if c != '[' {
			s.fail(data, "expecting an array")
			return
		}
		s.enterArray()
	case envelope:
		if c != '{' {
			s.fail(data, "expecting an object")
			return
		}
		w.state, s.start = inHead, s.at
	case c == ',' && w.last == sepValue:
		w.last = sepComma
		s.at++
	case c == ']' && w.array && w.last != sepComma:
		s.leaveArray()
	case w.array && w.last == sepValue:
		s.fail(data, "expecting a comma or the end of the array")
	case !beginsValue(c):
		s.fail(data, "expecting a value")
	default:
		s.beginRecord(c)
	}
}

// fail makes everything from s.at on one unparsed span.
func (s *Scanner) fail(data []byte, want string) {
	found := fmt.Sprintf("%q", data[s.at])
	if data[s.at] >= 0x80 {
		found = fmt.Sprintf("the byte 0x%02x", data[s.at])
	}
	s.failAt(data, s.at, want+", found "+found)
}

func (s *Scanner) failAt(data []byte, at int, problem string) {
	s.json.problem = fmt.Sprintf("%s at byte %d; not read from there on", problem, s.offset+int64(at))
	s.json.state = inRest
	s.start, s.at = at, len(data)
}

// beginRecord begins a value at s.at.
func (s *Scanner) beginRecord(c byte) {
	w := &s.json
	s.start = s.at
	w.state = inScalar
	if c == '{' || c == '[' || c == '"' {
		w.state, w.nesting = inValue, nesting{}
	}
}

// enterArray enters the array of records at s.at.
func (s *Scanner) enterArray() {
	w := &s.json
	w.state, w.array, w.last, w.opened = atArray, true, sepNone, s.offset+int64(s.at)
	s.at++
	s.start = -1
}

// leaveArray leaves the array of records at s.at.
func (s *Scanner) leaveArray() {
	w := &s.json
	s.at++
	w.state, w.array, w.last = atTop, false, sepNone
	if s.framing.Path != "" {
		w.state, w.nesting, s.start = inTail, nesting{depth: len(s.path)}, s.at
	}
}

// head looks for the array of records in the object that begins at s.start,
// which is held until it is found; it reports whether that could be decided. An
// object without the array becomes one record. What is before the array must
// be what a strict parser accepts, or else it is such a record too.
func (s *Scanner) head(data []byte) bool {
	w := &s.json
	object := data[s.start:]
	at, found := w.findPath(object, s.path)
	whole := found == len(s.path)
	if whole && at <= s.limit && object[at] == '[' && w.accepts("", object[:at], "[]"+strings.Repeat("}", found)) {
		s.at = s.start + at
		s.enterArray()
		return true
	}
	if at == len(object) && at <= s.limit && s.err == nil {
		s.at = len(data)
		return false
	}
	if at <= s.limit {
		switch place := s.offset + int64(s.start+at); {
		case whole && object[at] != '[':
			w.problem = fmt.Sprintf("member %s is not an array at byte %d", s.framing.Path, place)
		case !whole && found > 0:
			w.problem = fmt.Sprintf("member %s is not an object at byte %d", strings.Join(s.path[:found], "."), place)
		}
	}
	w.state, w.nesting, s.at = inValue, nesting{}, s.start
	return true
}

// tail ends the object around an array of records before s.at. What follows
// the array must be strictly right, and not hold a second array of records.
func (s *Scanner) tail(b *Block, data []byte) {
	w := &s.json
	switch {
	case s.pieces > 0 || s.at-s.start > s.limit:
		s.emit(b, data, s.at, "")
	case !w.accepts(strings.Repeat(`{"":`, len(s.path))+"[]", data[s.start:s.at], ""):
		s.failAt(data, s.start, "object around "+s.framing.Path+" is not valid")
		return
	default:
		if again := repeated(w.doc.Root(), s.path); again > 0 {
			s.failAt(data, s.start, "object with a second member "+strings.Join(s.path[:again], "."))
			return
		}
	}
	s.start, w.state, w.last = -1, atTop, sepValue
}

// repeated returns how many names of the path lead to a member that is there a
// second time, 0 when none is. The first member of each object on the way
// stands for the one that led to the array.
func repeated(object jsontape.Value, path []string) int {
	for i, name := range path {
		if object.Get(name).Exists() {
			return i + 1
		}
		for _, first := range object.Members() {
			object = first
			break
		}
	}
	return 0
}

// finishJSON ends the stream.
func (s *Scanner) finishJSON(b *Block, data []byte) {
	w := &s.json
	if w.state == inHead { // not found, so the object is one record
		s.at = s.start
		s.scanJSON(b, data)
	}
	problem := w.problem
	switch w.state {
	case inScalar:
		if w.array || !errors.Is(s.err, io.EOF) {
			problem = s.cutOff("record", data)
		}
	case inValue:
		problem = s.cutOff("record", data)
	case inTail:
		problem = s.cutOff("object around "+s.framing.Path, data)
	case atArray:
		problem = s.cutOff(fmt.Sprintf("array that begins at byte %d", w.opened), data)
	case atTop:
		if w.last != sepComma {
			return
		}
		problem = s.cutOff("sequence after a comma", data)
	}
	if s.start < 0 {
		s.start = len(data)
	}
	s.emit(b, data, len(data), problem)
}

// findPath follows member names from the object that src begins with, and
// returns the offset of the value that they lead to and how many there are. It
// returns fewer, and the offset of the value that is no object, where the path
// cannot be followed further; and none where a name is missing, with the offset
// where that was seen, or len(src) when src is too short to tell.
func (w *walker) findPath(src []byte, path []string) (at, found int) {
	for _, name := range path {
		if src[at] != '{' {
			break
		}
		n, ok := w.find(src[at:], name)
		if at += n; !ok {
			return at, 0
		}
		found++
	}
	return at, found
}

// find looks in the object that src begins with for the value of a member, and
// returns its offset. Where the object ends, or is not an object, without it,
// the offset is where that was seen; it is len(src) when src is too short to
// tell.
func (w *walker) find(src []byte, member string) (at int, found bool) {
	at = 1
	for {
		name, value, ok := memberAt(src, at)
		if !ok {
			return value, false
		}
		if w.names(name, member) {
			return value, true
		}
		if at = skipValue(src, value); at == len(src) || src[at] != ',' {
			return at, false
		}
		at++
	}
}

// memberAt returns the name of the member from src[at] on, in its quotation
// marks, and the offset of its value. Where there is none, the offset is where
// that was seen, len(src) when src is too short to tell.
func memberAt(src []byte, at int) (name []byte, value int, ok bool) {
	if at = skipBlank(src, at); at == len(src) || src[at] != '"' {
		return nil, at, false
	}
	begin := at
	var n nesting
	if at, _ = n.run(src, at); n.quoted {
		return nil, at, false
	}
	name = src[begin:at]
	if at = skipBlank(src, at); at == len(src) || src[at] != ':' {
		return nil, at, false
	}
	at = skipBlank(src, at+1)
	return name, at, at < len(src)
}

// names reports whether a name in its quotation marks, which may be written with
// escapes, is that of a member.
func (w *walker) names(name []byte, member string) bool {
	if string(name[1:len(name)-1]) == member {
		return true
	}
	return bytes.IndexByte(name, '\\') >= 0 && w.doc.Parse(name) == nil && string(w.doc.Root().Text()) == member
}

// accepts reports whether the parts joined are valid JSON.
func (w *walker) accepts(before string, part []byte, after string) bool {
	w.scratch = append(append(append(w.scratch[:0], before...), part...), after...)
	return w.doc.Parse(w.scratch) == nil
}

// skipValue returns the offset after the value at src[at] and white space, or
// len(src) when src is too short.
func skipValue(src []byte, at int) int {
	switch c := src[at]; {
	case c == '{' || c == '[' || c == '"':
		var n nesting
		var closed bool
		if at, closed = n.run(src, at); !closed {
			return len(src)
		}
	case beginsValue(c):
		at = scalarEnd(src, at)
	}
	return skipBlank(src, at)
}

// beginsValue reports whether a JSON value can begin with c.
func beginsValue(c byte) bool {
	switch c {
	case '{', '[', '"', '-', 't', 'f', 'n':
		return true
	}
	return c >= '0' && c <= '9'
}

// scalarEnd returns the offset of the first byte from b[at] on that cannot
// belong to a scalar: white space or structure.
func scalarEnd(b []byte, at int) int {
	for at < len(b) {
		switch b[at] {
		case ' ', '\t', '\n', '\r', ',', ':', '"', '[', ']', '{', '}':
			return at
		}
		at++
	}
	return at
}

// nesting follows strings and brackets. It does not tell brackets from braces,
// since a parser looks at the whole value later.
type nesting struct {
	depth   int
	quoted  bool // inside a string
	escaped bool // after a backslash in a string
}

// run advances from data[at] to the end of the string, array or object and
// returns the offset after it, or len(data) and false when it does not end; it
// can then be called again with what follows.
func (n *nesting) run(data []byte, at int) (int, bool) {
	for at < len(data) {
		if n.quoted {
			if at = n.text(data, at); n.quoted {
				return at, false
			}
			if n.depth == 0 {
				return at, true
			}
			continue
		}
		switch data[at] {
		case '"':
			n.quoted = true
		case '{', '[':
			n.depth++
		case '}', ']':
			if n.depth--; n.depth == 0 {
				return at + 1, true
			}
		}
		at++
	}
	return at, false
}

// text advances to the end of the string at data[at]. What follows a backslash
// does not end it.
func (n *nesting) text(data []byte, at int) int {
	if n.escaped {
		n.escaped = false
		at++
	}
	for {
		if at += jsontape.TextLen(data[at:]); at == len(data) {
			return at
		}
		if data[at] == '"' {
			n.quoted = false
			return at + 1
		}
		if at++; at == len(data) {
			n.escaped = true
			return at
		}
		at++
	}
}
