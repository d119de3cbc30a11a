package detectors

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// normalOf is a baseline of one actor.
func normalOf(s baseline.Subject) *baseline.Baseline {
	b := &baseline.Baseline{Kind: baseline.Kind, Schema: baseline.Schema}
	for _, name := range baseline.Dimensions() {
		b.Dimensions = append(b.Dimensions, baseline.Dimension{Name: name})
	}
	b.Dimensions[0].Subjects = []baseline.Subject{s}
	return b
}

// attributeOf is an attribute with values, each used in a hundred hours.
func attributeOf(name string, values ...string) baseline.Attribute {
	a := baseline.Attribute{Name: name}
	for _, v := range values {
		a.Known = append(a.Known, baseline.Value{Value: v, Calls: 100, Hours: 100})
	}
	return a
}

// told runs one detector with a baseline, and returns how many findings it has
// and its notes.
func told(t *testing.T, id string, log *journal, b *baseline.Baseline) (found int, notes string) {
	t.Helper()
	r, err := Run(t.Context(), casetest.Open(t, log.load(t)), Options{Only: []string{id}, Baseline: b})
	if err != nil {
		t.Fatal(err)
	}
	return len(r.Findings), strings.Join(r.Detectors[0].Notes, "\n")
}

// TestBaselineNovelty checks that a model of the baseline is not new, that another
// one is, and that a baseline makes up for history that the case does not have.
func TestBaselineNovelty(t *testing.T) {
	long := &journal{}
	long.weeks(20, "ana", "bo", "cy")
	long.add(start.AddDate(0, 0, 20).Add(3*time.Hour), "ana", "model", "model-z")
	short := &journal{}
	short.weeks(1, "ana")
	short.add(start.AddDate(0, 0, 1), "ana", "client", "curl")
	past := baseline.Subject{Name: "ana", Days: 30, Last: -1}
	with := func(a baseline.Attribute) *baseline.Baseline {
		s := past
		s.Values = []baseline.Attribute{a}
		return normalOf(s)
	}
	for _, tt := range []struct {
		name, detector string
		log            *journal
		b              *baseline.Baseline
		want           int
		note           string
	}{
		{"without one", "identity.new-model", long, nil, 1, ""},
		{"the model is in it", "identity.new-model", long, with(attributeOf("model", "model-a", "model-z")), 0, "because of it: 2"},
		{"the model is not in it", "identity.new-model", long, with(attributeOf("model", "model-a", "model-b")), 1, "because of it: 1"},
		{"somebody else's", "identity.new-model", long, normalOf(baseline.Subject{Name: "eve", Values: []baseline.Attribute{attributeOf("model", "model-z")}}), 1, "because of it: 0"},
		{"no history", "identity.new-client", short, nil, 0, ""},
		{"history of the baseline", "identity.new-client", short, with(attributeOf("client", "boto3")), 1, "because of it: 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, notes := told(t, tt.detector, tt.log, tt.b)
			if found != tt.want || !strings.Contains(notes, tt.note) {
				t.Errorf("%d findings with the notes %q, want %d with %q", found, notes, tt.want, tt.note)
			}
		})
	}
}

// TestBaselineVolume checks that hours count only where they have more than those
// of the baseline, in the same hours of the week.
func TestBaselineVolume(t *testing.T) {
	log := &journal{}
	log.weeks(20, "ana")
	at := start.AddDate(0, 0, 15).Add(12 * time.Hour) // a Tuesday
	for i := range 200 {
		log.add(at.Add(time.Duration(i)*time.Second), "ana")
	}
	most := func(hour, calls int64) *baseline.Baseline {
		one := int64(1)
		return normalOf(baseline.Subject{Name: "ana", Week: []baseline.Hour{{&hour, &one, &calls, &calls}}})
	}
	for _, tt := range []struct {
		name string
		b    *baseline.Baseline
		want int
		note string
	}{
		{"without one", nil, 1, ""},
		{"as much", most(36, 300), 0, "dropped because of it: 1"},
		{"less", most(36, 100), 1, "dropped because of it: 0"},
		{"another hour", most(60, 300), 1, "dropped because of it: 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, notes := told(t, "volume.calls", log, tt.b)
			if found != tt.want || !strings.Contains(notes, tt.note) {
				t.Errorf("%d findings with the notes %q, want %d with %q", found, notes, tt.want, tt.note)
			}
		})
	}
}

