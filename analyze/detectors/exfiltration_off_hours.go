package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// offHours tests whether a person let models write much when it never works.
//
// An hour is off where the person was not seen in it nor in the hours next to it, on
// days before of the same kind (working days, or days at the end of the week).
// What counts is how probable it is that the person is there in such an hour at all, by
// its own days before and those of all, and how probable so much is: the share of
// all hours of all persons in which one wrote as much above its own habit. Both are one
// p-value by their product, and so are the days of a week.
type offHours struct{}

func (offHours) about() *analyze.About {
	return &analyze.About{
		ID: "exfiltration.off-hours", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
		Title: "A person's models wrote much when the person never works",
		Why: "Who uses the credential of somebody else does so when it suits them, and who takes data along does so when nobody looks. Tested are the days of each person, and the last week " +
			"up to each: how much was written in hours of the day in which the person was not there before, in visits rather than calls, against all persons.",
		Tags:  []string{"atlas.aml.t0012", "atlas.aml.t0024", "attack.t1078"},
		Needs: []string{"actor", "output_tokens"},
		FalsePositives: []string{
			"a person who travels, or works late for once",
			"a script that a person leaves running",
		},
		Triage:  []string{"ask the person", "compare address and client with those of its days", "read the longest answers: exhibit show EVENT"},
		Collect: []string{"the calls in these hours with their answers", "logins of the person at that time"},
		Contain: []string{"end the sessions of the person and rotate its credential, where it was not them"},
	}
}

// personHour is what a person let models write in an hour.
type personHour struct {
	actor         string
	at            int64
	tokens, calls int64
}

const (
	hour = day / 24
	// offDays and offHoursSeen are the days and hours with calls before which nothing is
	// known of when a person works.
	offDays, offHoursSeen = 5, 10
)

// offDay is what a person did on a day in hours in which it is seldom there.
type offDay struct {
	actor  string
	at     int64   // of the day
	hours  []int64 // in which it was there, and seldom is
	tokens int64
	calls  int64
	others int // hours of the day in which it was there, these too
	// rare is how probable it is that it is there in such hours, habit the median of
	// the tokens of its hours.
	rare, habit float64
	// total and length are how far the tokens of these hours, and those of a call in
	// them, lie above its habits.
	total, length float64
	judged        bool
}

func (offHours) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	var list []personHour
	err := r.query(ctx, "off_hours", nil, func(rows *sql.Rows) error {
		var h personHour
		err := rows.Scan(&h.actor, &h.at, &h.tokens, &h.calls)
		list = append(list, h)
		return err
	})
	if err != nil {
		return nil, err
	}
	o := offRun{usual: r.usualHours}
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].actor == list[0].actor {
			end++
		}
		o.person(list[:end])
		list = list[end:]
	}
	res := o.judge()
	res.based = r.options.Baseline != nil
	return res, nil
}

// offRun goes through the persons.
type offRun struct {
	// usual reports whether a baseline shows so many tokens of an actor in such hours.
	usual          func(actor string, hours []int64, tokens int64) bool
	days           []offDay
	totals, length []float64 // of all judged hours of all persons, as in offDay
	rare           []float64 // and how rare these are, as a negative logarithm
}

// person goes through the days of a person.
func (o *offRun) person(list []personHour) {
	var seen [24]float64 // hours in which it was there, by hour of day
	var totals, lengths []float64
	for days := 0; len(list) > 0; days++ {
		end := 1
		for end < len(list) && list[end].at/day == list[0].at/day {
			end++
		}
		today := offDay{actor: list[0].actor, at: list[0].at / day * day, rare: 1}
		if today.judged = days >= offDays && len(totals) >= offHoursSeen; today.judged {
			o.judgeDay(&today, list[:end], &seen, statistic.Median(totals), statistic.Median(lengths))
		}
		o.days = append(o.days, today)
		for _, h := range list[:end] {
			seen[h.at/hour%24]++
			totals = append(totals, float64(max(1, h.tokens)))
			lengths = append(lengths, float64(max(1, h.tokens))/float64(h.calls))
		}
		list = list[end:]
	}
}

// offRare is how seldom a person is in hours that are looked at.
const offRare = 0.1

// judgeDay says which hours of a day are rare ones, and how much was written in them.
func (o *offRun) judgeDay(today *offDay, list []personHour, seen *[24]float64, total, length float64) {
	today.habit = total
	rare := rareHours(seen)
	for _, h := range list {
		o.totals = append(o.totals, math.Log(float64(max(1, h.tokens))/total))
		o.length = append(o.length, lengthOf(h.tokens, h.calls, length))
		o.rare = append(o.rare, -math.Log(rare[h.at/hour%24]))
		if r := rare[h.at/hour%24]; r <= offRare {
			today.hours = append(today.hours, h.at)
			today.tokens += h.tokens
			today.calls += h.calls
			today.rare = math.Min(today.rare, r)
		}
	}
	if today.calls > 0 {
		today.total = math.Log(float64(max(1, today.tokens)) / total)
		today.length = lengthOf(today.tokens, today.calls, length)
		today.others = len(list)
	}
}

// lengthOf is how far the mean length of some calls lies above the habit: more calls
// scatter less, though those of one conversation are alike.
func lengthOf(tokens, calls int64, habit float64) float64 {
	return math.Log(float64(max(1, tokens))/float64(calls)/habit) * math.Sqrt(float64(min(calls, 4)))
}

