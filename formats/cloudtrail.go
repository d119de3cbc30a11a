package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// cloudTrail is the audit log of an AWS account: who called which API, from
// where, with which credential. It tells that a model was called, never what
// was said.
type cloudTrail struct{}

var _ Format = cloudTrail{}

func (cloudTrail) Name() string { return "cloudtrail" }

func (cloudTrail) Doc() string {
	return "AWS CloudTrail: delivered files, arrays and lines of events, EventBridge, and the output of lookup-events"
}

// Detect accepts what begins with a CloudTrail event in one of its envelopes.
// Notifications of S3 buckets look alike and are told apart by their source.
func (cloudTrail) Detect(s *Sample) error {
	v := s.First
	switch v.Kind() {
	case jsontape.Missing:
		return errors.New("it does not begin with JSON")
	case jsontape.Array:
		if v.Len() == 0 {
			return errors.New("the array is empty")
		}
		if anyTrailEvent(v) {
			return nil
		}
	case jsontape.Object:
		list := v.Get(trailList(v))
		if records := v.Get("Records"); records.Kind() == jsontape.Array && records.Len() == 0 && v.Len() == 1 {
			return nil // a delivered file without events
		}
		if anyTrailEvent(list) || isTrail(v) {
			return nil
		}
	}
	return errors.New("no record at its start has the eventSource and eventName of an AWS service")
}

// anyTrailEvent reports whether one of the first records is an event: one
// damaged record must not hide the others.
func anyTrailEvent(list jsontape.Value) bool {
	n := 0
	for v := range list.Elements() {
		if isTrail(v) {
			return true
		}
		if n++; n == 10 {
			break
		}
	}
	return false
}

// isTrail reports whether a record is an event, bare or in its envelope.
func isTrail(v jsontape.Value) bool { return trailEnvelope(v) != envelopeNone || isTrailEvent(v) }

// Framing cuts the elements of Records or Events; without such an envelope it
// is JSON of whatever shape.
func (cloudTrail) Framing(s *Sample) Framing {
	if name := trailList(s.First); name != "" {
		return Framing{Kind: FrameArray, Path: name}
	}
	return JSONFraming(s)
}

// trailList returns the name of the member that lists the events of a file:
// Records in delivered files, Events in the output of lookup-events.
func trailList(v jsontape.Value) string {
	for _, name := range []string{"Records", "Events"} {
		if v.Get(name).Kind() == jsontape.Array {
			return name
		}
	}
	return ""
}

// Decode makes one event of a record. An object that is no CloudTrail event
// becomes an event of kind other, without columns.
func (cloudTrail) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding cloudtrail record: want an object, not %s", v.Kind())
	}
	e := d.Add()
	e.Kind = KindOther
	switch trailEnvelope(v) {
	case envelopeLookup:
		// Username and Resources beside the text are taken from it by AWS.
		if err := d.Nested.Parse(v.Get("CloudTrailEvent").Text()); err != nil {
			return fmt.Errorf("decoding CloudTrailEvent: %w", err)
		}
		v = d.Nested.Root()
	case envelopeBridge:
		e.addID("eventbridge_id", v.Get("id"))
		v = v.Get("detail")
	}
	if !isTrailEvent(v) {
		e.reset()
		e.Kind = KindOther
		return nil
	}
	var r trailRecord
	r.read(v)
	r.decode(d, e)
	return nil
}

// envelope is what a single CloudTrail event can be wrapped in.
type envelope uint8

const (
	envelopeNone   envelope = iota
	envelopeLookup          // lookup-events: the event is a text of JSON
	envelopeBridge          // EventBridge: the event is the member detail
)

func trailEnvelope(v jsontape.Value) envelope {
	switch {
	case v.Get("CloudTrailEvent").Kind() == jsontape.String:
		return envelopeLookup
	case v.Get("detail-type").Exists() && isTrailEvent(v.Get("detail")):
		return envelopeBridge
	}
	return envelopeNone
}

// isTrailEvent reports whether an object is a CloudTrail event. The source of
// an S3 notification, which has the same members, begins with "aws:".
func isTrailEvent(v jsontape.Value) bool {
	if string(v.Get("eventType").Text()) == "AwsCloudTrailInsight" {
		return true
	}
	source, name := v.Get("eventSource").Text(), v.Get("eventName").Text()
	return len(source) > 0 && len(name) > 0 && !bytes.HasPrefix(source, []byte("aws:"))
}

