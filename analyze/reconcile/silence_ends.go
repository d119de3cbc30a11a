package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"
)

// watched holds how many calls each source shows per hour, by whether another
// source shows them too.
type watched struct {
	hours  [][]hourly // by bit of the source
	totals []int64
	shared [][]int64 // [a][b]: calls of a that b shows too
}

// hourly counts the calls of an hour that the same sources show.
type hourly struct {
	hour  int64
	mask  uint64
	calls int64
}

// watch reads what sources show of each other's calls.
func (s *survey) watch(ctx context.Context) (*watched, error) {
	n := len(s.sources)
	w := &watched{hours: make([][]hourly, n), totals: make([]int64, n), shared: make([][]int64, n)}
	for i := range w.shared {
		w.shared[i] = make([]int64, n)
	}
	if n < 2 {
		return w, nil // nobody else shows anything
	}
	err := s.query(ctx, "silence_shown", nil, func(r *sql.Rows) error {
		var bit int
		var h hourly
		err := r.Scan(&bit, &h.mask, &h.hour, &h.calls)
		w.hours[bit] = append(w.hours[bit], h)
		w.totals[bit] += h.calls
		for b := range n {
			if h.mask>>b&1 == 1 {
				w.shared[bit][b] += h.calls
			}
		}
		return err
	})
	return w, err
}

// share returns the share of a's calls that b shows too; 0 where they are too
// few to know.
func (w *watched) share(a, b int) float64 {
	if w.shared[a][b] < sharedCalls {
		return 0
	}
	return float64(w.shared[a][b]) / float64(w.totals[a])
}

// ends says which sources begin after the others or end before them. That is
// told by the calls that another source shows before the first or after the
// last hour with a call that both show, which does not hang on clocks. It is no
// finding: the time that was exported may have been chosen so.
func (w *watched) ends(sources []source) []string {
	var notes []string
	for b := range sources {
		var before, after cut
		for a := range sources {
			if a == b || w.share(a, b) == 0 {
				continue
			}
			x, y := w.cuts(a, b)
			before, after = before.larger(x), after.larger(y)
		}
		if before.clear() {
			notes = append(notes, fmt.Sprintf("%s begins late: %s, and it would have shown about %s of them; the export may begin there",
				sources[b].name, before.words(sources, "before"), count(int64(math.Round(before.missing)))))
		}
		if after.clear() {
			notes = append(notes, fmt.Sprintf("%s ends early: %s, and it would have shown about %s of them; the export may end there",
				sources[b].name, after.words(sources, "after"), count(int64(math.Round(after.missing)))))
		}
	}
	return notes
}

// cut is what another source shows beyond an end of a source.
type cut struct {
	by      int   // the other source
	hour    int64 // the first or last hour with a call that both show
	calls   int64 // of the other source beyond it
	missing float64
	chance  float64 // natural logarithm of the probability that none of them is shown
}

func (c cut) larger(o cut) cut {
	if o.missing > c.missing {
		return o
	}
	return c
}

// clear says whether chance explains that none of the calls is shown.
func (c cut) clear() bool { return c.calls > 0 && c.chance < math.Log(silenceChance) }

func (c cut) words(sources []source, where string) string {
	return fmt.Sprintf("%s shows %s %s the hour of %s", sources[c.by].name, counted(c.calls, "call"), where, time.Unix(c.hour*3600, 0).UTC().Format("2006-01-02T15:04Z07:00"))
}

// cuts compares the ends of b with what a shows. Of n calls of which b shows
// each with the probability q, none is shown with (1 - q)^n.
func (w *watched) cuts(a, b int) (before, after cut) {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, h := range w.hours[a] {
		if h.mask>>b&1 == 1 {
			first, last = min(first, h.hour), max(last, h.hour)
		}
	}
	before, after = cut{by: a, hour: first}, cut{by: a, hour: last}
	var within int64
	for _, h := range w.hours[a] {
		switch {
		case h.hour < first:
			before.calls += h.calls
		case h.hour > last:
			after.calls += h.calls
		default:
			within += h.calls
		}
	}
	q := float64(w.shared[a][b]) / float64(within)
	for _, c := range []*cut{&before, &after} {
		c.missing = q * float64(c.calls)
		c.chance = float64(c.calls) * math.Log1p(-min(q, 1-1e-9))
	}
	return before, after
}
