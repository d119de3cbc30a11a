package formats

import (
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func TestPurviewDetect(t *testing.T) {
	tests := []struct{ name, sample, want string }{
		{"row", `{"RecordId":"1","RecordType":"261","AuditData":"{}"}`, "purview"},
		{"row cut", `[{"RecordType":"CopilotInteraction","Operations":"x","AuditData":"{}","Iden`, "purview"},
		{"record", `{"CreationTime":"2026-04-08T12:00:00","RecordType":6,"Operation":"FileAccessed","Workload":"SharePoint"}`, "purview"},
		{"graph", `{"value":[{"auditLogRecordType":"x","auditData":{}}]}`, "purview"},
		{"other value", `{"value":[{"id":1}]}`, "jsonl"},
		{"dns", `{"RecordType":"A","Operation":"lookup"}`, "jsonl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			f, err := Detect(NewSample("x", []byte(tt.sample), false, &doc), All())
			if err != nil || f.Name() != tt.want {
				t.Errorf("detected as %v (%v), want %s", f, err, tt.want)
			}
		})
	}
}

func TestPurviewKind(t *testing.T) {
	tests := []struct {
		operation, workload string
		kind                Kind
		plane               Plane
	}{
		{"CopilotInteraction", "Copilot", KindInference, PlaneAccess},
		{"AIAppInteraction", "AIApp", KindInference, PlaneAccess},
		{"CreatePlugin", "Copilot", KindAdmin, PlaneControl},
		{"AccessPromptBook", "Copilot", KindOther, PlaneAccess},
		{"UserLoggedIn", "AzureActiveDirectory", KindAuth, PlaneAccess},
		{"FileDownloaded", "OneDrive", KindData, PlaneAccess},
		{"MailItemsAccessed", "Exchange", KindData, PlaneAccess},
		{"Set-Mailbox", "Exchange", KindOther, PlaneAccess},
	}
	for _, tt := range tests {
		t.Run(tt.operation, func(t *testing.T) {
			e := decodeWith(t, purview{}, `{"RecordType":1,"Operation":"`+tt.operation+`","Workload":"`+tt.workload+`"}`)
			if e.Kind != tt.kind || e.Plane != tt.plane {
				t.Errorf("got %s of %s, want %s of %s", e.Kind, e.Plane, tt.kind, tt.plane)
			}
		})
	}
}

// TestPurviewBrokenData checks that a record that is no JSON is an error, and so
// an unparsed record, and no event without columns.
func TestPurviewBrokenData(t *testing.T) {
	d := NewDecoder()
	if err := (purview{}).Decode(d, []byte(`{"RecordType":1,"AuditData":"{nonsense"}`)); err == nil {
		t.Error("AuditData that is no JSON is no error")
	}
}

func FuzzDecodePurview(f *testing.F) { fuzzDecode(f, purview{}) }
