package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// purview is the unified audit log of Microsoft 365, for what it tells of
// Copilot: who asked it when and from which application, which files it read
// for that, and whether it took a message or a file for an attack. It holds no
// text of prompts and replies.
//
// Records come bare, as the Management Activity API gives them, or as the text
// or object AuditData of a row: of Purview's CSV export, of
// Search-UnifiedAuditLog, and of the audit queries of Microsoft Graph. The table
// CopilotActivity of Sentinel has the same under other names.
//
// https://learn.microsoft.com/purview/audit-copilot
// https://learn.microsoft.com/office/office-365-management-api/copilot-schema
// https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema
type purview struct{}

var _ Format = purview{}

func (purview) Name() string { return "purview" }

func (purview) Doc() string {
	return "Microsoft 365 unified audit log with Copilot interactions: Management Activity API, Purview CSV, Search-UnifiedAuditLog, Graph, Sentinel"
}

// Detect accepts what begins with a record of the unified audit log, or with a
// row that holds one.
func (purview) Detect(s *Sample) error {
	v, err := s.record("value")
	if err != nil {
		return err
	}
	var r unifiedRecord
	r.read(v)
	if r.kind() == unifiedNone {
		return errors.New("the first record has neither AuditData nor the Operation, RecordType and Workload of the unified audit log")
	}
	return nil
}

// Framing cuts the elements of value, which replies of Microsoft Graph have;
// without such an envelope it is JSON of whatever shape.
func (purview) Framing(s *Sample) Framing {
	return listFraming(s, "value")
}

// unifiedKind is what an object is a record of.
type unifiedKind uint8

const (
	unifiedNone  unifiedKind = iota
	unifiedRow               // a row whose AuditData is the record
	unifiedAudit             // a record
	unifiedTable             // a row of CopilotActivity
)

// Decode makes one event of a record. An object that is none becomes an event
// of kind other, without columns.
func (purview) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding purview record: want an object, not %s", v.Kind())
	}
	e := d.Add()
	e.Kind = KindOther
	var r unifiedRecord
	r.read(v)
	switch r.kind() {
	case unifiedNone:
		return nil
	case unifiedRow:
		if err := r.unwrap(d); err != nil {
			return err
		}
	}
	r.decode(d, e)
	return nil
}

// unifiedRecord holds the members of a record, or of a row, that are used.
type unifiedRecord struct {
	time, id, operation, recordType, workload, organization jsontape.Value
	user, userType, address, result, object, agent          jsontape.Value
	appIdentity, agentID, agentName, copilot, auditData     jsontape.Value
	appHost, model                                          jsontape.Value
	timeName                                                string
	cut                                                     bool // AuditData was cut off
}

// read takes the members of an object, under the names of the record, of the
// rows that hold it, and of CopilotActivity.
func (r *unifiedRecord) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "CreationTime":
			r.time, r.timeName = m, "CreationTime"
		case "CreationDate":
			r.time, r.timeName = m, "CreationDate"
		case "createdDateTime":
			r.time, r.timeName = m, "createdDateTime"
		case "TimeGenerated":
			r.time, r.timeName = m, "TimeGenerated"
		case "TimeGenerated [UTC]": // in the portal's CSV
			r.time, r.timeName = m, "TimeGenerated [UTC]"
		case "Id", "RecordId", "id", "Identity":
			r.id = m
		case "Operation", "Operations", "operation":
			r.operation = m
		case "RecordType", "auditLogRecordType":
			r.recordType = m
		case "Workload", "service":
			r.workload = m
		case "OrganizationId", "organizationId":
			r.organization = m
		case "UserId", "UserIds", "userPrincipalName", "ActorName":
			r.user = m
		case "UserType", "userType", "ActorUserType":
			r.userType = m
		case "ClientIP", "clientIp", "SrcIpAddr":
			r.address = m
		case "ResultStatus":
			r.result = m
		case "ObjectId", "objectId":
			r.object = m
		case "UserAgent":
			r.agent = m
		case "AppIdentity":
			r.appIdentity = m
		case "AgentId":
			r.agentID = m
		case "AgentName":
			r.agentName = m
		case "AppHost":
			r.appHost = m
		case "AIModelName":
			r.model = m
		case "CopilotEventData", "LLMEventData":
			r.copilot = m
		case "AuditData", "auditData":
			r.auditData = m
		}
	}
}

