package formats

import (
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func TestCloudTrailDetect(t *testing.T) {
	const event = `{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"ListBuckets"}`
	for _, tt := range []struct {
		name, text string
		framing    Framing
		ok         bool
	}{
		{"delivered", `{"Records":[` + event + `]}`, Framing{Kind: FrameArray, Path: "Records"}, true},
		{"delivered, empty", `{"Records":[]}`, Framing{Kind: FrameArray, Path: "Records"}, true},
		{"delivered, first damaged", `{"Records":[null,` + event + `]}`, Framing{Kind: FrameArray, Path: "Records"}, true},
		{"delivered, cut", `{"Records":[` + event + `,{"eventV`, Framing{Kind: FrameArray, Path: "Records"}, true},
		{"array", "[\n" + event + "\n]", Framing{Kind: FrameArray}, true},
		{"lines", event + "\n" + event + "\n", Framing{Kind: FrameLines}, true},
		{"single", event, Framing{Kind: FrameValues}, true},
		{"EventBridge", `{"detail-type":"x","detail":` + event + `}`, Framing{Kind: FrameValues}, true},
		{"lookup-events", `{"Events":[{"CloudTrailEvent":"{}"}]}`, Framing{Kind: FrameArray, Path: "Events"}, true},
		{"insight", `{"eventType":"AwsCloudTrailInsight"}`, Framing{Kind: FrameValues}, true},
		{"S3 notification", `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`, Framing{}, false},
		{"other EventBridge event", `{"detail-type":"x","detail":{"state":"ok"}}`, Framing{}, false},
		{"other lists", `{"Records":[{"a":1}]}`, Framing{}, false},
		{"no events at all", `{"Events":[]}`, Framing{}, false},
		{"empty array", `[]`, Framing{}, false},
		{"other object", `{"a":1}`, Framing{}, false},
		{"text", `eventSource`, Framing{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			s := sampleOf([]byte(tt.text), &doc)
			err := cloudTrail{}.Detect(s)
			if (err == nil) != tt.ok {
				t.Fatalf("Detect = %v, want accepted %v", err, tt.ok)
			}
			if got := (cloudTrail{}).Framing(s); tt.ok && got != tt.framing {
				t.Errorf("framing %v, want %v", got, tt.framing)
			}
		})
	}
}
