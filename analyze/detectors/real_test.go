package detectors

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// realData is third-party data that is not part of this repository.
const realData = "../../../shared/data/cloudtrail"

func needRealData(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(realData); err != nil {
		t.Skipf("SKIPPED: no real CloudTrail data: %v", err)
	}
}

// TestInvictus checks that every event of an intrusion into a real account that
// its publishers call high-signal is in a finding, and that nothing that services
// did ranks above it.
func TestInvictus(t *testing.T) {
	t.Parallel()
	needRealData(t)
	var want []struct{ EventName, EventID, EventTime string }
	readJSON(t, filepath.Join(realData, "invictus", "expected_high_signal.json"), &want)
	c := casetest.Open(t, casetest.Load(t, glob(t, filepath.Join(realData, "invictus", "*.json.gz"))...))
	r, err := Run(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	native := map[string]string{} // event by its id of CloudTrail
	service := map[string]bool{}  // events of services
	scan(t, c, "select native_id, event_id, coalesce(principal_type = 'AWSService' or principal like '%.amazonaws.com', false) from events", func(row []string) {
		native[row[0]], service[row[1]] = row[1], row[2] == "true"
	})
	in := map[string][]*analyze.Finding{}
	lowest := analyze.SeverityCritical
	for i := range r.Findings {
		for _, id := range r.Findings[i].Events {
			in[id] = append(in[id], &r.Findings[i])
		}
	}
	for _, w := range want {
		severity, names := analyze.Severity(0), []string(nil)
		for _, f := range in[native[w.EventID]] {
			severity, names = max(severity, f.Severity), append(names, f.Detector)
		}
		if len(names) == 0 {
			t.Errorf("%s %s %s: in no finding", w.EventTime, w.EventName, w.EventID)
			continue
		}
		lowest = min(lowest, severity)
		t.Logf("%s %-30s %-8s %s", w.EventTime, w.EventName, severity, strings.Join(names, " "))
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		t.Logf("%-8s %-28s %3d events %s %s", f.Severity, f.Detector, f.EventCount, f.Bucket, f.Subject)
		if f.Severity >= lowest && !slices.ContainsFunc(f.Events, func(id string) bool { return !service[id] }) {
			t.Errorf("what services did ranks with the intrusion: %s %s", f.Severity, f.Title)
		}
	}
}

// TestStratus checks that the events by which each technique is known are in a
// finding, one case a technique.
func TestStratus(t *testing.T) {
	t.Parallel()
	needRealData(t)
	// What prepares or polls beside the technique's own requests, and is no
	// sign of it by itself.
	beside := map[string]bool{"sts:AssumeRole": true, "ec2:DescribeInstances": true}
	for _, path := range glob(t, filepath.Join(realData, "stratus", "aws.*.json")) {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Events []string `json:"expected_events"`
			}
			readJSON(t, filepath.Join(realData, "stratus", "expected", name+".json"), &want)
			c := casetest.Open(t, casetest.Load(t, path))
			r, err := Run(t.Context(), c, Options{})
			if err != nil {
				t.Fatal(err)
			}
			in := map[string]bool{}
			var told []string
			for i := range r.Findings {
				for _, id := range r.Findings[i].Events {
					in[id] = true
				}
				told = append(told, fmt.Sprintf("%s %s", r.Findings[i].Severity, r.Findings[i].Detector))
			}
			found := map[string]bool{}
			scan(t, c, "select split_part(service, '.', 1) || ':' || operation, event_id from events", func(row []string) {
				found[row[0]] = found[row[0]] || in[row[1]]
			})
			for _, e := range want.Events {
				if !found[e] && !beside[e] {
					t.Errorf("%s is in no finding", e)
				}
			}
			t.Logf("%-66s %s", name, strings.Join(told, ", "))
		})
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// scan hands each row of a query to row, as texts.
func scan(t *testing.T, c *casefile.Case, query string, row func([]string)) {
	t.Helper()
	rows, err := c.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, len(columns))
	into := make([]any, len(columns))
	for i := range texts {
		into[i] = &texts[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row(texts)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
