package baseline

import (
	"cmp"
	"math"
	"slices"
)

// Difference is what changed from one baseline to another.
type Difference struct {
	Subjects []SubjectChange // those with the most calls first
	Values   []ValueChange   // those with the most calls first
	Volumes  []VolumeChange  // the largest change first
	Refusals []RefusalChange // the largest z first
	// Compared is how many volumes there are in both, and Short how many of them
	// stand on fewer than [minPieces] days in one of them, so that nothing is said.
	Compared, Short int
	// Cut says that a bound left something out of one of them: what is new or gone
	// may have been there.
	Cut bool
	// Older says that one of them has a version that knows nothing of refusals and of
	// what actors looked at: of these nothing is said.
	Older bool
}

// SubjectChange is a subject that only one of the two has.
type SubjectChange struct {
	Dimension string
	New       bool // else it is gone
	Subject   *Subject
}

// ValueChange is a value that a subject of both only has in the second.
type ValueChange struct {
	Dimension, Subject, Attribute string
	Value                         *Value
}

// VolumeChange is a volume of a subject of both that changed.
type VolumeChange struct {
	Dimension, Subject string
	Before, After      *Volume
	Ratio              float64 // of the medians, after to before
	// Z is the change in standard errors of the medians; NaN where neither scatters.
	Z float64
}

// RefusalChange is a share of refused conversations of a subject of both that changed.
type RefusalChange struct {
	Dimension, Subject string
	Before, After      *Refusals
	Z                  float64 // of the difference of the shares
}

const (
	// minPieces is how many days both must have: scales of fewer say little.
	minPieces = 4
	// leastZ is from which on a change counts. With some thousand volumes, which
	// are many tests of much the same, 4 leaves less than one to chance.
	leastZ = 4
	// leastRatio is from which on a change matters, and sureRatio where volumes do
	// not scatter at all, so that there is no z.
	leastRatio = 1.25
	sureRatio  = 2
	// certainTalks is how many conversations a share is known by at most: what is asked
	// changes from day to day, so that no share is as steady as a coin.
	certainTalks = 300
)

// Diff says what changed from one baseline to another.
func Diff(before, after *Baseline) *Difference {
	d := &Difference{Older: min(before.Schema, after.Schema) < 2}
	for i, name := range Dimensions() {
		d.Cut = d.Cut || before.Dimensions[i].Rest.Count > 0 || after.Dimensions[i].Rest.Count > 0
		for k := range after.Dimensions[i].Subjects {
			s := &after.Dimensions[i].Subjects[k]
			if old := before.Subject(name, s.Name); old != nil {
				d.compare(name, old, s)
			} else {
				d.Subjects = append(d.Subjects, SubjectChange{name, true, s})
			}
		}
		for k := range before.Dimensions[i].Subjects {
			s := &before.Dimensions[i].Subjects[k]
			if after.Subject(name, s.Name) == nil {
				d.Subjects = append(d.Subjects, SubjectChange{name, false, s})
			}
		}
	}
	// What is equal stays in the order of the files.
	slices.SortStableFunc(d.Subjects, func(a, b SubjectChange) int { return cmp.Compare(b.Subject.Calls, a.Subject.Calls) })
	slices.SortStableFunc(d.Values, func(a, b ValueChange) int { return cmp.Compare(b.Value.Calls, a.Value.Calls) })
	slices.SortStableFunc(d.Refusals, func(a, b RefusalChange) int { return cmp.Compare(math.Abs(b.Z), math.Abs(a.Z)) })
	slices.SortStableFunc(d.Volumes, func(a, b VolumeChange) int {
		return cmp.Compare(math.Abs(math.Log(b.Ratio)), math.Abs(math.Log(a.Ratio)))
	})
	return d
}

// compare notes what changed about one subject.
func (d *Difference) compare(dimension string, before, after *Subject) {
	for i := range after.Values {
		a := &after.Values[i]
		if d.Older && a.Name == LookedAt {
			continue
		}
		old := before.Attribute(a.Name)
		d.Cut = d.Cut || old != nil && old.Rest.Count > 0
		for k := range a.Known {
			if v := &a.Known[k]; old.Find(v.Value) == nil {
				d.Values = append(d.Values, ValueChange{dimension, after.Name, a.Name, v})
			}
		}
	}
	if before.Refusals != nil && after.Refusals != nil {
		c := RefusalChange{Dimension: dimension, Subject: after.Name, Before: before.Refusals, After: after.Refusals}
		if c.counts() {
			d.Refusals = append(d.Refusals, c)
		}
	}
	for i := range after.Volumes {
		v := &after.Volumes[i]
		old := before.Volume(v.Measure, v.Per)
		if old == nil {
			continue
		}
		d.Compared++
		if before.Days < minPieces || after.Days < minPieces {
			d.Short++
			continue
		}
		c := VolumeChange{Dimension: dimension, Subject: after.Name, Before: old, After: v}
		c.Ratio = math.Expm1(v.Centre) / math.Expm1(old.Centre)
		c.Z = (v.Centre - old.Centre) / math.Hypot(old.medianError(before.Days), v.medianError(after.Days))
		if c.counts() {
			d.Volumes = append(d.Volumes, c)
		}
	}
}

// counts reports whether a change is more than scatter, and matters.
func (c *VolumeChange) counts() bool {
	size := math.Abs(math.Log(c.Ratio))
	if math.IsNaN(size) {
		return false // nothing before and after
	}
	if c.Before.Scale == 0 && c.After.Scale == 0 {
		c.Z = math.NaN()
		return size >= math.Log(sureRatio)
	}
	return size >= math.Log(leastRatio) && math.Abs(c.Z) >= leastZ
}

// counts reports whether a change is more than scatter, and matters. Half of a
// conversation is added to those with refusals and those without: what did not happen
// yet is not impossible (Krichevsky and Trofimov 1981).
func (c *RefusalChange) counts() bool {
	if c.Before.Days < minPieces || c.After.Days < minPieces {
		return false
	}
	var share, certain [2]float64
	for i, r := range []*Refusals{c.Before, c.After} {
		share[i] = (float64(r.Refused) + 0.5) / (float64(r.Talks) + 1)
		certain[i] = math.Min(float64(r.Talks)+1, certainTalks)
	}
	both := (share[0]*certain[0] + share[1]*certain[1]) / (certain[0] + certain[1])
	c.Z = (share[1] - share[0]) / math.Sqrt(both*(1-both)*(1/certain[0]+1/certain[1]))
	return math.Abs(math.Log(share[1]/share[0])) >= math.Log(leastRatio) && math.Abs(c.Z) >= leastZ
}

// medianError is the standard error of the median of normal values: sqrt(pi/2)
// times that of their mean (Kenney and Keeping, "Mathematics of Statistics", 1962).
// Hours of one day are alike, so that no more than the days count.
func (v *Volume) medianError(days int64) float64 {
	return v.Scale * math.Sqrt(math.Pi/2/float64(min(v.N, days)))
}
