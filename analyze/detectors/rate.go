package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// rateShift tests whether more of what a subject does has a property than before: the worst
// of each day, its quarters, and it with the day before, against all days before.
//
// How many have it is taken as beta-binomial: the probability of it is a beta variable around
// the rate before, as certain as there were observations, with that of all subjects as a
// start. At most [rateCertain] observations count, for a rate is never as steady as a coin.
//
// What a baseline knows of a subject is as if it stood before its first day, and the days
// of which the baseline tells are not looked at again.
type rateShift struct {
	statement string // of subject, time of six hours, how many, how many have it, most of one
	least     int64  // that have it, to be looked at
	tell      func(x rated, span int64, p, before float64) tested
	// known returns what a baseline knows of a subject, nil where nothing; may be nil.
	known func(subject string) *baseline.Refusals
}

const (
	// rateStart is how many observations the rate of all subjects is worth at most, and
	// rateStartLeast at the least, where subjects differ much.
	rateStart, rateStartLeast = 20.0, 0.5
	// rateKnown is how many observations a subject must have to say how much they differ.
	rateKnown = 20
	// rateCertain is how many observations a rate is known by, at most.
	rateCertain = 300
	// sixHours is a span, in microseconds.
	sixHours = day / 4
)

// rated is how many of what a subject did in a span have a property.
type rated struct {
	subject string
	at      int64
	n, with int64
	most    int64 // of those that have it, of one application or actor
	// known is how many of those before stand in a baseline. Where days is not 0, this
	// row is what a baseline knows of so many days.
	known, days int64
}

func (d *rateShift) test(ctx context.Context, r *run) (*result, error) {
	var list []rated
	err := r.query(ctx, d.statement, nil, func(rows *sql.Rows) error {
		var x rated
		err := rows.Scan(&x.subject, &x.at, &x.n, &x.with, &x.most)
		list = append(list, x)
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.testAll(list), nil
}

// testAll tests the rows of all subjects, which are in the order of subject and time.
func (d *rateShift) testAll(list []rated) *result {
	res := &result{}
	if d.known != nil {
		list = d.remember(list)
	}
	n, with := int64(0), int64(0)
	for i := range list {
		n, with = n+list[i].n, with+list[i].with
	}
	rate := (float64(with) + 0.5) / (float64(n) + 1)
	a := rate * startOf(list)
	b := a/rate - a
	cold, subjects := 0, 0
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].subject == list[0].subject {
			end++
		}
		before := res.tests
		d.subject(res, list[:end], a, b)
		if subjects++; res.tests == before {
			cold++
		}
		list = list[end:]
	}
	if cold > 0 {
		res.notes = append(res.notes, fmt.Sprintf("not enough history for %d of %d subjects: a rate is tested after %d days", cold, subjects, warmSpans))
	}
	return res
}

// remember begins the rows of each subject with what the baseline knows of it, and leaves
// out those of its days and before.
func (d *rateShift) remember(list []rated) (out []rated) {
	var past *baseline.Refusals
	begun := false
	for i, x := range list {
		if i == 0 || x.subject != list[i-1].subject {
			past, begun = d.known(x.subject), false
		}
		if past != nil && x.at/day <= int64(past.Last) {
			continue
		}
		if past != nil && !begun {
			out = append(out, rated{subject: x.subject, at: int64(past.Last) * day, n: past.Talks, with: past.Refused, days: past.Days})
			begun = true
		}
		out = append(out, x)
	}
	return out
}

// startOf is how many observations the rate of all subjects is worth for one of them, by how
// much their rates differ: the beta distribution with the same mean and variance.
func startOf(list []rated) float64 {
	var rates []float64
	for len(list) > 0 {
		n, with, end := int64(0), int64(0), 0
		for end < len(list) && list[end].subject == list[0].subject {
			n, with, end = n+list[end].n, with+list[end].with, end+1
		}
		if n >= rateKnown {
			rates = append(rates, float64(with)/float64(n))
		}
		list = list[end:]
	}
	if len(rates) < 3 {
		return rateStart
	}
	mean, variance := 0.0, 0.0
	for _, v := range rates {
		mean += v / float64(len(rates))
	}
	for _, v := range rates {
		variance += (v - mean) * (v - mean) / float64(len(rates)-1)
	}
	if variance == 0 {
		return rateStart
	}
	return math.Max(rateStartLeast, math.Min(rateStart, mean*(1-mean)/variance-1))
}

// subject tests the days of a subject after its first three.
// Its history begins with a beta distribution of the shapes a and b.
func (d *rateShift) subject(res *result, list []rated, a, b float64) {
	n, with := 0.0, 0.0 // before the day
	log := func(x rated, n, with float64) float64 { return logRate(x, n+a+b, with+a) }
	var last rated // the day before
	days, known := 0, int64(0)
	if past := list[0]; past.days > 0 {
		days, known, n, with = int(past.days), past.n, float64(past.n), float64(past.with)
		list = list[1:]
	}
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].at/day == list[0].at/day {
			end++
		}
		today := list[:end]
		list = list[end:]
		whole := rated{subject: today[0].subject, at: today[0].at / day * day, known: known}
		for _, x := range today {
			whole.n, whole.with, whole.most = whole.n+x.n, whole.with+x.with, whole.most+x.most
		}
		if days >= warmSpans {
			worst, span, logP := whole, int64(day), log(whole, n, with)
			for _, x := range today {
				x.known = known
				if l := log(x, n, with); l < logP {
					worst, span, logP = x, sixHours, l
				}
			}
			both := rated{subject: whole.subject, at: last.at, n: whole.n + last.n, with: whole.with + last.with, most: whole.most + last.most, known: known}
			if last.at == whole.at-day && days > warmSpans {
				if l := log(both, n-float64(last.n), with-float64(last.with)); l < logP {
					worst, span, logP = both, 2*day, l
				}
			}
			res.tests++
			p := math.Exp(math.Max(logP, -700)) * float64(len(today)+2) // Bonferroni
			if p <= DefaultQ && worst.with >= d.least {
				res.tested = append(res.tested, d.tell(worst, span, p, with/max(n, 1)))
			}
		}
		days++
		last = whole
		n, with = n+float64(whole.n), with+float64(whole.with)
	}
}

// logRate is the logarithm of how probable so many are. Those of a model that are mostly
// of one application are that application's.
func logRate(x rated, n, with float64) float64 {
	if strings.HasPrefix(x.subject, "model ") && 2*x.most > x.with {
		return 0
	}
	a, b := with, n-with
	if all := a + b; all > rateCertain {
		a, b = a*rateCertain/all, b*rateCertain/all
	}
	return statistic.LogUpperBetaBinomial(x.with, x.n, a/(a+b), a+b, 0.5)
}
