package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// Wrapper is what wrote the lines of a container around those of a log.
type Wrapper string

// The wrappers.
const (
	// WrapperCRI is the log of a container runtime under Kubernetes, as
	// containerd and CRI-O write it: TIME STREAM TAG TEXT. The tag P says that
	// the text goes on in the next line of the stream, F that it ends. More tags
	// may follow a colon. Source: kubernetes/design-proposals-archive,
	// node/kubelet-cri-logging.md.
	WrapperCRI Wrapper = "cri"
	// WrapperDocker is Docker's json-file driver: an object with log, stream and
	// time a line. A text of more than 16 KiB goes on in the next line of the
	// stream; the last part ends in a line end. Source: moby/moby,
	// daemon/logger/jsonfilelog and daemon/logger/copier.go.
	WrapperDocker Wrapper = "docker"
)

// wrappedLine is what a wrapper wrote in a line.
type wrappedLine struct {
	time, text []byte
	more       bool   // the text goes on in the next line
	logged     Logged // of Docker, whose time is read to know the line
}

// cutCRI cuts a line of [WrapperCRI]. CRI-O writes the time with an offset,
// containerd in UTC.
func cutCRI(line []byte) (l wrappedLine, stream string, ok bool) {
	const shortest = len("2006-01-02T15:04:05Z")
	at := bytes.IndexByte(line, ' ')
	if at < shortest || line[4] != '-' || line[10] != 'T' {
		return l, "", false
	}
	l.time, line = line[:at], line[at+1:]
	name, line := cutByte(line, ' ')
	if stream = streamName(name); stream == "" {
		return l, "", false
	}
	tag, text := cutByte(line, ' ')
	first, _ := cutByte(tag, ':')
	l.text, l.more = text, string(first) == "P"
	return l, stream, l.more || string(first) == "F"
}

