package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// nginx is the log of NGINX in front of a model server or on the way out to a
// provider: the formats "combined" and "common", which Apache writes as well,
// the one that the NGINX image calls "main", that of the ingress controller of
// Kubernetes, JSON with the names of NGINX's variables, and the error log.
// Sources: nginx.org, ngx_http_log_module; kubernetes.github.io/ingress-nginx,
// log format; httpd.apache.org, mod_log_config.
//
// It has neither model nor tokens unless bodies were logged. What stands in
// X-Forwarded-For is what the caller said, and no source address.
type nginx struct{}

var _ Witness = nginx{}

func (nginx) Name() string { return "nginx" }

func (nginx) Doc() string {
	return "access and error logs of NGINX, ingress-nginx and Apache: combined, common, JSON with NGINX's names"
}

// Vantage says that the server stands between callers and the models.
func (nginx) Vantage() Vantage { return VantageGateway }

// Detect accepts a sample with a line of the access log or of the error log.
// An ingress controller writes others before the first of them.
func (nginx) Detect(s *Sample) error {
	if err := isAccessObject(s.First); err == nil || beginsObject(s) {
		return err
	}
	for line := range sampleLines(s) {
		if line[0] == '{' {
			var doc jsontape.Doc
			if doc.Parse(line) == nil && isAccessObject(doc.Root()) == nil {
				return nil
			}
			continue
		}
		line, _ := cutJournal(line)
		if l := (nginxLine{}); l.cut(line) || isErrorLine(line) {
			return nil
		}
	}
	return errors.New("no line is one of NGINX's access or error log")
}

// isAccessObject returns nil when an object is a request under the names of
// NGINX's variables.
func isAccessObject(v jsontape.Value) error {
	has := func(names ...string) bool {
		for _, name := range names {
			if v.Get(name).Exists() {
				return true
			}
		}
		return false
	}
	switch {
	case !has("remote_addr"):
		return errors.New("the first object has no remote_addr")
	case !has("status"):
		return errors.New("the first object has no status")
	case !has("request", "request_uri", "uri", "path", "request_method"):
		return errors.New("the first object has neither request nor request_uri, uri, path or request_method")
	}
	return nil
}

func (nginx) Framing(s *Sample) Framing {
	if beginsObject(s) {
		return JSONFraming(s)
	}
	return Framing{Kind: FrameLines}
}

// Decode makes one event of a line.
func (nginx) Decode(d *Decoder, record []byte) error {
	line, at := cutJournal(plainLine(d, record))
	if begin := skipBlank(line, 0); begin < len(line) && line[begin] == '{' {
		return decodeAccessObject(d, line)
	}
	var l nginxLine
	switch word, _, _ := bytes.Cut(line, []byte{' '}); {
	case l.cut(line):
		l.decode(d, d.Add())
	case looksAddress(word) || !isText(line):
		return errors.New("decoding line: neither a request in full nor a text")
	default:
		decodeErrorLine(d, d.Add(), line)
	}
	for _, e := range d.Events() {
		setAround(e, at)
	}
	return nil
}

// nginxLine is a line of the access log, its values as written.
type nginxLine struct {
	addr, user, time, request, bytes, referer, agent, tail []byte
	status                                                 int64
}

// cut takes a line apart and reports whether it is one of the access log:
//
//	ADDR - USER [TIME] "REQUEST" STATUS BYTES ["REFERER" "AGENT" [MORE]]
//
// Older ingress controllers write the real address in brackets before the user.
func (l *nginxLine) cut(line []byte) bool {
	open := 0
	for {
		i := bytes.IndexByte(line[open:], '[')
		if i < 0 || open+i+1+commonTime >= len(line) {
			return false
		}
		open += i + 1
		if _, _, ok := parseCommon(line[open : open+commonTime]); ok && line[open+commonTime] == ']' {
			break
		}
	}
	l.time = line[open : open+commonTime]
	var ok bool
	if l.addr, l.user, ok = bytes.Cut(bytes.TrimSuffix(line[:open-1], []byte{' '}), []byte{' '}); !ok {
		return false
	}
	if _, user, ok := cutLast(l.user, ' '); ok {
		l.user = user
	}
	rest := line[open+commonTime+1:]
	if l.request, rest, ok = cutQuoted(rest); !ok || len(rest) == 0 {
		return false
	}
	if l.status, rest, ok = cutStatus(rest[1:]); !ok {
		return false
	}
	l.bytes, rest, _ = bytes.Cut(rest, []byte{' '})
	if len(l.bytes) == 0 {
		return false
	}
	if len(rest) == 0 {
		return true // the common format
	}
	rest = line[len(line)-len(rest)-1:]
	if l.referer, rest, ok = cutQuoted(rest); !ok {
		l.tail = rest
		return rest[1] != '"'
	}
	if l.agent, rest, ok = cutQuoted(rest); !ok {
		return false
	}
	l.tail = rest
	return true
}

