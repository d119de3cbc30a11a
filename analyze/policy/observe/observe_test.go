package observe

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

func line(at, user, model, ip string) string {
	return fmt.Sprintf(`{"timestamp":%q,"model":%q,"user":%q,"src_ip":%q,"request_id":%q,"prompt":"hi","response":"no"}`+"\n", at, model, user, ip, at)
}

func TestRead(t *testing.T) {
	c := casetest.Files(t, map[string]string{"a.jsonl": line("2026-01-05T08:01:00Z", "ana", "model-1", "198.51.100.7") +
		line("2026-01-05T08:14:59Z", "ana", "model-1", "198.51.100.9") +
		line("2026-01-05T08:15:00Z", "bo", "model-2", "2001:db8:1:2::3") +
		line("2026-01-06T09:00:00Z", "bo", "model-1", "gateway") +
		`{"timestamp":"2026-01-06T10:00:00Z","model":"model-3","request_id":"x","prompt":"hi","response":"no"}` + "\n"})
	got, err := Read(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	quarter := func(h, m int) int64 { return time.Date(2026, 1, 5, h, m, 0, 0, time.UTC).Unix() / 900 }
	want := &policy.Observed{
		First: time.Date(2026, 1, 5, 8, 1, 0, 0, time.UTC), Last: time.Date(2026, 1, 6, 10, 0, 0, 0, time.UTC), Calls: 5,
		Models: []policy.Tally{{Value: "model-1", Calls: 3}, {Value: "model-2", Calls: 1}, {Value: "model-3", Calls: 1}},
		Groups: []policy.ObservedGroup{{
			Calls:      4,
			Principals: []policy.Tally{{Value: "ana", Calls: 2}, {Value: "bo", Calls: 2}},
			Models:     []policy.Tally{{Value: "model-1", Calls: 3}, {Value: "model-2", Calls: 1}},
			Networks:   []policy.Tally{{Value: "198.51.100.0/24", Calls: 2}, {Value: "2001:db8:1::/48", Calls: 1}},
			Quarters:   []policy.Quarter{{Number: quarter(8, 0), Calls: 2}, {Number: quarter(8, 15), Calls: 1}, {Number: quarter(33, 0), Calls: 1}},
		}},
		Values: map[string][]string{
			"principals": {"ana", "bo"},
			"models":     {"model-1", "model-2", "model-3"},
			"addresses":  {"198.51.100.7", "198.51.100.9", "2001:db8:1:2::3", "gateway"},
		},
		Cut: map[string]bool{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text := policy.Propose(got, time.UTC)
	if problems := policy.Lint(text, policy.LintOptions{Case: got}); len(problems) > 0 {
		t.Errorf("what is proposed is not what the case has: %v\n%s", problems, text)
	}
	again, err := Read(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("a second time (-want +got):\n%s", diff)
	}
}

// TestReadMany keeps what is read of a case with very many subjects within
// bounds, and says that there are more.
func TestReadMany(t *testing.T) {
	var b strings.Builder
	for i := range maxList + 10 {
		at := time.Date(2026, 1, 5, 8, 0, i, 0, time.UTC).Format(time.RFC3339)
		b.WriteString(line(at, fmt.Sprintf("user-%d", i), "model-1", fmt.Sprintf("2001:db8:%x::1", i)))
	}
	c := casetest.Files(t, map[string]string{"a.jsonl": b.String()})
	got, err := Read(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Groups[0].Principals); n != maxList {
		t.Errorf("%d principals", n)
	}
	text := policy.Propose(got, time.UTC)
	if problems := policy.Lint(text, policy.LintOptions{Case: got}); len(problems) > 0 || len(text) > 1<<20 {
		t.Errorf("%d bytes, %v", len(text), problems)
	}
	if !strings.Contains(string(text), "# left out: at least ") {
		t.Error("what is left out is not said")
	}
}