// cutByte cuts a short field from b at the first c: all of b where there is none.
func cutByte(b []byte, c byte) (field, rest []byte) {
	for i := range b {
		if b[i] == c {
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// streamName returns the name of a stream, or "".
func streamName(b []byte) string {
	switch string(b) {
	case "stdout":
		return "stdout"
	case "stderr":
		return "stderr"
	}
	return ""
}

// isDocker reports whether a value is a line of [WrapperDocker].
func isDocker(v jsontape.Value) bool {
	_, ok := cutDocker(v)
	return ok
}

// cutDocker cuts a line of [WrapperDocker], which has attrs besides when the
// daemon was told to log labels.
func cutDocker(v jsontape.Value) (l wrappedLine, ok bool) {
	var log, stream jsontape.Value
	for key, m := range v.Members() {
		switch string(key) {
		case "log":
			log = m
		case "stream":
			stream = m
		case "time":
			l.time = m.Text()
		case "attrs":
		default:
			return l, false
		}
	}
	if log.Kind() != jsontape.String || streamName(stream.Text()) == "" {
		return l, false
	}
	if l.logged = loggedAt(WrapperDocker, l.time); !l.logged.Time.OK {
		return l, false
	}
	text := log.Text()
	l.text = bytes.TrimSuffix(text, []byte("\n"))
	if l.more = len(l.text) == len(text); !l.more {
		l.text = bytes.TrimSuffix(l.text, []byte("\r"))
	}
	return l, true
}

// cutLine cuts a line. The doc is parsed anew for each line of Docker.
func (w Wrapper) cutLine(doc *jsontape.Doc, line []byte) (l wrappedLine, err error) {
	if w == WrapperDocker {
		if err := doc.Parse(line); err != nil {
			return l, err
		}
		l, ok := cutDocker(doc.Root())
		if !ok {
			return l, errors.New("line without the log, stream and time of Docker")
		}
		return l, nil
	}
	l, _, ok := cutCRI(line)
	if !ok {
		return l, errors.New("line without the time, stream and tag of a container runtime")
	}
	return l, nil
}

// part says which stream a line belongs to and whether its text goes on, ""
// when the line is not one that the wrapper writes. It looks no closer than
// that takes: decoding looks again.
func (w Wrapper) part(json *walker, line []byte) (stream string, more bool) {
	if w == WrapperCRI {
		l, stream, ok := cutCRI(line)
		if !ok {
			return "", false
		}
		return stream, l.more
	}
	if len(line) == 0 || line[0] != '{' {
		return "", false
	}
	var log, name []byte
	if !json.texts(line, []string{"log", "stream"}, []*[]byte{&log, &name}) {
		return "", false
	}
	stream = streamName(name)
	return stream, stream != "" && !endsLine(log)
}

// texts sets the texts of members of the object that src begins with, as written
// between their quotation marks, and reports whether they are there. It takes the
// first of each name.
func (w *walker) texts(src []byte, members []string, texts []*[]byte) bool {
	at := 1
	for left := len(members); left > 0; at++ {
		name, value, ok := memberAt(src, at)
		if !ok {
			return false
		}
		var text []byte
		text, at = textAt(src, value)
		for i, member := range members {
			if *texts[i] != nil || !w.names(name, member) {
				continue
			}
			if text == nil {
				return false
			}
			*texts[i] = text
			left--
		}
		if left > 0 && (at == len(src) || src[at] != ',') {
			return false
		}
	}
	return true
}

// textAt returns the text between the quotation marks of the string at src[at],
// nil for another value, and the offset after the value as skipValue does.
func textAt(src []byte, at int) (text []byte, end int) {
	if src[at] != '"' {
		return nil, skipValue(src, at)
	}
	var n nesting
	end, closed := n.run(src, at)
	if !closed {
		return nil, end
	}
	return src[at+1 : end-1], skipBlank(src, end)
}

// endsLine reports whether a text, as written in JSON, ends in a line end: in
// \n whose backslash is not itself escaped.
func endsLine(text []byte) bool {
	rest, ok := bytes.CutSuffix(text, []byte(`n`))
	return ok && (len(rest)-len(bytes.TrimRight(rest, `\`)))%2 == 1
}

// parts is the place of a [Scanner] in wrapped lines: those that hold parts of
// one text are one record. Parts belong together when they follow each other in
// one stream; where lines of the other stream come between them, which runtimes
// do not rule out, the text stays in pieces.
type parts struct {
	line   int    // where the line being cut begins
	end    int    // where the last part that was cut ends
	stream string // of the parts that wait for more, "" when there are none
}

func (p *parts) shift(cut int) { p.line -= cut; p.end -= cut }

// endPart ends a line before data[end]. Parts that would be longer than the
// limit together stay apart.
func (s *Scanner) endPart(b *Block, data []byte, end int, problem string) {
	stream, more := "", false
	if problem == "" && s.pieces == 0 {
		stream, more = s.framing.Wrapper.part(&s.json, data[s.parts.line:end])
	}
	if stream != s.parts.stream || end-s.start > s.limit {
		s.closeParts(b, data)
	}
	if more {
		s.parts.stream, s.parts.end = stream, end
	} else {
		s.parts.stream = ""
		s.emit(b, data, end, problem)
		s.start = s.at
	}
	s.parts.line = s.at
}

// closeParts makes the parts that wait for more a record, and reports whether
// there are any.
func (s *Scanner) closeParts(b *Block, data []byte) bool {
	if s.parts.stream == "" {
		return false
	}
	s.parts.stream = ""
	s.emit(b, data, s.parts.end, "")
	s.start = s.parts.line
	return true
}

// openWrapped returns the text of the lines of a record.
func (d *Decoder) openWrapped(w Wrapper, record []byte) ([]byte, error) {
	d.opened = d.opened[:0]
	lines := 0
	for {
		line, rest := cutLine(record)
		l, err := w.cutLine(&d.JSON, bytes.TrimSuffix(line, []byte("\r")))
		if err != nil {
			return nil, fmt.Errorf("unwrapping line %d: %w", lines+1, err)
		}
		if lines++; lines == 1 {
			if d.LoggedAt = l.logged; w == WrapperCRI {
				d.LoggedAt = loggedAt(w, l.time)
			}
		}
		if rest == nil && lines == 1 {
			return w.ended(l, l.text)
		}
		d.opened = append(d.opened, l.text...)
		if rest == nil {
			return w.ended(l, d.Arena.Copy(d.opened))
		}
		record = rest
	}
}

// ended returns the text, unless the wrapper says that its end is missing.
// Docker leaves the line end away, too, where a container stopped without one.
func (w Wrapper) ended(last wrappedLine, text []byte) ([]byte, error) {
	switch {
	case last.more && w == WrapperCRI:
		return nil, errors.New("unwrapping: the last part of the text is missing")
	case blank(text):
		return nil, nil
	}
	return text, nil
}

// Logged is when a wrapper says that a line was written.
type Logged struct {
	Time      Time
	Precision Precision
	Source    string // "time (cri)" or "time (docker)"
}

func loggedAt(w Wrapper, text []byte) Logged {
	t, p, zoned, ok := ParseTime(text)
	if !ok || !zoned {
		return Logged{}
	}
	if w == WrapperDocker {
		return Logged{t, p, "time (docker)"}
	}
	return Logged{t, p, "time (cri)"}
}

// sniffWrapped returns the wrapper of a text, or "".
func sniffWrapped(text []byte, first jsontape.Value) Wrapper {
	if isDocker(first) {
		return WrapperDocker
	}
	line, _ := cutLine(text[skipBlank(text, 0):])
	if l, _, ok := cutCRI(line); ok {
		if _, _, zoned, ok := ParseTime(l.time); ok && zoned {
			return WrapperCRI
		}
	}
	return ""
}

// unwrap returns the text inside the whole lines of a sample. Lines that are
// not the wrapper's are left out.
func (w Wrapper) unwrap(text []byte, whole bool) []byte {
	var inner []byte
	var doc jsontape.Doc
	for len(text) > 0 {
		line, rest := cutLine(text)
		if rest == nil && !whole {
			break
		}
		text = rest
		l, err := w.cutLine(&doc, bytes.TrimSuffix(line, []byte("\r")))
		if err != nil {
			continue
		}
		if inner = append(inner, l.text...); !l.more {
			inner = append(inner, '\n')
		}
	}
	return inner
}
