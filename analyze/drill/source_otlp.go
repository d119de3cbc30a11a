package drill

import (
	"strconv"
	"time"
)

// otlp writes the spans of the callers' instrumentation as the file exporter of
// an OpenTelemetry collector writes them, a span a line, with the structured
// messages of the GenAI conventions (1.37 and later). The spans are those of
// the libraries that call models, so that each is the root of its trace.
type otlp struct{}

var _ source = otlp{}

func (otlp) name() string      { return "otlp" }
func (otlp) framing() framing  { return framing{"", "\n", "\n"} }
func (otlp) extension() string { return ".jsonl" }
func (otlp) period() int64     { return hourMS }

// key is a name as the S3 exporter of the collector makes them.
func (otlp) key(_ string, ms int64, unique string) string {
	return time.UnixMilli(ms).UTC().Format("otel/year=2006/month=01/day=02/hour=15/minute=04/traces_") + unique + ".json"
}

func (otlp) sees(e *event) bool { return e.model != nil && !e.outside }

func (o otlp) append(dst []byte, w *scribe, e *event) []byte {
	d, p := w.say(e), w.follow(e)
	dst = o.resource(append(dst, `{"resourceSpans":[{"resource":{"attributes":[`...), e)
	dst = append(dst, `]},"scopeSpans":[{"scope":{"name":"`+scopeName+`","version":"`+scopeVersion+`"},"spans":[{"traceId":"`...)
	dst = appendHexes(dst, p.trace[:])
	dst = appendHexes(append(dst, `","spanId":"`...), p.span[:])
	dst = appendStrings(dst, `","flags":257,"name":"`, operationName(e.model), ` `, e.model.id, `","kind":3,"startTimeUnixNano":"`)
	dst = strconv.AppendInt(dst, p.caller.from, 10)
	dst = strconv.AppendInt(append(dst, `000","endTimeUnixNano":"`...), p.caller.to, 10)
	dst = append(dst, `000","attributes":[`...)
	dst = o.attributes(dst, d, e, p)
	dst = w.messages(dst, d, e)
	if e.ErrorCode == "" {
		dst = append(dst, `],"status":{"code":1`...)
	} else {
		dst = append(appendText(append(dst, `],"status":{"code":2,"message":"`...), e.message()), '"')
	}
	return append(dst, `}}]}],"schemaUrl":"https://opentelemetry.io/schemas/1.37.0"}]}`...)
}

// The instrumentation that writes the spans.
const (
	scopeName    = "com.example.genai"
	scopeVersion = "1.2.0"
)

// operationName is the word of the conventions for what a model does.
func operationName(m *model) string {
	if m.embeds {
		return "embeddings"
	}
	return "chat"
}

// resource appends the attributes of the program that called.
func (otlp) resource(dst []byte, e *event) []byte {
	dst = appendAttr(dst, "service.name", e.application())
	dst = appendAttr(append(dst, ','), "deployment.environment.name", e.environment())
	if e.model.openAI() {
		return dst
	}
	dst = appendAttr(append(dst, ','), "cloud.provider", "aws")
	dst = appendAttr(append(dst, ','), "cloud.account.id", account)
	return appendAttr(append(dst, ','), "cloud.region", e.Region)
}

// attributes appends those of the call, without what was said.
func (otlp) attributes(dst []byte, d *dialog, e *event, p *passage) []byte {
	dst = appendAttr(dst, "gen_ai.operation.name", operationName(e.model))
	dst = appendAttr(append(dst, ','), "gen_ai.provider.name", e.model.provider())
	dst = appendAttr(append(dst, ','), "gen_ai.request.model", e.model.id)
	dst = appendAttr(append(dst, ','), "server.address", e.host())
	dst = appendAttr(append(dst, ','), "user.id", e.Who.Name)
	if !e.model.embeds {
		dst = appendIntAttr(dst, "gen_ai.request.max_tokens", d.maxTokens)
		dst = append(dst, `,{"key":"gen_ai.request.temperature","value":{"doubleValue":`...)
		dst = append(dst, '0'+byte(d.hot/10), '.', '0'+byte(d.hot%10), '}', '}')
	}
	if d.streamed {
		dst = append(dst, `,{"key":"gen_ai.request.stream","value":{"boolValue":true}}`...)
	}
	head := append(dst, `,{"key":"gen_ai.conversation.id","value":{"stringValue":"`...)
	if id := p.appendSession(head, d); len(id) > len(head) {
		dst = append(id, `"}}`...)
	}
	dst = appendRequestAttr(dst, e)
	if e.ErrorCode != "" {
		return appendAttr(append(dst, ','), "error.type", e.errorType())
	}
	return appendReplyAttrs(dst, d, e, p)
}

// appendRequestAttr appends the id that the provider gave the request. That of
// AWS has a name of its own; others are headers that the instrumentation was
// told to keep, of which there may be several.
func appendRequestAttr(dst []byte, e *event) []byte {
	if e.model.openAI() {
		dst = append(dst, `,{"key":"http.response.header.x-request-id","value":{"arrayValue":{"values":[{"stringValue":"`...)
		return append(e.appendRequestID(dst), `"}]}}}`...)
	}
	dst = append(dst, `,{"key":"aws.request_id","value":{"stringValue":"`...)
	return append(e.appendRequestID(dst), `"}}`...)
}

