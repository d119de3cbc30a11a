package detectors

import (
	"encoding/binary"
	"hash/fnv"
	"math"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// shareCell says how many of the calls of a subject in a piece of time were of the
// kind that is counted.
type shareCell struct {
	at   int64 // the piece of time, since 1970
	n, k int64
}

// shareSeries are the cells of a subject, in order of time.
type shareSeries struct {
	subject string
	cells   []shareCell
}

// A subject's own share counts as much as that of all subjects with so many calls,
// and changes from one piece of time to the next as one of this precision does.
const (
	shareCalls     = 100
	sharePrecision = 1000
	// shareReach is what the p-value of a piece of time must be able to reach, were
	// all of its calls counted, for it to be tested at all: Tarone, "A Modified
	// Bonferroni Method for Discrete Data", Biometrics 46 (1990).
	shareReach = 1e-6
)

// shareTests tests for every piece of time of every subject whether so many of its
// calls, or more, are counted by chance. The share that is expected is that of
// other days of the subject, shrunk to that of all.
func shareTests(list []*shareSeries) (t *hourTests, short int) {
	t = &hourTests{}
	var all shareCell
	for _, s := range list {
		for _, c := range s.cells {
			all.n, all.k = all.n+c.n, all.k+c.k
		}
	}
	usual := (float64(all.k) + 1) / (float64(all.n) + 100)
	for i, s := range list {
		var own shareCell
		for _, c := range s.cells {
			own.n, own.k = own.n+c.n, own.k+c.k
		}
		if own.n < warmUpCalls {
			short++
			continue
		}
		for from, to := 0, 0; from < len(s.cells); from = to {
			day := s.cells[from].at / hoursOfDay
			others := own
			for to = from; to < len(s.cells) && s.cells[to].at/hoursOfDay == day; to++ {
				others.n, others.k = others.n-s.cells[to].n, others.k-s.cells[to].k
			}
			if others.n < warmUpCalls {
				continue
			}
			share := (float64(others.k) + usual*shareCalls) / (float64(others.n) + shareCalls)
			for _, c := range s.cells[from:to] {
				if statistic.LogUpperBetaBinomial(c.n, c.n, share, sharePrecision, 0.5) > math.Log(shareReach) {
					continue
				}
				t.n++
				if mean := share * float64(c.n); float64(c.k) > mean {
					t.add(hourTest{
						actor: i, hour: c.at * hourUS, until: (c.at+1)*hourUS - 1, observed: float64(c.k), expected: mean, n: c.n,
						logP: statistic.LogUpperBetaBinomial(c.k, c.n, share, sharePrecision, drawn(s.subject, c.at)),
					})
				}
			}
		}
	}
	t.correct()
	return t, short
}

// drawn is a number from 0 to 1 that hangs on what is tested only. Of few calls so
// many are counted or one more, with nothing between; p-values are right on
// average where the part of just so many that counts is drawn.
func drawn(subject string, at int64) float64 {
	h := fnv.New64a()
	h.Write([]byte(subject))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(at))) //nolint:gosec // any bits will do
	// FNV leaves its upper bits alike for what differs at the end only.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd // the finalizer of MurmurHash3
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}
