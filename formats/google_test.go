package formats

import "testing"

func TestGoogleAuditOutcome(t *testing.T) {
	tests := []struct {
		name, status, log, permissions string
		want                           Outcome
	}{
		{"no status", ``, "data_access", ``, OutcomeSuccess},
		{"empty", `"status":{},`, "data_access", ``, OutcomeSuccess},
		{"ok", `"status":{"code":0},`, "data_access", ``, OutcomeSuccess},
		{"invalid argument", `"status":{"code":3,"message":"no"},`, "data_access", ``, OutcomeError},
		{"permission denied", `"status":{"code":7},`, "data_access", ``, OutcomeDenied},
		{"exhausted", `"status":{"code":8},`, "data_access", ``, OutcomeThrottled},
		{"unauthenticated", `"status":{"code":16},`, "data_access", ``, OutcomeDenied},
		{"text", `"status":{"code":"7"},`, "data_access", ``, OutcomeDenied},
		{"refused", ``, "data_access", `{"granted":false}`, OutcomeDenied},
		{"one of two granted", ``, "data_access", `{"granted":false},{"granted":true}`, OutcomeSuccess},
		{"policy", ``, "policy", ``, OutcomeDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decodeWith(t, googleAudit{}, `{"logName":"projects/p/logs/cloudaudit.googleapis.com%2F`+tt.log+`","protoPayload":{`+tt.status+
				`"methodName":"m","authorizationInfo":[`+tt.permissions+`]}}`)
			if e.Outcome != tt.want {
				t.Errorf("got %s, want %s", e.Outcome, tt.want)
			}
		})
	}
}

func TestGoogleAuditKind(t *testing.T) {
	tests := []struct {
		service, method, log, permission string
		kind                             Kind
		plane                            Plane
	}{
		{"aiplatform", "google.cloud.aiplatform.v1.PredictionService.RawPredict", "data_access", "DATA_READ", KindInference, PlaneAccess},
		{"aiplatform", "google.cloud.aiplatform.v1.JobService.CreateBatchPredictionJob", "activity", "ADMIN_WRITE", KindInference, PlaneAccess},
		{"aiplatform", "google.cloud.aiplatform.v1.ModelService.DeleteModel", "activity", "ADMIN_WRITE", KindAdmin, PlaneControl},
		{"aiplatform", "google.cloud.aiplatform.v1.DatasetService.ListDataItems", "data_access", "DATA_READ", KindData, PlaneAccess},
		{"generativelanguage", "google.ai.generativelanguage.v1beta.GenerativeService.EmbedContent", "data_access", "", KindEmbedding, PlaneAccess},
		{"storage", "GenerateContent", "data_access", "DATA_READ", KindData, PlaneAccess},
		{"bigquery", "google.cloud.bigquery.v2.JobService.InsertJob", "data_access", "", KindData, PlaneAccess},
		{"sts", "google.identity.sts.v1.SecurityTokenService.ExchangeToken", "data_access", "", KindAuth, PlaneAccess},
		{"compute", "v1.compute.instances.list", "data_access", "ADMIN_READ", KindOther, PlaneAccess},
		{"compute", "v1.compute.instances.insert", "activity", "", KindAdmin, PlaneControl},
		{"compute", "compute.instances.hostError", "system_event", "", KindAdmin, PlaneControl},
		{"compute", "unknown", "other", "", KindOther, PlaneAccess},
	}
	for _, tt := range tests {
		t.Run(tt.service+" "+tt.method, func(t *testing.T) {
			permission := ""
			if tt.permission != "" {
				permission = `{"permissionType":"` + tt.permission + `","granted":true}`
			}
			e := decodeWith(t, googleAudit{}, `{"logName":"projects/p/logs/cloudaudit.googleapis.com%2F`+tt.log+
				`","protoPayload":{"serviceName":"`+tt.service+`.googleapis.com","methodName":"`+tt.method+`","authorizationInfo":[`+permission+`]}}`)
			if e.Kind != tt.kind || e.Plane != tt.plane {
				t.Errorf("got %s of %s, want %s of %s", e.Kind, e.Plane, tt.kind, tt.plane)
			}
		})
	}
}

func TestSegmentAfter(t *testing.T) {
	tests := []struct{ name, collection, want string }{
		{"projects/p/locations/l/models/m", "models", "m"},
		{"projects/p/locations/l/models/m", "projects", "p"},
		{"projects/p/locations/", "locations", ""},
		{"models", "models", ""},
		{"", "models", ""},
		{"//iam/models//x", "models", ""},
	}
	for _, tt := range tests {
		if got := segmentAfter([]byte(tt.name), tt.collection); string(got) != tt.want {
			t.Errorf("segmentAfter(%q, %q) = %q, want %q", tt.name, tt.collection, got, tt.want)
		}
	}
}

func FuzzDecodeGoogleAudit(f *testing.F) { fuzzDecode(f, googleAudit{}) }

func FuzzDecodeVertex(f *testing.F) { fuzzDecode(f, vertex{}) }
