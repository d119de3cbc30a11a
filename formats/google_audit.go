package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// googleAudit is the audit log of Google Cloud: who called which method of
// which service, from where, with which credential. That a model of Vertex AI
// was called is among it where Data Access logs were switched on; what was said
// never is.
//
// https://cloud.google.com/logging/docs/reference/audit/auditlog/rest/Shared.Types/AuditLog
// https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
type googleAudit struct{}

var _ Format = googleAudit{}

func (googleAudit) Name() string { return "google-audit" }

func (googleAudit) Doc() string {
	return "Google Cloud Audit Logs: files of log sinks, arrays of gcloud logging read, entries.list, rows of BigQuery"
}

// Detect accepts what begins with a log entry that is one of an audit log.
func (googleAudit) Detect(s *Sample) error {
	v, err := s.record("entries")
	if err != nil {
		return err
	}
	if isAuditEntry(v) {
		return nil
	}
	return errors.New("the first record has no protoPayload of an audit log, nor the logName of one")
}

// isAuditEntry reports whether an object is an entry of an audit log. The name
// of its log is enough where the payload was cut off or is of another type.
func isAuditEntry(v jsontape.Value) bool {
	if bytes.Contains(v.Get("logName").Text(), []byte("cloudaudit.googleapis.com")) {
		return true
	}
	p := auditPayload(v)
	return string(p.Get("@type").Text()) == "type.googleapis.com/google.cloud.audit.AuditLog" ||
		p.Get("serviceName").Exists() && p.Get("methodName").Exists()
}

// auditPayload returns the payload of an entry; BigQuery calls it otherwise.
func auditPayload(v jsontape.Value) jsontape.Value {
	if p := v.Get("protoPayload"); p.Exists() {
		return p
	}
	return v.Get("protopayload_auditlog")
}

// Framing cuts the entries of a reply of entries.list; without such an envelope
// it is JSON of whatever shape.
func (googleAudit) Framing(s *Sample) Framing {
	return listFraming(s, "entries")
}

// Decode makes one event of an entry. One that is of no audit log becomes an
// event of kind other with its time.
func (googleAudit) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding google audit record: want an object, not %s", v.Kind())
	}
	e := d.Add()
	e.Kind = KindOther
	var r auditEntry
	r.read(v)
	if !isAuditEntry(v) {
		d.SetTime(e, "timestamp", r.time)
		return nil
	}
	r.decode(d, e)
	return nil
}

// auditEntry holds the members of an entry that are used.
type auditEntry struct {
	time, insertID, logName, trace, span, operation, labels, http jsontape.Value
	payload                                                       jsontape.Value

	service, method, resource, status, locations jsontape.Value
	who, permissions, caller, request, response  jsontape.Value
}

func (r *auditEntry) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "timestamp":
			r.time = m
		case "insertId":
			r.insertID = m
		case "logName":
			r.logName = m
		case "trace":
			r.trace = m
		case "spanId":
			r.span = m
		case "operation":
			r.operation = m
		case "resource":
			r.labels = m.Get("labels")
		case "httpRequest":
			r.http = m
		case "protoPayload", "protopayload_auditlog":
			r.payload = m
		}
	}
	for key, m := range r.payload.Members() {
		switch string(key) {
		case "serviceName":
			r.service = m
		case "methodName":
			r.method = m
		case "resourceName":
			r.resource = m
		case "status":
			r.status = m
		case "resourceLocation":
			r.locations = m.Get("currentLocations")
		case "authenticationInfo":
			r.who = m
		case "authorizationInfo":
			r.permissions = m
		case "requestMetadata":
			r.caller = m
		case "request", "requestJson":
			r.request = m
		case "response", "responseJson":
			r.response = m
		}
	}
}

// decode fills the event. The address of the caller is kept as written, also
// where it is a word such as "private" or "gce-internal-ip".
func (r *auditEntry) decode(d *Decoder, e *Event) {
	d.SetTime(e, "timestamp", r.time)
	e.NativeID = scalar(r.insertID)
	e.TraceID = lastSegment(r.trace.Text())
	e.SpanID = scalar(r.span)
	r.longRunning(e)

	e.Provider = word(d, "google")
	e.Service = scalar(r.service)
	e.Operation = scalar(r.method)
	e.SrcIP = scalar(r.caller.Get("callerIp"))
	e.UserAgent = scalar(r.caller.Get("callerSuppliedUserAgent"))
	e.Client = d.clientOf(e.UserAgent)
	r.principal(d, e)
	r.outcome(e)

	r.request = inlineJSON(d, r.request)
	r.place(e)
	r.classify(e)
	r.model(e)
	r.issued(d, e)
}

// longRunning joins the two entries that an operation gets, when it begins and
// when it ends, by the id of the operation.
// https://cloud.google.com/logging/docs/audit/understanding-audit-logs
func (r *auditEntry) longRunning(e *Event) {
	first, last := truth(r.operation.Get("first")), truth(r.operation.Get("last"))
	if id := r.operation.Get("id"); first.V == last.V {
		e.addID("operation_id", id)
		return
	} else if e.RequestID = nameOf(id); e.RequestID == nil {
		return
	}
	e.Sequence = IntOf(1)
	if last.V {
		e.Sequence = IntOf(2)
	}
}

