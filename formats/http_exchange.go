package formats

import (
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// httpExchange is a recording of HTTP exchanges with both bodies, as proxies
// and test suites keep them: one flat object each, or the cassettes of VCR and
// its relatives. There is no standard; what is read are the names that they
// share.
type httpExchange struct{}

var _ Witness = httpExchange{}

func (httpExchange) Name() string { return "http-exchange" }

// Vantage says that it was recorded where the caller is.
func (httpExchange) Vantage() Vantage { return VantageCapture }

func (httpExchange) Doc() string {
	return "recorded HTTP exchanges with provider APIs: JSON objects with method, uri, request_body, status and response_body; VCR cassettes in JSON"
}

// Detect accepts an object with method, address and a body, or a cassette.
func (httpExchange) Detect(s *Sample) error {
	v := s.First
	if v.Kind() == jsontape.Array {
		v = v.Index(0)
	}
	if v.Kind() != jsontape.Object {
		return errors.New("it does not begin with a JSON object")
	}
	if list := cassetteList(v); list != "" {
		v = v.Get(list).Index(0)
		if v.Path("request", "uri").Kind() == jsontape.String && v.Path("request", "method").Exists() {
			return nil
		}
		return errors.New("the first interaction has no request with method and uri")
	}
	if v.Get("method").Kind() != jsontape.String || firstValue(v.Get("uri"), v.Get("url")).Kind() != jsontape.String {
		return errors.New("the first object has no method and uri")
	}
	if !v.Get("request_body").Exists() && !v.Get("response_body").Exists() {
		return errors.New("the first object has neither request_body nor response_body")
	}
	return nil
}

// cassetteList returns the member that lists the exchanges of a cassette:
// vcrpy and go-vcr write interactions, VCR for Ruby http_interactions.
func cassetteList(v jsontape.Value) string {
	for _, name := range [...]string{"interactions", "http_interactions"} {
		if v.Get(name).Kind() == jsontape.Array {
			return name
		}
	}
	return ""
}

// Framing cuts the interactions of a cassette; all else is JSON of whatever
// shape.
func (httpExchange) Framing(s *Sample) Framing {
	if list := cassetteList(s.First); list != "" {
		return Framing{Kind: FrameArray, Path: list}
	}
	return JSONFraming(s)
}

// Decode makes one event of an exchange.
func (httpExchange) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding http exchange: want an object, not %s", v.Kind())
	}
	var r recording
	r.read(v)
	r.decode(d, d.Add())
	return nil
}

// recording holds the members of a recorded exchange.
type recording struct {
	method, url, status, date, requestID jsontape.Value
	request, response                    jsontape.Value // of a cassette
	requestBody, responseBody            jsontape.Value
	requestHeaders, responseHeaders      jsontape.Value
}

func (r *recording) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "method":
			r.method = m
		case "uri", "url":
			r.url = m
		case "status", "status_code":
			r.status = m
		case "date", "recorded_at":
			r.date = m
		case "request_id":
			r.requestID = m
		case "request_body":
			r.requestBody = m
		case "response_body":
			r.responseBody = m
		case "request_headers":
			r.requestHeaders = m
		case "response_headers":
			r.responseHeaders = m
		case "request":
			r.request = m
		case "response":
			r.response = m
		}
	}
	if r.request.Kind() == jsontape.Object {
		r.cassette()
	}
}

// cassette takes the members of an interaction of a cassette. The status has
// a code or is one; the body is a text or has it as string.
func (r *recording) cassette() {
	r.method, r.requestHeaders = r.request.Get("method"), r.request.Get("headers")
	r.url = firstValue(r.request.Get("uri"), r.request.Get("url"))
	r.requestBody = cassetteBody(r.request.Get("body"))
	r.responseHeaders = r.response.Get("headers")
	r.responseBody = cassetteBody(r.response.Get("body"))
	r.status = firstValue(r.response.Path("status", "code"), firstValue(r.response.Get("status_code"), r.response.Get("status")))
}

func cassetteBody(v jsontape.Value) jsontape.Value {
	if text := v.Get("string"); text.Exists() {
		return text
	}
	return v
}

// decode fills the event. An object without an address is no exchange.
func (r *recording) decode(d *Decoder, e *Event) {
	if len(r.url.Text()) == 0 {
		e.Kind = KindOther
		return
	}
	if n, ok := statusCode(r.status); ok {
		e.HTTPStatus = IntOf(n)
	}
	setName(&e.RequestID, scalar(r.requestID))
	readHeaderObject(d, e, r.responseHeaders)
	readHeaderObject(d, e, r.requestHeaders)
	if r.date.Exists() && r.date.Kind() != jsontape.Null {
		d.setHTTPDate(e, "date", r.date)
	} else {
		d.setHTTPDate(e, "response_headers.date", headerOf(r.responseHeaders, "date"))
	}
	decodeExchange(d, e, exchange{
		method: r.method.Text(), url: r.url.Text(),
		request: bodyOf(r.requestBody), reply: bodyOf(r.responseBody),
	})
}

// readHeaderObject takes headers written as an object of name to value, or to a
// list of values.
func readHeaderObject(d *Decoder, e *Event, v jsontape.Value) {
	var u usage
	for name, value := range v.Members() {
		if value.Kind() == jsontape.Array {
			value = value.Index(0)
		}
		readHeader(d, e, &u, name, scalar(value))
	}
	u.fill(e)
}

// headerOf returns a header of such an object by its name in lower case.
func headerOf(v jsontape.Value, want string) jsontape.Value {
	for name, value := range v.Members() {
		var low [16]byte
		if len(name) != len(want) || len(name) > len(low) || string(appendLower(low[:0], name)) != want {
			continue
		}
		if value.Kind() == jsontape.Array {
			return value.Index(0)
		}
		return value
	}
	return jsontape.Value{}
}
