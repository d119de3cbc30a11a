package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// volumeDetector finds pieces of time in which a subject did or met much more than
// it does otherwise.
//
// How often p-values are as small as they say, P(p <= a)/a, on traffic of a drill
// without incidents, of 30 days and 100,000 calls in CloudTrail and the log of Bedrock:
// the 40 seeds 10000 to 10039. TestCalibration measures it, with EXHIBIT_FIRST_SEED=10000
// and EXHIBIT_SEEDS=40. On these seeds nothing was fitted but tokensApart; before that,
// and before what is unsure of their spread was reckoned with, volume.tokens had 1.00,
// 1.07 and 1.64, and volume.cost 0.98, 1.18 and 2.43.
//
//	detector                 tests    1e-2  1e-3  1e-4  tests at most 1e-4
//	volume.calls             67,226   0.94  1.09  1.79  12
//	volume.tokens            67,226   1.04  0.89  1.04  7
//	volume.cost              28,801   1.04  1.01  1.39  4
//	volume.response-tokens   504,560  0.87  0.72  0.75  38
//	volume.long-responses    59,342   0.77  0.40  0.00  0
//	volume.latency           39,081   0.98  1.00  0.77  3
//	volume.ttft              12,154   0.88  0.49  0.00  0
//	volume.drift             58,243   0.61  0.69  1.03  6
//	volume.burst             106,141  0.84  0.67  0.57  6
//	volume.throttling        394,231  1.06  1.01  1.04  41
//
// Where few tests are expected to be so small, the share says little: of volume.calls 12 are
// where 6.7 should be, which by Poisson's distribution (95 in 100) leaves 0.9 to 3.1 for the
// share at 1e-4; of volume.cost 4 are where 2.9 should be, 0.4 to 3.6; of volume.ttft 6 are at
// most 1e-3 where 12.2 should be, 0.2 to 1.1, and 1.2 should be at most 1e-4. Drifts of days
// that follow on each other hang together: by chance, a stretch of one actor has several small
// p-values.
type volumeDetector struct {
	head analyze.About
	// tests makes the tests; subjects says what their actors are.
	tests func(ctx context.Context, r *run) (t *hourTests, subjects []volumeSubject, notes []string, err error)
	piece int64 // how long a piece is, in microseconds
	// ratio and least say from when on something matters, however improbable it is:
	// so many times what is expected, and so much.
	ratio, least float64
	// events is a statement for the events of a subject's piece of time, "" where
	// tests have them.
	events  string
	what    string // is counted: calls_expected
	measure string // of a baseline that is counted by the hour, "" for none
	explain func(x *volumeRun) string
}

// volumeSubject is what a test is about.
type volumeSubject struct {
	subject, actor string
}

// volumeRun are pieces of time of one subject that follow on each other.
type volumeRun struct {
	volumeSubject
	first, last        int64 // in microseconds, the last one exclusive
	logP               float64
	observed, expected float64 // in all
	pieces, calls      int64
	begun              [2]float64
	eids               []int64
}

func (r *volumeRun) hours() string {
	return fmt.Sprintf("from %s to %s", minuteOf(r.first), minuteOf(r.last))
}

// began says how many conversations the subject began, where that is what surprises.
func (r *volumeRun) began() string {
	if r.begun[0] == 0 {
		return ""
	}
	return fmt.Sprintf("; it began %.0f conversations, where %.2g are expected", r.begun[0], r.begun[1])
}