// trailRecord holds the members of an event that are used, found in one pass.
type trailRecord struct {
	time, name, source, region, sourceIP, userAgent      jsontape.Value
	requestID, eventID, sharedID, account                jsontape.Value
	errorCode, errorMessage                              jsontape.Value
	eventType, category, readOnly                        jsontape.Value
	identity, request, response, extra, resources, tls   jsontape.Value
	insight                                              jsontape.Value
	idType, idARN, idPrincipal, idAccount, idKey, idUser jsontape.Value
	idInvokedBy, idProvider, idSession, idCredential     jsontape.Value
	idOnBehalfOf                                         jsontape.Value
}

func (r *trailRecord) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "eventTime":
			r.time = m
		case "eventName":
			r.name = m
		case "eventSource":
			r.source = m
		case "awsRegion":
			r.region = m
		case "sourceIPAddress":
			r.sourceIP = m
		case "userAgent":
			r.userAgent = m
		case "requestID":
			r.requestID = m
		case "eventID":
			r.eventID = m
		case "sharedEventID":
			r.sharedID = m
		case "recipientAccountId":
			r.account = m
		case "errorCode":
			r.errorCode = m
		case "errorMessage":
			r.errorMessage = m
		case "eventType":
			r.eventType = m
		case "eventCategory":
			r.category = m
		case "readOnly":
			r.readOnly = m
		case "userIdentity":
			r.identity = m
		case "requestParameters":
			r.request = m
		case "responseElements":
			r.response = m
		case "additionalEventData":
			r.extra = m
		case "resources":
			r.resources = m
		case "tlsDetails":
			r.tls = m
		case "insightDetails":
			r.insight = m
		}
	}
	for key, m := range r.identity.Members() {
		switch string(key) {
		case "type":
			r.idType = m
		case "arn":
			r.idARN = m
		case "principalId":
			r.idPrincipal = m
		case "accountId":
			r.idAccount = m
		case "accessKeyId":
			r.idKey = m
		case "userName":
			r.idUser = m
		case "invokedBy":
			r.idInvokedBy = m
		case "identityProvider":
			r.idProvider = m
		case "sessionContext":
			r.idSession = m
		case "credentialId":
			r.idCredential = m
		case "onBehalfOf":
			r.idOnBehalfOf = m
		}
	}
}

// decode fills the event. sourceIPAddress is kept as written, also where it is
// the name of a service instead of an address.
func (r *trailRecord) decode(d *Decoder, e *Event) {
	d.SetTime(e, "eventTime", r.time)
	e.NativeID = scalar(r.eventID)
	e.RequestID = scalar(r.requestID)
	e.addID("shared_event_id", r.sharedID)

	e.Provider = word(d, "aws")
	e.Service = scalar(r.source)
	e.Operation = scalar(r.name)
	if r.insight.Exists() {
		e.Service = scalar(r.insight.Get("eventSource"))
		e.Operation = scalar(r.insight.Get("eventName"))
	}
	e.Region = scalar(r.region)
	e.Endpoint = scalar(r.tls.Get("clientProvidedHostHeader"))
	e.Tenant = firstText(r.account, r.idAccount)
	e.SrcIP = scalar(r.sourceIP)
	e.UserAgent = scalar(r.userAgent)
	e.Client = d.clientOf(e.UserAgent)

	r.who(d, e)
	r.outcome(e)
	r.classify(e)
	r.model(e)
	r.movement(d, e)
}