// rareHours says, for each hour of the day, how often a person is there in an hour in which it
// is as seldom as in that one, or seldomer. Each hour in which it was seen counts for those next
// to it too, and one more for all hours alike.
func rareHours(seen *[24]float64) [24]float64 {
	var often, rare [24]float64
	all := 1.0
	for h := range seen {
		often[h] = seen[h]/2 + seen[(h+23)%24]/4 + seen[(h+1)%24]/4 + 1.0/24
		all += seen[h]
	}
	for h := range often {
		for _, other := range often {
			if other <= often[h] {
				rare[h] += other / all
			}
		}
	}
	return rare
}

// upperTail says how probable a value or more is, by all values: by their number up to the
// tenth that is highest, beyond by the exponential that goes on through the fiftieth, so
// that the incidents among them do not make themselves usual.
type upperTail struct {
	sorted    []float64
	from, per float64
}

func newUpperTail(values []float64) upperTail {
	slices.Sort(values)
	t := upperTail{sorted: values, from: statistic.Quantile(values, 0.9)}
	t.per = math.Log(5) / math.Max(0.1, statistic.Quantile(values, 0.98)-t.from)
	return t
}

func (t *upperTail) logP(v float64) float64 {
	if v > t.from {
		return math.Log(0.1) - t.per*(v-t.from)
	}
	at, _ := slices.BinarySearch(t.sorted, v)
	return math.Log(float64(len(t.sorted)-at+1) / float64(len(t.sorted)+1))
}

// judge tests every judged day of every person, and the week up to it. On traffic of a
// drill without incidents, P(p <= a)/a is 1.02 and 0.95 for an a of 1e-2 and 1e-3: the 20
// seeds 9000 to 9019 of 30 days and 100,000 calls, with 16,847 tests, none of them below 1e-4.
func (o *offRun) judge() *result {
	res := &result{}
	total, length, rare := newUpperTail(o.totals), newUpperTail(o.length), newUpperTail(o.rare)
	logs := make([]float64, len(o.days)) // of the product of both p-values of a day, 0 where it says nothing
	for i := range o.days {
		d := &o.days[i]
		if !d.judged {
			continue
		}
		res.tests++
		if d.calls == 0 {
			continue
		}
		// Any of the hours of the day could have been the rare one.
		seldom := math.Min(0, rare.logP(-math.Log(d.rare))+math.Log(float64(d.others)))
		much := math.Min(0, math.Ln2+math.Min(total.logP(d.total), length.logP(d.length)))
		if logs[i] = seldom + much; logs[i] == 0 {
			continue
		}
		from, sum, k := i, 0.0, 0
		for j := i; j >= 0 && o.days[j].actor == d.actor && d.at-o.days[j].at < 7*day; j-- {
			if logs[j] < 0 {
				from, sum, k = j, sum+logs[j], k+1
			}
		}
		p := productP(sum, 2*k)
		if k == 1 {
			from = i
		}
		if p <= DefaultQ && o.few(from, i) {
			res.tested = append(res.tested, o.tell(o.days[from:i+1], p))
		}
	}
	return res
}

// few says whether what is told is more than a glance: so little matters to nobody.
func (o *offRun) few(from, to int) bool {
	tokens := int64(0)
	for _, d := range o.days[from : to+1] {
		tokens += d.tokens
	}
	return float64(tokens) >= 2*o.days[to].habit
}

// productP is how probable it is that the product of k uniform values is as small
// as exp(sum): exp(sum) times the first k terms of the series of exp(-sum), Fisher 1932.
func productP(sum float64, k int) float64 {
	term, total := 1.0, 0.0
	for i := range k {
		total += term
		term *= -sum / float64(i+1)
	}
	return math.Exp(sum) * total
}

func (o *offRun) tell(days []offDay, p float64) tested {
	last := days[len(days)-1]
	tokens := int64(0)
	var hours []int64
	for i := range days {
		tokens += days[i].tokens
		hours = append(hours, days[i].hours...)
	}
	f := found{normal: o.usual(last.actor, hours, tokens)}
	f.Subject, f.Actor = last.actor, last.actor
	f.Bucket = time.UnixMicro(last.at).UTC().Format(time.DateOnly)
	f.First, f.Last = time.UnixMicro(hours[0]).UTC(), time.UnixMicro(hours[len(hours)-1]+hour-1).UTC()
	f.Title = fmt.Sprintf("Models wrote %d tokens for %s when it never works", tokens, last.actor)
	f.Explanation = fmt.Sprintf("In %s in which, with the hours next to them, %s was not seen on days before, models wrote %d tokens; in the median of its hours it is %.0f.",
		counted(len(hours), "hour"), last.actor, tokens, last.habit)
	f.Facts = []analyze.Fact{{Name: "output_tokens", Value: tokens}, {Name: "hours", Value: int64(len(hours))}, {Name: "output_tokens_median_hour", Value: last.habit}}
	return tested{p: p, found: f, complete: func(ctx context.Context, r *run, f *found) error {
		for _, at := range hours {
			if err := completeSpan(ctx, r, f, "span_events", sql.Named("actor", last.actor), sql.Named("from", at), sql.Named("to", at+hour)); err != nil {
				return err
			}
		}
		f.First, f.Last = time.UnixMicro(hours[0]).UTC(), time.UnixMicro(hours[len(hours)-1]+hour-1).UTC()
		slices.Sort(f.eids)
		return nil
	}}
}
