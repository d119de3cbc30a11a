package detectors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
)

// quiet is what a baseline tells of an actor that called one model on each of so many
// days up to the day before [start], and looked at other things on the first of them.
func quiet(name string, days int, looks ...string) baseline.Subject {
	first := baseline.Day(start.Unix()/baseline.DaySeconds) - baseline.Day(days)
	looked := baseline.Attribute{Name: baseline.LookedAt}
	for _, l := range slices.Sorted(slices.Values(looks)) {
		looked.Known = append(looked.Known, baseline.Value{Value: l, Calls: 1, Hours: 1, First: first, Last: first})
	}
	model := baseline.Attribute{Name: "model", Known: []baseline.Value{{Value: "model-a", Calls: 100, Hours: 100, First: first}}}
	return baseline.Subject{
		Name: name, Days: int64(days), Values: []baseline.Attribute{model, looked}, Seen: &baseline.Seen{First: first, Days: strings.Repeat("1", days)},
	}
}

// quietTeam is a baseline of all of a team, in which one actor may be otherwise.
func quietTeam(other *baseline.Subject) *baseline.Baseline {
	b := normalOf(baseline.Subject{})
	b.Schema = baseline.Schema
	b.Dimensions[0].Subjects = nil
	for _, name := range team() {
		s := quiet(name, 20)
		if other != nil && other.Name == name {
			s = *other
		}
		b.Dimensions[0].Subjects = append(b.Dimensions[0].Subjects, s)
	}
	return b
}

// TestBaselineModels checks that a baseline makes up for history that a case does not
// have, and that what an actor looked at before is not new.
func TestBaselineModels(t *testing.T) {
	var kinds []string
	looksAround := func(l *journal, day int) {
		for i, op := range []string{"ListFoundationModels", "ListInferenceProfiles", "ListCustomModels", "ListProvisionedModelThroughputs"} {
			l.add(at(day, 11, i), "ana", "kind", "other", "operation", op, "model", nil)
			kinds = append(kinds, "operation "+op)
		}
		for i := range 4 {
			model := fmt.Sprintf("model-%c", 'q'+i)
			l.add(at(day, 12, i), "ana", "kind", "other", "operation", "GetFoundationModelAvailability", "model", model)
			kinds = append(kinds, "model "+model)
		}
		kinds = append(kinds, "operation GetFoundationModelAvailability")
	}
	var short, long journal
	short.weeks(1, team()...)
	looksAround(&short, 0)
	long.weeks(20, team()...)
	looksAround(&long, 18)
	slices.Sort(kinds)
	known := quiet("ana", 20, slices.Compact(kinds)...)
	cut := quiet("ana", 20)
	cut.Values[0].Rest = baseline.Rest{Count: 1, Calls: 1}
	older := quietTeam(nil)
	older.Schema = baseline.Oldest
	for i := range older.Dimensions[0].Subjects {
		older.Dimensions[0].Subjects[i].Seen = nil
	}
	for _, tt := range []struct {
		name string
		log  *journal
		b    *baseline.Baseline
		want int
		note string
	}{
		{"short without one", &short, nil, 0, ""},
		{"short with one that tells of nothing such", &short, quietTeam(nil), 1, "actors with a past in it: 10"},
		{"short with one that knows it", &short, quietTeam(&known), 0, "actors with a past in it: 10"},
		{"short with one that left models out", &short, quietTeam(&cut), 0, "actors with a past in it: 9"},
		{"long without one", &long, nil, 1, ""},
		{"long with one that tells of nothing such", &long, quietTeam(nil), 1, "actors with a past in it: 10"},
		{"long with one that knows it", &long, quietTeam(&known), 0, "actors with a past in it: 10"},
		{"of version 1", &long, older, 1, "what it looked at: it is of version 1; exhibit baseline save makes it again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, notes := told(t, "recon.model-enumeration", tt.log, tt.b)
			if found != tt.want || !strings.Contains(notes, tt.note) {
				t.Errorf("%d findings with the notes %q, want %d with %q", found, notes, tt.want, tt.note)
			}
		})
	}
}

// TestCountsWithBaseline checks that it is the same whether the first days of some counts
// stand in the logs or in a baseline, so that p-values mean the same. Only spans that
// begin in the baseline are not told.
func TestCountsWithBaseline(t *testing.T) {
	const days, inBaseline = 30, 20
	rng := rand.New(rand.NewPCG(7, 7))
	var all []tally
	for on := range int64(days) {
		for who := range 12 {
			if rng.IntN(4) == 0 {
				continue // is not there
			}
			n := int64(rng.IntN(3)) * int64(rng.IntN(3))
			if on >= inBaseline && rng.IntN(10) == 0 {
				n += 9
			}
			all = append(all, tally{used: used{actor: fmt.Sprintf("actor %02d", who), atUS: on * day, role: "staff"}, n: n})
		}
	}
	before := &countedBefore{days: map[string][]tally{}}
	var later []tally
	for _, c := range all {
		if c.atUS >= inBaseline*day {
			later = append(later, c)
			continue
		}
		c.past = true
		before.days[c.actor] = append(before.days[c.actor], c)
	}
	d := reconModelEnumeration()
	pOf := func(res *result) []string {
		var out []string
		for _, x := range res.tested {
			if x.First.UnixMicro() >= (inBaseline+d.paced)*day {
				out = append(out, fmt.Sprintf("%s %s %v", x.Subject, x.Bucket, x.p))
			}
		}
		return out
	}
	want, got := pOf(d.testAll(all, nil)), pOf(d.testAll(later, before))
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("tests of the last days (-in the logs +in a baseline), %d of them:\n%s", len(want), diff)
	}
	overlapping := pOf(d.testAll(all, before))
	if diff := cmp.Diff(want, overlapping); diff != "" {
		t.Errorf("where the logs hold the days of the baseline too (-in the logs +in both):\n%s", diff)
	}
}
