package assessment

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/suppression"
)

const switchedOff = `{"Records":[
{"eventVersion":"1.10","eventTime":"2026-03-02T08:34:00Z","eventName":"DeleteModelInvocationLoggingConfiguration","eventSource":"bedrock.amazonaws.com","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","requestID":"c-1","eventID":"c-1","eventType":"AwsApiCall","readOnly":false,"recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}},
{"eventVersion":"1.10","eventTime":"2026-03-02T08:36:00Z","eventName":"PutModelInvocationLoggingConfiguration","eventSource":"bedrock.amazonaws.com","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","requestID":"c-2","eventID":"c-2","eventType":"AwsApiCall","readOnly":false,"recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}}
]}`

func openCase(t *testing.T) *casefile.Case {
	return casetest.Files(t, map[string]string{"trail.json": switchedOff})
}

// found are the detectors of findings with their severities, in order.
func found(r *Report) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Detector+" "+f.Severity.String())
	}
	return out
}

func TestRun(t *testing.T) {
	c := openCase(t)
	const off = "anti-forensics.logging-off"
	rules := []string{"sigma"} // which find the same and more; see TestRunRules
	tests := []struct {
		name string
		o    Options
		want []string
	}{
		{"all", Options{Except: rules}, []string{"story high", off + " high", off + " medium"}},
		{"a family", Options{Only: []string{"anti-forensics"}}, []string{off + " high", off + " medium"}},
		{"no stories", Options{Except: []string{"story", "sigma"}}, []string{off + " high", off + " medium"}},
		{"severity", Options{Except: rules, Severity: map[string]analyze.Severity{off: analyze.SeverityLow}}, []string{"story low", off + " low", off + " low"}},
		{"severity of stories", Options{Except: rules, Severity: map[string]analyze.Severity{"story": analyze.SeverityInfo}}, []string{off + " high", off + " medium", "story info"}},
		{"reconcile only", Options{Only: []string{"reconcile", "reconcile.skew"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Progress = &analyze.Progress{}
			r, err := Run(t.Context(), c, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if last := tt.o.Progress.Now(); last.Number != last.Of || last.Of == 0 {
				t.Errorf("the last step is %d of %d", last.Number, last.Of)
			}
			if diff := cmp.Diff(tt.want, found(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, d := range r.Detectors {
				if !tt.o.chosen(d.About.ID) {
					t.Errorf("%s ran", d.About.ID)
				}
			}
		})
	}
}

// TestRunRules checks that built-in rules run beside the detectors, and that what
// they find is part of the story.
func TestRunRules(t *testing.T) {
	watched := &analyze.Progress{}
	r, err := Run(t.Context(), openCase(t), Options{Progress: watched})
	if err != nil {
		t.Fatal(err)
	}
	if last := watched.Now(); last.Number != last.Of || last.Name != "rules" {
		t.Errorf("the last step is %d of %d, %s", last.Number, last.Of, last.Name)
	}
	parts := map[string]bool{}
	for i := range r.Findings {
		if r.Findings[i].Detector == "story" {
			for _, id := range r.Findings[i].Parts {
				parts[id] = true
			}
		}
	}
	rules := 0
	for i := range r.Findings {
		if f := &r.Findings[i]; strings.HasPrefix(f.Detector, "sigma.") {
			rules++
			if !parts[f.ID] {
				t.Errorf("%s is not part of the story", f.Detector)
			}
		}
	}
	if rules == 0 {
		t.Errorf("no rule found anything in %v", found(r))
	}
}

// TestRunBeside checks that nothing depends on whether rules and checks run beside the
// detectors or behind them, nor what they count.
func TestRunBeside(t *testing.T) {
	var behind *Report
	for _, threads := range []int{1, 2, 8} {
		watched := &analyze.Progress{}
		r, err := Run(t.Context(), openCase(t), Options{Threads: threads, Progress: watched})
		if err != nil {
			t.Fatal(err)
		}
		if last := watched.Now(); last.Number != last.Of {
			t.Errorf("with %d threads the last step is %d of %d", threads, last.Number, last.Of)
		}
		if behind == nil {
			behind = r
		}
		if diff := cmp.Diff(behind, r); diff != "" {
			t.Errorf("with 1 and with %d threads (-1 +%d):\n%s", threads, threads, diff)
		}
	}
}

// TestRunSuppressed checks that what is suppressed stays, and is part of no
// story.
func TestRunSuppressed(t *testing.T) {
	list, err := suppression.Parse("s.yml", []byte("version: 1\nsuppressions:\n- {detector: anti-forensics.logging-off, subject: '*', reason: r, expires: 2026-05-01, who: w}\n"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), openCase(t), Options{Except: []string{"sigma"}, Suppress: list, Today: time.Date(2026, 4, 8, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 2 || r.Suppressed.Suppressed != 2 || slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool { return f.Suppressed == nil }) {
		t.Errorf("got %v, %+v", found(r), r.Suppressed)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, o := range []Options{
		{Only: []string{"moon"}}, {Except: []string{"reconcile.moon"}}, {Severity: map[string]analyze.Severity{"moon": analyze.SeverityLow}},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), "moon") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestNames checks that every name chooses something, and that none is there
// twice.
func TestNames(t *testing.T) {
	names, err := Names()
	if err != nil {
		t.Fatal(err)
	}
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range names {
		o := Options{Only: []string{name}}
		if seen[name] || !slices.ContainsFunc(all, func(a *analyze.About) bool { return o.chosen(a.ID) }) {
			t.Errorf("%s is there twice or chooses nothing", name)
		}
		seen[name] = true
	}
}
