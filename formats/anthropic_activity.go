package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// anthropicActivity is the Activity Feed of Anthropic's Compliance API: who did
// what in Claude and the Claude Console, from where. It tells that chats and
// files were opened, never what is in them.
//
// Members, actors and types are those of the Compliance API reference (GET
// /v1/compliance/activities), which names several hundred types and asks to be
// ready for more; so they are sorted by the words that they are made of.
type anthropicActivity struct{}

var _ Format = anthropicActivity{}

func (anthropicActivity) Name() string { return "anthropic-activity" }

func (anthropicActivity) Doc() string {
	return "Anthropic Compliance API Activity Feed: pages of the API, arrays and lines"
}

// Detect accepts what begins with an activity, bare or in a page.
func (anthropicActivity) Detect(s *Sample) error {
	return detectPage(s, isActivity, "no record at its start has a type and created_at with an actor of the Activity Feed")
}

// isActivity reports whether a record is an activity. The types of actors all
// end alike; an actor that is a text is the cell of a table.
func isActivity(v jsontape.Value) bool {
	if v.Get("type").Kind() != jsontape.String {
		return false
	}
	if bytes.HasPrefix(v.Get("id").Text(), []byte("activity_")) {
		return true
	}
	actor := v.Get("actor")
	return v.Get("created_at").Exists() &&
		(bytes.HasSuffix(actor.Get("type").Text(), []byte("_actor")) || bytes.Contains(actor.Text(), []byte(`_actor"`)))
}

func (anthropicActivity) Framing(s *Sample) Framing { return pageFraming(s) }

// Decode makes one event of a record. An object that is no activity becomes an
// event of kind other, without columns.
func (anthropicActivity) Decode(d *Decoder, record []byte) error {
	v, err := recordObject(d, record, "anthropic-activity")
	if err != nil {
		return err
	}
	var r activity
	e := d.Add()
	r.read(e, v)
	if len(r.typ) == 0 || !r.actor.Exists() {
		e.reset()
		e.Kind = KindOther
		return nil
	}
	r.decode(d, e)
	return nil
}

// activity holds the members of a record that are used.
type activity struct {
	typ                              Text
	id, time, actor                  jsontape.Value
	organization, organizationUUID   jsontape.Value
	serviceKey, adminKey, apiKey     jsontape.Value
	filename, url, requestID, status jsontape.Value
	chat, session                    jsontape.Value
}

// read finds the members in one pass. The ids of what an activity is about
// stand among them under names that depend on its type.
func (r *activity) read(e *Event, v jsontape.Value) {
	ids := 0
	for key, m := range v.Members() {
		switch string(key) {
		case "id":
			r.id = m
		case "type":
			r.typ = m.Text()
		case "created_at":
			r.time = m
		case "actor":
			r.actor = m
		case "organization_id":
			r.organization = m
		case "organization_uuid":
			r.organizationUUID = m
		case "request_id":
			r.requestID = m
		case "session_id":
			r.session = m
		case "filename":
			r.filename = m
		case "url":
			r.url = m
		case "status_code":
			r.status = m
		default:
			if ids++; ids <= maxActivityIDs {
				r.object(e, key, m)
			}
		}
	}
}

// maxActivityIDs and maxActivityID bound how many members of an activity are
// looked at for ids, and how long their names are. The longest documented type
// has about a dozen members.
const (
	maxActivityIDs = 64
	maxActivityID  = 64
)

// object keeps the id that a member is, under the member's own name.
func (r *activity) object(e *Event, key []byte, m jsontape.Value) {
	switch string(key) {
	case "claude_chat_id":
		r.chat = m
	case "claude_project_id":
		e.addID("claude_project_id", m)
	case "claude_file_id":
		e.addID("claude_file_id", m)
	case "claude_artifact_id":
		e.addID("claude_artifact_id", m)
	case "workspace_id":
		e.addID("workspace_id", m)
	case "user_id":
		e.addID("user_id", m)
	case "api_key_id":
		r.apiKey = m
		e.addID("api_key_id", m)
	case "admin_api_key_id":
		r.adminKey = m
		e.addID("admin_api_key_id", m)
	case "service_key_id":
		r.serviceKey = m
		e.addID("service_key_id", m)
	case "member_ids":
		addTexts(e, "member_id", m)
	default:
		if len(key) <= maxActivityID && (bytes.HasSuffix(key, []byte("_id")) || bytes.HasSuffix(key, []byte("_email"))) {
			e.addID(string(key), m)
		}
	}
}

// addTexts keeps the texts of a list as ids.
func addTexts(e *Event, kind string, list jsontape.Value) {
	n := 0
	for m := range list.Elements() {
		if n++; n > maxDetails {
			break
		}
		e.addID(kind, m)
	}
}

