package detectors

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// The warm-up of detectors that compare an actor with its own past: how many
// calls it must have, and on how many days the logs must reach back beside the
// day that is looked at. One week shows no rhythm of the week, but that of the
// day.
const (
	warmUpCalls = 50
	warmUpDays  = 7
)

// volumeActor is the history of an actor.
type volumeActor struct {
	name  string
	hours []actorHour // those with calls, in order
}

// volumeHistory is what all actors with enough calls did, hour by hour.
type volumeHistory struct {
	actors   []*volumeActor
	few      int64 // actors with less than warmUpCalls
	from, to int64 // first and last hour with calls of anybody
	monday   int64 // hour 0 of the Monday that days count from
	known    []bool
	// common is how many times as much as they do the peers of an actor did on a
	// day, at least 1.
	common [][]float64
	// called are the rates of calls before peers raise them, until these are asked for,
	// and kept those that several detectors ask for, by the name of the measure.
	called  []*actorRates
	kept    map[string][]*actorRates
	threads int // to work on actors with
}

// each calls f with the number of every actor, on as many goroutines as there are
// threads.
func (h *volumeHistory) each(f func(actor int)) {
	var next atomic.Int64
	var work sync.WaitGroup
	for range max(1, min(h.threads, len(h.actors))) {
		work.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(h.actors)); i = next.Add(1) - 1 {
				f(int(i))
			}
		})
	}
	work.Wait()
}

// tests makes the tests of every actor, and returns them in the order of the actors.
func (h *volumeHistory) tests(of func(t *hourTests, actor int)) *hourTests {
	by := make([]hourTests, len(h.actors))
	h.each(func(actor int) { of(&by[actor], actor) })
	all := &hourTests{}
	for i := range by {
		all.list, all.n = append(all.list, by[i].list...), all.n+by[i].n
	}
	return all
}

// history reads what actors did, once for all detectors of a run.
func (r *run) history(ctx context.Context) (*volumeHistory, error) {
	if r.volume != nil {
		return r.volume, nil
	}
	all, err := r.actorCalls(ctx)
	if err != nil {
		return nil, err
	}
	h := &volumeHistory{threads: r.options.Threads, kept: map[string][]*actorRates{}}
	for _, a := range all {
		if a.calls < warmUpCalls {
			h.few++
			continue
		}
		h.actors = append(h.actors, &volumeActor{name: a.name, hours: a.hours})
	}
	var days []int64
	err = r.query(ctx, "call_days", nil, func(rows *sql.Rows) error {
		var day, first, last int64
		err := rows.Scan(&day, &first, &last)
		if len(days) == 0 {
			h.from = first / hourUS
		}
		h.to = last / hourUS
		days = append(days, day)
		return err
	})
	if err != nil {
		return nil, err
	}
	h.setDays(days)
	h.setCommon()
	r.volume = h
	return h, nil
}

// maxDays bounds the days that are looked at one by one: ten years. Of longer
// logs the newest are.
const maxDays = 3660

// setDays notes on which days anybody did anything: others are holes in the logs,
// not days without calls. So are the first and the last day where the logs begin
// or end within them.
func (h *volumeHistory) setDays(days []int64) {
	h.from = max(h.from, h.to-maxDays*hoursOfDay)
	// 1970-01-01 was a Thursday.
	week := (h.from/hoursOfDay + 3) / 7
	h.monday = (week*7 - 3) * hoursOfDay
	h.known = make([]bool, (h.to-h.monday)/hoursOfDay+1)
	for _, day := range days {
		if day*hoursOfDay >= h.monday && day*hoursOfDay <= h.to {
			h.known[day-h.monday/hoursOfDay] = true
		}
	}
	if h.from%hoursOfDay > 1 {
		h.known[h.day(h.from)] = false
	}
	if h.to%hoursOfDay < hoursOfDay-2 {
		h.known[len(h.known)-1] = false
	}
}

func (h *volumeHistory) day(hour int64) int { return int((hour - h.monday) / hoursOfDay) }

// matrix is a value of an actor by day and hour, and the days on which it was
// there: from its first one on.
func (h *volumeHistory) matrix(a *volumeActor, value func(*actorHour) float64) ([][hoursOfDay]float64, []bool) {
	days := make([][hoursOfDay]float64, len(h.known))
	for i := range a.hours {
		if v := &a.hours[i]; v.hour >= h.monday {
			days[h.day(v.hour)][v.hour%hoursOfDay] = value(v)
		}
	}
	known := slices.Clone(h.known)
	for d := range min(len(known), h.day(max(a.hours[0].hour, h.monday))) {
		known[d] = false
	}
	return days, known
}

// hourTest is a test of one hour of an actor.
type hourTest struct {
	actor              int // in the history
	hour               int64
	logP               float64
	observed, expected float64
	n, until           int64
	// begun is how many conversations the subject began where that is what surprises, and
	// how many were expected; else 0.
	begun [2]float64
	// eids are the events that it is about, nil where the detector's statement
	// finds them. An untold test is told by another one.
	eids   []int64
	untold bool
}

// hourTests are the tests of a detector: those that found more than expected, and
// how many were made in all.
type hourTests struct {
	list []hourTest
	n    int64
}

func (t *hourTests) add(test hourTest) {
	if test.logP < -math.Ln2 {
		t.list = append(t.list, test)
	}
}

// correct corrects the tail of the tests by all of them.
func (t *hourTests) correct() {
	logs := make([]float64, len(t.list))
	for i := range t.list {
		logs[i] = t.list[i].logP
	}
	slices.Sort(logs)
	tail := statistic.TailOf(logs, t.n)
	for i := range t.list {
		t.list[i].logP = tail.LogP(t.list[i].logP)
	}
}
