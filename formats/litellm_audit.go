package formats

import (
	"bytes"
	"errors"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// liteLLMAudit is the table LiteLLM_AuditLog: who created, rotated, blocked or
// deleted keys, teams, users and models of a proxy. The columns are those of
// https://github.com/BerriAI/litellm/blob/main/schema.prisma; callbacks get the
// same as StandardAuditLogPayload.
type liteLLMAudit struct{}

var _ Format = liteLLMAudit{}

func (liteLLMAudit) Name() string { return "litellm-audit" }

func (liteLLMAudit) Doc() string {
	return "LiteLLM audit logs: changes to keys, teams, users and models of a proxy"
}

// Detect accepts a row of the table.
func (liteLLMAudit) Detect(s *Sample) error {
	v, _, err := gatewayRecord(s, "audit_logs", "data")
	if err != nil {
		return err
	}
	if !isLiteLLMAudit(v) {
		return errors.New("the first record has no table_name of LiteLLM with an action and object_id")
	}
	return nil
}

func isLiteLLMAudit(v jsontape.Value) bool {
	return bytes.HasPrefix(v.Get("table_name").Text(), []byte("LiteLLM_")) && hasAll(v, "action", "object_id")
}

func (liteLLMAudit) Framing(s *Sample) Framing { return gatewayFraming(s, "audit_logs", "data") }

// The table of virtual keys. The id of its rows is the SHA-256 of the key,
// which calls made with the key have as their credential.
const liteLLMKeys = "LiteLLM_VerificationToken"

// Decode makes one event of a row. LiteLLM writes it after the change was made.
// What changed is not copied: the row of a key that was created holds the key
// in clear.
func (liteLLMAudit) Decode(d *Decoder, record []byte) error {
	v, err := gatewayObject(d, "litellm-audit", record)
	if err != nil {
		return err
	}
	e := d.Add()
	if !isLiteLLMAudit(v) {
		e.Kind = KindOther
		return nil
	}
	e.Plane, e.Kind, e.Outcome = PlaneControl, KindAdmin, OutcomeSuccess
	var table, object, values jsontape.Value
	for key, m := range v.Members() {
		switch string(key) {
		case "id":
			e.NativeID = nameOf(m)
		case "updated_at":
			setAuditTime(d, e, m)
		case "changed_by":
			e.Principal = nameOf(m)
		case "changed_by_api_key":
			e.CredentialID = safeKey(d, nameOf(m))
		case "action":
			e.Operation = scalar(m)
		case "table_name":
			table = m
		case "object_id":
			object = m
		case "updated_values":
			values = m
		}
	}
	e.Service = scalar(table)
	if e.CredentialID != nil {
		e.CredentialKind = word(d, "api_key")
	}
	setAuditObject(d, e, nameOf(object), values)
	return nil
}

// setAuditTime reads the time of a change. The column has no zone and is filled
// with datetime.now(timezone.utc), so that an export from the database, which
// shows it bare, is UTC.
func setAuditTime(d *Decoder, e *Event, v jsontape.Value) {
	zone := d.AssumeTZ
	d.AssumeTZ = time.UTC
	d.SetTime(e, "updated_at", v)
	d.AssumeTZ = zone
}

// setAuditObject sets what was changed. A key that was created is a credential
// that was issued. Of one that was rotated object_id is the old key, and the new
// one stands in the values (key_management_event_hooks.py).
func setAuditObject(d *Decoder, e *Event, object Text, values jsontape.Value) {
	object = safeKey(d, object)
	if string(e.Service) == liteLLMKeys {
		switch string(e.Operation) {
		case "created":
			e.IssuedCredentialID = object
			return
		case "rotated":
			e.IssuedCredentialID = safeKey(d, nameOf(d.nested(values).Get("token_id")))
		}
	}
	if len(object) > 0 {
		e.OtherIDs = append(e.OtherIDs, ID{"object_id", object})
	}
}