// who fills the columns about the caller. The principal is the ARN; where the
// log has none it is the first of the user name, the principal id, the user of
// an identity centre, the AWS service that called, and the account that the
// log does have.
func (r *trailRecord) who(d *Decoder, e *Event) {
	e.PrincipalType = scalar(r.idType)
	e.Principal = firstText(r.idARN, r.idUser, r.idPrincipal, r.idOnBehalfOf.Get("userId"), r.idInvokedBy, r.idAccount)

	issuer := r.idSession.Get("sessionIssuer")
	e.PrincipalIssuer = firstText(issuer.Get("arn"), r.idProvider)
	if string(issuer.Get("type").Text()) == "Role" {
		e.Role = scalar(issuer.Get("userName"))
	}
	if len(e.Role) == 0 {
		e.Role = roleOfARN(r.idARN.Text())
	}

	e.CredentialID = firstText(r.idKey, r.idCredential)
	if kind := r.credentialKind(); kind != "" {
		e.CredentialKind = word(d, kind)
	}
	for _, path := range [...][2]string{
		{"credentials", "accessKeyId"},                               // AssumeRole and its kin, GetSessionToken, GetFederationToken
		{"accessKey", "accessKeyId"},                                 // CreateAccessKey
		{"serviceSpecificCredential", "serviceSpecificCredentialId"}, // a Bedrock API key
	} {
		if id := scalar(r.response.Path(path[0], path[1])); len(id) > 0 {
			e.IssuedCredentialID = id
			break
		}
	}
	// AssumeRole names the source identity that the new session will carry.
	e.SourceIdentity = firstText(r.idSession.Get("sourceIdentity"), r.request.Get("sourceIdentity"))
	e.MFA = truth(r.idSession.Path("attributes", "mfaAuthenticated"))
	if used := truth(r.extra.Get("MFAUsed")); used.OK {
		e.MFA = used
	}
}

// roleOfARN returns the role of arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION,
// or nil.
func roleOfARN(arn []byte) Text {
	_, after, ok := bytes.Cut(arn, []byte(":assumed-role/"))
	if !ok {
		return nil
	}
	role, _, _ := bytes.Cut(after, []byte{'/'})
	return Text(role)
}

// credentialKind says how the caller proved who it is, as far as the record
// tells; "" when it does not.
func (r *trailRecord) credentialKind() string {
	bearer := func(v jsontape.Value) bool { t := truth(v.Get("callWithBearerToken")); return t.OK && t.V }
	switch kind := string(r.idType.Text()); {
	case bearer(r.extra), bearer(r.request):
		return "bearer"
	case string(r.eventType.Text()) == "AwsConsoleSignIn":
		return "console"
	case kind == "SAMLUser":
		return "saml"
	case kind == "WebIdentityUser":
		return "web_identity"
	case string(r.extra.Get("SignatureVersion").Text()) == "SigV2":
		return "sigv2"
	case len(r.idKey.Text()) > 0:
		return "sigv4" // an access key signs, and SigV2 is left only in S3, which says so
	}
	return ""
}

// outcome reads the error. A failed sign-in has no errorCode: its result stands
// in responseElements, under the name of the event.
func (r *trailRecord) outcome(e *Event) {
	e.ErrorCode = scalar(r.errorCode)
	e.ErrorMessage = scalar(r.errorMessage)
	switch {
	case len(e.ErrorCode) > 0:
		e.Outcome = awsOutcome(e.ErrorCode)
	case r.insight.Exists():
		// An insight is a remark about calls, and has no outcome of its own.
	case r.failedSignIn(e.Operation):
		e.Outcome = OutcomeDenied
	case len(e.ErrorMessage) > 0:
		e.Outcome = OutcomeError
	default:
		e.Outcome = OutcomeSuccess
	}
}

// failedSignIn reports whether the result under the name of the event, which
// only sign-ins write, is a failure.
func (r *trailRecord) failedSignIn(name []byte) bool {
	if string(r.source.Text()) != "signin.amazonaws.com" {
		return false
	}
	for key, v := range r.response.Members() {
		if bytes.Equal(key, name) {
			return string(v.Text()) == "Failure"
		}
	}
	return false
}

// awsOutcome sorts an AWS error code: denied when the service refused the
// caller or its credential, throttled when it asked the caller to slow down,
// else error.
func awsOutcome(code []byte) Outcome {
	for _, word := range [...]string{
		"AccessDenied", "Unauthorized", "NotAuthorized", "Forbidden", "AuthFailure", "InvalidClientTokenId",
		"UnrecognizedClient", "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "MissingAuthenticationToken",
	} {
		if bytes.Contains(code, []byte(word)) {
			return OutcomeDenied
		}
	}
	for _, word := range [...]string{"Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown"} {
		if bytes.Contains(code, []byte(word)) {
			return OutcomeThrottled
		}
	}
	return OutcomeError
}

