package drill

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// played is a scenario given by a function.
type played func(w *World) ([]Step, error)

func (played) Name() string                     { return "played" }
func (p played) Steps(w *World) ([]Step, error) { return p(w) }

func TestLoggingOff(t *testing.T) {
	step := Step{Addr: "203.0.113.9", Region: regions[0], Service: "bedrock.amazonaws.com"}
	sc := played(func(w *World) ([]Step, error) {
		step.Who = w.Caller("dev-01")
		off, on, call := step, step, step
		off.At, off.Operation = w.Start.Add(12*time.Hour), "DeleteModelInvocationLoggingConfiguration"
		on.At, on.Operation, on.Request = w.Start.Add(14*time.Hour), "PutModelInvocationLoggingConfiguration", `{"loggingConfig":{}}`
		call.At, call.Operation, call.Note = w.Start.Add(13*time.Hour), opInvoke, "unseen"
		call.Talk = &Talk{Model: models[1].id, Messages: []Message{{Role: "user", Text: "a \"quoted\"\nline"}}, Reply: []Message{{Role: "assistant", Text: "b"}}}
		return []Step{on, off, call}, nil
	})
	report, dir := generate(t, Config{Seed: 1, Days: 1, Calls: 2000, Words: [2]int{3, 6}, Scenarios: []Scenario{sc}})
	if len(report.Truth) != 3 || report.Truth[1].Note != "unseen" || report.Truth[1].Scenario != "played" {
		t.Fatalf("truth: %+v", report.Truth)
	}
	missing := map[string]bool{}
	for _, r := range readTrail(t, filepath.Join(dir, "cloudtrail.json")) {
		if isCall(r) {
			missing[r.RequestID] = true
		}
	}
	for _, b := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		delete(missing, b.RequestID)
	}
	if !missing[report.Truth[1].RequestID] || len(missing) < 2 {
		t.Errorf("the call while logging was off has content, or only it has none: %d", len(missing))
	}
}

// While the intruder has logging off, no call of the region is in the
// invocation log, and outside of that time and region every one is.
func TestLoggingOffScenario(t *testing.T) {
	report, dir := generate(t, Config{Seed: 3, Days: 3, Calls: 2000, Words: [2]int{3, 6}, Scenarios: []Scenario{LoggingOff{}}})
	if len(report.Truth) != 3+len(hiddenQuestions) {
		t.Fatalf("truth: %+v", report.Truth)
	}
	off, on := report.Truth[1], report.Truth[len(report.Truth)-1]
	if off.Operation != opLoggingOff || on.Operation != opLoggingOn || on.Time.Sub(off.Time) != 2*time.Hour {
		t.Fatalf("off and on: %+v, %+v", off, on)
	}
	logged := map[string]bool{}
	for _, b := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		logged[b.RequestID] = true
	}
	hidden := 0
	for _, r := range readTrail(t, filepath.Join(dir, "cloudtrail.json")) {
		during := r.AWSRegion == regions[0] && !r.EventTime.Before(off.Time) && r.EventTime.Before(on.Time)
		if isCall(r) && during == logged[r.RequestID] {
			t.Errorf("call %s of %s at %s is in the invocation log: %v", r.RequestID, r.AWSRegion, r.EventTime, !during)
		}
		if isCall(r) && during {
			hidden++
		}
	}
	if hidden < len(hiddenQuestions)+10 {
		t.Errorf("only %d calls are hidden", hidden)
	}
}

func TestBadScenario(t *testing.T) {
	good := func(w *World) Step {
		return Step{At: w.Start, Who: w.Caller("dev-01"), Service: "bedrock.amazonaws.com", Operation: opInvoke}
	}
	for _, c := range []struct {
		name  string
		spoil func(s *Step)
		want  string
	}{
		{"too early", func(s *Step) { s.At = s.At.Add(-time.Second) }, "outside the days"},
		{"nobody", func(s *Step) { s.Who = nil }, "nobody"},
		{"service", func(s *Step) { s.Service = "bedrock" }, "no host"},
		{"word", func(s *Step) { s.Operation = `a"b` }, "plain word"},
		{"JSON", func(s *Step) { s.Request = "{" }, "invalid JSON"},
		{"model", func(s *Step) { s.Talk = &Talk{Model: "none"} }, "unknown model"},
		{"silence", func(s *Step) { s.Talk = &Talk{Model: models[0].id} }, "needs a message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sc := played(func(w *World) ([]Step, error) {
				s := good(w)
				c.spoil(&s)
				return []Step{s}, nil
			})
			_, err := Generate(t.Context(), Config{Calls: 1, Dir: t.TempDir(), Scenarios: []Scenario{sc}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
	lost := errors.New("lost the plot")
	sc := played(func(*World) ([]Step, error) { return nil, lost })
	if _, err := Generate(t.Context(), Config{Calls: 1, Dir: t.TempDir(), Scenarios: []Scenario{sc}}); !errors.Is(err, lost) {
		t.Errorf("want the scenario's error, got %v", err)
	}
}
