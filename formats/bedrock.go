package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// bedrock is the model-invocation log of Amazon Bedrock: what was said to a
// model and what came back. It has no source address, user agent or
// credential; CloudTrail has them, under the same request id.
type bedrock struct{}

var _ Format = bedrock{}

func (bedrock) Name() string { return "bedrock" }

func (bedrock) Doc() string {
	return "Amazon Bedrock model-invocation logs: S3 deliveries, arrays, and exports of CloudWatch log events"
}

// Detect accepts what begins with an invocation record, bare or as the message
// of a CloudWatch log event. A record may be longer than the sample, so that
// what was cut off is not missed.
func (bedrock) Detect(s *Sample) error {
	v, err := s.record("events", "logEvents")
	if err != nil {
		return err
	}
	cut := !s.Whole
	if string(v.Get("logStreamName").Text()) == invocationStream {
		return nil
	}
	if m := logMessage(v); m.Kind() == jsontape.String {
		var inner jsontape.Doc
		if inner.ParsePrefix(m.Text()) != nil {
			return errors.New("the message of the first log event is not JSON")
		}
		v, cut = inner.Root(), false
	} else if m.Exists() {
		v = m
	}
	if !isInvocation(v, cut) {
		return errors.New("the first record has neither schemaType ModelInvocationLog nor modelId with an input or output of a model invocation")
	}
	return nil
}

// invocationStream is the log stream that Bedrock writes to in CloudWatch. It
// is enough where the message itself is longer than the sample.
const invocationStream = "aws/bedrock/modelinvocations"

// isInvocation reports whether an object is an invocation record. Of a record
// that was cut a recognisable input or output is enough.
func isInvocation(v jsontape.Value, cut bool) bool {
	if t := v.Get("schemaType"); t.Kind() == jsontape.String {
		return string(t.Text()) == "ModelInvocationLog"
	}
	if !cut && v.Get("modelId").Kind() != jsontape.String {
		return false
	}
	for _, side := range [...][5]string{
		{"input", "inputBodyJson", "inputContentType", "inputTokenCount", "inputBodyS3Path"},
		{"output", "outputBodyJson", "outputContentType", "outputTokenCount", "outputBodyS3Path"},
	} {
		for _, key := range side[1:] {
			if v.Path(side[0], key).Exists() {
				return true
			}
		}
	}
	return false
}

// Framing cuts the log events of a CloudWatch export (events from
// filter-log-events, logEvents from subscriptions); without such an envelope it
// is JSON of whatever shape.
func (bedrock) Framing(s *Sample) Framing {
	return listFraming(s, "events", "logEvents")
}

// logMessage returns the message of a CloudWatch log event.
func logMessage(v jsontape.Value) jsontape.Value {
	if m := v.Get("message"); m.Exists() {
		return m
	}
	return v.Get("@message")
}

// Decode makes one event of a record. An object that is no invocation record
// becomes an event of kind other with the columns that it has.
func (bedrock) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding bedrock record: want an object, not %s", v.Kind())
	}
	var r invocation
	r.read(unfolded(d, v, "identity", "input", "output", "requestMetadata", "performanceConfig"))
	if !r.known && r.message.Exists() {
		inner, err := r.unwrap(d)
		if err != nil {
			return err
		}
		r = invocation{}
		r.read(inner)
	}
	r.decode(d, d.Add())
	return nil
}

// invocation holds the members of a record that are used, found in one pass.
type invocation struct {
	time, account, identity, region, inferenceRegion jsontape.Value
	requestID, operation, model                      jsontape.Value
	errorCode, errorMessage, status                  jsontape.Value
	metadata, input, output                          jsontape.Value
	message                                          jsontape.Value // of a CloudWatch log event
	known                                            bool           // has a member that makes it an invocation record
}

func (r *invocation) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "schemaType":
			r.known = r.known || string(m.Text()) == "ModelInvocationLog"
		case "timestamp":
			r.time = m
		case "accountId":
			r.account = m
		case "identity":
			r.identity = m
		case "region":
			r.region = m
		case "inferenceRegion":
			r.inferenceRegion = m
		case "requestId":
			r.requestID = m
		case "operation":
			r.operation = m
		case "modelId":
			r.model, r.known = m, true
		case "errorCode":
			r.errorCode = m
		case "errorMessage":
			r.errorMessage = m
		case "status":
			r.status = m
		case "requestMetadata":
			r.metadata = m
		case "input":
			r.input, r.known = m, true
		case "output":
			r.output, r.known = m, true
		case "message", "@message":
			r.message = m
		}
	}
}

