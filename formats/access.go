package formats

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// Servers write a line for each request, in shapes of their own but with the
// same facts. They are read here, so that a request looks the same from
// whichever server it comes. A line that a server writes of something else is an
// event of kind other; one that begins like a request and is none was cut off,
// and is refused.

// access is a request as the access log of a server has it. What is NULL or
// "-" there says nothing.
type access struct {
	method, target Text
	status         int64
	host           Text
	request, reply body // where the server was told to log them
}

// fill sets the columns that follow from the request. The others of e must be
// set before.
func (a *access) fill(d *Decoder, e *Event) {
	if 100 <= a.status && a.status <= 599 {
		e.HTTPStatus = IntOf(a.status)
	}
	setName(&e.Endpoint, a.host)
	if a.request.empty() && a.reply.empty() {
		e.Plane = PlaneAccess
	}
	call := readURL(d, a.target)
	if call.provider == "" {
		call.provider = string(e.Provider) // of a server of models
	}
	e.Kind = call.kindAlone(a.method)
	decodeCall(d, e, &call, exchange{method: a.method, request: a.request, reply: a.reply})
}

// cutRequest cuts a request line, METHOD TARGET HTTP/VERSION. Of what is none,
// as a client without TLS or without manners sends it, nothing is kept.
func cutRequest(line []byte) (method, target Text) {
	method, rest, ok := bytes.Cut(line, []byte{' '})
	if !ok || !isMethod(method) {
		return nil, nil
	}
	target, version, ok := cutLast(rest, ' ')
	if !ok || !bytes.HasPrefix(version, []byte("HTTP/")) || len(target) == 0 {
		return nil, nil
	}
	return method, target
}

// cutLast cuts b around the last occurrence of a byte.
func cutLast(b []byte, sep byte) (before, after []byte, ok bool) {
	i := bytes.LastIndexByte(b, sep)
	if i < 0 {
		return b, nil, false
	}
	return b[:i], b[i+1:], true
}

// isMethod reports whether b is a method of HTTP: capital letters.
func isMethod(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 16
}

// cutStatus cuts a status of three digits and the space after it.
func cutStatus(b []byte) (status int64, rest []byte, ok bool) {
	if len(b) < 3 || len(b) > 3 && b[3] != ' ' {
		return 0, nil, false
	}
	status, ok = digits(b[:3])
	return status, bytes.TrimPrefix(b[3:], []byte{' '}), ok
}

// cutClient cuts the port off the address of a client, which may be of IPv6
// without brackets.
func cutClient(b []byte) Text {
	addr, port, ok := cutLast(b, ':')
	if n, isPort := digits(port); !ok || !isPort || n > 65535 || len(port) == 0 {
		return b
	}
	return bytes.TrimSuffix(bytes.TrimPrefix(addr, []byte{'['}), []byte{']'})
}

