package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// openAIBatch is the files of OpenAI's Batch API, and of servers that speak it:
// a line with a request each, and a line with the reply to each, in any order.
// A request and its reply share nothing but the custom_id that the caller gave
// them, which is unique within a batch only: it is kept as an identifier, and
// which input belongs to which output is for the case to decide. The batch
// itself, with its counts, usage and the ids of both files, is a total.
//
// Members are those of the API reference (the request input and output objects,
// and the batch object).
type openAIBatch struct{}

var _ Format = openAIBatch{}

func (openAIBatch) Name() string { return "openai-batch" }

func (openAIBatch) Doc() string {
	return "OpenAI Batch API: input, output and error files, and batch objects"
}

// Detect accepts what begins with a line of an input or output file, or with a
// batch.
func (openAIBatch) Detect(s *Sample) error {
	return detectPage(s, isOpenAIBatch, "no record at its start has a custom_id with a url and body, or with a response and error, or is an object batch")
}

func isOpenAIBatch(v jsontape.Value) bool {
	if v.Get("custom_id").Exists() {
		return v.Get("url").Exists() && v.Get("method").Exists() ||
			v.Get("response").Exists() && (v.Get("error").Exists() || v.Path("response", "status_code").Exists())
	}
	return string(v.Get("object").Text()) == "batch" && v.Get("input_file_id").Exists()
}

func (openAIBatch) Framing(s *Sample) Framing { return pageFraming(s) }

// Decode makes one event of a record. An object that is none of the format
// becomes an event of kind other, without columns.
func (openAIBatch) Decode(d *Decoder, record []byte) error {
	v, err := recordObject(d, record, "openai-batch")
	if err != nil {
		return err
	}
	var r batchRecord
	r.read(v)
	e := d.Add()
	switch {
	case r.customID.Exists() && r.body.Exists():
		r.request(d, e)
	case r.customID.Exists() && (r.response.Exists() || r.failure.Exists()):
		r.reply(d, e)
	case string(r.object) == "batch":
		r.job(d, e, v)
	default:
		e.Kind = KindOther
	}
	return nil
}

// batchRecord holds the members of a record that are used, found in one pass.
type batchRecord struct {
	object                                         Text
	id, customID, method, url, body                jsontape.Value
	response, failure                              jsontape.Value
	endpoint, model, status, errors, counts, usage jsontape.Value
	inputFile, outputFile, errorFile               jsontape.Value
	created, completed, failed, expired, cancelled jsontape.Value
}

func (r *batchRecord) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "object":
			r.object = m.Text()
		case "id":
			r.id = m
		case "custom_id":
			r.customID = m
		case "method":
			r.method = m
		case "url":
			r.url = m
		case "body":
			r.body = m
		case "response":
			r.response = m
		case "error":
			r.failure = m
		case "endpoint":
			r.endpoint = m
		case "model":
			r.model = m
		case "status":
			r.status = m
		case "errors":
			r.errors = m
		case "request_counts":
			r.counts = m
		case "usage":
			r.usage = m
		case "input_file_id":
			r.inputFile = m
		case "output_file_id":
			r.outputFile = m
		case "error_file_id":
			r.errorFile = m
		case "created_at":
			r.created = m
		case "completed_at":
			r.completed = m
		case "failed_at":
			r.failed = m
		case "expired_at":
			r.expired = m
		case "cancelled_at":
			r.cancelled = m
		}
	}
}

// request fills the event of a line of an input file. It was written before
// anything was called, so that it has neither time nor outcome.
func (r *batchRecord) request(d *Decoder, e *Event) {
	e.Plane, e.Kind = PlaneContent, batchKind(r.url.Text())
	e.Sequence = IntOf(1)
	e.addID("custom_id", r.customID)
	if method := r.method.Text(); len(method) == 0 || string(method) == "POST" {
		e.Operation = r.url.Text()
	} else {
		e.Operation = joinText(d, "", method, " ", r.url.Text())
	}
	e.keepBody(r.body)
	decodeRequestBody(d, e, r.body)
	e.ContentState = ContentPartial
	e.Summarise()
}

// batchKind returns what a call of an endpoint is. A batch takes no others than
// those of models.
func batchKind(url []byte) Kind {
	url = bytes.TrimSuffix(url, []byte("/"))
	switch string(url[bytes.LastIndexByte(url, '/')+1:]) {
	case "embeddings":
		return KindEmbedding
	case "moderations":
		return KindGuardrail
	case "completions", "responses", "generations", "edits", "videos":
		return KindInference
	}
	return KindOther
}

// reply fills the event of a line of an output or error file. Its time is that
// of the reply's body; where the request was never run there is none.
func (r *batchRecord) reply(d *Decoder, e *Event) {
	e.Plane = PlaneContent
	e.Sequence = IntOf(2)
	e.NativeID = scalar(r.id)
	e.addID("custom_id", r.customID)
	e.ContentState = ContentNotLogged
	response := inlined(d, r.response)
	e.RequestID = response.Get("request_id").Text()
	if n, ok := statusCode(response.Get("status_code")); ok {
		e.HTTPStatus = IntOf(n)
	}
	body := inlined(d, response.Get("body"))
	if body.Kind() == jsontape.Object {
		d.SetTime(e, "response.body.created", body.Get("created"))
		d.SetTime(e, "response.body.created_at", body.Get("created_at"))
		decodeResponseBody(d, e, body)
		e.ContentState = ContentPartial
	}
	e.Kind = batchReplyKind(e.Kind, body)
	if f := inlined(d, r.failure); f.Kind() != jsontape.Null {
		readFailure(d, e, f)
	}
	exchangeOutcome(e)
	e.Summarise()
}

// batchReplyKind returns what was called, by the reply. An endpoint that only
// an error came from is not named in it; a batch calls nothing but models.
func batchReplyKind(kind Kind, body jsontape.Value) Kind {
	switch {
	case kind != "":
		return kind
	case string(body.Path("data").Index(0).Get("object").Text()) == "embedding":
		return KindEmbedding
	case bytes.HasPrefix(body.Get("id").Text(), []byte("modr-")):
		return KindGuardrail
	}
	return KindInference
}

// job fills the event of a batch: a total of what is in its files. Its id stays
// the same while it runs, so that it is not the id of the record.
func (r *batchRecord) job(d *Decoder, e *Event, v jsontape.Value) {
	e.Plane, e.Kind = PlaneContent, KindUsage
	end := r.completed
	for _, t := range [...]jsontape.Value{r.failed, r.expired, r.cancelled} {
		if k := end.Kind(); k == jsontape.Missing || k == jsontape.Null {
			end = t
		}
	}
	setPeriod(d, e, "created_at", r.created, end)
	e.Operation = r.endpoint.Text()
	e.Model = r.model.Text()
	e.addID("batch_id", r.id)
	e.addID("input_file_id", r.inputFile)
	e.addID("output_file_id", r.outputFile)
	e.addID("error_file_id", r.errorFile)
	readRequestMetadata(e, inlined(d, v.Get("metadata")))
	e.RequestCount = countOf(inlined(d, r.counts).Get("total"))
	var u usage
	u.read(inlined(d, r.usage))
	u.fill(e)
	readFailure(d, e, inlined(d, r.errors).Get("data").Index(0))
	switch string(r.status.Text()) {
	case "completed":
		e.Outcome = OutcomeSuccess
	case "failed", "expired":
		e.Outcome = OutcomeError
	default: // under way, or cancelled by the caller
		e.Outcome = OutcomeUnknown
	}
}