// appendReplyAttrs appends what only a reply tells. The input tokens of the
// conventions include those that a cache served or took.
func appendReplyAttrs(dst []byte, d *dialog, e *event, p *passage) []byte {
	if e.model.openAI() {
		dst = appendAttr(append(dst, ','), "gen_ai.response.model", e.model.answers)
	}
	head := append(dst, `,{"key":"gen_ai.response.id","value":{"stringValue":"`...)
	if id := d.appendReplyID(head, e.model.bodyOf(e.Operation)); len(id) > len(head) {
		dst = append(id, `"}}`...)
	}
	dst = appendIntAttr(dst, "gen_ai.usage.input_tokens", d.promptTokens())
	if e.model.embeds {
		return dst
	}
	dst = appendIntAttr(dst, "gen_ai.usage.output_tokens", d.tokensOut)
	if d.cacheRead > 0 {
		dst = appendIntAttr(dst, "gen_ai.usage.cache_read.input_tokens", d.cacheRead)
		dst = appendIntAttr(dst, "gen_ai.usage.cache_creation.input_tokens", d.cacheWrite)
	}
	dst = appendStrings(dst, `,{"key":"gen_ai.response.finish_reasons","value":{"arrayValue":{"values":[{"stringValue":"`, spanStops[d.stop], `"}]}}}`)
	if d.streamed {
		dst = appendSeconds(append(dst, `,{"key":"gen_ai.response.time_to_first_chunk","value":{"doubleValue":`...), p.caller.first-p.caller.from)
		dst = append(dst, `}}`...)
	}
	return dst
}

var spanStops = [...]string{stopEnd: "stop", stopTool: "tool_call", stopLength: "length", stopGuardrail: "content_filter"}

// messages appends what was said, each list as JSON in a text, which is the
// only way for attributes of spans.
func (w *scribe) messages(dst []byte, d *dialog, e *event) []byte {
	if d.model.embeds {
		return dst
	}
	if !d.system.empty() {
		w.inner = append(d.appendField(w.inner[:0], `[{"type":"text","content":"`, d.system), `"}]`...)
		dst = appendAttr(append(dst, ','), "gen_ai.system_instructions", w.inner)
	}
	w.inner = append(w.inner[:0], '[')
	for i := range d.input {
		w.inner = d.appendSpeech(w.inner, d.input, i)
	}
	w.inner = append(w.inner, `]}]`...)
	dst = appendAttr(append(dst, ','), "gen_ai.input.messages", w.inner)
	if e.ErrorCode != "" {
		return dst
	}
	w.inner = append(w.inner[:0], '[')
	for i := range d.reply {
		w.inner = d.appendSpeech(w.inner, d.reply, i)
	}
	w.inner = appendStrings(w.inner, `],"finish_reason":"`, spanStops[d.stop], `"}]`)
	return appendAttr(append(dst, ','), "gen_ai.output.messages", w.inner)
}

// appendSpeech appends the ith part, and before it the end of the message
// before when another speaker begins.
func (d *dialog) appendSpeech(dst []byte, parts []part, i int) []byte {
	p := &parts[i]
	role := speaker(p)
	switch {
	case i > 0 && speaker(&parts[i-1]) == role:
		dst = append(dst, ',')
	case i > 0:
		dst = append(dst, `]},`...)
		fallthrough
	default:
		dst = appendStrings(dst, `{"role":"`, role, `","parts":[`)
	}
	switch p.kind {
	case partCall:
		dst = d.appendField(dst, `{"type":"tool_call","id":"`, p.id)
		dst = appendStrings(dst, `","name":"`, p.name, `","arguments":`)
		return append(append(dst, d.text(p.text)...), '}')
	case partResult:
		dst = d.appendField(dst, `{"type":"tool_call_response","id":"`, p.id)
		return append(d.appendField(dst, `","response":"`, p.text), `"}`...)
	default:
		return append(d.appendField(dst, `{"type":"text","content":"`, p.text), `"}`...)
	}
}

// speaker is the role of a part in the conventions.
func speaker(p *part) string {
	switch {
	case p.assistant:
		return "assistant"
	case p.kind == partResult:
		return "tool"
	default:
		return "user"
	}
}

// appendAttr appends an attribute that is a text.
func appendAttr[T string | []byte](dst []byte, key string, value T) []byte {
	dst = appendStrings(dst, `{"key":"`, key, `","value":{"stringValue":"`)
	return append(appendText(dst, value), `"}}`...)
}

// appendIntAttr appends an attribute that is a number, and the comma before it.
func appendIntAttr(dst []byte, key string, n int) []byte {
	dst = appendStrings(dst, `,{"key":"`, key, `","value":{"intValue":"`)
	return append(appendInt(dst, n), `"}}`...)
}
