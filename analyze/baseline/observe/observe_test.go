package observe

import (
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

var update = flag.Bool("update", false, "write the golden files again")

// log is four calls of two people: ana on two mornings, bo at night.
const log = `{"event_id":"00000000-1","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-02T09:00:00Z","kind":"inference","principal":"ana","credential_id":"AKIAEXAMPLEANA","model":"model-1","src_ip":"198.51.100.7","client":"boto3","region":"us-east-1","operation":"Converse","outcome":"success","input_tokens":10,"output_tokens":5}
{"event_id":"00000000-2","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-03T09:10:00Z","kind":"inference","principal":"ana","credential_id":"AKIAEXAMPLEANA","model":"model-1","src_ip":"198.51.100.7","client":"boto3","region":"us-east-1","operation":"Converse","outcome":"success","input_tokens":20,"output_tokens":5}
{"event_id":"00000000-3","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-03T09:20:00Z","kind":"inference","principal":"ana","credential_id":"AKIAEXAMPLEANA","model":"model-2","src_ip":"203.0.113.9","client":"curl","region":"us-east-1","operation":"Converse","outcome":"success"}
{"event_id":"00000000-4","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-03T23:20:00Z","kind":"inference","principal":"bo","app":"batch","model":"model-2","src_ip":"198.51.100.8","client":"boto3","operation":"Converse","outcome":"denied"}
`

// TestRead compares the baseline of a small case with its golden file, with any
// number of threads.
func TestRead(t *testing.T) {
	dir := casetest.Load(t, casetest.Write(t, map[string]string{"log.jsonl": log}))
	for _, threads := range []int{1, 4} {
		c, err := casefile.Open(t.Context(), dir, casefile.OpenOptions{Threads: threads, Memory: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Read(t.Context(), c, Options{Tool: "exhibit test"})
		if err != nil {
			t.Fatal(err)
		}
		b.Case = "1:00" // the head holds a key of its own
		got, err := baseline.Encode(b)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile("testdata/two.json", got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile("testdata/two.json")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%d threads (-want +got):\n%s", threads, diff)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadSpan checks that only the calls of a span count, and that a span without
// calls has no baseline.
func TestReadSpan(t *testing.T) {
	c := casetest.Files(t, map[string]string{"log.jsonl": log})
	b, err := Read(t.Context(), c, Options{From: time.Date(2026, 3, 3, 9, 10, 0, 0, time.UTC), To: time.Date(2026, 3, 3, 9, 20, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if ana := b.Subject("actor", "ana"); b.Calls != 1 || ana == nil || ana.Attribute("model").Find("model-1") == nil || ana.Attribute("model").Find("model-2") != nil {
		t.Errorf("the span holds %d calls, of ana %+v", b.Calls, ana)
	}
	if _, err := Read(t.Context(), c, Options{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}); err == nil {
		t.Error("a span without calls has a baseline")
	}
}
