package formats

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func FuzzDecodeOpenAIAudit(f *testing.F)       { fuzzDecode(f, openAIAudit{}) }
func FuzzDecodeOpenAIBatch(f *testing.F)       { fuzzDecode(f, openAIBatch{}) }
func FuzzDecodeOpenAIStored(f *testing.F)      { fuzzDecode(f, openAIStored{}) }
func FuzzDecodeOpenAIUsage(f *testing.F)       { fuzzDecode(f, openAIUsage{}) }
func FuzzDecodeAnthropicActivity(f *testing.F) { fuzzDecode(f, anthropicActivity{}) }
func FuzzDecodeAnthropicBatch(f *testing.F)    { fuzzDecode(f, anthropicBatch{}) }
func FuzzDecodeAnthropicUsage(f *testing.F)    { fuzzDecode(f, anthropicUsage{}) }

// decodeAlone returns the events of one record that is all there is, detected
// as it would be when loaded, with the name of its format.
func decodeAlone(t *testing.T, record string) ([]*Event, string) {
	t.Helper()
	var doc jsontape.Doc
	s := NewSample("case", []byte(record), true, &doc)
	f, err := Detect(s, All())
	if err != nil {
		t.Fatal(err)
	}
	d := NewDecoder()
	if err := f.Decode(d, []byte(record)); err != nil {
		t.Fatalf("decoding %s: %v", record, err)
	}
	return d.Events(), f.Name()
}

// pantherAudit is what both vendors' rows of the panther data can say.
type pantherAudit struct {
	Type        string `json:"type"`
	EffectiveAt int64  `json:"effective_at"`
	CreatedAt   string `json:"created_at"`
	Actor       struct {
		Email   string `json:"email_address"`
		UserID  string `json:"user_id"`
		KeyID   string `json:"api_key_id"`
		IP      string `json:"ip_address"`
		Agent   string `json:"user_agent"`
		Session struct {
			User  pantherUser `json:"user"`
			IP    string      `json:"ip_address"`
			Agent string      `json:"user_agent"`
		} `json:"session"`
		APIKey struct {
			ID             string      `json:"id"`
			User           pantherUser `json:"user"`
			ServiceAccount pantherUser `json:"service_account"`
		} `json:"api_key"`
	} `json:"actor"`
	Created struct {
		ID string `json:"id"`
	} `json:"api_key_created"`
}

type pantherUser struct{ ID, Email string }

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// TestPantherVendors decodes every audit record of OpenAI and Anthropic in the
// panther data alone and checks what it must tell.
func TestPantherVendors(t *testing.T) {
	path := filepath.Join("..", "..", "shared", "data", "panther", "tests.jsonl")
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("NOT TESTED against real data: %s is missing", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var row struct {
			LogTypes []string `json:"log_types"`
			Test     string
			Log      json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		format := map[string]string{"OpenAI.Audit": "openai-audit", "Anthropic.Activity": "anthropic-activity"}[row.LogTypes[0]]
		if format == "" {
			continue
		}
		seen[format]++
		var want pantherAudit
		if err := json.Unmarshal(row.Log, &want); err != nil {
			t.Fatal(err)
		}
		t.Run(row.Test, func(t *testing.T) { checkPanther(t, format, string(row.Log), &want) })
	}
	if seen["openai-audit"] != 16 || seen["anthropic-activity"] != 16 {
		t.Errorf("got rows %v, want 16 of each vendor", seen)
	}
}

func checkPanther(t *testing.T, format, record string, want *pantherAudit) {
	events, got := decodeAlone(t, record)
	if got != format || len(events) != 1 {
		t.Fatalf("%d events of %s, want one of %s", len(events), got, format)
	}
	e := events[0]
	ts := time.Unix(want.EffectiveAt, 0)
	if want.CreatedAt != "" {
		ts, _ = time.Parse(time.RFC3339, want.CreatedAt)
	}
	a := &want.Actor
	for _, c := range [...]struct{ column, got, want string }{
		{"ts", time.UnixMicro(e.TS.Micros).UTC().String(), ts.UTC().String()},
		{"operation", string(e.Operation), want.Type},
		{"principal", string(e.Principal), first(a.Email, a.Session.User.Email, a.APIKey.User.Email, a.APIKey.ServiceAccount.ID, a.KeyID)},
		{"credential_id", string(e.CredentialID), first(a.KeyID, a.APIKey.ID)},
		{"src_ip", string(e.SrcIP), first(a.IP, a.Session.IP)},
		{"user_agent", string(e.UserAgent), first(a.Agent, a.Session.Agent)},
		{"issued_credential_id", string(e.IssuedCredentialID), want.Created.ID},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.column, c.got, c.want)
		}
	}
	failed := strings.HasSuffix(want.Type, "failed")
	if e.Kind == KindOther || (e.Outcome == OutcomeDenied) != failed || !failed && e.Outcome != OutcomeSuccess {
		t.Errorf("kind %q and outcome %q of %s", e.Kind, e.Outcome, want.Type)
	}
}

