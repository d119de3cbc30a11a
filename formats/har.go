package formats

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// har is the HTTP Archive 1.2 that browsers and proxies export
// (softwareishard.com/blog/har-12-spec). Its entries of model APIs become
// calls; of all others only who called what is kept, never what was said.
type har struct{}

var _ Witness = har{}

func (har) Name() string { return "har" }

// Vantage says that a browser or proxy of the caller recorded it.
func (har) Vantage() Vantage { return VantageCapture }

func (har) Doc() string {
	return "HTTP Archive (HAR 1.2) exported by browsers, mitmproxy, Charles and others: the entries of model APIs are calls"
}

// Detect accepts an object whose log has entries, or, where these lie behind
// the sample, the members that stand before them.
func (har) Detect(s *Sample) error {
	log := s.First.Get("log")
	if log.Kind() != jsontape.Object {
		return errors.New("it has no object log")
	}
	entries := log.Get("entries")
	first := entries.Index(0)
	switch {
	case first.Exists() && first.Get("request").Kind() == jsontape.Object:
		return nil
	case log.Get("creator").Kind() != jsontape.Object || log.Get("version").Kind() != jsontape.String:
		return errors.New("its log has neither entries with a request nor a version and a creator")
	}
	return nil
}

// Framing cuts the entries.
func (har) Framing(*Sample) Framing {
	return Framing{Kind: FrameArray, Path: "log.entries"}
}

// Decode makes one event of an entry.
func (har) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding har entry: want an object, not %s", v.Kind())
	}
	var r harEntry
	for key, m := range v.Members() {
		switch string(key) {
		case "startedDateTime":
			r.started = m
		case "time":
			r.time = m
		case "timings":
			r.timings = m
		case "serverIPAddress":
			r.server = m
		case "request":
			r.request = m
		case "response":
			r.response = m
		}
	}
	r.decode(d, d.Add())
	return nil
}

// harEntry holds the members of an entry that are used.
type harEntry struct {
	started, time, timings, server, request, response jsontape.Value
}

// decode fills the event. An object without a request is no entry.
func (r *harEntry) decode(d *Decoder, e *Event) {
	d.SetTime(e, "startedDateTime", r.started)
	if r.request.Kind() != jsontape.Object {
		e.Kind = KindOther
		return
	}
	var x exchange
	r.readResponse(d, e, &x) // before the request: its ids are the provider's
	r.readRequest(d, e, &x)
	// What the entry measured is the whole exchange; the provider's own figure
	// in a header is a part of it.
	if total := millis(r.time); total.OK && total.V >= 0 {
		e.Latency = total
	}
	e.addID("server_ip", r.server)
	decodeExchange(d, e, x)
	if wait := millis(r.timings.Get("wait")); wait.OK && wait.V >= 0 && isContent(e.Kind) {
		e.TTFT = wait
	}
}

// readRequest takes the request, with the text of what was posted.
func (r *harEntry) readRequest(d *Decoder, e *Event, x *exchange) {
	for key, v := range r.request.Members() {
		switch string(key) {
		case "method":
			x.method = v.Text()
		case "url":
			x.url = v.Text()
		case "headers":
			readHeaderList(d, e, v)
		case "postData":
			x.request = harBody(d, v)
		case "bodySize":
			e.BytesIn = harSize(v)
		}
	}
}

// readResponse takes the response. A status of 0 says that none came.
func (r *harEntry) readResponse(d *Decoder, e *Event, x *exchange) {
	for key, v := range r.response.Members() {
		switch string(key) {
		case "status":
			if n, ok := statusCode(v); ok {
				e.HTTPStatus = IntOf(n)
			}
		case "headers":
			readHeaderList(d, e, v)
		case "content":
			x.reply = harBody(d, v)
		case "bodySize":
			e.BytesOut = harSize(v)
		case "_error": // Chrome: why no response came
			setName(&e.ErrorMessage, v.Text())
		}
	}
}

// readHeaderList takes headers written as a list of name and value.
func readHeaderList(d *Decoder, e *Event, v jsontape.Value) {
	var u usage
	for h := range v.Elements() {
		readHeader(d, e, &u, h.Get("name").Text(), h.Get("value").Text())
	}
	u.fill(e)
}

// harBody returns the text of what was sent or received, which may be in
// base64. What cannot be decoded stays as it is written.
func harBody(d *Decoder, v jsontape.Value) body {
	text := v.Get("text").Text()
	if text == nil || string(v.Get("encoding").Text()) != "base64" {
		return bodyText(text)
	}
	plain := d.Arena.Bytes(base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(plain, text)
	if err != nil {
		return bodyText(text)
	}
	return bodyText(plain[:n])
}

// harSize returns a size in bytes; -1 says that it is not known.
func harSize(v jsontape.Value) Int {
	if n := intOf(v); n.OK && n.V >= 0 {
		return n
	}
	return Int{}
}