// cutQuoted cuts a space and a value in quotation marks, and keeps its escapes.
func cutQuoted(b []byte) (value, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != ' ' || b[1] != '"' {
		return nil, b, false
	}
	for i := 2; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[2:i], b[i+1:], true
		}
	}
	return nil, b, false
}

// decode fills the event of a line.
func (l *nginxLine) decode(d *Decoder, e *Event) {
	if w, zoned, ok := parseCommon(l.time); ok {
		d.setTimeOf(e, "time_local", w, zoned)
	}
	e.SrcIP = logged(d, l.addr)
	e.Principal = logged(d, l.user)
	if n, ok := digits(l.bytes); ok && len(l.bytes) <= 18 {
		e.BytesOut = IntOf(n)
	}
	if e.UserAgent = logged(d, l.agent); e.UserAgent != nil {
		e.Client = d.clientOf(e.UserAgent)
	}
	l.readTail(d, e)
	a := access{status: l.status}
	a.method, a.target = cutRequest(logged(d, l.request))
	a.fill(d, e)
}

// readTail takes what stands behind the user agent: X-Forwarded-For in the
// format "main", the upstream in that of the ingress controller. Other tails
// are someone's own.
func (l *nginxLine) readTail(d *Decoder, e *Event) {
	if forwarded, _, ok := cutQuoted(l.tail); ok {
		addForwarded(e, logged(d, forwarded))
		return
	}
	var f [9][]byte
	n := 0
	for rest := bytes.TrimPrefix(l.tail, []byte{' '}); len(rest) > 0 && n < len(f); n++ {
		f[n], rest = cutUpstream(rest)
	}
	if n < 7 || len(f[2]) < 2 || f[2][0] != '[' {
		return
	}
	up := f[3:n]
	if len(f[3]) > 1 && f[3][0] == '[' {
		up = f[4:n] // the alternative upstream, which older controllers lack
	}
	if bytesIn, ok := digits(f[0]); ok && len(f[0]) <= 18 {
		e.BytesIn = IntOf(bytesIn)
	}
	setDuration(&e.Latency, f[1], 6)
	setName(&e.Service, logged(d, bytes.Trim(f[2], "[]")))
	setName(&e.Destination, logged(d, up[0]))
	if len(up) > 4 {
		setName(&e.RequestID, logged(d, up[4]))
	}
}

