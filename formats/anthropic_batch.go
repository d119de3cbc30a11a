package formats

import (
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// anthropicBatch is what goes into and comes out of Anthropic's Message
// Batches: a request each, and a line with the result of each, in any order. As
// with OpenAI, a request and its result share nothing but the custom_id, which
// is unique within a batch only. No line carries a time. The batch itself, with
// its counts, is a total.
//
// Members are those of the API reference (POST /v1/messages/batches, its
// results, and the object message_batch).
type anthropicBatch struct{}

var _ Format = anthropicBatch{}

func (anthropicBatch) Name() string { return "anthropic-batch" }

func (anthropicBatch) Doc() string {
	return "Anthropic Message Batches: requests, results, and batch objects"
}

// Detect accepts what begins with a request, a result or a batch.
func (anthropicBatch) Detect(s *Sample) error {
	return detectPage(s, isMessageBatch, "no record at its start has a custom_id with params or a result, or is of type message_batch")
}

func isMessageBatch(v jsontape.Value) bool {
	if v.Get("custom_id").Exists() {
		return v.Get("params").Exists() || v.Get("result").Exists()
	}
	return string(v.Get("type").Text()) == "message_batch"
}

func (anthropicBatch) Framing(s *Sample) Framing { return pageFraming(s) }

// Decode makes one event of a record. An object that is none of the format
// becomes an event of kind other, without columns.
func (anthropicBatch) Decode(d *Decoder, record []byte) error {
	v, err := recordObject(d, record, "anthropic-batch")
	if err != nil {
		return err
	}
	e := d.Add()
	e.Kind = KindOther
	params, result := inlined(d, v.Get("params")), inlined(d, v.Get("result"))
	switch {
	case v.Get("custom_id").Exists() && (params.Exists() || result.Exists()):
		e.Plane, e.Kind = PlaneContent, KindInference
		e.Provider = word(d, "anthropic")
		e.Operation = word(d, "message_batch")
		e.addID("custom_id", v.Get("custom_id"))
		e.ContentState = ContentPartial
		if params.Exists() {
			e.Sequence = IntOf(1)
			e.keepBody(params)
			decodeRequestBody(d, e, params)
		} else {
			e.Sequence = IntOf(2)
			decodeBatchResult(d, e, result)
		}
		e.Summarise()
	case string(v.Get("type").Text()) == "message_batch":
		decodeMessageBatch(d, e, v)
	}
	return nil
}

// decodeBatchResult takes what became of a request: a message, an error, or,
// where it was never run, the word for it.
func decodeBatchResult(d *Decoder, e *Event, v jsontape.Value) {
	typ := v.Get("type").Text()
	switch string(typ) {
	case "succeeded":
		decodeResponseBody(d, e, v.Get("message"))
		if e.Outcome == "" {
			e.Outcome = OutcomeSuccess
		}
		return
	case "errored":
		// An error reply of the API: {"type":"error","error":{...},"request_id":...}.
		failure := v.Get("error")
		e.RequestID = failure.Get("request_id").Text()
		if inner := failure.Get("error"); inner.Kind() == jsontape.Object {
			failure = inner
		}
		readFailure(d, e, failure)
		e.Outcome = OutcomeError
		if len(e.ErrorCode) > 0 {
			e.Outcome = providerOutcome(e.ErrorCode)
		}
	case "canceled", "expired":
		e.ErrorCode, e.Outcome = typ, OutcomeError
	default:
		e.Outcome = OutcomeUnknown
	}
	e.ContentState = ContentNotLogged
}

// decodeMessageBatch fills the event of a batch: a total of what is in it. Its
// id stays the same while it runs, so that it is not the id of the record.
func decodeMessageBatch(d *Decoder, e *Event, v jsontape.Value) {
	e.Plane, e.Kind = PlaneContent, KindUsage
	setPeriod(d, e, "created_at", v.Get("created_at"), v.Get("ended_at"))
	e.Provider = word(d, "anthropic")
	e.Operation = word(d, "message_batch")
	e.addID("batch_id", v.Get("id"))
	e.RequestCount = sumMembers(inlined(d, v.Get("request_counts")))
	// in_progress, canceling or ended (docs.claude.com/en/api/retrieving-message-batches).
	// One that was canceled has run in part.
	if e.Outcome = OutcomeUnknown; string(v.Get("processing_status").Text()) == "ended" && v.Get("cancel_initiated_at").Text() == nil {
		e.Outcome = OutcomeSuccess
	}
}

// sumMembers adds up the counts of an object; NULL when one is none.
func sumMembers(v jsontape.Value) Int {
	sum := Int{}
	for _, m := range v.Members() {
		n := countOf(m)
		if !n.OK || n.V < 0 || n.V > 1<<32 {
			return Int{}
		}
		sum = IntOf(sum.V + n.V)
	}
	return sum
}
