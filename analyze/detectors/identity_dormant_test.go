package detectors

import (
	"fmt"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// seenBefore is a baseline in which ana was there on days before [start], a 1 for each
// from one on, and the logs of two providers tell of 40 days up to one of them.
func seenBefore(from int, days string, until int, values ...baseline.Attribute) *baseline.Baseline {
	zero := baseline.Day(start.Unix() / baseline.DaySeconds)
	b := normalOf(baseline.Subject{Name: "ana", Values: values, Seen: &baseline.Seen{First: zero + baseline.Day(from), Days: days}})
	b.Schema = baseline.Schema
	for _, provider := range []string{"aws", "openai"} {
		b.Covers = append(b.Covers, baseline.Cover{Provider: provider, First: zero - 40, Last: zero + baseline.Day(until)})
	}
	return b
}

// TestBaselineDormant checks that a silence that began before the case is told, and that
// days of which no log tells are no silence.
func TestBaselineDormant(t *testing.T) {
	back := func(pairs ...any) *journal {
		l := &journal{}
		l.weeks(10, "bo")
		l.add(at(5, 12, 0), "ana", pairs...)
		return l
	}
	var within journal
	within.weeks(22, "bo")
	within.weeks(4, "ana")
	within.add(at(20, 12, 0), "ana", "client", "curl")
	boto, ten := attributeOf("client", "boto3"), strings.Repeat("1", 10)
	cut := attributeOf("client", "boto3")
	cut.Rest = baseline.Rest{Count: 1, Calls: 1}
	older := seenBefore(-30, ten, -1)
	older.Schema, older.Covers, older.Dimensions[0].Subjects[0].Seen = baseline.Oldest, nil, nil
	for _, tt := range []struct {
		name string
		log  *journal
		b    *baseline.Baseline
		want string // severity, days of silence and days of which no log tells
		note string
	}{
		{"without one", back("client", "curl"), nil, "", ""},
		{"silent since", back("client", "curl"), seenBefore(-30, ten, -1, boto), "medium 25 0", "silences that began in it: 1"},
		{"back as it was", back(), seenBefore(-30, ten, -1, boto), "low 25 0", "silences that began in it: 1"},
		{"with what may have been left out", back("client", "curl"), seenBefore(-30, ten, -1, cut), "low 25 0", ""},
		{"a weekend between", back("client", "curl"), seenBefore(-30, ten, -3, boto), "medium 23 2", ""},
		{"weeks between", back("client", "curl"), seenBefore(-40, ten, -12, boto), "", "silences that began in it: 0"},
		{"weeks between, and silent in the case", back("client", "curl"), seenBefore(-40, ten, -12, boto, attributeOf("model", "model-z")), "medium 5 11", ""},
		{"a pause before", back("client", "curl"), seenBefore(-30, "1100000000111", -1, boto), "", ""},
		{"too few days", back("client", "curl"), seenBefore(-22, "11", -1, boto), "", ""},
		{"a provider whose logs begin with it", back("client", "curl", "provider", "openai"), seenBefore(-30, ten, -1, boto), "", ""},
		{"a network of another name", back(), seenBefore(-30, ten, -1, attributeOf("network", "office")), "low 25 0", ""},
		{"another network", back(), seenBefore(-30, ten, -1, attributeOf("network", "203.0.0.0/16")), "medium 25 0", ""},
		{"the same network", back(), seenBefore(-30, ten, -1, attributeOf("network", "198.51.0.0/16")), "low 25 0", ""},
		{"within the case", &within, nil, "medium 16 0", ""},
		{"within the case, as it was before", &within, seenBefore(-30, "1100000001"+ten, -1, boto), "", ""},
		{"within the case, with what is not new", &within, seenBefore(-30, strings.Repeat("1", 30), -1, attributeOf("client", "boto3", "curl")), "low 16 0", "silences that began in it: 0"},
		{"within the baseline", &within, seenBefore(-5, strings.Repeat("1", 26), 21, boto), "", ""},
		{"of version 1", &within, older, "medium 16 0", "does not say when an actor was there: it is of version 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Run(t.Context(), casetest.Open(t, tt.log.load(t)), Options{Only: []string{"identity.dormant-revived"}, Baseline: tt.b})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i := range r.Findings {
				f := &r.Findings[i]
				facts := map[string]any{"days_no_log_tells": 0}
				for _, x := range f.Facts {
					facts[x.Name] = x.Value
				}
				got += fmt.Sprintf("%s %v %v", f.Severity, facts["silent_days"], facts["days_no_log_tells"])
				if says := strings.Contains(f.Explanation, "no log tells"); says != (facts["days_no_log_tells"] != 0) {
					t.Errorf("with %v days of which no log tells the explanation is %q", facts["days_no_log_tells"], f.Explanation)
				}
			}
			if notes := strings.Join(r.Detectors[0].Notes, "\n"); got != tt.want || !strings.Contains(notes, tt.note) {
				t.Errorf("got %q with the notes %q, want %q with %q%s", got, notes, tt.want, tt.note, tell(r.Findings))
			}
		})
	}
}
