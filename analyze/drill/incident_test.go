package drill

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// everything asks for count instances of every scenario in every strength.
func everything(count int) []Incident {
	var all []Incident
	for _, name := range IncidentNames() {
		for _, s := range Strengths() {
			all = append(all, Incident{name, s, count})
		}
	}
	return all
}

// incidentsConfig is a run with all incidents.
func incidentsConfig(seed uint64, count int) Config {
	return Config{
		Seed: seed, Days: 15, Calls: 6000, Words: [2]int{3, 9}, Incidents: everything(count),
		Population: Population{Users: 120, Services: 24, Jobs: 8, Agents: 24},
	}
}

// Every instance of every scenario has steps, which the logs have, and does not
// begin before the warm-up is over.
func TestIncidents(t *testing.T) {
	c := incidentsConfig(31, 2)
	report, dir := generate(t, c)
	trail, logged := map[string]trailRecord{}, map[string]bool{}
	for _, r := range readTrail(t, filepath.Join(dir, "cloudtrail.json")) {
		trail[r.RequestID] = r
	}
	for _, b := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		logged[b.RequestID] = true
	}
	if want := len(c.Incidents) * 2; len(report.Incidents) != want {
		t.Fatalf("%d incidents, want %d", len(report.Incidents), want)
	}
	clean := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, warmUp(c.Days))
	steps := map[string]int{}
	for _, s := range report.Truth {
		steps[s.Incident]++
		r, ok := trail[s.RequestID]
		if !ok || r.EventName != s.Operation || !r.EventTime.Equal(s.Time) {
			t.Errorf("%s: step %+v is in CloudTrail as %+v", s.Incident, s, r)
		}
		if s.Time.Before(clean) {
			t.Errorf("%s: step at %s, within the warm-up", s.Incident, s.Time)
		}
		if s.Note == "" || s.Incident != fmt.Sprintf("%s-%s-%d", s.Scenario, s.Strength, s.Instance) {
			t.Errorf("step %+v has no note or a wrong name", s)
		}
		if isModelCall(s.Operation) && !logged[s.RequestID] && s.Scenario != "logging-off" && !hidden(report, s) {
			t.Errorf("%s: call %s has no content", s.Incident, s.RequestID)
		}
	}
	for _, in := range report.Incidents {
		if in.Steps == 0 || in.Steps != steps[in.Incident] || in.First.After(in.Last) {
			t.Errorf("%+v has %d steps", in, steps[in.Incident])
		}
		if len(in.Techniques) == 0 || in.Subject.Principal == "" {
			t.Errorf("%+v lacks techniques or a subject", in)
		}
		if !slices.ContainsFunc(report.Truth, func(s Truth) bool {
			return s.Incident == in.Incident && trail[s.RequestID].UserIdentity.ARN == in.Subject.Principal
		}) {
			t.Errorf("%s: its subject %s does nothing", in.Incident, in.Subject.Principal)
		}
	}
}

// hidden says whether an instance of logging-off goes on at the time of a step.
func hidden(r *Report, s Truth) bool {
	return slices.ContainsFunc(r.Incidents, func(in IncidentTruth) bool {
		return in.Scenario == "logging-off" && !s.Time.Before(in.First) && !s.Time.After(in.Last)
	})
}

// No subject is in two incidents at a time.
func TestIncidentsApart(t *testing.T) {
	report, _ := generate(t, incidentsConfig(32, 2))
	for i, a := range report.Incidents {
		for _, b := range report.Incidents[:i] {
			same := a.Subject.Principal == b.Subject.Principal || a.Subject.Person != "" && a.Subject.Person == b.Subject.Person
			if same && !a.First.After(b.Last) && !b.First.After(a.Last) {
				t.Errorf("%s and %s of %s overlap", a.Incident, b.Incident, a.Subject.Principal)
			}
		}
	}
}

// Incidents are the same whatever the number of workers, and other ones with
// another seed.
func TestIncidentsSameBytes(t *testing.T) {
	c := incidentsConfig(33, 1)
	c.Calls, c.Sources = 1500, []string{"cloudtrail", "bedrock", "litellm", "otlp"}
	want := ""
	for _, workers := range []int{1, 6} {
		c.Workers = workers
		report, dir := generate(t, c)
		var truth strings.Builder
		if err := report.WriteTruth(&truth); err != nil {
			t.Fatal(err)
		}
		if got := treeHash(t, dir) + truth.String(); want == "" {
			want = got
		} else if got != want {
			t.Errorf("%d workers give other bytes or another truth", workers)
		}
	}
	c.Seed++
	if _, dir := generate(t, c); strings.HasPrefix(want, treeHash(t, dir)) {
		t.Error("another seed gives the same bytes")
	}
}