// TestBaselineRefusals checks that a short case is held against the rate of a baseline,
// that what was refused before is no shift, and that days of the baseline are not tested.
func TestBaselineRefusals(t *testing.T) {
	desk := func(days int, blocked func(day, i int) bool) *journal {
		l := &journal{}
		for day := range days {
			for i := range 30 {
				outcome := "success"
				if blocked(day, i) {
					outcome = "blocked"
				}
				l.add(at(day, 8+i/3, i%3), "desk", append([]any{"app", "desk", "outcome", outcome}, says...)...)
			}
		}
		return l
	}
	fourth := func(_, i int) bool { return i%4 == 0 }
	rise := func(day, i int) bool { return i == 7 && day%3 == 0 || day == 11 && i%4 == 0 }
	with := func(refused int64, last time.Time) *baseline.Baseline {
		b := normalOf(baseline.Subject{})
		b.Schema = baseline.Schema
		b.Dimensions[3].Subjects = []baseline.Subject{{
			Name: "desk", Refusals: &baseline.Refusals{Talks: 1000, Refused: refused, Days: 30, Last: baseline.Day(last.Unix() / baseline.DaySeconds)},
		}}
		return b
	}
	before := start.AddDate(0, 0, -1)
	older := normalOf(baseline.Subject{})
	older.Schema = baseline.Oldest
	for _, tt := range []struct {
		name string
		log  *journal
		b    *baseline.Baseline
		want int
		note string
	}{
		{"short without one", desk(1, fourth), nil, 0, "not enough history"},
		{"short with one that knows few", desk(1, fourth), with(10, before), 1, "subjects with conversations in it: 1"},
		{"short with one that knows as many", desk(1, fourth), with(250, before), 0, "subjects with conversations in it: 1"},
		{"a rise without one", desk(12, rise), nil, 1, ""},
		{"a rise with one that knows few", desk(12, rise), with(10, before), 1, "subjects with conversations in it: 1"},
		{"a rise to what it knows", desk(12, rise), with(250, before), 0, "subjects with conversations in it: 1"},
		{"a rise within it", desk(12, rise), with(10, start.AddDate(0, 0, 11)), 0, "subjects with conversations in it: 1"},
		{"of version 1", desk(12, rise), older, 1, "not held against the baseline, which does not say how often any subject of this case was refused: it is of version 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, notes := told(t, "content.refusal-shift", tt.log, tt.b)
			if found != tt.want || !strings.Contains(notes, tt.note) {
				t.Errorf("%d findings with the notes %q, want %d with %q", found, notes, tt.want, tt.note)
			}
		})
	}
}

// TestRateWithBaseline checks that p-values of rates are not too small where nothing
// changed: subjects whose rates differ, with two weeks in a baseline and one in the case.
func TestRateWithBaseline(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	levels := []float64{0.05, 0.01, 0.001}
	small, tests := make([]float64, len(levels)), 0.0
	for range 100 {
		known := map[string]*baseline.Refusals{}
		var list []rated
		for s := range 60 {
			subject := fmt.Sprintf("application %02d", s)
			// Between 0.2 and 20 in a hundred, each day a little otherwise.
			rate := 0.002 * math.Pow(100, rng.Float64())
			past := &baseline.Refusals{Days: 14, Last: 13}
			for on := range int64(21) {
				today := math.Min(1, rate*math.Exp(0.2*rng.NormFloat64()))
				for quarter := range int64(4) {
					x := rated{subject: subject, at: on*day + quarter*sixHours, n: int64(5 + rng.IntN(40))}
					for range x.n {
						if rng.Float64() < today {
							x.with++
						}
					}
					if on < past.Days {
						past.Talks, past.Refused = past.Talks+x.n, past.Refused+x.with
					} else {
						list = append(list, x)
					}
				}
			}
			known[subject] = past
		}
		d := &rateShift{
			tell:  func(_ rated, _ int64, p, _ float64) tested { return tested{p: p} },
			known: func(subject string) *baseline.Refusals { return known[subject] },
		}
		res := d.testAll(list)
		tests += float64(res.tests)
		for _, x := range res.tested {
			for i, level := range levels {
				if x.p <= level {
					small[i]++
				}
			}
		}
	}
	if tests != 100*60*7 {
		t.Fatalf("%v tests, want one of each subject and day of the case", tests)
	}
	for i, level := range levels {
		// With a thousandth of chance to fail where the p-values are right: 3.1 standard
		// deviations of a count.
		if most := tests*level + 3.1*math.Sqrt(tests*level); small[i] > most {
			t.Errorf("%v of %v p-values are at most %v, want at most %.0f", small[i], tests, level, most)
		}
		t.Logf("P(p <= %v)/%v is %.2f", level, level, small[i]/tests/level)
	}
}

// TestUsualHours checks when a baseline says that somebody writes as much at that
// time.
func TestUsualHours(t *testing.T) {
	week := func(hour int64, tokens *int64) baseline.Hour {
		one := int64(1)
		return baseline.Hour{&hour, &one, &one, &one, nil, tokens}
	}
	n := int64(1000)
	r := &run{options: Options{Baseline: normalOf(baseline.Subject{Name: "ana", Week: []baseline.Hour{week(2, &n), week(3, &n), week(4, nil)}})}}
	monday := int64(4 * day) // 1970-01-05
	for _, tt := range []struct {
		name, actor string
		hours       []int64
		tokens      int64
		want        bool
	}{
		{"as much", "ana", []int64{2}, 1000, true},
		{"more", "ana", []int64{2}, 1001, false},
		{"as much in two hours", "ana", []int64{2, 3}, 2000, true},
		{"in an hour without tokens", "ana", []int64{2, 4}, 10, false},
		{"in another hour", "ana", []int64{5}, 10, false},
		{"in the same hour of another day", "ana", []int64{26}, 10, false},
		{"a week later", "ana", []int64{2 + 7*24}, 10, true},
		{"somebody else", "bo", []int64{2}, 10, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var at []int64
			for _, h := range tt.hours {
				at = append(at, monday+h*hour)
			}
			if got := r.usualHours(tt.actor, at, tt.tokens); got != tt.want {
				t.Errorf("usual: %v, want %v", got, tt.want)
			}
		})
	}
}
