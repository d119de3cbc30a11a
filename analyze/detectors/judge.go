package detectors

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// judge gives each test its q, over the tests of all detectors: Benjamini and Bogomolov,
// "Selective inference on multiple families of hypotheses", Journal of the Royal
// Statistical Society B 76 (2014). Detectors are chosen first, and then tests of those
// that were; both by the step-up procedure of Benjamini and Hochberg, "Controlling the
// False Discovery Rate", in the same journal 57 (1995).
//
// Where nothing happened, the share of runs with a finding is the accepted one,
// however many detectors there are; each by itself at that share would add them up: of
// the 40 seeds 10000 to 10039 of TestCalibration, 8 had a finding of a detector of volume
// then; of the first 20, none has one of any detector now. In what is found, the share of
// false findings is the accepted one on average over the detectors that found
// something. A detector that makes no test has no part in it.
func judge(list []*result) error {
	var made []*result  // some test
	var least []float64 // q of the best test of each, which is Simes' p-value of all of its tests
	for _, res := range list {
		if int64(len(res.tested)) > res.tests {
			return fmt.Errorf("judging %d tests of %d", len(res.tested), res.tests)
		}
		if res.tests == 0 {
			continue
		}
		judgeOwn(res)
		made, least = append(made, res), append(least, 1)
		if len(res.tested) > 0 {
			least[len(least)-1] = res.tested[0].q
		}
	}
	slices.Sort(least)
	for _, res := range made {
		for i := range res.tested {
			res.tested[i].q = among(least, res.tested[i].q)
		}
	}
	return nil
}

// judgeOwn orders the tests of a detector, the least probable first, and gives each its q
// among them: the minimum, over it and all larger p-values, of p times tests through
// rank.
func judgeOwn(res *result) {
	slices.SortStableFunc(res.tested, func(a, b tested) int {
		return cmp.Or(cmp.Compare(a.p, b.p), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Bucket, b.Bucket))
	})
	q := 1.0
	for i := len(res.tested) - 1; i >= 0; i-- {
		q = min(q, res.tested[i].p*float64(res.tests)/float64(i+1))
		res.tested[i].q = q
	}
}

// among returns the q over all detectors of a test by its q among those of its own, and by
// the least of each detector, in ascending order. A share at which k of m detectors are
// chosen lets tests of these count whose own q is at most k/m of it, so that the
// least share is the minimum, over k, of what it takes for both.
func among(least []float64, own float64) float64 {
	q := 1.0
	for i, l := range least {
		q = min(q, math.Max(own, l)*float64(len(least))/float64(i+1))
	}
	return q
}

// keep makes findings of the tests that count at the accepted share of false ones,
// and of those that need no test.
func (r *run) keep(ctx context.Context, res *result) ([]found, error) {
	kept := res.found
	for i := range res.tested {
		t := &res.tested[i]
		f := t.found
		switch {
		case t.q <= r.options.Q:
			f.Test = &analyze.Test{P: t.p, Q: t.q, Tests: res.tests}
		case t.otherwise == 0:
			continue
		default:
			f.Severity = t.otherwise
		}
		if t.events != nil {
			eids, err := t.events(ctx, r)
			if err != nil {
				return nil, err
			}
			f.eids = eids
		}
		if t.complete != nil {
			if err := t.complete(ctx, r, &f); err != nil {
				return nil, err
			}
		}
		kept = append(kept, f)
	}
	return kept, nil
}