// What those do who are in no incident is the same with and without incidents.
func TestIncidentsComeOnTop(t *testing.T) {
	c := incidentsConfig(34, 1)
	report, dir := generate(t, c)
	c.Incidents = nil
	_, without := generate(t, c)
	if len(report.Truth) == 0 {
		t.Fatal("no incidents")
	}
	name := func(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
	subjects := map[string]bool{}
	for _, in := range report.Incidents {
		subjects[in.Subject.Person], subjects[name(in.Subject.Principal)] = true, true
	}
	type call struct {
		at       time.Time
		arn, who string
	}
	with := map[call]int{}
	for _, r := range readTrail(t, filepath.Join(dir, "cloudtrail.json")) {
		with[call{r.EventTime, r.UserIdentity.ARN, r.SourceIPAddress}]++
	}
	for _, r := range readTrail(t, filepath.Join(without, "cloudtrail.json")) {
		c := call{r.EventTime, r.UserIdentity.ARN, r.SourceIPAddress}
		if with[c]--; isCall(r) && with[c] < 0 && !subjects[name(c.arn)] {
			t.Errorf("call %+v is gone", c)
		}
	}
	if len(subjects) > 160 {
		t.Errorf("%d subjects: nobody is left to compare", len(subjects))
	}
}

func isModelCall(operation string) bool {
	return strings.HasPrefix(operation, "Invoke") || strings.HasPrefix(operation, "Converse")
}

// A rise of latency has a subject whose calls a log times, though AWS times only some
// kinds of calls.
func TestLatencyIsTimed(t *testing.T) {
	c := incidentsConfig(31, 3)
	c.Incidents = slices.DeleteFunc(c.Incidents, func(in Incident) bool { return in.Scenario != "latency-rise" })
	report, dir := generate(t, c)
	timed := map[string]bool{}
	for _, b := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		if b.Output != nil {
			out := string(b.Output.OutputBodyJSON)
			timed[b.RequestID] = strings.Contains(out, `"latencyMs":`) || strings.Contains(out, `"invocationLatency":`)
		}
	}
	has := map[string]bool{}
	for _, s := range report.Truth {
		has[s.Incident] = has[s.Incident] || timed[s.RequestID]
	}
	for _, in := range report.Incidents {
		if !has[in.Incident] {
			t.Errorf("%s: no call of it is timed", in.Incident)
		}
	}
}

func TestBadIncidents(t *testing.T) {
	for _, c := range []struct {
		name string
		list []Incident
		want string
	}{
		{"scenario", []Incident{{"flood", Easy, 1}}, `unknown scenario "flood"`},
		{"strength", []Incident{{"logging-off", "loud", 1}}, `unknown strength "loud"`},
		{"count", []Incident{{"logging-off", Easy, 0}}, "instances must be"},
		{"twice", []Incident{{"logging-off", Easy, 1}, {"logging-off", Easy, 2}}, "asked for twice"},
		{"too many", []Incident{{"logging-off", Easy, 1000}}, "too few for all incidents"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Generate(t.Context(), Config{Calls: 1, Dir: t.TempDir(), Incidents: c.list})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
}

// Patterns name phrases that are there.
func TestPhrases(t *testing.T) {
	known := []string{"digit", "number", "code", "word"}
	for name, list := range phrases {
		if len(list) < 2 {
			t.Errorf("%s has fewer than two phrases", name)
		}
		for _, p := range list {
			for _, rest := range strings.Split(p, "{")[1:] {
				word, _, closed := strings.Cut(rest, "}")
				if _, is := phrases[word]; !closed || !is && !slices.Contains(known, word) {
					t.Errorf("%s: %q names %q, which is no phrase", name, p, word)
				}
			}
		}
	}
}

// Small and odd runs either have room for an incident or say that they have not.
func TestIncidentsInSmallRuns(t *testing.T) {
	played := 0
	for days, strength := range []Strength{2: Easy, 3: Normal, 4: Stealthy, 5: Stealthy} {
		for _, p := range []Population{{Users: 1}, {Services: 3, Agents: 1}, {Users: 30, Services: 9, Jobs: 4, Agents: 6}} {
			for _, name := range IncidentNames() {
				c, err := Config{
					Seed: uint64(days), Days: max(1, days), Calls: 3, MaxTurns: 1, Words: [2]int{1, 2}, Population: p, Dir: "unused",
					Incidents: []Incident{{name, cmp.Or(strength, Easy), 1}},
				}.complete()
				if err != nil {
					t.Fatal(err)
				}
				plan, err := newPlanner(c)
				if err != nil {
					if !strings.Contains(err.Error(), "too few for all incidents") {
						t.Errorf("%s, %d days, %+v: %v", name, days, p, err)
					}
					continue
				}
				var events []event
				for more := true; more; {
					events, more = plan.advance(events)
				}
				if slices.ContainsFunc(events, func(e event) bool { return e.incident != nil }) {
					played++
				}
			}
		}
	}
	if played < 200 {
		t.Errorf("only %d incidents found room", played)
	}
}
