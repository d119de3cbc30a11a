package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// openAIAudit is the audit log of an OpenAI organisation: sign-ins and changes
// of keys, people, roles, projects and settings. It holds no calls of models.
//
// Members and types are those of the API reference (GET
// /organization/audit_logs) and of openai-python's AuditLogListResponse.
// user_agent, ja3, ja4 and ip_address_details are not declared there, but
// exports have them.
type openAIAudit struct{}

var _ Format = openAIAudit{}

func (openAIAudit) Name() string { return "openai-audit" }

func (openAIAudit) Doc() string {
	return "OpenAI organisation audit log: pages of the API, arrays and lines"
}

// Detect accepts what begins with an audit record, bare or in a page.
func (openAIAudit) Detect(s *Sample) error {
	return detectPage(s, isOpenAIAudit, "no record at its start has a type and effective_at with the actor of an audit log")
}

// isOpenAIAudit reports whether a record is of the audit log. Only exports name
// the object; servers that borrowed its name have other members.
func isOpenAIAudit(v jsontape.Value) bool {
	if v.Get("type").Kind() != jsontape.String {
		return false
	}
	if string(v.Get("object").Text()) == "organization.audit_log" {
		return true
	}
	return v.Get("effective_at").Exists() && v.Get("actor").Exists()
}

func (openAIAudit) Framing(s *Sample) Framing { return pageFraming(s) }

// Decode makes one event of a record. An object that is no audit record becomes
// an event of kind other, without columns.
func (openAIAudit) Decode(d *Decoder, record []byte) error {
	v, err := recordObject(d, record, "openai-audit")
	if err != nil {
		return err
	}
	var r openAIAction
	r.read(v)
	e := d.Add()
	e.Kind = KindOther
	if len(r.typ) > 0 && r.time.Exists() {
		r.decode(d, e, v)
	}
	return nil
}

// openAIAction holds the members of an audit record that are used, found in one
// pass.
type openAIAction struct {
	typ                      Text
	id, time, project, actor jsontape.Value
}

func (r *openAIAction) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "id":
			r.id = m
		case "type":
			r.typ = m.Text()
		case "effective_at":
			r.time = m
		case "project":
			r.project = m
		case "actor":
			r.actor = m
		}
	}
}

// decode fills the event.
func (r *openAIAction) decode(d *Decoder, e *Event, v jsontape.Value) {
	d.SetTime(e, "effective_at", r.time)
	e.NativeID = scalar(r.id)
	e.Provider = word(d, "openai")
	e.Operation = r.typ
	e.Plane, e.Kind = openAIActionKind(r.typ)
	e.Tenant = scalar(inlined(d, r.project).Get("id"))
	r.who(d, e)
	r.detail(d, e, inlined(d, r.findDetail(v)))
	switch {
	case !bytes.HasSuffix(r.typ, []byte(".failed")):
		e.Outcome = OutcomeSuccess // of what failed only sign-ins and sign-outs are logged
	case string(r.typ) == "login.failed":
		e.Outcome = OutcomeDenied
	default:
		e.Outcome = OutcomeError
	}
}

// who fills the columns about the actor: a person in a session, or an API key
// of a person or a service account. The principal is the e-mail address, which
// other logs know as well; the id is kept beside it.
func (r *openAIAction) who(d *Decoder, e *Event) {
	actor := inlined(d, r.actor)
	e.CredentialKind = actor.Get("type").Text()
	user := jsontape.Value{}
	for key, m := range actor.Get("session").Members() {
		switch string(key) {
		case "user":
			user = m
		case "ip_address":
			e.SrcIP = m.Text()
		case "user_agent":
			e.UserAgent = m.Text()
		case "ja3":
			e.addID("ja3", m)
		case "ja4":
			e.addID("ja4", m)
		}
	}
	e.Client = d.clientOf(e.UserAgent)
	if user.Exists() {
		e.PrincipalType = word(d, "user")
	}
	for key, m := range actor.Get("api_key").Members() {
		switch string(key) {
		case "id":
			e.CredentialID = m.Text()
		case "type":
			e.PrincipalType = m.Text()
		case "user":
			user = m
		case "service_account":
			e.Principal = m.Get("id").Text()
		}
	}
	setName(&e.Principal, firstText(user.Get("email"), user.Get("id")))
	e.addID("user_id", user.Get("id"))
}