// unwrap returns the record that is the message of a log event.
func (r *invocation) unwrap(d *Decoder) (jsontape.Value, error) {
	inner := r.message
	if inner.Kind() == jsontape.String {
		if err := d.Nested.Parse(inner.Text()); err != nil {
			return inner, fmt.Errorf("decoding message of log event: %w", err)
		}
		inner = d.Nested.Root()
	}
	if inner.Kind() != jsontape.Object {
		return inner, fmt.Errorf("decoding message of log event: want an object, not %s", inner.Kind())
	}
	return inner, nil
}

// decode fills the event.
func (r *invocation) decode(d *Decoder, e *Event) {
	e.Plane, e.Kind = PlaneContent, KindOther
	d.SetTime(e, "timestamp", r.time)
	e.Provider = word(d, "aws")
	e.RequestID = scalar(r.requestID)
	e.Region = scalar(r.region)
	e.InferenceRegion = scalar(r.inferenceRegion)
	e.Operation = scalar(r.operation)
	e.Model = scalar(r.model)
	e.ErrorCode = scalar(r.errorCode)
	e.ErrorMessage = scalar(r.errorMessage)
	r.who(d, e)
	readRequestMetadata(e, r.metadata)
	if r.known {
		e.Kind = invocationKind(e)
		r.content(d, e)
	}
	r.outcome(e)
	e.Summarise()
}

// who fills the columns about the caller, from what its ARN says of itself.
func (r *invocation) who(d *Decoder, e *Event) {
	arn := r.identity.Get("arn").Text()
	e.Principal = arn
	e.Role = roleOfARN(arn)
	account, kind := splitARN(arn)
	if kind != "" {
		e.PrincipalType = word(d, kind)
	}
	if e.Tenant = scalar(r.account); e.Tenant == nil {
		e.Tenant = account
	}
}

// splitARN returns the account of arn:aws:SERVICE::ACCOUNT:RESOURCE, and the
// type of the principal in the words of CloudTrail; "" for other resources.
func splitARN(arn []byte) (account Text, kind string) {
	rest := arn
	var service []byte
	for i := range 5 {
		field, after, ok := bytes.Cut(rest, []byte{':'})
		if !ok {
			return nil, ""
		}
		switch i {
		case 2:
			service = field
		case 4:
			account = field
		}
		rest = after
	}
	resource, _, _ := bytes.Cut(rest, []byte{'/'})
	switch string(service) + ":" + string(resource) {
	case "sts:assumed-role":
		kind = "AssumedRole"
	case "sts:federated-user":
		kind = "FederatedUser"
	case "iam:user":
		kind = "IAMUser"
	case "iam:role":
		kind = "Role"
	case "iam:root":
		kind = "Root"
	}
	if len(account) == 0 {
		account = nil
	}
	return account, kind
}

// invocationKind returns what a call is by its model: the log holds nothing but
// calls of models. An operation that by its verb only reads is none.
func invocationKind(e *Event) Kind {
	for _, verb := range [...]string{"List", "Get", "Describe"} {
		if bytes.HasPrefix(e.Operation, []byte(verb)) {
			return KindOther
		}
	}
	if bytes.Contains(e.Model, []byte("embed")) {
		return KindEmbedding
	}
	return KindInference
}

// bodySide says where one side of a call is.
type bodySide uint8

const (
	sideNone bodySide = iota
	sideHere
	sideS3
)

// content fills usage and content from both sides. The counts of the log are
// set first, so that they win over those in the body.
func (r *invocation) content(d *Decoder, e *Event) {
	streaming := bytes.HasSuffix(e.Operation, []byte("Stream"))
	if kind := string(e.Operation); streaming || kind == "InvokeModel" || kind == "Converse" {
		e.Stream = BoolOf(streaming)
	}
	var u usage
	request, inputS3 := readSide(e, &u, r.input)
	response, outputS3 := readSide(e, &u, r.output)
	u.fill(e)
	e.keepBody(request)
	decodeRequestBody(d, e, request)
	decodeResponseBody(d, e, response)

	in := sideOf(e, "input_body_s3", request, inputS3)
	out := sideOf(e, "output_body_s3", response, outputS3)
	switch {
	case in == sideHere && out == sideHere:
		e.ContentState = ContentPresent
	case in == sideS3 || out == sideS3:
		e.ContentState = ContentExternal
	case in == sideHere || out == sideHere:
		e.ContentState = ContentPartial
	default:
		e.ContentState = ContentNotLogged
	}
}

