package baseline

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// volumesOf is a baseline of one actor with so many calls in an hour, as the
// median and scale of logarithms.
func volumesOf(name string, days int64, centre, scale float64, models ...string) *Baseline {
	b := &Baseline{Kind: Kind, Schema: Schema}
	for _, d := range Dimensions() {
		b.Dimensions = append(b.Dimensions, Dimension{Name: d})
	}
	s := Subject{Name: name, Calls: 1000, Hours: 8 * days, Days: days, Volumes: []Volume{{Measure: "calls", Per: PerHour, N: 8 * days, Centre: centre, Scale: scale}}}
	a := Attribute{Name: "model"}
	for _, m := range models {
		a.Known = append(a.Known, Value{Value: m, Calls: 1, Hours: 1})
	}
	s.Values = []Attribute{a}
	b.Dimensions[0].Subjects = []Subject{s}
	return b
}

// refusing is a baseline with so many refused of some conversations.
func refusing(schema int, days, talks, refused int64) *Baseline {
	b := volumesOf("ana", days, 1, 1)
	b.Schema = schema
	s := &b.Dimensions[0].Subjects[0]
	s.Volumes = nil
	if schema >= 2 {
		s.Refusals = &Refusals{Talks: talks, Refused: refused, Days: days}
		s.Values = []Attribute{{Name: LookedAt, Known: []Value{{Value: "model m", Calls: 1, Hours: 1}}}}
	}
	return b
}

// TestDiff checks what counts as a change.
func TestDiff(t *testing.T) {
	ten, twenty := math.Log1p(10), math.Log1p(20)
	for _, tt := range []struct {
		name          string
		before, after *Baseline
		want          []string
	}{
		{"nothing", volumesOf("ana", 20, ten, 0.3, "a"), volumesOf("ana", 20, ten, 0.3, "a"), nil},
		{"another subject", volumesOf("ana", 20, ten, 0.3), volumesOf("bo", 20, ten, 0.3), []string{"new bo", "gone ana"}},
		{"another value", volumesOf("ana", 20, ten, 0.3, "a"), volumesOf("ana", 20, ten, 0.3, "a", "b"), []string{"b"}},
		{"twice as much", volumesOf("ana", 20, ten, 0.3), volumesOf("ana", 20, twenty, 0.3), []string{"calls hour 2.00 5.4"}},
		{"half of it", volumesOf("ana", 20, twenty, 0.3), volumesOf("ana", 20, ten, 0.3), []string{"calls hour 0.50 -5.4"}},
		{"what scatters that much", volumesOf("ana", 20, ten, 0.6), volumesOf("ana", 20, twenty, 0.6), nil},
		{"too few days", volumesOf("ana", 3, ten, 0.01), volumesOf("ana", 20, twenty, 0.01), nil},
		{"no scatter", volumesOf("ana", 20, ten, 0), volumesOf("ana", 20, math.Log1p(30), 0), []string{"calls hour 3.00 NaN"}},
		{"more refused", refusing(2, 20, 1000, 10), refusing(2, 20, 1000, 100), []string{"refused 4.8"}},
		{"less refused", refusing(2, 20, 1000, 100), refusing(2, 20, 1000, 10), []string{"refused -4.8"}},
		{"a little more", refusing(2, 20, 1000, 10), refusing(2, 20, 1000, 25), nil},
		{"a little more of very many", refusing(2, 20, 1e6, 1e4), refusing(2, 20, 1e6, 2e4), nil},
		{"more on few days", refusing(2, 3, 1000, 10), refusing(2, 20, 1000, 100), nil},
		{"none of none", refusing(2, 20, 1000, 0), refusing(2, 20, 1000, 0), nil},
		{"an older version", refusing(1, 20, 0, 0), refusing(2, 20, 1000, 100), nil},
		{"sure but small", volumesOf("ana", 20, ten, 0.001), volumesOf("ana", 20, math.Log1p(12), 0.001), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Diff(tt.before, tt.after)
			var got []string
			for _, c := range d.Subjects {
				got = append(got, map[bool]string{true: "new ", false: "gone "}[c.New]+c.Subject.Name)
			}
			for _, c := range d.Values {
				got = append(got, c.Value.Value)
			}
			for _, c := range d.Volumes {
				got = append(got, fmt.Sprintf("%s %s %.2f %.1f", c.After.Measure, c.After.Per, c.Ratio, c.Z))
			}
			for _, c := range d.Refusals {
				got = append(got, fmt.Sprintf("refused %.1f", c.Z))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}