// decode fills the event.
func (r *activity) decode(d *Decoder, e *Event) {
	d.SetTime(e, "created_at", r.time)
	e.NativeID = scalar(r.id)
	e.Provider = word(d, "anthropic")
	e.Operation = r.typ
	e.Plane, e.Kind = activityKind(r.typ)
	e.Tenant = firstText(r.organization, r.organizationUUID)
	if !bytes.Equal(e.Tenant, r.organizationUUID.Text()) {
		e.addID("organization_uuid", r.organizationUUID)
	}
	r.who(d, e)

	e.RequestID = scalar(r.requestID) // of the call of the Compliance API that is logged
	e.Endpoint = r.url.Text()
	e.Destination = r.filename.Text()
	setSession(e, r.chat.Text())
	setSession(e, r.session.Text())
	if bytes.HasSuffix(r.typ, []byte("_key_created")) || bytes.HasSuffix(r.typ, []byte("_key_rotated")) {
		e.IssuedCredentialID = firstText(r.serviceKey, r.adminKey, r.apiKey)
	}
	if n, ok := statusCode(r.status); ok {
		e.HTTPStatus = IntOf(n)
	}
	e.Outcome = r.outcome(e)
}

// who fills the columns about the actor. Each type of actor has the members
// that can identify it and no others. What an unauthenticated user says to be
// is not proved, as the principal's type tells.
func (r *activity) who(d *Decoder, e *Event) {
	var email, claimed, user, key, adminKey, account, service, directory, device, subject, provider jsontape.Value
	for name, m := range inlined(d, r.actor).Members() {
		switch string(name) {
		case "type":
			e.PrincipalType = m.Text()
		case "email_address":
			email = m
		case "unauthenticated_email_address":
			claimed = m
		case "user_id":
			user = m
		case "api_key_id":
			key = m
		case "admin_api_key_id":
			adminKey = m
		case "service_account_id":
			account = m
		case "service":
			service = m
		case "directory_id":
			directory = m
		case "workos_event_id":
			e.addID("workos_event_id", m)
		case "idp_connection_type", "issuer":
			e.PrincipalIssuer = m.Text()
		case "subject":
			subject = m
		case "provider":
			provider = m
		case "external_client_id":
			device = m
		case "kid_hash":
			e.CredentialID, e.CredentialKind = m.Text(), word(d, "attested_device")
		case "ip_address":
			e.SrcIP = m.Text()
		case "user_agent":
			e.UserAgent = m.Text()
		}
	}
	e.Client = d.clientOf(e.UserAgent)
	e.Principal = firstText(email, user, claimed, account, subject, provider.Get("signed_principal"), key, adminKey, device, service, directory)
	e.addID("user_id", user)
	setName(&e.PrincipalIssuer, firstText(provider.Get("issuer"), provider.Get("account_id"),
		provider.Get("subscription_id"), provider.Get("project_number")))
	if id := firstText(key, adminKey); len(id) > 0 {
		e.CredentialID, e.CredentialKind = id, word(d, "api_key")
	}
}

// outcome reads the end of the type: sign_in_failed, chat_access_failed. What
// was only begun has no outcome yet. A call of the Compliance API has a status.
func (r *activity) outcome(e *Event) Outcome {
	ends := func(words ...string) bool {
		for _, w := range words {
			if bytes.HasSuffix(r.typ, []byte(w)) {
				return true
			}
		}
		return false
	}
	switch status := e.HTTPStatus.V; {
	case status == 401, status == 403, ends("access_failed", "login_failed", "_denied"):
		return OutcomeDenied
	case status == 429:
		return OutcomeThrottled
	case status >= 400, ends("_failed", "_failure", "_invalid"):
		return OutcomeError
	case ends("_blocked"):
		return OutcomeBlocked
	case ends("_initiated", "_attempted", "_started"):
		return OutcomeUnknown
	}
	return OutcomeSuccess
}

// activityKind sorts a type:
//
//   - sign-ins, their codes and links, and sessions that end are auth;
//   - what reads or writes chats, files, projects, artifacts and shares of them,
//     or takes data out, is data: both of the access plane;
//   - of the rest, what changes something is admin, of the control plane, and
//     what looks, or is not known, is other, of the access plane.
func activityKind(typ []byte) (Plane, Kind) {
	begins := func(prefix string) bool { return bytes.HasPrefix(typ, []byte(prefix)) }
	switch {
	case !begins("org_") && containsAny(typ, "login", "logged_out", "logout", "magic_link", "phone_code", "second_factor",
		"session_revoked", "lti_launch"):
		return PlaneAccess, KindAuth
	case begins("claude_chat_"), begins("claude_file_"), begins("claude_artifact_"), begins("claude_project_"),
		begins("session_share_"), begins("platform_file_"), begins("org_data_export_"),
		string(typ) == "org_members_exported", string(typ) == "compliance_api_accessed":
		return PlaneAccess, KindData
	}
	switch string(typ[bytes.LastIndexByte(typ, '_')+1:]) {
	case "created", "updated", "deleted", "added", "removed", "replaced", "changed", "archived", "restored",
		"granted", "revoked", "assigned", "unassigned", "transferred", "enabled", "disabled", "toggled", "activated", "deactivated",
		"connected", "disconnected", "sent", "accepted", "rejected", "approved", "dismissed", "verified",
		"generated", "regenerated", "rotated", "initiated", "requested", "started", "completed", "bulk":
		return PlaneControl, KindAdmin
	}
	return PlaneAccess, KindOther
}

// containsAny reports whether one of the words is in the type.
func containsAny(typ []byte, words ...string) bool {
	for _, w := range words {
		if bytes.Contains(typ, []byte(w)) {
			return true
		}
	}
	return false
}