// looksAddress reports whether a word can be an address, or its beginning.
func looksAddress(word []byte) bool {
	dots, colons := 0, 0
	for _, c := range word {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c == '[' || c == ']', c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return dots > 0 || colons > 1
}

// isText reports whether a line is text: UTF-8 without control characters other
// than tabs.
func isText(line []byte) bool {
	for _, c := range line {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(line)
}

// utf8Text returns b with U+FFFD in place of what is not UTF-8.
func utf8Text(d *Decoder, b []byte) Text {
	if utf8.Valid(b) {
		return b
	}
	return d.Arena.Copy(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}

// plainLine returns a line without the colours that servers write to terminals
// (ECMA-48 control sequences).
func plainLine(d *Decoder, line []byte) []byte {
	if bytes.IndexByte(line, 0x1b) < 0 {
		return line
	}
	plain := d.Arena.Bytes(len(line))[:0]
	for len(line) > 0 {
		if n := controlSequence(line); n > 0 {
			line = line[n:]
			continue
		}
		plain = append(plain, line[0])
		line = line[1:]
	}
	return plain
}

// controlSequence returns the length of the control sequence that b begins
// with, 0 when it is none: ESC [ PARAMETERS FINAL.
func controlSequence(b []byte) int {
	if len(b) < 3 || b[0] != 0x1b || b[1] != '[' {
		return 0
	}
	for i := 2; i < len(b); i++ {
		if c := b[i]; c >= 0x40 && c <= 0x7e {
			return i + 1
		} else if c < 0x20 || c > 0x3f {
			return 0
		}
	}
	return 0
}

// setWall sets the event's time from a date and time of day of the log's, like
// SetTime.
func (d *Decoder) setWall(e *Event, field string, text []byte) {
	w, zoned, ok := parseWall(text)
	if !ok {
		return
	}
	d.setTimeOf(e, field, w, zoned)
}

// setTimeOf sets the event's time from a time that was taken apart.
func (d *Decoder) setTimeOf(e *Event, field string, w wall, zoned bool) {
	loc := time.UTC
	if !zoned {
		if loc = d.AssumeTZ; loc == nil {
			d.setNoTime(e, field+" (no zone)")
			return
		}
	}
	t, ok := w.in(loc)
	if !ok {
		return
	}
	e.TS, e.TSPrecision, e.TSSource = t, w.precision, field
}

// setNoTime notes that the time of a line cannot be used, and why, unless what
// wrapped the line knows when it was written: [Decoder.Decode] sets that.
func (d *Decoder) setNoTime(e *Event, source string) {
	if !d.LoggedAt.Time.OK {
		e.TSSource = source
	}
}

// parseSlashed reads 2026/04/08 12:00:00, the time of NGINX's error log; Gin
// writes " - " between date and time.
func parseSlashed(b []byte) (wall, bool) {
	const date = "2006/01/02"
	if len(b) < len(date)+len(" 15:04:05") || b[4] != '/' || b[7] != '/' {
		return wall{}, false
	}
	clock := bytes.TrimPrefix(b[len(date):], []byte(" -"))
	var buf [32]byte
	iso := append(append(buf[:0], b[:len(date)]...), clock...)
	iso[4], iso[7] = '-', '-'
	w, _, ok := parseWall(iso)
	return w, ok
}

// commonTime is the length of the time of the Common Log Format.
const commonTime = len("02/Jan/2006:15:04:05 -0700")

// parseCommon reads the time of the Common Log Format.
func parseCommon(b []byte) (w wall, zoned, ok bool) {
	if len(b) != commonTime || b[2] != '/' || b[6] != '/' || b[11] != ':' || b[20] != ' ' {
		return w, false, false
	}
	month := monthOf(b[3:6])
	if month == 0 {
		return w, false, false
	}
	iso := [...]byte{
		b[7], b[8], b[9], b[10], '-', '0' + byte(month/10), '0' + byte(month%10), '-', b[0], b[1], 'T',
		b[12], b[13], b[14], b[15], b[16], b[17], b[18], b[19], b[21], b[22], b[23], b[24], b[25],
	}
	return parseWall(iso[:])
}

// monthOf returns the number of a month by its first three letters, 0 when they
// are of none.
func monthOf(b []byte) int {
	const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if i := bytes.Index([]byte(months), b); len(b) == 3 && i >= 0 && i%3 == 0 {
		return i/3 + 1
	}
	return 0
}

// cutJournal cuts what journald or syslog writes before a line, TIME HOST
// PROGRAM[PID]: , and returns its time when that has a zone. The program is
// that of the server, so that no other line is taken for one of these.
func cutJournal(line []byte) (text, at []byte) {
	var rest []byte
	switch {
	case len(line) > 16 && monthOf(line[:3]) > 0 && line[3] == ' ' && line[6] == ' ' && line[9] == ':' && line[12] == ':' && line[15] == ' ':
		rest = line[16:]
	case len(line) > 25 && line[4] == '-' && line[10] == 'T' && line[13] == ':':
		var ok bool
		if at, rest, ok = bytes.Cut(line, []byte{' '}); !ok {
			return line, nil
		}
	default:
		return line, nil
	}
	_, rest, ok := bytes.Cut(rest, []byte{' '})
	program, text, found := bytes.Cut(rest, []byte(": "))
	if !ok || !found || bytes.IndexByte(program, ' ') >= 0 || bytes.IndexByte(program, '=') >= 0 {
		return line, nil
	}
	return text, at
}

// setAround sets the time that stands around a line, when the line's own could
// not be used.
func setAround(e *Event, at []byte) {
	if e.TS.OK || len(at) == 0 {
		return
	}
	if t, p, zoned, ok := ParseTime(at); ok && zoned {
		e.TS, e.TSPrecision, e.TSSource = t, p, "journal"
	}
}

// accessValue returns the text of a value of an access log in JSON; nothing and
// "-" say nothing.
func accessValue(v jsontape.Value) Text {
	if t := scalar(v); len(t) > 0 && string(t) != "-" {
		return t
	}
	return nil
}