// TestVendorDetection checks what must not be taken for a vendor's record, and
// shapes of samples that the cases do not have.
func TestVendorDetection(t *testing.T) {
	tests := []struct{ name, record, format string }{
		{"audit cut short", `{"object":"list","data":[{"id":"audit_log-1","type":"login.failed","effective_at":1775649600,"actor":{"type":"sess`, "openai-audit"},
		{"audit after a damaged record", `[{"id":"x"},{"type":"login.failed","effective_at":1775649600,"actor":{}}]`, "openai-audit"},
		{"audit log of another server", `{"object":"organization.audit_log","id":7,"event":"x","created_at":"2026-04-08T12:00:00Z"}`, "jsonl"},
		{"activity in a table", `{"id":"1","created_at":"2026-04-08T12:00:00Z","type":"user_logged_out","actor":"{\"type\":\"user_actor\"}"}`, "anthropic-activity"},
		{"activity of another product", `{"id":"1","created_at":"2026-04-08T12:00:00Z","type":"push","actor":{"type":"user"}}`, "jsonl"},
		{"compliance chat", `{"id":"claude_chat_1","created_at":"2026-04-08T12:00:00Z","user":{"id":"user_1"}}`, "jsonl"},
		{"stream chunk", `{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[]}`, "jsonl"},
		{"custom id alone", `{"custom_id":"r-1","body":{}}`, "jsonl"},
		{"empty usage page", `{"object":"page","data":[],"has_more":false,"next_page":null}`, "openai-usage"},
		{"empty page of anybody", `{"data":[],"has_more":false,"first_id":null,"last_id":null}`, "jsonl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			f, err := Detect(NewSample("case", []byte(tt.record), false, &doc), All())
			if err != nil || f.Name() != tt.format {
				t.Errorf("detected as %v (%v), want %s", f, err, tt.format)
			}
		})
	}
}

func TestActivitySorting(t *testing.T) {
	tests := []struct {
		typ     string
		plane   Plane
		kind    Kind
		outcome Outcome
	}{
		{"social_login_succeeded", PlaneAccess, KindAuth, OutcomeSuccess},
		{"sso_login_failed", PlaneAccess, KindAuth, OutcomeDenied},
		{"anonymous_mobile_login_attempted", PlaneAccess, KindAuth, OutcomeUnknown},
		{"session_revoked", PlaneAccess, KindAuth, OutcomeSuccess},
		{"user_logged_out", PlaneAccess, KindAuth, OutcomeSuccess},
		{"org_magic_link_second_factor_toggled", PlaneControl, KindAdmin, OutcomeSuccess},
		{"session_share_accessed", PlaneAccess, KindData, OutcomeSuccess},
		{"claude_project_document_deletion_failed", PlaneAccess, KindData, OutcomeError},
		{"claude_artifact_access_failed", PlaneAccess, KindData, OutcomeDenied},
		{"org_data_export_started", PlaneAccess, KindData, OutcomeUnknown},
		{"org_members_exported", PlaneAccess, KindData, OutcomeSuccess},
		{"mcp_tool_policy_updated", PlaneControl, KindAdmin, OutcomeSuccess},
		{"integration_user_connected", PlaneControl, KindAdmin, OutcomeSuccess},
		{"rbac_role_permission_added", PlaneControl, KindAdmin, OutcomeSuccess},
		{"primary_owner_transferred", PlaneControl, KindAdmin, OutcomeSuccess},
		{"org_creation_blocked", PlaneAccess, KindOther, OutcomeBlocked},
		{"ghe_webhook_signature_invalid", PlaneAccess, KindOther, OutcomeError},
		{"org_users_listed", PlaneAccess, KindOther, OutcomeSuccess},
		{"moon", PlaneAccess, KindOther, OutcomeSuccess},
	}
	for _, tt := range tests {
		t.Run(tt.typ, func(t *testing.T) {
			events, _ := decodeAlone(t, `{"id":"activity_1","created_at":"2026-04-08T12:00:00Z","actor":{"type":"user_actor"},"type":"`+tt.typ+`"}`)
			e := events[0]
			if e.Plane != tt.plane || e.Kind != tt.kind || e.Outcome != tt.outcome {
				t.Errorf("%s %s %s, want %s %s %s", e.Plane, e.Kind, e.Outcome, tt.plane, tt.kind, tt.outcome)
			}
		})
	}
}

// TestBatchSides checks that both sides of a request can find each other, and
// that neither takes an id from the other.
func TestBatchSides(t *testing.T) {
	for _, records := range [][2]string{
		{
			`{"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}`,
			`{"id":"batch_req_1","custom_id":"r-1","response":{"status_code":200,"request_id":"req_1","body":{"id":"chatcmpl-1","object":"chat.completion","choices":[]}},"error":null}`,
		},
		{
			`{"custom_id":"r-1","params":{"model":"m","max_tokens":1,"messages":[]}}`,
			`{"custom_id":"r-1","result":{"type":"succeeded","message":{"id":"msg_1","content":[]}}}`,
		},
	} {
		for i, record := range records {
			events, _ := decodeAlone(t, record)
			e := events[0]
			if e.Sequence != IntOf(int64(i+1)) || len(e.OtherIDs) != 1 || e.OtherIDs[0].Kind != "custom_id" || string(e.OtherIDs[0].Value) != "r-1" {
				t.Errorf("sequence %v and ids %v of %s", e.Sequence, e.OtherIDs, record)
			}
			if asked := i == 0; asked != (e.ResponseID == nil && e.RequestID == nil && e.NativeID == nil) {
				t.Errorf("request %q response %q native %q of %s", e.RequestID, e.ResponseID, e.NativeID, record)
			}
		}
	}
}
