package formats

import (
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func TestExportsDetect(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"lines", `{"type":"config","tool":"exhibit","schema_version":1}` + "\n{}\n", true},
		{"one object", `{"config":{"tool":"exhibit","schema_version":1},"events":[`, true},
		{"other tool", `{"type":"config","tool":"other","schema_version":1}` + "\n{}\n", false},
		{"table", "event_id,ts,model\n0123abcd-1,,m\n", true},
		{"table without ids", "ts,model\n2026-04-08,m\n", false},
		{"table with other columns", "event_id,ts,model,shoe_size\n0123abcd-1,,m,43\n", false},
		{"rows of Parquet", `{"event_id":"0123abcd-1.2","ts":null,"prompt_hash":null,"person":null}` + "\n{}\n", true},
		{"rows with ids of something else", `{"event_id":"e-1","ts":null}` + "\n{}\n", false},
		{"rows with other columns", `{"event_id":"0123abcd-1","ts":null,"shoe_size":43}` + "\n{}\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			if err := (exports{}).Detect(sampleOf([]byte(tt.text), &doc)); (err == nil) != tt.want {
				t.Errorf("Detect = %v, want %t", err, tt.want)
			}
		})
	}
}

// Rows of other tables are kept, and are not taken for events.
func TestExportsOtherRows(t *testing.T) {
	text := `{"type":"config","tool":"exhibit","schema_version":1}
{"type":"table","name":"findings","columns":["model"]}
{"type":"row","table":"findings","row":{"model":"m"}}
{"type":"note","level":"note","text":"1 finding"}
[1]
`
	var doc jsontape.Doc
	diffLines(t, []string{`{"kind":"other"}`, `{"kind":"unparsed","problem":"the record is not an object"}`},
		eventLines(t, exports{}, sampleOf([]byte(text), &doc).Framing(exports{}), []byte(text)))
}

func FuzzDecodeExports(f *testing.F) { fuzzDecode(f, exports{}) }
