package formats

import (
	"bytes"
	"strconv"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// otelAttributes is what the attributes of one span or log record say. What has
// a column of its own goes to the event as it comes; a newer name of the same
// thing wins over a deprecated one, in whichever order they are written. What
// needs others to be understood is kept until finish.
//
// The names are those of the OpenTelemetry semantic conventions up to 1.41 and
// of semantic-conventions-genai (docs/gen-ai, and the registry for deprecated
// ones), of OpenLLMetry before it took them over (semconv_ai), of OpenInference
// (spec/semantic_conventions.md), of vLLM (gen_ai.latency.*, gen_ai.request.id)
// and of the AI SDK of Vercel (ai.*).
type otelAttributes struct {
	d *Decoder
	e *Event

	genAI bool // has an attribute of a model call

	// What tells the kind.
	name          Text // of the span or event
	server        bool // span kind SERVER: the request came in
	operation     Text // gen_ai.operation.name
	requestType   Text // llm.request.type of OpenLLMetry
	traceloopKind Text // traceloop.span.kind
	inferenceKind Text // openinference.span.kind
	rpcMethod     Text // mcp.method.name
	httpMethod    Text
	dbSystem      Text

	// Who and where.
	conversation, session Text
	address, url, dbName  Text
	dataSource            Text

	// What was said, by dialect. Texts of indexed attributes are in the flat list
	// of the decoder.
	system, input, output       attr // structured messages
	prompt, completion          attr // JSON in one attribute, or a text
	inputValue, outputValue     attr
	inputMime, outputMime       Text
	query, documents            attr
	toolName, toolID            Text
	toolArguments, toolResult   attr
	toolDefinitions, parameters attr
	params                      [paramCount]attr

	// How it ended.
	status           Text // of the span: "0", "1", "2", or a word
	statusMessage    Text
	exceptionType    Text
	exceptionMessage Text
	dropped          bool // the SDK left attributes or events out
	external         bool // the messages lie elsewhere
}

// otelScratch is memory that decoders of attributes reuse.
type otelScratch struct {
	flat []flatAttr
	path []byte
}

// newOtelAttributes begins an event.
func newOtelAttributes(d *Decoder, e *Event) otelAttributes {
	if cap(d.otel.flat) > keepFlat {
		d.otel.flat = nil
	}
	d.otel.flat = d.otel.flat[:0]
	return otelAttributes{d: d, e: e}
}

// readList takes the attributes of OTLP: a list of key and value.
func (s *otelAttributes) readList(list jsontape.Value) {
	for x := range list.Elements() {
		key, value := keyValue(x)
		s.take(key, value)
	}
}

// take takes one attribute.
func (s *otelAttributes) take(key []byte, a attr) {
	if !a.exists() || s.set(key, a) || !hasNamespace(key) {
		return
	}
	if a = listInText(s.d, key, a); !a.composite() {
		return
	}
	s.d.otel.path = append(s.d.otel.path[:0], key...)
	s.walk(a, 1)
}

// listInText returns the list that stands as JSON in a text, for attributes
// that are lists: tables and some exporters have no other way to write them.
func listInText(d *Decoder, key []byte, a attr) attr {
	switch string(key) {
	case "llm.input_messages", "llm.output_messages", "llm.tools", "llm.prompts", "llm.choices",
		"retrieval.documents", "reranker.output_documents", "embedding.embeddings":
		return a.opened(d)
	}
	return a
}

// maxAttributeDepth is how deep nested attributes are followed. The longest
// name has ten segments: llm.input_messages.0.message.contents.0.message_content.image.image.url.
const maxAttributeDepth = 12

// walk follows an attribute that is a list or an object, as if it had been
// written flat: Phoenix stores llm.input_messages as a list of objects, whose
// names may be flat or nested in turn.
func (s *otelAttributes) walk(a attr, depth int) {
	if depth == maxAttributeDepth {
		return
	}
	length := len(s.d.otel.path)
	step := func(key []byte, x attr) {
		s.d.otel.path = append(append(s.d.otel.path[:length], '.'), key...)
		if x.exists() && !s.set(s.d.otel.path, x) && x.composite() {
			s.walk(x, depth+1)
		}
	}
	n := 0
	var digits [20]byte
	for x := range a.elements() {
		step(strconv.AppendInt(digits[:0], int64(n), 10), x)
		n++
	}
	for key, x := range a.members() {
		step(key, x)
	}
}

// hasNamespace reports whether the first segment of a name is one under which
// known names lie, so that other nested attributes are not searched.
func hasNamespace(key []byte) bool {
	first, _, _ := bytes.Cut(key, []byte{'.'})
	switch string(first) {
	case "llm", "gen_ai", "openinference", "input", "output", "retrieval", "reranker", "embedding", "tool",
		"session", "user", "traceloop", "ai", "error", "exception", "mcp":
		return true
	}
	return false
}

// set takes an attribute by its full name and reports whether the name is
// known. The sets are asked in the order in which their names are frequent.
func (s *otelAttributes) set(key []byte, a attr) bool {
	switch {
	case bytes.HasPrefix(key, []byte("gen_ai.")):
		s.genAI = true
		return s.setGenAI(key[len("gen_ai."):], a) || s.setFlat(key, a)
	case bytes.HasPrefix(key, []byte("llm.")):
		s.genAI = true
		return s.setLLM(key[len("llm."):], a) || s.setFlat(key, a)
	}
	return s.setGeneral(key, a) || s.setInference(key, a) || s.setFlat(key, a)
}
