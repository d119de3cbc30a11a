package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
)

const (
	hourUS     = 3_600_000_000
	hoursOfDay = 24
)

// actorCalls is when an actor called, by the hour, and with what.
type actorCalls struct {
	name  string
	calls int64
	hours []actorHour // those with calls, in order
	used  []callsWith // in the order of days
	// bursts are the tests of its bursts, without the actor's number in them.
	bursts hourTests
}

// actorHour is what an actor did in one hour since 1970.
type actorHour struct {
	hour      int64
	calls     int64
	begun     int64 // how often it called after a pause
	throttled int64
	tokens    int64 // into models and out of them
	cost      int64 // in 1e-9 USD
}

// callsWith is how many calls of an actor in an hour say the same of it.
type callsWith struct {
	*callTraits
	hour, calls int64
}

// callTraits are what calls say beside their time; "" is nothing.
type callTraits struct{ role, app, kind, model, client string }

// actorCalls reads when actors called and with what, in the order of their names, once
// for all detectors of a run: what compares hours, looks for bursts or for what is new
// all reads it. Of single calls nothing is kept.
func (r *run) actorCalls(ctx context.Context) ([]*actorCalls, error) {
	if r.calling != nil {
		return r.calling, nil
	}
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	reader := callReader{words: map[callTraits]*callTraits{}, room: make(chan struct{}, max(1, r.options.Threads))}
	err := r.query(ctx, "actor_calls", nil, reader.row)
	reader.hand()
	reader.work.Wait()
	if err == nil {
		err = r.query(ctx, "actor_amounts", nil, reader.amounts)
	}
	if err != nil {
		return nil, err
	}
	r.calling = reader.list
	return r.calling, nil
}

// callReader takes rows of actor_calls, and works on one actor while the rows of the
// next are read.
type callReader struct {
	list  []*actorCalls
	times []int64     // of the last of them
	parts []timesWith // of times
	words map[callTraits]*callTraits
	room  chan struct{} // for so many actors that are worked on
	work  sync.WaitGroup
	at    int // of the last actor that amounts came for
}

// timesWith are times, from one place in a list to another, of calls that say the same.
type timesWith struct {
	*callTraits
	from, to int
}

// row takes a row of actor_calls.
func (c *callReader) row(rows *sql.Rows) error {
	var name, role, app, kind, model, client sql.RawBytes
	var times any
	if err := rows.Scan(&name, &role, &app, &kind, &model, &client, &times); err != nil {
		return err
	}
	list, ok := times.([]any)
	if !ok {
		return fmt.Errorf("reading the times of calls: %w: it is %T", errColumnType, times)
	}
	if n := len(c.list); n == 0 || c.list[n-1].name != string(name) {
		c.hand()
		c.list = append(c.list, &actorCalls{name: string(name)})
	}
	from := len(c.times)
	c.times = slices.Grow(c.times, len(list))
	for _, v := range list {
		at, ok := v.(int64)
		if !ok {
			return fmt.Errorf("reading the times of calls: %w: it holds %T", errColumnType, v)
		}
		c.times = append(c.times, at)
	}
	words := callTraits{string(role), string(app), string(kind), string(model), string(client)}
	if c.words[words] == nil {
		c.words[words] = &words
	}
	c.parts = append(c.parts, timesWith{c.words[words], from, len(c.times)})
	return nil
}

// hand has somebody work on the last actor.
func (c *callReader) hand() {
	if len(c.list) == 0 {
		return
	}
	a, times, parts := c.list[len(c.list)-1], c.times, c.parts
	c.times, c.parts = nil, nil
	c.room <- struct{}{}
	c.work.Go(func() {
		a.learn(times, parts)
		<-c.room
	})
}

// learn takes from the times of its calls what is asked of an actor.
func (a *actorCalls) learn(times []int64, parts []timesWith) {
	a.calls = int64(len(times))
	for _, p := range parts {
		times := times[p.from:p.to]
		slices.Sort(times)
		for i, at := range times {
			if hour := at / hourUS; i == 0 || hour != times[i-1]/hourUS {
				a.used = append(a.used, callsWith{callTraits: p.callTraits, hour: hour})
			}
			a.used[len(a.used)-1].calls++
		}
	}
	slices.Sort(times)
	for i, at := range times {
		if hour := at / hourUS; i == 0 || hour != times[i-1]/hourUS {
			a.hours = append(a.hours, actorHour{hour: hour})
		}
		h := &a.hours[len(a.hours)-1]
		h.calls++
		if i == 0 || at-times[i-1] >= beginPause {
			h.begun++
		}
	}
	if len(times) >= warmUpCalls {
		a.bursts.bursts(times)
	}
}

// beginPause is after how long without a call, in microseconds, an actor begins to call.
const beginPause = 180_000_000

// amounts takes a row of actor_amounts.
func (c *callReader) amounts(rows *sql.Rows) error {
	var name sql.RawBytes
	var h actorHour
	if err := rows.Scan(&name, &h.hour, &h.throttled, &h.tokens, &h.cost); err != nil {
		return err
	}
	for c.at < len(c.list) && c.list[c.at].name < string(name) {
		c.at++
	}
	if c.at == len(c.list) || c.list[c.at].name != string(name) {
		return fmt.Errorf("reading what calls come to: %s has none", name)
	}
	hours := c.list[c.at].hours
	i, ok := slices.BinarySearchFunc(hours, h.hour, func(x actorHour, hour int64) int { return cmp.Compare(x.hour, hour) })
	if !ok {
		return fmt.Errorf("reading what calls come to: %s has none in hour %d", name, h.hour)
	}
	hours[i].throttled, hours[i].tokens, hours[i].cost = h.throttled, h.tokens, h.cost
	return nil
}
