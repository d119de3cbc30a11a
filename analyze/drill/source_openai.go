package drill

import "time"

// openAI writes exchanges with the API of OpenAI, as a recording proxy before
// it keeps them: with both bodies as texts. The provider itself gives nobody a
// log with contents. Calls of other providers' models do not pass it.
type openAI struct{}

var _ source = openAI{}

func (openAI) name() string      { return "openai" }
func (openAI) framing() framing  { return framing{"", "\n", "\n"} }
func (openAI) extension() string { return ".jsonl" }
func (openAI) period() int64     { return hourMS }

func (openAI) key(_ string, ms int64, unique string) string {
	return time.UnixMilli(ms).UTC().Format("openai-exchanges/2006/01/02/15/20060102T150405Z_") + unique + ".jsonl"
}

func (openAI) sees(e *event) bool { return e.model != nil && e.model.openAI() }

func (openAI) append(dst []byte, w *scribe, e *event) []byte {
	d, p := w.say(e), w.follow(e)
	path := opChat
	if e.model.embeds {
		path = opEmbeddings
	}
	dst = appendStrings(dst, `{"method":"POST","uri":"https://`, e.host(), `/v1/`, path, `","request_body":"`)
	w.inner = e.model.body.input(w.inner[:0], d)
	dst = appendText(dst, w.inner)
	status := 200
	if e.ErrorCode != "" {
		status = failures[e.outcome].status
	}
	dst = appendNumber(dst, `","status":`, status)
	dst = appendHTTPDate(append(dst, `,"date":"`...), p.proxy.first)
	dst = e.appendRequestID(append(dst, `","request_id":"`...))
	dst = append(dst, `","response_body":"`...)
	switch {
	case e.ErrorCode != "":
		w.inner = appendOpenAIError(w.inner[:0], &failures[e.outcome])
	case d.streamed:
		w.inner = e.model.body.stream(w.inner[:0], d)
	default:
		w.inner = e.model.body.output(w.inner[:0], d)
	}
	dst = appendText(dst, w.inner)
	return append(openAI{}.headers(append(dst, `","response_headers":`...), e, d, p), '}')
}

// headers appends those of a reply that say anything.
func (openAI) headers(dst []byte, e *event, d *dialog, p *passage) []byte {
	dst = append(dst, `{"content-type":"`...)
	if d.streamed && e.ErrorCode == "" {
		dst = append(dst, `text/event-stream; charset=utf-8`...)
	} else {
		dst = append(dst, `application/json`...)
	}
	dst = appendHTTPDate(append(dst, `","date":"`...), p.proxy.first)
	dst = append(dst, `","openai-organization":"`+organization+`","openai-processing-ms":"`...)
	dst = appendInt(dst, int((p.proxy.first-p.proxy.from)/1000))
	dst = append(dst, `","openai-project":"`+project+`","openai-version":"2020-10-01","x-request-id":"`...)
	return append(e.appendRequestID(dst), `"}`...)
}

func appendOpenAIError(dst []byte, f *failure) []byte {
	dst = appendText(append(dst, `{"error":{"message":"`...), f.message)
	dst = appendStrings(dst, `","type":"`, f.typ, `","param":null,"code":`)
	if f.code == "" {
		return append(dst, `null}}`...)
	}
	return append(appendQuoted(dst, f.code), `}}`...)
}

// appendHTTPDate appends a time as HTTP has it (RFC 9110, section 5.6.7).
func appendHTTPDate(dst []byte, micros int64) []byte {
	return time.UnixMicro(micros).UTC().AppendFormat(dst, "Mon, 02 Jan 2006 15:04:05 GMT")
}
