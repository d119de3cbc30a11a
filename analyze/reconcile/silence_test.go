package reconcile

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// keep leaves the lines of a source's file whose time is wanted.
func keep(t *testing.T, dir, source string, wanted func(time.Time) bool) {
	t.Helper()
	pattern := map[string]string{
		"bedrock": `"timestamp":"([^"]+)"`,
		"litellm": `"startTime":(\d+)\.`,
		"otlp":    `"startTimeUnixNano":"(\d+)\d{9}"`,
	}[source]
	re := regexp.MustCompile(pattern)
	path := filepath.Join(dir, source+".jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		word := re.FindStringSubmatch(line)[1]
		at, err := time.Parse(time.RFC3339, word)
		if seconds, e := strconv.ParseInt(word, 10, 64); e == nil {
			at, err = time.Unix(seconds, 0).UTC(), nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if wanted(at) {
			out.WriteString(line)
		}
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func threeSources() drill.Config {
	return drill.Config{Seed: 5, Days: 10, Calls: 3000, Words: [2]int{2, 4}, MaxTurns: 2, Sources: []string{"bedrock", "litellm", "otlp"}}
}

// outage is a Wednesday's working hours.
func outage(at time.Time) bool {
	return !at.Before(time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)) && at.Before(time.Date(2026, 3, 4, 17, 0, 0, 0, time.UTC))
}

func TestSilenceUntouched(t *testing.T) {
	report := reconciled(t, generate(t, threeSources()), "silence")
	if len(report.Findings) != 0 || len(report.Checks[0].Notes) != 0 || report.Checks[0].NotApplicable != "" {
		t.Errorf("untouched logs: %+v", report)
	}
}

func TestSilenceOfOneSource(t *testing.T) {
	dir := generate(t, threeSources())
	keep(t, dir, "litellm", func(at time.Time) bool { return !outage(at) })
	report := reconciled(t, dir, "silence")
	if len(report.Findings) != 1 {
		t.Fatalf("findings: %+v", report.Findings)
	}
	f := report.Findings[0]
	if f.Subject != "litellm" || f.Severity != analyze.SeverityHigh || len(f.Events) != 2 || outage(f.First) || outage(f.Last) || f.Last.Sub(f.First) < 8*time.Hour {
		t.Errorf("finding: %+v", f)
	}
	missing := 0
	keep(t, dir, "otlp", func(at time.Time) bool {
		if outage(at) {
			missing++
		}
		return true
	})
	if got, _ := factOf(&f, "calls_of_others").(int64); got < int64(missing) || got > int64(missing)+20 {
		t.Errorf("others show %d calls, want %d", got, missing)
	}
}

func TestSilenceOfAllSources(t *testing.T) {
	dir := generate(t, threeSources())
	for _, source := range threeSources().Sources {
		keep(t, dir, source, func(at time.Time) bool { return !outage(at) })
	}
	report := reconciled(t, dir, "silence")
	if len(report.Findings) != 1 {
		t.Fatalf("findings: %+v", report.Findings)
	}
	if f := report.Findings[0]; f.Subject != "bedrock,litellm,otlp" || f.Severity != analyze.SeverityLow {
		t.Errorf("finding: %+v", f)
	}
}

func TestSilenceBeyondTheEnds(t *testing.T) {
	dir := generate(t, threeSources())
	keep(t, dir, "bedrock", func(at time.Time) bool { return at.After(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)) })
	keep(t, dir, "otlp", func(at time.Time) bool { return at.Before(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)) })
	report := reconciled(t, dir, "silence")
	if len(report.Findings) != 0 {
		t.Errorf("ends are findings: %+v", report.Findings)
	}
	notes := strings.Join(report.Checks[0].Notes, "\n")
	for _, want := range []string{"bedrock begins late: litellm shows ", "otlp ends early: bedrock shows "} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note says %q:\n%s", want, notes)
		}
	}
}

// TestSilenceOfRealLogs reads logs of an hour, and of attacks months apart,
// which have no rhythm.
func TestSilenceOfRealLogs(t *testing.T) {
	for _, name := range []string{"cloudtrail", "azure_llm_traces", "llmdrift", "openllmetry"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("..", "..", "..", "shared", "data", name)
			if _, err := os.Stat(dir); err != nil {
				t.Skipf("SKIPPED: the real data is not here: %v", err)
			}
			report, err := Run(t.Context(), casetest.Open(t, casetest.Load(t, dir)), Options{Only: []string{"skew", "silence"}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]analyze.Finding(nil), report.Findings); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			t.Logf("%+v", report.Checks)
		})
	}
}
