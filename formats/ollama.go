package formats

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// ollama is what an Ollama server writes: a line of Gin for each request, and
// lines of key=value pairs, of which those that show a prompt are read. The
// time of a request has no zone. Sources: gin-gonic/gin, logger.go;
// ollama/ollama, server/routes.go and logutil; Go's log/slog, TextHandler.
type ollama struct{}

var _ Format = ollama{}

func (ollama) Name() string { return "ollama" }

func (ollama) Doc() string {
	return "output of Ollama servers: requests as Gin writes them, and prompts where the server debugs"
}

// Detect accepts a sample with a line of Ollama's own, or with a request to a
// path of its API: Gin serves others as well.
func (ollama) Detect(s *Sample) error {
	if beginsObject(s) {
		return errors.New("it begins with JSON")
	}
	gin := false
	for line := range sampleLines(s) {
		d := Decoder{Arena: new(jsontape.Arena)}
		line, _ := cutJournal(plainLine(&d, line))
		var l ginLine
		if l.cut(line) {
			gin = true
			if isOllamaPath(l.target) {
				return nil
			}
		}
		if isServerLine(line) {
			return nil
		}
	}
	if gin {
		return errors.New("its requests are written by Gin, but none is to a path of Ollama's")
	}
	return errors.New("no line is a request as Gin writes it, or has time=, level= and source=")
}

// isOllamaPath reports whether a path is one of Ollama's API (docs/api.md).
func isOllamaPath(target []byte) bool {
	path, _, _ := bytes.Cut(target, []byte{'?'})
	name, ok := bytes.CutPrefix(path, []byte("/api/"))
	name, _, _ = bytes.Cut(name, []byte{'/'})
	switch string(name) {
	case "generate", "chat", "embed", "embeddings", "tags", "show", "ps", "pull", "push", "create", "copy", "delete", "blobs":
		return ok
	}
	return false
}

// isServerLine reports whether a line is one of Ollama's server, which names
// the file of its code.
func isServerLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("time=")) && bytes.Contains(line, []byte(" level=")) && bytes.Contains(line, []byte(".go:")) &&
		bytes.Contains(line, []byte(" source="))
}

func (ollama) Framing(*Sample) Framing { return Framing{Kind: FrameLines} }

// Decode makes one event of a line. What its libraries write is of kind other.
func (ollama) Decode(d *Decoder, record []byte) error {
	line, at := cutJournal(plainLine(d, record))
	e := d.Add()
	e.Plane, e.Kind, e.Provider = PlaneAccess, KindOther, word(d, "ollama")
	var l ginLine
	switch {
	case l.cut(line):
		l.decode(d, e)
	case bytes.HasPrefix(line, []byte("[GIN] ")) || !isText(line):
		return errors.New("decoding line: neither a request in full nor a text")
	case bytes.HasPrefix(line, []byte("time=")):
		if err := decodePairs(d, e, line); err != nil {
			return err
		}
	}
	setAround(e, at)
	return nil
}

// ginLine is a request as Gin writes it, its values as written:
//
//	[GIN] DATE - TIME | STATUS | LATENCY | CLIENT | METHOD "TARGET"
type ginLine struct {
	time, latency, client, method, target []byte
	status                                int64
}

// cut takes a line apart and reports whether it is a request.
func (l *ginLine) cut(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("[GIN] "))
	if !ok {
		return false
	}
	var f [4][]byte
	for i := range f {
		if f[i], rest, ok = bytes.Cut(rest, []byte{'|'}); !ok {
			return false
		}
		f[i] = bytes.TrimSpace(f[i])
	}
	if l.status, _, ok = cutStatus(f[1]); !ok {
		return false
	}
	l.time, l.latency, l.client = f[0], f[2], f[3]
	quote := bytes.IndexByte(rest, '"')
	if quote < 1 {
		return false
	}
	l.method = bytes.TrimSpace(rest[:quote])
	l.target, _, ok = cutQuoted(rest[quote-1:])
	return ok && isMethod(l.method)
}

func (l *ginLine) decode(d *Decoder, e *Event) {
	if w, ok := parseSlashed(l.time); ok {
		d.setTimeOf(e, "time", w, false)
	}
	if took, err := time.ParseDuration(string(l.latency)); err == nil && took >= 0 {
		e.Latency = IntOf(took.Microseconds())
	}
	setName(&e.SrcIP, utf8Text(d, l.client))
	a := access{method: l.method, target: l.target, status: l.status}
	if plain, err := strconv.Unquote(`"` + string(l.target) + `"`); err == nil {
		a.target = utf8Text(d, []byte(plain))
	}
	a.fill(d, e)
}

// decodePairs fills the event of a line of key=value pairs. A request that the
// server debugs is of kind message: its call is the request that Gin writes.
func decodePairs(d *Decoder, e *Event, line []byte) error {
	var msg, prompt, failure []byte
	level := ""
	for rest := line; len(rest) > 0; {
		var key, value []byte
		var ok bool
		if key, value, rest, ok = cutPair(d, rest); !ok {
			return errors.New("decoding line: a quoted value is cut off")
		}
		switch string(key) {
		case "time":
			d.setWall(e, "time", value)
		case "level":
			level = string(value)
		case "msg":
			msg = value
		case "prompt":
			prompt = value
		case "error", "err":
			failure = value
		}
	}
	if msg == nil {
		return errors.New("decoding line: it has no message")
	}
	switch string(msg) {
	case "chat request", "generate request":
		if len(prompt) > 0 {
			e.Plane, e.Kind, e.ContentState = PlaneContent, KindMessage, ContentPartial
			e.AddInput(word(d, "user")).Add(Part{Type: PartText, Text: utf8Text(d, prompt)})
			e.Operation = utf8Text(d, msg)
			e.Summarise()
		}
	}
	if level == "ERROR" {
		e.Outcome = OutcomeError
		e.ErrorMessage = utf8Text(d, msg)
		if failure != nil {
			e.ErrorMessage = utf8Text(d, bytes.Join([][]byte{msg, failure}, []byte(": ")))
		}
	}
	return nil
}

// cutPair cuts KEY=VALUE and the space behind it. Values and keys are quoted as
// Go quotes strings where they need it.
func cutPair(d *Decoder, b []byte) (key, value, rest []byte, ok bool) {
	if key, b, ok = cutPairPart(d, b, '='); !ok || len(b) == 0 {
		return key, nil, nil, ok
	}
	value, rest, ok = cutPairPart(d, b[1:], ' ')
	return key, value, bytes.TrimLeft(rest, " "), ok
}

// cutPairPart cuts a word that ends before sep, or a quoted one.
func cutPairPart(d *Decoder, b []byte, sep byte) (word, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		if i := bytes.IndexByte(b, sep); i >= 0 {
			return b[:i], b[i:], true
		}
		return b, nil, true
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			plain, err := strconv.Unquote(string(b[:i+1]))
			if err != nil {
				return b[1:i], b[i+1:], true
			}
			return d.Arena.Copy([]byte(plain)), b[i+1:], true
		}
	}
	return nil, nil, false
}