// model fills what a record of a model service tells about the call.
func (r *trailRecord) model(e *Event) {
	switch {
	case bytes.HasPrefix(e.Service, []byte("bedrock")):
		e.Model = firstText(r.request.Get("modelId"), r.request.Get("model"))
		e.SessionID = scalar(r.request.Get("sessionId"))
	case e.Kind == KindInference: // SageMaker
		e.Deployment = scalar(r.request.Get("endpointName"))
		e.DataFormat = scalar(r.request.Get("contentType"))
	}
	e.InferenceRegion = scalar(r.extra.Get("inferenceRegion"))
	switch e.Kind {
	case KindInference, KindEmbedding, KindRetrieval, KindGuardrail:
		e.ContentState = ContentNotLogged
	}
	if e.Kind != KindInference {
		return
	}
	switch string(e.Operation) {
	case "InvokeModelWithResponseStream", "InvokeModelWithBidirectionalStream", "ConverseStream", "InvokeEndpointWithResponseStream":
		e.Stream = BoolOf(true)
	case "InvokeModel", "Converse", "InvokeEndpoint":
		e.Stream = BoolOf(false)
	}
}

// movement fills where data came from or went to, and how much of it.
func (r *trailRecord) movement(d *Decoder, e *Event) {
	if n, ok := r.extra.Get("bytesTransferredIn").Int(); ok {
		e.BytesIn = IntOf(n)
	}
	if n, ok := r.extra.Get("bytesTransferredOut").Int(); ok {
		e.BytesOut = IntOf(n)
	}
	service, _, _ := bytes.Cut(e.Service, []byte{'.'})
	switch string(service) {
	case "s3":
		e.Destination = joinText(d, "s3://", scalar(r.request.Get("bucketName")), "/", scalar(r.request.Get("key")))
	case "kms":
		e.Destination = firstText(r.resource("AWS::KMS::Key"), r.request.Get("keyId"))
	case "glue":
		table := firstText(r.request.Get("tableName"), r.request.Get("name"))
		e.Destination = joinText(d, "", scalar(r.request.Get("databaseName")), ".", table)
	case "secretsmanager":
		e.Destination = scalar(r.request.Get("secretId"))
	case "dynamodb":
		e.Destination = firstText(r.resource("AWS::DynamoDB::Table"), r.request.Get("tableName"))
	case "bedrock":
		// Where the log of all prompts and replies will be written.
		s3 := r.request.Path("loggingConfig", "s3Config")
		e.Destination = joinText(d, "s3://", scalar(s3.Get("bucketName")), "/", scalar(s3.Get("keyPrefix")))
	}
	if e.Destination == nil && (e.Kind == KindData || e.Kind == KindRetrieval) {
		e.Destination = firstText(r.resource(""), r.request.Get("knowledgeBaseId"))
	}
}

// resource returns the ARN of the first resource of a type, or of any type.
// Older events name no types.
func (r *trailRecord) resource(kind string) jsontape.Value {
	for res := range r.resources.Elements() {
		if t := res.Get("type"); kind == "" || !t.Exists() || string(t.Text()) == kind {
			if arn := res.Get("ARN"); arn.Exists() {
				return arn
			}
		}
	}
	return jsontape.Value{}
}

// joinText returns prefix + first + sep + second in the arena; without sep and
// second when there is no second, nil when there is no first.
func joinText(d *Decoder, prefix string, first Text, sep string, second Text) Text {
	if len(first) == 0 {
		return nil
	}
	if len(second) == 0 {
		sep = ""
	}
	b := d.Arena.Bytes(len(prefix) + len(first) + len(sep) + len(second))
	n := copy(b, prefix)
	n += copy(b[n:], first)
	n += copy(b[n:], sep)
	copy(b[n:], second)
	return b
}

// firstText returns the first text that is not empty; else the first that the
// log says is empty, else nil.
func firstText(values ...jsontape.Value) Text {
	var empty Text
	for _, v := range values {
		if t := scalar(v); len(t) > 0 {
			return t
		} else if empty == nil {
			empty = t
		}
	}
	return empty
}

// truth reads a truth value that may be written as a text.
func truth(v jsontape.Value) Bool {
	if b, ok := v.Bool(); ok {
		return BoolOf(b)
	}
	switch string(v.Text()) {
	case "true", "True", "TRUE", "Yes", "yes":
		return BoolOf(true)
	case "false", "False", "FALSE", "No", "no":
		return BoolOf(false)
	}
	return Bool{}
}

// addID appends an identifier unless the value is missing or empty.
func (e *Event) addID(kind string, v jsontape.Value) {
	if t := scalar(v); len(t) > 0 {
		e.OtherIDs = append(e.OtherIDs, ID{kind, t})
	}
}