func minuteOf(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02 15:04") }

func (d *volumeDetector) about() *analyze.About { return &d.head }

func (d *volumeDetector) detect(ctx context.Context, r *run) (*result, error) {
	t, subjects, notes, err := d.tests(ctx, r)
	if err != nil {
		return nil, err
	}
	return d.resultOf(r, t, subjects, notes), nil
}

// resultOf makes a result of tests.
func (d *volumeDetector) resultOf(r *run, t *hourTests, subjects []volumeSubject, notes []string) *result {
	res := &result{tests: t.n, notes: notes, based: r.options.Baseline != nil && d.measure != ""}
	if t.n == 0 {
		res.lacks = "not enough history: " + warmUpWords
	}
	for _, x := range d.runs(t.list, subjects) {
		res.tested = append(res.tested, tested{
			p: math.Exp(x.logP),
			found: found{normal: r.usualVolume(d.measure, x), Finding: analyze.Finding{
				Subject: x.subject, Bucket: minuteOf(x.first), Actor: x.actor, Explanation: d.explain(x),
				First: time.UnixMicro(x.first).UTC(), Last: time.UnixMicro(x.last).UTC(),
				Facts: []analyze.Fact{
					{Name: d.what, Value: rounded(x.observed)},
					{Name: d.what + "_expected", Value: rounded(x.expected)},
					{Name: "times_expected", Value: rounded(x.observed / x.expected)},
				},
			}},
			events: func(ctx context.Context, r *run) ([]int64, error) { return d.eventsOf(ctx, r, x) },
		})
	}
	return res
}

// warmUpWords says what history these detectors need.
const warmUpWords = "an actor needs 50 calls, and the logs calls on more than 7 whole days"

// shortNotes say of how many nothing can be said, for they have too little of something.
func shortNotes(n int, whom, what string) []string {
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("not enough history of %d %s, with fewer than %d %s", n, whom, warmUpCalls, what)}
}

// runs joins tests that matter and follow on each other. The p-value of a run is
// the least of its tests.
func (d *volumeDetector) runs(list []hourTest, subjects []volumeSubject) []*volumeRun {
	list = slices.DeleteFunc(slices.Clone(list), func(x hourTest) bool {
		return x.untold || x.logP > math.Log(DefaultQ) || x.observed < d.least ||
			x.observed < d.ratio*x.expected && x.begun[0] <= d.ratio*x.begun[1]
	})
	slices.SortFunc(list, func(a, b hourTest) int { return cmp.Or(cmp.Compare(a.actor, b.actor), cmp.Compare(a.hour, b.hour)) })
	var out []*volumeRun
	at := -1
	for _, x := range list {
		first, last := x.hour*d.piece, (x.hour+1)*d.piece
		if x.until != 0 {
			first, last = x.hour, x.until+1
		}
		if n := len(out); at == x.actor && first <= out[n-1].last {
			o := out[n-1]
			if first < o.last { // they overlap: the more surprising one tells of both
				if x.logP < o.logP {
					o.observed, o.expected, o.calls, o.begun = x.observed, x.expected, x.n, x.begun
				}
				o.eids = append(o.eids, x.eids...)
				o.first, o.last, o.logP = min(first, o.first), max(last, o.last), min(o.logP, x.logP)
				continue
			}
			o.last, o.logP = max(last, o.last), min(o.logP, x.logP)
			o.observed, o.expected = o.observed+x.observed, o.expected+x.expected
			o.pieces, o.calls, o.eids = o.pieces+1, o.calls+x.n, append(o.eids, x.eids...)
			continue
		}
		at = x.actor
		out = append(out, &volumeRun{
			volumeSubject: subjects[x.actor], first: first, last: last, logP: x.logP,
			observed: x.observed, expected: x.expected, pieces: 1, calls: x.n, begun: x.begun, eids: slices.Clone(x.eids),
		})
	}
	return out
}

// eventsOf returns the events of calls of a run, in order.
func (d *volumeDetector) eventsOf(ctx context.Context, r *run, x *volumeRun) ([]int64, error) {
	if d.events == "" {
		return slices.Compact(x.eids), nil
	}
	var eids []int64
	args := []any{sql.Named("actor", x.actor), sql.Named("first", x.first), sql.Named("last", x.last)}
	err := r.query(ctx, d.events, args, func(rows *sql.Rows) error {
		var eid int64
		err := rows.Scan(&eid)
		eids = append(eids, eid)
		return err
	})
	return eids, err
}

// rounded cuts a number to three digits that matter, and more before the point.
func rounded(v float64) any {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0.0
	}
	if math.Abs(v) >= 100 {
		return int64(math.Round(v))
	}
	unit := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*unit) / unit
}

// subjects are the actors of the history.
func (h *volumeHistory) subjects() []volumeSubject {
	var out []volumeSubject
	for _, a := range h.actors {
		out = append(out, volumeSubject{subject: a.name, actor: a.name})
	}
	return out
}

// notes say about whom nothing can be said.
func (h *volumeHistory) notes() []string {
	if h.few == 0 {
		return nil
	}
	return []string{fmt.Sprintf("not enough history of %d actors, who made fewer than %d calls each", h.few, warmUpCalls)}
}