// cutUpstream cuts a value that ends with a space. Of several upstreams that were
// tried the values are joined by ", " or " : ".
func cutUpstream(b []byte) (value, rest []byte) {
	for i, c := range b {
		if c == ' ' && b[i-min(i, 1)] != ',' && b[i-min(i, 1)] != ':' && !bytes.HasPrefix(b[i:], []byte(" : ")) {
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// addForwarded keeps what the caller says of its address.
func addForwarded(e *Event, value Text) {
	if len(value) > 0 {
		e.OtherIDs = append(e.OtherIDs, ID{"forwarded_for", value})
	}
}

// logged returns a value without the escapes of the access log, NULL for the
// "-" of one that is not there. NGINX writes \xHH, Apache also \", \\ and the
// letters of C.
func logged(d *Decoder, b []byte) Text {
	if len(b) == 0 || string(b) == "-" {
		return nil
	}
	if bytes.IndexByte(b, '\\') < 0 {
		return utf8Text(d, b)
	}
	plain := d.Arena.Bytes(len(b))[:0]
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) {
			i++
			switch c = b[i]; c {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'r':
				c = '\r'
			case 'x':
				if i+2 < len(b) && isHex(b[i+1:i+3]) {
					c = hexByte(b[i+1])<<4 | hexByte(b[i+2])
					i += 2
				}
			}
		}
		plain = append(plain, c)
	}
	return utf8Text(d, plain)
}

func hexByte(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// isErrorLine reports whether a line is of NGINX's error log,
// DATE TIME [LEVEL] PID#TID: MESSAGE.
func isErrorLine(line []byte) bool {
	const head = len("2006/01/02 15:04:05 ")
	if len(line) < head+3 || line[head] != '[' {
		return false
	}
	_, ok := parseSlashed(line[:head-1])
	return ok && bytes.IndexByte(line[:min(len(line), head+60)], '#') > 0
}

// decodeErrorLine fills the event of a line that is no request: one of the error
// log, with the client and the host that it names, or one of a controller.
func decodeErrorLine(d *Decoder, e *Event, line []byte) {
	e.Plane, e.Kind = PlaneAccess, KindOther
	if !isErrorLine(line) {
		return
	}
	if w, ok := parseSlashed(line[:len("2006/01/02 15:04:05")]); ok {
		d.setTimeOf(e, "time", w, false)
	}
	_, rest, _ := bytes.Cut(line, []byte{'['})
	level, rest, _ := bytes.Cut(rest, []byte{']'})
	switch string(level) {
	case "error", "crit", "alert", "emerg":
		e.Outcome = OutcomeError
	}
	if _, message, ok := bytes.Cut(rest, []byte(": ")); ok {
		rest = message
	}
	message, facts, _ := bytes.Cut(rest, []byte(", client: "))
	if _, text, ok := bytes.Cut(message, []byte{' '}); ok && message[0] == '*' {
		message = text // the number of the connection
	}
	e.ErrorMessage = utf8Text(d, message)
	client, facts, _ := bytes.Cut(facts, []byte(", "))
	setName(&e.SrcIP, utf8Text(d, client))
	if _, host, ok := bytes.Cut(facts, []byte(`host: "`)); ok {
		host, _, _ = bytes.Cut(host, []byte{'"'})
		setName(&e.Endpoint, utf8Text(d, host))
	}
	if _, request, ok := bytes.Cut(facts, []byte(`request: "`)); ok {
		request, _, _ = bytes.Cut(request, []byte{'"'})
		method, target := cutRequest(utf8Text(d, request))
		call := readURL(d, target)
		call.fill(d, e, method)
	}
}

// decodeAccessObject decodes a line of a log_format that makes JSON. Without
// escape=json NGINX writes \xHH, which no JSON has: such lines are mended.
func decodeAccessObject(d *Decoder, line []byte) error {
	err := d.JSON.Parse(line)
	if err != nil && bytes.Contains(line, []byte(`\x`)) && d.JSON.Parse(mendEscapes(d, line)) == nil {
		err = nil
	}
	if err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding request: want an object, not %s", v.Kind())
	}
	var o accessObject
	o.read(v)
	o.decode(d, d.Add())
	return nil
}

// mendEscapes writes \xHH as JSON has it: as the byte, or as \u00HH where a
// string cannot hold that.
func mendEscapes(d *Decoder, line []byte) []byte {
	out := d.Arena.Bytes(2 * len(line))[:0]
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '\\' || i+1 >= len(line) {
			out = append(out, c)
			continue
		}
		if line[i+1] != 'x' || i+3 >= len(line) || !isHex(line[i+2:i+4]) {
			out = append(out, c, line[i+1])
			i++
			continue
		}
		if b := hexByte(line[i+2])<<4 | hexByte(line[i+3]); b >= 0x80 {
			out = append(out, b)
		} else {
			out = append(out, '\\', 'u', '0', '0', line[i+2], line[i+3])
		}
		i += 3
	}
	return out
}
