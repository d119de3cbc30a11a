package formats

import (
	"bytes"
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// uvicorn is what a model server of Python writes to its terminal: the access
// lines of uvicorn, whichever application runs in it, and the lines of vLLM.
// Sources: encode/uvicorn, uvicorn/logging.py and config.py; vllm-project/vllm,
// vllm/entrypoints/logger.py and vllm/logging_utils/formatter.py.
//
// A request shows twice, and nothing ties the two: its access line has address
// and outcome and is the call; vLLM's line has the id, the prompt and the
// parameters, and is of kind message. An access line has no time unless the
// operator gave it one, and vLLM's has neither year nor zone: such times stay
// NULL, unless what wrapped the lines has one.
type uvicorn struct{}

var _ Format = uvicorn{}

func (uvicorn) Name() string { return "uvicorn" }

func (uvicorn) Doc() string {
	return "output of uvicorn and vLLM: access lines of model servers, vLLM's requests with prompt and parameters"
}

// Detect accepts a sample with a line of uvicorn's or of vLLM's.
func (uvicorn) Detect(s *Sample) error {
	if beginsObject(s) {
		return errors.New("it begins with JSON")
	}
	for line := range sampleLines(s) {
		d := Decoder{Arena: new(jsontape.Arena)}
		l := cutPython(&d, line)
		if l.isAccess() || l.file != nil || l.isStart() {
			return nil
		}
	}
	return errors.New("no line is an access line of uvicorn or has the prefix of vLLM")
}

func (uvicorn) Framing(*Sample) Framing { return Framing{Kind: FrameLines} }

// Decode makes one event of a line.
func (uvicorn) Decode(d *Decoder, record []byte) error {
	l := cutPython(d, record)
	e := d.Add()
	e.Plane, e.Kind = PlaneAccess, KindOther
	l.setTime(d, e)
	switch {
	case l.isAccess():
		if !l.access(d, e) {
			return errors.New("decoding access line: it is cut off")
		}
	case l.cutOff() || !isText(l.text):
		return errors.New("decoding line: neither a request in full nor a text")
	case l.file != nil:
		l.vllm(d, e)
	case string(l.level) == "ERROR" || string(l.level) == "CRITICAL":
		e.Outcome = OutcomeError
		e.ErrorMessage = utf8Text(d, l.text)
	}
	setAround(e, l.around)
	return nil
}

// pythonLine is a line without what stands before its text.
type pythonLine struct {
	around []byte // time of the journal
	time   []byte // as far as there is one
	level  []byte
	file   []byte // FILE:LINE of the code, which vLLM writes
	text   []byte
}

// cutPython cuts what stands before the text of a line: the journal, vLLM's name
// of the process, a time, the level, and where in the code it was written.
//
//	(APIServer pid=1) INFO 04-08 12:00:00 [logger.py:43] TEXT
//	[2026-04-08 12:00:00] INFO:     TEXT
func cutPython(d *Decoder, line []byte) pythonLine {
	var l pythonLine
	line, l.around = cutJournal(plainLine(d, line))
	for len(line) > 0 && line[0] == '(' {
		process, rest, ok := bytes.Cut(line, []byte(") "))
		if !ok || !bytes.Contains(process, []byte(" pid=")) {
			break
		}
		line = rest
	}
	l.text = line
	if len(line) > 0 && line[0] == '[' {
		if at, rest, ok := bytes.Cut(line[1:], []byte("] ")); ok {
			if _, _, isTime := parseWall(at); isTime {
				l.time, line = at, rest
			}
		}
	}
	n := 0
	for n < len(line) && line[n] >= 'A' && line[n] <= 'Z' {
		n++
	}
	switch string(line[:n]) {
	case "TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL":
	default:
		return l
	}
	l.level, line = line[:n], line[n:]
	if len(line) > 0 && line[0] == ':' { // of uvicorn
		l.text = bytes.TrimLeft(line[1:], " ")
		return l
	}
	l.cutFile(bytes.TrimPrefix(line, []byte{' '}))
	return l
}

// cutFile cuts the time and place of vLLM: MM-DD HH:MM:SS [FILE:LINE] TEXT, in
// older versions without the first bracket.
func (l *pythonLine) cutFile(line []byte) {
	const at = len("01-02 15:04:05")
	if len(line) < at+1 || line[2] != '-' || line[5] != ' ' || line[8] != ':' || line[11] != ':' || line[at] != ' ' {
		l.text = line
		return
	}
	place, text, ok := bytes.Cut(bytes.TrimPrefix(line[at+1:], []byte{'['}), []byte("] "))
	if !ok || bytes.IndexByte(place, ' ') >= 0 || bytes.IndexByte(place, ':') < 0 {
		l.text = line
		return
	}
	l.time, l.file, l.text = line[:at], place, text
}

// setTime sets the time of a line, which has a year only where the operator
// chose so.
func (l *pythonLine) setTime(d *Decoder, e *Event) {
	switch {
	case l.file != nil:
		d.setNoTime(e, "time (no year)")
	case l.time != nil:
		d.setWall(e, "time", l.time)
	default:
		const long = len("2006-01-02 15:04:05,000")
		if len(l.text) > long && l.text[4] == '-' { // %(asctime)s
			d.setWall(e, "asctime", l.text[:long])
		}
	}
}

// isStart reports whether a line is one that uvicorn writes when it starts.
func (l *pythonLine) isStart() bool {
	return l.level != nil && l.file == nil && (bytes.HasPrefix(l.text, []byte("Started server process [")) ||
		bytes.HasPrefix(l.text, []byte("Uvicorn running on ")))
}

// cutClient cuts the client off an access line. There is none where the server
// listens on a socket of the file system.
func (l *pythonLine) cutClient() (client, request []byte, ok bool) {
	if request, ok = bytes.CutPrefix(l.text, []byte(`- "`)); ok {
		return nil, request, true
	}
	return bytes.Cut(l.text, []byte(` - "`))
}

// isAccess reports whether a line is an access line, or begins like one:
//
//	ADDR:PORT - "METHOD TARGET HTTP/VERSION" STATUS REASON
func (l *pythonLine) isAccess() bool {
	_, request, ok := l.cutClient()
	method, _, spaced := bytes.Cut(request, []byte{' '})
	return ok && spaced && isMethod(method) && l.file == nil
}

// cutOff reports whether a line of uvicorn ends within the address of an access
// line.
func (l *pythonLine) cutOff() bool {
	return l.level != nil && l.file == nil && looksAddress(l.text)
}

// access fills the event of an access line and reports whether it is whole. The
// status is the first number behind the request; its reason follows.
func (l *pythonLine) access(d *Decoder, e *Event) bool {
	client, rest, _ := l.cutClient()
	request, rest, ok := bytes.Cut(rest, []byte(`" `))
	if !ok {
		return false
	}
	var a access
	if a.status, _, ok = cutStatus(rest); !ok {
		return false
	}
	if _, last, ok := cutLast(client, ' '); ok {
		client = last // behind what else the operator put there
	}
	setName(&e.SrcIP, utf8Text(d, cutClient(client)))
	a.method, a.target = cutRequest(utf8Text(d, request))
	a.fill(d, e)
	return true
}
