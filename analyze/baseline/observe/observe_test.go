package observe

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/detectors"
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

// story writes the calls of a team on some days of March 2026, from the first to the
// last: each in six hours of the day, and an application with eight conversations.
type story struct {
	rows strings.Builder
	n    int
}

func (s *story) add(day, hour, minute int, who, more string) {
	s.n++
	at := time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC)
	fmt.Fprintf(&s.rows, `{"event_id":"00000000-%d","plane":"access","provider":"aws","service":"bedrock.amazonaws.com","ts":%q,"principal":%q,"src_ip":"198.51.100.7","client":"boto3",%s}`+"\n",
		s.n, at.Format(time.RFC3339), who, more)
}

func (s *story) days(first, last int, people ...string) {
	const call = `"kind":"inference","operation":"Converse","model":"model-a"`
	for day := first; day <= last; day++ {
		for hour := 9; hour < 15; hour++ {
			for i, who := range people {
				s.add(day, hour, i, who, call+`,"outcome":"success"`)
			}
		}
		for i := range 8 {
			s.add(day, 16, i, "desk", call+`,"app":"desk","outcome":"success","response":"The ferry came in at noon."`)
		}
	}
}

// TestHeldAgainst checks that what a baseline keeps of a case is what detectors need: what
// happens on the first days of a case is found with it, and not without.
func TestHeldAgainst(t *testing.T) {
	team := []string{"bo", "cleo", "dan", "eve", "fay", "gus"}
	var before, after story
	before.days(1, 6, append(team, "ana")...)
	before.days(7, 20, team...)
	after.days(21, 22, team...)
	after.add(22, 11, 30, "ana", `"kind":"inference","operation":"Converse","model":"model-z","outcome":"success"`)
	for i, operation := range []string{"ListFoundationModels", "ListInferenceProfiles", "ListCustomModels", "ListImportedModels", "GetFoundationModelAvailability", "GetUseCaseForModelAccess"} {
		after.add(22, 12, 30+i, "bo", fmt.Sprintf(`"kind":"other","operation":%q,"outcome":"success"`, operation))
	}
	for i := range 8 {
		after.add(22, 17, i, "desk", `"kind":"inference","operation":"Converse","model":"model-a","app":"desk","outcome":"success","response":"I'm sorry, but I can't help with that request."`)
	}
	read, err := Read(t.Context(), casetest.Files(t, map[string]string{"log.jsonl": before.rows.String()}), Options{Tool: "exhibit test"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := baseline.Encode(read)
	if err != nil {
		t.Fatal(err)
	}
	b, err := baseline.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	c := casetest.Files(t, map[string]string{"log.jsonl": after.rows.String()})
	found := func(b *baseline.Baseline) []string {
		r, err := detectors.Run(t.Context(), c, detectors.Options{
			Only: []string{"identity.dormant-revived", "recon.model-enumeration", "content.refusal-shift"}, Baseline: b,
		})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for i := range r.Findings {
			out = append(out, r.Findings[i].Detector+" "+r.Findings[i].Subject)
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff([]string(nil), found(nil)); diff != "" {
		t.Errorf("without the baseline (-want +got):\n%s", diff)
	}
	want := []string{"content.refusal-shift desk", "identity.dormant-revived ana", "recon.model-enumeration bo"}
	if diff := cmp.Diff(want, found(b)); diff != "" {
		t.Errorf("with the baseline (-want +got):\n%s", diff)
	}
}