// readSide reads the input or output of a call, adds its tokens to u, and returns
// its body and where that lies when it was moved away.
func readSide(e *Event, u *usage, side jsontape.Value) (body, s3 jsontape.Value) {
	for key, v := range side.Members() {
		switch string(key) {
		case "inputBodyJson", "outputBodyJson":
			body = v
		case "inputBodyS3Path", "outputBodyS3Path":
			s3 = v
		case "inputContentType":
			e.DataFormat = v.Text()
		default:
			u.set(key, v)
		}
	}
	return body, s3
}

// intOf returns an integer of the log; NULL for all else.
func intOf(v jsontape.Value) Int {
	n, ok := v.Int()
	return Int{n, ok}
}

// sideOf says where a side is, and keeps the place in S3 as an identifier.
func sideOf(e *Event, kind string, body, s3 jsontape.Value) bodySide {
	e.addID(kind, s3)
	switch {
	case body.Exists() && body.Kind() != jsontape.Null:
		return sideHere
	case len(s3.Text()) > 0:
		return sideS3
	}
	return sideNone
}

// outcome reads the error and the status. A guardrail that kept the answer back
// has set its outcome with the body. A call is a success when there is no error
// and the log has an output for it, wherever that lies; without one it is
// unknown.
func (r *invocation) outcome(e *Event) {
	if n, ok := statusCode(r.status); ok {
		e.HTTPStatus = IntOf(n)
	}
	byStatus := outcomeOfStatus(e.HTTPStatus.V)
	switch {
	case len(e.ErrorCode) > 0:
		e.Outcome = providerOutcome(e.ErrorCode)
	case byStatus != "" && byStatus != OutcomeSuccess:
		e.Outcome = byStatus
	case len(e.ErrorMessage) > 0:
		e.Outcome = OutcomeError
	case e.Outcome != "": // the reply tells
	case r.output.Len() > 0:
		e.Outcome = OutcomeSuccess
	default:
		e.Outcome = OutcomeUnknown
	}
}

// statusCode reads an HTTP status, a number or its three digits as text.
func statusCode(v jsontape.Value) (int64, bool) {
	n, ok := v.Int()
	if t := v.Text(); len(t) == 3 {
		n, ok = 0, true
		for _, c := range t {
			n = n*10 + int64(c-'0')
			ok = ok && '0' <= c && c <= '9'
		}
	}
	return n, ok && n >= 100 && n <= 599
}

// maxMetadata and maxMetadataKey bound what is kept of the request metadata.
// Bedrock takes 16 entries with keys of up to 256 characters.
const (
	maxMetadata    = 16
	maxMetadataKey = 256
)

// readRequestMetadata takes the entries that the caller attached to a request.
// Those with a well-known name fill a column, the others become identifiers of
// the kind request_metadata.NAME.
func readRequestMetadata(e *Event, v jsontape.Value) {
	n := 0
	for key, m := range v.Members() {
		value := scalar(m)
		if len(value) == 0 {
			continue
		}
		switch string(key) {
		case "session_id", "sessionId", "session", "session.id", "conversation_id", "conversationId", "Helicone-Session-Id":
			setSession(e, value)
			continue
		case "user", "user_id", "userId", "user.id", "end_user", "endUser", "enduser.id", "_user": // _user: Portkey
			setName(&e.EndUser, value)
			continue
		case "app", "application", "appId", "app_id":
			setName(&e.App, value)
			continue
		case "env", "environment":
			setName(&e.Environment, value)
			continue
		case "trace_id", "traceId":
			setName(&e.TraceID, value)
			continue
		}
		if n++; n > maxMetadata || len(key) > maxMetadataKey {
			continue
		}
		e.OtherIDs = append(e.OtherIDs, ID{Kind: "request_metadata." + string(key), Value: value})
	}
}
