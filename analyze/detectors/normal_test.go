package detectors

import (
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