// principal fills the columns about the caller. Where a service account acts
// for others the log lists them, whoever began first: that is the source
// identity, and the last vouched for the account.
func (r *auditEntry) principal(d *Decoder, e *Event) {
	subject := r.who.Get("principalSubject").Text()
	e.Principal = firstText(r.who.Get("principalEmail"), r.who.Get("principalSubject"))
	// A subject is written TYPE:EMAIL, or as an address principal://... of a pool.
	switch kind, _, ok := bytes.Cut(subject, []byte{':'}); {
	case ok:
		e.PrincipalType = kind
	case bytes.HasSuffix(e.Principal, []byte(".gserviceaccount.com")):
		e.PrincipalType = word(d, "serviceAccount")
	}
	for link := range r.who.Get("serviceAccountDelegationInfo").Elements() {
		by := firstText(link.Path("firstPartyPrincipal", "principalEmail"), link.Get("principalSubject"))
		if len(by) == 0 {
			continue
		}
		setName(&e.SourceIdentity, by)
		e.PrincipalIssuer = by
	}
	if key := keyID(r.who.Get("serviceAccountKeyName").Text()); key != nil {
		e.CredentialID, e.CredentialKind = key, word(d, "sa_key")
	}
}

// keyID returns the id of a key from its name, .../keys/ID; nil when it has none.
func keyID(name []byte) Text {
	_, id, ok := bytes.Cut(name, []byte("/keys/"))
	if !ok || len(id) == 0 {
		return nil
	}
	return id
}

// lastSegment returns what stands behind the last slash.
func lastSegment(name []byte) Text {
	if i := bytes.LastIndexByte(name, '/'); i >= 0 && i+1 < len(name) {
		return name[i+1:]
	}
	if len(name) == 0 {
		return nil
	}
	return name
}

// segmentAfter returns the segment that follows a segment of the given name in
// a resource name, nil when there is none.
func segmentAfter(name []byte, collection string) Text {
	for len(name) > 0 {
		var segment []byte
		segment, name, _ = bytes.Cut(name, []byte{'/'})
		if string(segment) != collection {
			continue
		}
		if segment, _, _ = bytes.Cut(name, []byte{'/'}); len(segment) > 0 {
			return segment
		}
		return nil
	}
	return nil
}

// outcome reads the status, a google.rpc.Code: 0 or none is success.
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
func (r *auditEntry) outcome(e *Event) {
	if n, ok := statusCode(r.http.Get("status")); ok {
		e.HTTPStatus = IntOf(n)
	}
	code := countOf(r.status.Get("code"))
	if code.V != 0 {
		e.ErrorCode = scalar(r.status.Get("code"))
	}
	e.ErrorMessage = nameOf(r.status.Get("message"))
	switch {
	case code.V == 7, code.V == 16: // PERMISSION_DENIED, UNAUTHENTICATED
		e.Outcome = OutcomeDenied
	case code.V == 8: // RESOURCE_EXHAUSTED
		e.Outcome = OutcomeThrottled
	case code.V != 0:
		e.Outcome = OutcomeError
	case r.refused(), r.isLog("policy"):
		e.Outcome = OutcomeDenied
	case r.method.Exists():
		e.Outcome = OutcomeSuccess
	default:
		e.Outcome = OutcomeUnknown
	}
}

// refused reports whether the log says of every permission that was needed that
// the caller does not have it.
func (r *auditEntry) refused() bool {
	refused := false
	for p := range r.permissions.Elements() {
		granted := truth(p.Get("granted"))
		if !granted.OK || granted.V {
			return false
		}
		refused = true
	}
	return refused
}

// isLog reports whether the entry is of the audit log with the name.
func (r *auditEntry) isLog(name string) bool {
	log, ok := bytes.CutSuffix(r.logName.Text(), []byte(name))
	return ok && (bytes.HasSuffix(log, []byte("%2F")) || bytes.HasSuffix(log, []byte("cloudaudit.googleapis.com/")))
}

// place fills project and region: from the labels of the resource, or else from
// the names of the log and of the resource.
func (r *auditEntry) place(e *Event) {
	resource := r.resource.Text()
	if e.Tenant = nameOf(r.labels.Get("project_id")); e.Tenant == nil {
		_, owner, _ := bytes.Cut(r.logName.Text(), []byte{'/'})
		owner, _, _ = bytes.Cut(owner, []byte{'/'})
		setName(&e.Tenant, owner)
	}
	for _, region := range [...]Text{
		nameOf(r.labels.Get("location")), nameOf(r.labels.Get("region")),
		segmentAfter(resource, "locations"), nameOf(r.locations.Index(0)),
	} {
		setName(&e.Region, region)
	}
}

// model fills what an entry about a call of a model tells: the last part of
// publishers/PUBLISHER/models/MODEL, or the id of an endpoint.
func (r *auditEntry) model(e *Event) {
	switch e.Kind {
	case KindInference, KindEmbedding, KindRetrieval:
		e.ContentState = ContentNotLogged
	default:
		return
	}
	for _, name := range [...]jsontape.Value{
		r.resource, r.request.Get("endpoint"), r.request.Get("model"), r.request.Path("setup", "model"),
	} {
		setName(&e.Model, segmentAfter(name.Text(), "models"))
		setName(&e.Deployment, segmentAfter(name.Text(), "endpoints"))
	}
	if e.Kind == KindInference && bytes.Contains(e.Model, []byte("embedding")) {
		e.Kind = KindEmbedding // such models are asked by Predict as well
	}
}

// issued fills the id of a key that the call handed out, as the entries of its
// uses name it.
func (r *auditEntry) issued(d *Decoder, e *Event) {
	switch string(methodOf(e.Operation)) {
	case "CreateServiceAccountKey", "UploadServiceAccountKey", "CreateKey":
		e.IssuedCredentialID = keyID(inlineJSON(d, r.response).Get("name").Text())
	}
}
