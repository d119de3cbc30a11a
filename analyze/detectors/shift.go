package detectors

import (
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// A measure is something of calls as a number in bins, on a logarithmic scale:
// binsPerE bins are a factor of e.
type measure struct {
	name     string
	up, down string // what a shift is, in words
	below    bool   // whether less is a shift too
	// least is the least shift of the median that counts, as a logarithm: what is
	// significant and smaller matters to nobody.
	least float64
}

const (
	binsPerE = 10
	// shiftDays and shiftCalls are the history without which nothing is said of a
	// subject.
	shiftDays, shiftCalls = 5, 40
	// shiftLeast is how many calls a span must have.
	shiftLeast = 6
)

// histogram is how many calls lie in each bin.
type histogram map[int64]int64

func (h histogram) add(other histogram, sign int64) {
	for bin, n := range other {
		if h[bin] += sign * n; h[bin] == 0 {
			delete(h, bin)
		}
	}
}

func (h histogram) size() int64 {
	n := int64(0)
	for _, c := range h {
		n += c
	}
	return n
}

// median returns the bin in which the median lies.
func (h histogram) median() float64 {
	all, at := h.size(), int64(0)
	for _, bin := range h.bins() {
		if at += h[bin]; 2*at >= all {
			return float64(bin)
		}
	}
	return math.NaN()
}

func (h histogram) bins() []int64 {
	return slices.Sorted(maps.Keys(h))
}

// rankShift is the test of Mann and Whitney for values in bins, which are ties: how many
// standard deviations the ranks of a lie above what is expected where both are of
// one distribution. See [statistic.LogShift].
func rankShift(a, b histogram) float64 {
	n, m := float64(a.size()), float64(b.size())
	both := histogram{}
	both.add(a, 1)
	both.add(b, 1)
	before, ranks, ties := 0.0, 0.0, 0.0
	for _, bin := range both.bins() {
		t := float64(both[bin])
		ranks += float64(a[bin]) * (before + (t+1)/2)
		ties += t * (t*t - 1)
		before += t
	}
	total := n + m
	variance := n * m / 12 * (total + 1 - ties/math.Max(total*(total-1), 1))
	if n == 0 || m == 0 || variance <= 0 {
		return 0
	}
	return (ranks - n*(n+1)/2 - n*m/2) / math.Sqrt(variance)
}

// shiftRow is how many calls of a subject lie in a bin of a measure in six hours.
type shiftRow struct {
	subject, measure string
	at, bin, n       int64
}

// shifted is a span of a subject in which a measure differs from the days before.
type shifted struct {
	subject  string
	m        *measure
	at, span int64
	n        int64
	z        float64
	by       float64 // shift of the median, as a logarithm
	own      float64 // scale of the z of the subject's days before
	tried    int     // spans of which it is the worst
}

// shiftedDays returns the worst span of each day of each subject and measure: six
// hours, the day, or the day with the one before.
func (r *run) shiftedDays(ctx context.Context, statement string, measures []measure) ([]shifted, error) {
	var list []shiftRow
	err := r.query(ctx, statement, nil, func(rows *sql.Rows) error {
		var x shiftRow
		err := rows.Scan(&x.subject, &x.measure, &x.at, &x.bin, &x.n)
		list = append(list, x)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []shifted
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].subject == list[0].subject && list[end].measure == list[0].measure {
			end++
		}
		i := slices.IndexFunc(measures, func(m measure) bool { return m.name == list[0].measure })
		if i >= 0 {
			out = append(out, shiftsOf(list[:end], &measures[i])...)
		}
		list = list[end:]
	}
	return out, nil
}

// shiftsOf goes through the days of a subject in one measure. Only what was before a
// day is held against it.
func shiftsOf(list []shiftRow, m *measure) []shifted {
	subject := list[0].subject
	past, last := histogram{}, histogram{} // before the day; on the day before
	lastAt, days := int64(-1), 0
	squares, count := 10.0, 10.0 // of z before; ten of what they should be
	var out []shifted
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].at/day == list[0].at/day {
			end++
		}
		at := list[0].at / day * day
		whole, quarters := histogram{}, map[int64]histogram{}
		for _, x := range list[:end] {
			if quarters[x.at] == nil {
				quarters[x.at] = histogram{}
			}
			quarters[x.at][x.bin] += x.n
			whole[x.bin] += x.n
		}
		list = list[end:]
		if days >= shiftDays && past.size() >= shiftCalls {
			s := shifted{subject: subject, m: m, own: math.Sqrt(squares / count)}
			s.try(whole, past, at, day)
			z := s.z
			for _, from := range slices.Sorted(maps.Keys(quarters)) {
				s.try(quarters[from], past, from, sixHours)
			}
			if lastAt == at-day {
				before, both := histogram{}, histogram{}
				before.add(past, 1)
				before.add(last, -1)
				both.add(whole, 1)
				both.add(last, 1)
				s.try(both, before, lastAt, 2*day)
			}
			if s.tried > 0 {
				out = append(out, s)
				z = min(math.Abs(z), 3)
				squares, count = squares+z*z, count+1
			}
		}
		days++
		past.add(whole, 1)
		last, lastAt = whole, at
	}
	return out
}

// try takes a span if it is worse than what was tried before.
func (s *shifted) try(now, past histogram, at, span int64) {
	n := now.size()
	if n < shiftLeast || past.size() < shiftCalls {
		return
	}
	s.tried++
	z, by := rankShift(now, past), (now.median()-past.median())/binsPerE
	worse := z > s.z
	if s.m.below {
		worse = math.Abs(z) > math.Abs(s.z)
	}
	if worse && math.Abs(by) >= s.m.least && (by > 0) == (z > 0) {
		s.at, s.span, s.n, s.z, s.by = at, span, n, z, by
	}
}

// logP is the logarithm of how probable so much of a shift is: the ranks of calls
// of one conversation are not independent, so that z of a subject's own days, and those of
// all, say how wide they scatter.
func (s *shifted) logP(scale float64) float64 {
	if s.span == 0 {
		return 0
	}
	logP := statistic.LogUpperNormal(math.Abs(s.z)/math.Max(scale, s.own)) + math.Log(float64(s.tried))
	if s.m.below {
		logP += math.Ln2
	}
	return math.Min(0, logP)
}

// scaleOf is how wide the z of all subjects scatter, at least 1.
func scaleOf(list []shifted) float64 {
	var z []float64
	for i := range list {
		if list[i].span > 0 {
			z = append(z, list[i].z)
		}
	}
	if len(z) < 100 {
		return 1
	}
	return math.Max(1, statistic.RobustOf(z).Scale/worstOf)
}

// worstOf is how much wider the worst of some spans scatters than one.
const worstOf = 1.5
