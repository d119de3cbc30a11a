package reconcile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// log writes records a minute apart, whose times change may alter.
func log(n int, change func(i int, at time.Time) time.Time) string {
	var b strings.Builder
	b.WriteString("timestamp,model,user\n")
	for i := range n {
		at := time.Date(2026, 4, 1, 8, i, 0, 0, time.UTC)
		fmt.Fprintf(&b, "%s,model-a,user-%d\n", change(i, at).Format("2006-01-02T15:04:05.000Z"), i)
	}
	return b.String()
}

func TestRegression(t *testing.T) {
	at := func(hour, minute int) string {
		return time.Date(2026, 4, 1, hour, minute, 0, 0, time.UTC).Format(time.RFC3339)
	}
	for _, test := range []struct {
		name   string
		n      int
		change func(i int, at time.Time) time.Time
		want   string // kind, size, records and severity, first and last
		note   string
	}{
		{"in order", 200, func(_ int, at time.Time) time.Time { return at }, "", ""},
		{"clock set back by an hour", 200, func(i int, at time.Time) time.Time {
			if i >= 100 {
				return at.Add(-time.Hour)
			}
			return at
		}, "set_back 59m0s 59 medium " + at(8, 40) + " " + at(9, 39), ""},
		{"clock set back by few records", 200, func(i int, at time.Time) time.Time {
			if i >= 100 {
				return at.Add(-8 * time.Minute)
			}
			return at
		}, "set_back 7m0s 7 medium " + at(9, 32) + " " + at(9, 39), ""},
		{"the first record from the future", 200, func(i int, at time.Time) time.Time {
			if i == 0 {
				return at.Add(time.Hour)
			}
			return at
		}, "record_later 59m0s 1 low " + at(8, 1) + " " + at(9, 0), ""},
		{"clock set back for good", 120, func(i int, at time.Time) time.Time {
			if i >= 100 {
				return at.Add(-time.Hour)
			}
			return at
		}, "set_back 59m0s 20 medium " + at(8, 40) + " " + at(9, 39), ""},
		{"one record late", 200, func(i int, at time.Time) time.Time {
			if i == 100 {
				return at.Add(-time.Hour)
			}
			return at
		}, "record_earlier 59m0s 1 low " + at(8, 40) + " " + at(9, 39), ""},
		{"one record from the future", 200, func(i int, at time.Time) time.Time {
			if i == 100 {
				return at.Add(time.Hour)
			}
			return at
		}, "record_later 59m0s 1 low " + at(9, 41) + " " + at(10, 40), ""},
		{"ten records late", 200, func(i int, at time.Time) time.Time {
			if i >= 100 && i < 110 {
				return at.Add(-time.Hour)
			}
			return at
		}, "records_earlier 59m0s 10 low " + at(8, 40) + " " + at(9, 39), ""},
		{"the last record late", 200, func(i int, at time.Time) time.Time {
			if i == 199 {
				return at.Add(-time.Hour)
			}
			return at
		}, "record_earlier 59m0s 1 low " + at(10, 19) + " " + at(11, 18), ""},
		{"newest first", 200, func(i int, at time.Time) time.Time { return at.Add(-time.Duration(2*i) * time.Minute) }, "", ""},
		{"newest first, one record odd", 200, func(i int, at time.Time) time.Time {
			if i == 100 {
				return at.Add(-2*time.Hour + time.Hour)
			}
			return at.Add(-time.Duration(2*i) * time.Minute)
		}, "record_later 2h19m0s 1 low " + at(6, 21) + " " + at(8, 40), ""},
		{"batches out of order", 300, func(i int, at time.Time) time.Time { return at.Add(-time.Duration(i*37%15) * time.Minute) }, "", ""},
		{"another log after it", 200, func(i int, at time.Time) time.Time {
			if i >= 100 {
				return at.Add(-24 * time.Hour)
			}
			return at
		}, "", "holds several logs one after the other"},
		{"too few records", 40, func(i int, at time.Time) time.Time {
			if i >= 20 {
				return at.Add(-15 * time.Minute)
			}
			return at
		}, "", "fewer than 50 records"},
		{"four times is a habit", 200, func(i int, at time.Time) time.Time {
			if i%45 == 44 {
				return at.Add(-time.Hour)
			}
			return at
		}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := casetest.Files(t, map[string]string{"log.csv": log(test.n, test.change)})
			report, err := Run(t.Context(), c, Options{Only: []string{"regression"}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range report.Findings {
				step, _ := factOf(&f, "back_us").(int64)
				got = append(got, fmt.Sprintf("%s %s %d %s %s %s", factOf(&f, "kind"), micros(step), factOf(&f, "records"), f.Severity, f.First.Format(time.RFC3339), f.Last.Format(time.RFC3339)))
				if len(f.Events) != 2 {
					t.Errorf("events: %v", f.Events)
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if notes := strings.Join(report.Checks[0].Notes, "\n"); !strings.Contains(notes, test.note) || test.note == "" && notes != "" {
				t.Errorf("notes: %q, want %q", notes, test.note)
			}
		})
	}
}

// TestRegressionOfLongCalls reads a log that is written when calls end, with the
// time when they began: a call of two hours goes back two hours.
func TestRegressionOfLongCalls(t *testing.T) {
	var b strings.Builder
	b.WriteString("timestamp,model,latency_ms\n")
	for i := range 200 {
		at := time.Date(2026, 4, 1, 8, i, 0, 0, time.UTC)
		latency := time.Second
		if i == 100 {
			at, latency = at.Add(-2*time.Hour), 2*time.Hour
		}
		fmt.Fprintf(&b, "%s,model-a,%d\n", at.Format("2006-01-02T15:04:05.000Z"), latency.Milliseconds())
	}
	report, err := Run(t.Context(), casetest.Files(t, map[string]string{"log.csv": b.String()}), Options{Only: []string{"regression"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]analyze.Finding(nil), report.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