// findDetail returns the member that is called like the type, with literal
// dots. Exports into systems that allow no dots in names write underscores.
func (r *openAIAction) findDetail(v jsontape.Value) jsontape.Value {
	for key, m := range v.Members() {
		if len(key) != len(r.typ) {
			continue
		}
		same := true
		for i, c := range key {
			same = same && (c == r.typ[i] || c == '_' && r.typ[i] == '.')
		}
		if same {
			return m
		}
	}
	return jsontape.Value{}
}

// maxDetails bounds how many ids of a list in the detail are kept.
const maxDetails = 100

// detail takes the error, and the ids of what was changed.
func (r *openAIAction) detail(d *Decoder, e *Event, detail jsontape.Value) {
	object, verb := openAIObject(r.typ)
	for key, m := range detail.Members() {
		switch string(key) {
		case "id":
			e.addID(object, m)
			if object == "api_key_id" && (verb == "created" || verb == "rotated") || verb == "issued" {
				e.IssuedCredentialID = scalar(m)
			}
		case "error_code":
			e.ErrorCode = scalar(m)
		case "error_message":
			e.ErrorMessage = m.Text()
		case "principal_id":
			e.addID("principal_id", m)
		case "resource_id":
			e.addID("resource_id", m)
		case "role_id":
			e.addID("role_id", m)
		case "project_id":
			e.addID("project_id", m)
		case "service_account_id":
			e.addID("service_account_id", m)
		case "identity_provider_id":
			e.addID("identity_provider_id", m)
		case "workspace_id":
			e.addID("workspace_id", m)
		case "connector_id":
			e.addID("connector_id", m)
		case "data":
			e.addID("invited_email", inlined(d, m).Get("email")) // invite.sent
		case "certificates":
			addDetails(e, "certificate_id", m)
		case "configs":
			addDetails(e, "ip_allowlist_id", m)
		}
	}
}

// addDetails keeps the ids of a list of objects.
func addDetails(e *Event, kind string, list jsontape.Value) {
	n := 0
	for m := range list.Elements() {
		if n++; n > maxDetails {
			break
		}
		e.addID(kind, m.Get("id"))
	}
}

// openAIObject takes a type such as tenant.admin_api_key.created apart: into
// the kind of the id in its detail, and what was done.
func openAIObject(typ []byte) (kind, verb string) {
	at := bytes.LastIndexByte(typ, '.')
	if at < 0 {
		return "object_id", ""
	}
	switch string(typ[at+1:]) {
	case "created":
		verb = "created"
	case "rotated": // not among the documented types, but it could mean nothing else
		verb = "rotated"
	case "issued":
		verb = "issued"
	}
	family := bytes.TrimPrefix(typ[:at], []byte("tenant."))
	switch string(family) {
	case "api_key", "admin_api_key", "project_api_key":
		kind = "api_key_id"
	case "project":
		kind = "project_id"
	case "user":
		kind = "user_id"
	case "service_account":
		kind = "service_account_id"
	case "invite":
		kind = "invite_id"
	case "role.assignment", "role_assignment", "resource_role_assignment":
		kind = "role_assignment_id"
	case "role", "custom_role":
		kind = "role_id"
	case "group":
		kind = "group_id"
	case "certificate":
		kind = "certificate_id"
	case "ip_allowlist":
		kind = "ip_allowlist_id"
	case "external_key":
		kind = "external_key_id"
	case "rate_limit":
		kind = "rate_limit_id"
	case "organization", "scim":
		kind = "organization_id"
	case "workload_identity_provider":
		kind = "identity_provider_id"
	default:
		kind = "object_id"
	}
	return kind, verb
}

// openAIActionKind sorts a type: sign-ins and sign-outs are auth; what changes
// something is admin; what only looks, and what is not known, is other.
func openAIActionKind(typ []byte) (Plane, Kind) {
	if bytes.HasPrefix(typ, []byte("login.")) || bytes.HasPrefix(typ, []byte("logout.")) {
		return PlaneAccess, KindAuth
	}
	switch string(typ[bytes.LastIndexByte(typ, '.')+1:]) {
	case "created", "updated", "deleted", "archived", "activated", "deactivated", "registered", "removed",
		"sent", "accepted", "declined", "enabled", "disabled", "added", "bound_to_resource", "unbound_from_resource",
		"upserted", "provisioned", "revoked", "issued", "rotated", "completed", "migrated", "started", "requested",
		"attached", "detached", "invited":
		return PlaneControl, KindAdmin
	case "resolved":
		if bytes.HasPrefix(typ, []byte("tenant.usage_limit.")) { // a request to raise it
			return PlaneControl, KindAdmin
		}
	}
	return PlaneAccess, KindOther
}
