package reconcile

import (
	"fmt"
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

// generate writes the logs of a config to a new folder.
func generate(t *testing.T, c drill.Config) string {
	t.Helper()
	c.Dir = filepath.Join(t.TempDir(), "logs")
	if _, err := drill.Generate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c.Dir
}

// rewrite replaces what a pattern finds in a file of logs.
func rewrite(t *testing.T, path, pattern string, replace func(match []string) string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	re := regexp.MustCompile(pattern)
	out := re.ReplaceAllStringFunc(string(text), func(m string) string { return replace(re.FindStringSubmatch(m)) })
	if out == string(text) {
		t.Fatalf("%s has nothing like %s", path, pattern)
	}
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
}

// trueTimes reads from spans when calls began, by request id: whole seconds
// cannot be shifted by parts of one.
func trueTimes(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "otlp.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`"startTimeUnixNano":"(\d+)"`)
	id := regexp.MustCompile(`"aws.request_id","value":\{"stringValue":"([^"]+)"`)
	times := map[string]time.Time{}
	for line := range strings.Lines(string(text)) {
		if m := id.FindStringSubmatch(line); m != nil {
			nanos, err := strconv.ParseInt(at.FindStringSubmatch(line)[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			times[m[1]] = time.Unix(0, nanos).UTC()
		}
	}
	return times
}

// shiftCloudTrail gives CloudTrail another clock.
func shiftCloudTrail(t *testing.T, dir string, by func(time.Time) time.Duration) {
	times := trueTimes(t, dir)
	rewrite(t, filepath.Join(dir, "cloudtrail.json"), `"eventTime":"([^"]+)"(.*?"requestID":"([^"]+)")`, func(m []string) string {
		at, known := times[m[3]]
		if !known {
			at, _ = time.Parse(time.RFC3339, m[1])
		}
		return fmt.Sprintf(`"eventTime":"%s"%s`, at.Add(by(at)).Format("2006-01-02T15:04:05Z"), m[2])
	})
}

// shiftLiteLLM gives LiteLLM another clock.
func shiftLiteLLM(t *testing.T, dir string, by time.Duration) {
	rewrite(t, filepath.Join(dir, "litellm.jsonl"), `"(startTime|endTime|completionStartTime)":(\d+)\.(\d+)`, func(m []string) string {
		us, err := strconv.ParseInt(m[2]+(m[3] + "000000")[:6], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		us += by.Microseconds()
		return fmt.Sprintf(`"%s":%d.%06d`, m[1], us/1e6, us%1e6)
	})
}

// reconciled runs one check over a folder of logs.
func reconciled(t *testing.T, dir, check string) *Report {
	t.Helper()
	report, err := Run(t.Context(), casetest.Open(t, casetest.Load(t, dir)), Options{Only: []string{check}})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func factOf(f *analyze.Finding, name string) any {
	for _, x := range f.Facts {
		if x.Name == name {
			return x.Value
		}
	}
	return nil
}

func allSources() drill.Config {
	return drill.Config{Seed: 11, Days: 2, Calls: 900, Words: [2]int{2, 5}, MaxTurns: 2, Sources: drill.Sources()}
}

func TestSkewUntouched(t *testing.T) {
	report := reconciled(t, generate(t, allSources()), "skew")
	if len(report.Findings) != 0 {
		t.Errorf("findings in untouched logs: %+v", report.Findings)
	}
	want := []CheckReport{{
		Name: "skew", Compared: 900, Noun: "calls that several sources show",
		Notes: []string{"http-exchange writes when it was done with the call, as its distance from langfuse, litellm and otlp says; that is a habit and no clock"},
	}}
	if diff := cmp.Diff(want, report.Checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}

func TestSkewOfTwoSources(t *testing.T) {
	dir := generate(t, allSources())
	trail, gateway := -90_250*time.Millisecond, time.Hour+500*time.Millisecond
	shiftCloudTrail(t, dir, func(time.Time) time.Duration { return trail })
	shiftLiteLLM(t, dir, gateway)
	report := reconciled(t, dir, "skew")
	want := map[string]time.Duration{"cloudtrail": trail, "litellm": gateway}
	if len(report.Findings) != len(want) {
		t.Fatalf("findings: %+v", report.Findings)
	}
	for i := range report.Findings {
		f := &report.Findings[i]
		got, _ := factOf(f, "skew_us").(int64)
		if off := time.Duration(got)*time.Microsecond - want[f.Subject]; off.Abs() > 100*time.Millisecond {
			t.Errorf("%s is off by %d µs, want %s: %s", f.Subject, got, want[f.Subject], f.Explanation)
		}
		if factOf(f, "reference_known") != true || factOf(f, "kind") != "constant" || f.Severity != analyze.SeverityMedium || len(f.Events) != 10 {
			t.Errorf("%s: %+v", f.Subject, f)
		}
		if !strings.Contains(f.Explanation, "exhibit enrich --clock "+f.Subject+"=") {
			t.Errorf("%s is not told how to correct: %s", f.Subject, f.Explanation)
		}
	}
}

func TestSkewThatBegan(t *testing.T) {
	c := allSources()
	c.Sources = []string{"cloudtrail", "otlp"}
	dir := generate(t, c)
	began := time.Date(2026, 3, 3, 6, 0, 0, 0, time.UTC)
	shiftCloudTrail(t, dir, func(at time.Time) time.Duration {
		if at.Before(began) {
			return 0
		}
		return 5 * time.Minute
	})
	report := reconciled(t, dir, "skew")
	if len(report.Findings) != 1 {
		t.Fatalf("findings: %+v", report.Findings)
	}
	f := report.Findings[0]
	// Of two sources the log of accesses is the reference.
	if f.Subject != "otlp" || factOf(&f, "kind") != "step" || factOf(&f, "reference_known") != false {
		t.Errorf("finding: %+v", f)
	}
	if off := f.First.Sub(began.Add(5 * time.Minute)); off.Abs() > 10*time.Minute {
		t.Errorf("began at %s by the clock of cloudtrail, want %s", f.First, began.Add(5*time.Minute))
	}
}

func TestSkewNotApplicable(t *testing.T) {
	c := allSources()
	c.Sources = []string{"cloudtrail"}
	c.Days, c.Calls = 1, 30
	if got := reconciled(t, generate(t, c), "skew").Checks[0].NotApplicable; got == "" {
		t.Error("one source was compared with itself")
	}
}
