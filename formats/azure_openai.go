package formats

import (
	"bytes"
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// azureOpenAI is the diagnostic log of Azure OpenAI and AI Foundry resources:
// who called which deployment when, from which masked address, and how large
// request and reply were. It holds no text.
//
// https://learn.microsoft.com/azure/ai-services/openai/monitor-openai-reference
// names the categories, but not their properties. Those below were taken from
// public samples; that callerObjectId and token counts stand in RequestResponse,
// and what AzureOpenAIRequestUsage holds, is what users of the log report, and
// not documented.
type azureOpenAI struct{}

var _ Format = azureOpenAI{}

func (azureOpenAI) Name() string { return "azure-openai" }

func (azureOpenAI) Doc() string {
	return "Azure OpenAI and AI Foundry diagnostic logs: storage blobs, event hub messages, rows of AzureDiagnostics"
}

// Detect accepts what begins with a record of a Cognitive Services resource.
func (azureOpenAI) Detect(s *Sample) error {
	log, err := detectAzure(s)
	switch {
	case err != nil:
		return err
	case log == azureGateway || log == azureLLM || log == azureManagement:
		return errors.New("the first record is of API Management")
	}
	return nil
}

func (azureOpenAI) readsNull() {}

func (azureOpenAI) Framing(s *Sample) Framing { return azureFraming(s) }

func (azureOpenAI) Decode(d *Decoder, record []byte) error { return decodeAzure(d, record) }

// openAI fills the columns of a record of Azure OpenAI. The principal is the
// object id of Entra; where the log says that it is empty, the caller had none,
// that is, used a key.
func (r *azureRecord) openAI(d *Decoder, e *Event, log azureLog) {
	e.Provider = word(d, "azure")
	e.Endpoint = nameOf(r.resource)
	if api := nameOf(r.api); api != nil {
		e.Service = api
	}
	e.Principal = firstText(r.caller, r.object)
	e.Model = nameOf(r.model)
	e.Deployment = nameOf(r.deployment)
	e.Stream = azureStream(r.stream.Text())
	e.InputTokens = singleCount(r.promptTokens)
	e.OutputTokens = singleCount(r.outputTokens)
	e.CacheReadTokens = singleCount(r.cachedTokens)
	e.BytesIn = positive(countOf(r.requestLength))
	e.BytesOut = positive(countOf(r.responseLength))
	r.span(e)

	switch log {
	case azureAudit:
		// ListKey, for one, hands the keys of the resource to the caller.
		e.Plane, e.Kind = PlaneControl, KindAdmin
	case azureCall, azureUsage:
		e.Kind = azureCallKind(e, log)
	}
	if e.Kind == KindInference || e.Kind == KindEmbedding {
		e.ContentState = ContentNotLogged
		r.order(e, log)
	}
	r.outcome(e)
	if log == azureUsage && e.Outcome == OutcomeUnknown {
		e.Outcome = "" // the record of the call tells
	}
}

// order says that the records of a call belong together. Users report two in
// RequestResponse, of which one is nearly empty, beside that of its usage.
func (r *azureRecord) order(e *Event, log azureLog) {
	if e.RequestID == nil {
		return
	}
	e.Sequence = IntOf(1)
	if log == azureUsage {
		e.Sequence = IntOf(2)
	}
}

// span sets when the call began and ended, which the properties say to 100 ns;
// time is when the record was written, seconds later.
func (r *azureRecord) span(e *Event) {
	start, end := ticksOf(r.requestTime), ticksOf(r.responseTime)
	if start.OK {
		e.TS, e.TSPrecision, e.TSSource = start, PrecisionNS, "properties.requestTime"
	}
	e.TSEnd = end
	if !e.Latency.OK && start.OK && end.OK && end.Micros >= start.Micros {
		e.Latency = IntOf(end.Micros - start.Micros)
	}
}

// ticksAt1970 is the beginning of 1970 in the ticks of .NET: 100 ns since the
// first second of the year 1.
const ticksAt1970 = 621355968000000000

// ticksOf returns the time that ticks stand for; NULL for what is none, and for
// times beyond the year 9999.
func ticksOf(v jsontape.Value) Time {
	n := countOf(v)
	micros := (n.V - ticksAt1970) / 10
	if n.V <= 0 || micros >= (maxUnix+1)*1e6 {
		return Time{}
	}
	return Time{micros, true}
}

// singleCount returns a count, which the usage category writes as a list of one.
func singleCount(v jsontape.Value) Int {
	if v.Kind() == jsontape.Array && v.Len() == 1 {
		v = v.Index(0)
	}
	return countOf(v)
}

// azureStream reads a stream type.
func azureStream(t []byte) Bool {
	switch string(t) {
	case "Streaming":
		return BoolOf(true)
	case "Non-Streaming":
		return BoolOf(false)
	}
	return Bool{}
}

// azureCallKind returns what a call is: an embedding or an inference by the name
// of the operation, or because a deployed model answered it. Everything else
// that the API offers (threads, files, assistants, other AI services) is other.
func azureCallKind(e *Event, log azureLog) Kind {
	var buf [64]byte
	name := appendLower(buf[:0], e.Operation[:min(len(e.Operation), len(buf))])
	has := func(part string) bool { return bytes.Contains(name, []byte(part)) }
	switch {
	case has("embedding"):
		return KindEmbedding
	case has("list"), has("get"), has("delete"), has("cancel"):
		return KindOther
	case has("completion"), has("imagegeneration"), has("images"), has("transcription"), has("translation"), has("speech"),
		has("create_response"), has("responses_create"):
		return KindInference
	case log == azureUsage, len(e.Model) > 0:
		return KindInference
	}
	return KindOther
}

// outcome reads the result, which for calls is the HTTP status. An audit record
// has none.
func (r *azureRecord) outcome(e *Event) {
	if n, ok := statusCode(r.signature); ok {
		e.HTTPStatus = IntOf(n)
	}
	e.ErrorMessage = nameOf(r.resultText)
	if e.Outcome = outcomeOfStatus(e.HTTPStatus.V); e.Outcome == "" {
		e.Outcome = outcomeOf(r.result)
	}
	if e.Outcome == "" {
		e.Outcome = OutcomeUnknown
	}
}