// unwrap reads the record that is the AuditData of a row. A spreadsheet cuts it
// after 32,767 characters; then it is read as far as it goes.
func (r *unifiedRecord) unwrap(d *Decoder) error {
	row, data := *r, r.auditData
	*r = unifiedRecord{}
	if data.Kind() == jsontape.String {
		if err := d.Nested.ParsePrefix(data.Text()); err != nil {
			return fmt.Errorf("decoding AuditData: %w", err)
		}
		data = d.Nested.Root()
		r.cut = !d.Nested.Complete()
	}
	r.read(data)
	r.complete(&row)
	return nil
}

// complete takes from a row what the record in it lacks.
func (r *unifiedRecord) complete(row *unifiedRecord) {
	if !r.time.Exists() {
		r.time, r.timeName = row.time, row.timeName
	}
	for _, m := range [...]struct{ to, from *jsontape.Value }{
		{&r.id, &row.id},
		{&r.operation, &row.operation},
		{&r.recordType, &row.recordType},
		{&r.workload, &row.workload},
		{&r.organization, &row.organization},
		{&r.user, &row.user},
		{&r.userType, &row.userType},
		{&r.address, &row.address},
	} {
		if !m.to.Exists() {
			*m.to = *m.from
		}
	}
}

// kind says what the object is a record of.
func (r *unifiedRecord) kind() unifiedKind {
	switch audit := r.auditData.Kind(); {
	case r.recordType.Exists() && (audit == jsontape.String || audit == jsontape.Object):
		return unifiedRow
	case r.recordType.Exists() && r.operation.Exists() && r.workload.Exists():
		return unifiedAudit
	case r.copilot.Exists() && (r.operation.Exists() || r.recordType.Exists()):
		return unifiedTable
	}
	return unifiedNone
}

// decode fills the event. Times are in UTC and written without a zone.
func (r *unifiedRecord) decode(d *Decoder, e *Event) {
	d.setTimeUTC(e, r.timeName, r.time)
	e.NativeID = nameOf(r.id)
	e.Provider = word(d, "microsoft")
	if e.Operation = nameOf(r.operation); e.Operation == nil {
		e.Operation = nameOf(r.recordType) // CopilotActivity has no other name for it
	}
	e.Service = nameOf(r.workload)
	e.Tenant = nameOf(r.organization)
	e.Principal = nameOf(r.user)
	e.PrincipalType = nameOf(r.userType)
	e.SrcIP = nameOf(r.address)
	e.UserAgent = nameOf(r.agent)
	e.Client = d.clientOf(e.UserAgent)
	r.classify(e)
	r.outcome(e)
	switch e.Kind {
	case KindInference:
		r.interaction(d, e)
	case KindData:
		e.Destination = nameOf(r.object)
	}
	if r.cut {
		e.ContentState = ContentTruncated
	}
}

// classify sets plane and kind. A record type of Copilot that is no interaction
// changes something: settings, plugins, agents, workspaces.
// https://learn.microsoft.com/purview/audit-log-activities#copilot-activities
func (r *unifiedRecord) classify(e *Event) {
	e.Plane, e.Kind = PlaneAccess, KindOther
	has := func(prefix string) bool { return bytes.HasPrefix(e.Operation, []byte(prefix)) }
	switch string(e.Operation) {
	case "CopilotInteraction", "ConnectedAIAppInteraction", "AIAppInteraction":
		e.Kind = KindInference
		return
	case "UserLoggedIn", "UserLoginFailed":
		e.Kind = KindAuth
		return
	}
	switch workload := string(e.Service); {
	case workload == "Copilot":
		for _, verb := range [...]string{"Create", "Update", "Delete", "Enable", "Disable", "Set", "Add", "Remove"} {
			if has(verb) {
				e.Plane, e.Kind = PlaneControl, KindAdmin
			}
		}
	case has("File"), has("MailItemsAccessed"):
		e.Kind = KindData
	}
}

// outcome reads the result, which interactions do not have: one with a reply
// was one.
func (r *unifiedRecord) outcome(e *Event) {
	e.Outcome = OutcomeUnknown
	if o := outcomeOf(r.result); o != "" {
		e.Outcome = o
	}
	if string(e.Operation) == "UserLoginFailed" {
		e.Outcome = OutcomeDenied
	}
}
