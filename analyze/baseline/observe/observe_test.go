package observe

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

var update = flag.Bool("update", false, "write the golden files again")

// log is four calls of two people: ana on two mornings, bo at night; and what ana
// asked about models the day after. ana is refused once.
const log = `{"event_id":"00000000-1","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-02T09:00:00Z","kind":"inference","principal":"ana","credential_id":"AKIAEXAMPLEANA","model":"model-1","src_ip":"198.51.100.7","client":"boto3","region":"us-east-1","operation":"Converse","outcome":"success","input_tokens":10,"output_tokens":5,"response":"The ferry came in at noon."}
{"event_id":"00000000-2","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-03T09:10:00Z","kind":"inference","principal":"ana","credential_id":"AKIAEXAMPLEANA","model":"model-1","src_ip":"198.51.100.7","client":"boto3","region":"us-east-1","operation":"Converse","outcome":"success","input_tokens":20,"output_tokens":5,"response":"I'm sorry, but I can't help with that request."}
{"event_id":"00000000-3","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-03T09:20:00Z","kind":"inference","principal":"ana","credential_id":"AKIAEXAMPLEANA","model":"model-2","src_ip":"203.0.113.9","client":"curl","region":"us-east-1","operation":"Converse","outcome":"success"}
{"event_id":"00000000-4","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-03T23:20:00Z","kind":"inference","principal":"bo","app":"batch","model":"model-2","src_ip":"198.51.100.8","client":"boto3","operation":"Converse","outcome":"denied"}
{"event_id":"00000000-5","plane":"control","provider":"aws","service":"bedrock.amazonaws.com","ts":"2026-03-05T09:00:00Z","kind":"other","principal":"ana","credential_id":"AKIAEXAMPLEANA","src_ip":"198.51.100.7","client":"boto3","region":"us-east-1","operation":"GetFoundationModel","model":"model-9","outcome":"success"}
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

// TestSeenOn checks that only the last days have a place.
func TestSeenOn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		days  []baseline.Day
		first baseline.Day
		want  string
		pause int64
	}{
		{"one", []baseline.Day{7}, 7, "1", 1},
		{"with a pause", []baseline.Day{7, 8, 12}, 7, "110001", 4},
		{"an old one", []baseline.Day{0, 400, 401}, 400, "11", 1},
		{"the oldest", []baseline.Day{0, 399}, 0, "1" + strings.Repeat("0", 398) + "1", 399},
	} {
		t.Run(tt.name, func(t *testing.T) {
			last := tt.days[len(tt.days)-1]
			got := seenOn(tt.days)
			if got.First != tt.first || got.Days != tt.want || got.Last() != last || got.Pause() != tt.pause {
				t.Errorf("got %+v with a pause of %d, want %q from %d with %d", got, got.Pause(), tt.want, tt.first, tt.pause)
			}
		})
	}
}
