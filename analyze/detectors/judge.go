package detectors

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// judge keeps the tests that count at the accepted share of false findings: the
// step-up procedure of Benjamini and Hochberg, "Controlling the False Discovery
// Rate", Journal of the Royal Statistical Society B 57 (1995). A test's q is the
// least share at which it would count: the minimum, over it and all larger
// p-values, of p times tests through rank.
func (r *run) judge(ctx context.Context, res *result) ([]found, error) {
	if int64(len(res.tested)) > res.tests {
		return nil, fmt.Errorf("judging %d tests of %d", len(res.tested), res.tests)
	}
	list := slices.Clone(res.tested)
	slices.SortStableFunc(list, func(a, b tested) int {
		return cmp.Or(cmp.Compare(a.p, b.p), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Bucket, b.Bucket))
	})
	q := 1.0
	qs := make([]float64, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		q = min(q, list[i].p*float64(res.tests)/float64(i+1))
		qs[i] = q
	}
	var kept []found
	for i := range list {
		f := list[i].found
		switch {
		case qs[i] <= r.options.Q:
			f.Test = &analyze.Test{P: list[i].p, Q: qs[i], Tests: res.tests}
		case !list[i].always:
			continue
		}
		if list[i].events != nil {
			eids, err := list[i].events(ctx, r)
			if err != nil {
				return nil, err
			}
			f.eids = eids
		}
		if list[i].complete != nil {
			if err := list[i].complete(ctx, r, &f); err != nil {
				return nil, err
			}
		}
		kept = append(kept, f)
	}
	return kept, nil
}
