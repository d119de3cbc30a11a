package quality

import (
	"context"
	"database/sql"
	"fmt"
	"math"
)

// What makes a log that shows only some of the calls of another a sampled one.
// With fewer calls chance cannot be told from choice; a share beyond mostShown
// is a matter of single missing records, which reconcile names.
const (
	leastShown  = 200  // calls of the other log
	leastJoined = 20   // of these, in both
	mostShown   = 0.95 // of these, in both
	leastPlace  = 5    // calls expected in both and in one only, for a place to count
)

// findSampled looks for logs that show an even share of the calls of another, at
// all times and whoever called what: that of a tracer or a collector that
// samples. What covers only some applications or hours does not look like that.
//
// No decoder reads the flags of a trace that say so, and these do not say how
// many there were.
func (s *survey) findSampled(ctx context.Context) error {
	for i := range s.r.Sources {
		other := s.widest(i)
		if other < 0 {
			continue
		}
		if err := s.compare(ctx, i, other); err != nil {
			return err
		}
	}
	return nil
}

// widest returns the source that has the most calls in common with source i, of
// those that show more calls than it, or -1.
func (s *survey) widest(i int) int {
	best, most := -1, int64(0)
	for j := range s.r.Sources {
		var shown, joined int64
		for sources, n := range s.together {
			if sources>>j&1 == 0 {
				continue
			}
			shown += n
			if sources>>i&1 == 1 {
				joined += n
			}
		}
		if j != i && shown >= leastShown && joined >= leastJoined && float64(joined) <= mostShown*float64(shown) && joined > most {
			best, most = j, joined
		}
	}
	return best
}

// share is how many calls two logs show, of those that one shows, at one place.
type share struct{ shown, both int64 }

// compare judges whether source i samples the calls of another.
func (s *survey) compare(ctx context.Context, i, other int) error {
	x, of := &s.r.Sources[i], &s.r.Sources[other]
	var slices, cells []share
	var squares, calls int64
	args := []any{sql.Named("format", of.Name), sql.Named("other", x.Name)}
	err := s.query(ctx, "sampled", args, func(r *sql.Rows) error {
		var byCell bool
		var place int64
		var p share
		err := r.Scan(&byCell, &place, &p.shown, &p.both, &squares, &calls)
		if byCell {
			cells = append(cells, p)
		} else {
			slices = append(slices, p)
		}
		return err
	})
	if err != nil {
		return err
	}
	var sum share
	for _, p := range slices {
		sum.shown, sum.both = sum.shown+p.shown, sum.both+p.both
	}
	x.sampled.Of = sum.shown
	if sum.shown < leastShown || sum.both < leastJoined {
		return nil
	}
	// Where whole traces are chosen, their calls are no independent draws: the
	// variance grows by the design effect of cluster sampling, which for
	// clusters of size m is at most the sum of m² by the sum of m (Kish, Survey
	// Sampling, 1965, 5.4).
	effect := max(1, float64(squares)/float64(calls))
	overTime, places := even(slices, sum, effect)
	overCells, _ := even(cells, sum, effect)
	if places < 2 || !overTime || !overCells || float64(sum.both) > mostShown*float64(sum.shown) {
		return nil
	}
	x.sampled.N = sum.shown - sum.both
	x.detail["sampled"] = fmt.Sprintf("shows %.1f %% of the calls of %s, evenly over time and callers: sampled, or lost at random",
		100*float64(sum.both)/float64(sum.shown), of.Name)
	return nil
}

// even reports whether a share is the same everywhere but for chance, by the
// chi-squared test of homogeneity at 0.001, and how many places could be
// compared.
func even(list []share, sum share, effect float64) (ok bool, places int) {
	p := float64(sum.both) / float64(sum.shown)
	statistic := 0.0
	for _, x := range list {
		n := float64(x.shown)
		if n*p < leastPlace || n*(1-p) < leastPlace {
			continue
		}
		d := float64(x.both) - n*p
		statistic += d * d / (n * p * (1 - p))
		places++
	}
	return places < 2 || statistic <= effect*chiSquared999(float64(places-1)), places
}

// chiSquared999 is the 0.999 quantile of the chi-squared distribution, by the
// approximation of Wilson and Hilferty (PNAS 17, 1931, 684), which is right to
// 4 % here; 3.0902 is that quantile of the normal distribution.
func chiSquared999(freedom float64) float64 {
	v := 2 / (9 * freedom)
	return freedom * math.Pow(1-v+3.0902*math.Sqrt(v), 3)
}
