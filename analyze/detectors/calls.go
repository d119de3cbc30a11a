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
	begun     int64 // conversations that it began
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
	var calls int64
	if err := r.query(ctx, "call_count", nil, func(rows *sql.Rows) error { return rows.Scan(&calls) }); err != nil {
		return nil, err
	}
	list, err := r.readCalls(ctx, 1+calls/callsAtOnce)
	if err != nil {
		return nil, err
	}
	r.calling = list
	return list, nil
}

// callsAtOnce is of about how many calls the times are read at once: a number and what
// holds it take some 40 bytes each.
const callsAtOnce = 2_000_000

// readCalls reads for [run.actorCalls], the actors in so many parts.
func (r *run) readCalls(ctx context.Context, parts int64) ([]*actorCalls, error) {
	reader := callReader{words: map[callTraits]*callTraits{}, room: make(chan struct{}, max(1, r.options.Threads))}
	var err error
	for part := int64(0); part < parts && err == nil; part++ {
		err = r.query(ctx, "actor_calls", []any{sql.Named("parts", parts), sql.Named("part", part)}, reader.row)
	}
	reader.hand()
	reader.work.Wait()
	slices.SortFunc(reader.list, func(a, b *actorCalls) int { return cmp.Compare(a.name, b.name) })
	if err == nil {
		err = r.query(ctx, "actor_amounts", nil, reader.amounts)
	}
	return reader.list, err
}

// callReader takes rows of actor_calls, and works on one actor while the rows of the
// next are read.
type callReader struct {
	list    []*actorCalls
	moments []int64       // of the last of them
	parts   []momentsWith // of moments
	words   map[callTraits]*callTraits
	room    chan struct{} // for so many actors that are worked on
	work    sync.WaitGroup
	at      int // of the last actor that amounts came for
}

// tokenBits are the bits of a moment that hold the tokens of the input.
const tokenBits = 26

// ofMoment takes a moment of a day, as actor_calls has them, apart: the time, in
// microseconds since 1970, and the tokens of the input and one more, 0 where nothing
// says how many.
func ofMoment(moment, day int64) (at, input int64) {
	return day*hoursOfDay*hourUS + moment>>tokenBits, moment & (1<<tokenBits - 1)
}

// momentsWith are moments of a day, from one place in a list to another, of calls that
// say the same.
type momentsWith struct {
	*callTraits
	day      int64
	from, to int
}

// row takes a row of actor_calls.
func (c *callReader) row(rows *sql.Rows) error {
	var name, role, app, kind, model, client sql.RawBytes
	var day int64
	var moments any
	if err := rows.Scan(&name, &day, &role, &app, &kind, &model, &client, &moments); err != nil {
		return err
	}
	list, ok := moments.([]any)
	if !ok {
		return fmt.Errorf("reading the times of calls: %w: it is %T", errColumnType, moments)
	}
	if n := len(c.list); n == 0 || c.list[n-1].name != string(name) {
		c.hand()
		c.list = append(c.list, &actorCalls{name: string(name)})
	}
	from := len(c.moments)
	c.moments = slices.Grow(c.moments, len(list))
	for _, v := range list {
		m, ok := v.(int64)
		if !ok {
			return fmt.Errorf("reading the times of calls: %w: it holds %T", errColumnType, v)
		}
		c.moments = append(c.moments, m)
	}
	words := callTraits{string(role), string(app), string(kind), string(model), string(client)}
	if c.words[words] == nil {
		c.words[words] = &words
	}
	c.parts = append(c.parts, momentsWith{c.words[words], day, from, len(c.moments)})
	return nil
}

// hand has somebody work on the last actor.
func (c *callReader) hand() {
	if len(c.list) == 0 {
		return
	}
	a, moments, parts := c.list[len(c.list)-1], c.moments, c.parts
	c.moments, c.parts = nil, nil
	c.room <- struct{}{}
	c.work.Go(func() {
		a.learn(moments, parts)
		<-c.room
	})
}

// learn takes from the moments of its calls what is asked of an actor. Parts are in the
// order of days.
func (a *actorCalls) learn(moments []int64, parts []momentsWith) {
	a.calls = int64(len(moments))
	var last lastCall
	for len(parts) > 0 {
		day, n := parts[0].day, 0
		for ; n < len(parts) && parts[n].day == day; n++ {
			a.uses(moments, &parts[n])
		}
		today := moments[parts[0].from:parts[n-1].to]
		slices.Sort(today)
		for i, m := range today {
			at, input := ofMoment(m, day)
			if k := len(a.hours); k == 0 || a.hours[k-1].hour != at/hourUS {
				a.hours = append(a.hours, actorHour{hour: at / hourUS})
			}
			h := &a.hours[len(a.hours)-1]
			h.calls++
			if last.begins(at, input) {
				h.begun++
			}
			today[i] = at
		}
		parts = parts[n:]
	}
	if len(moments) >= warmUpCalls {
		a.bursts.bursts(moments) // which are times now
	}
}

// uses counts the calls of a part by the hour.
func (a *actorCalls) uses(moments []int64, p *momentsWith) {
	part := moments[p.from:p.to]
	slices.Sort(part)
	for i, m := range part {
		at, _ := ofMoment(m, p.day)
		if hour := at / hourUS; i == 0 || a.used[len(a.used)-1].hour != hour {
			a.used = append(a.used, callsWith{callTraits: p.callTraits, hour: hour})
		}
		a.used[len(a.used)-1].calls++
	}
}

// lastCall is when an actor called last, and the tokens that the last input of which
// they are known had, and one more.
type lastCall struct {
	there     bool
	at, input int64
}

// begins reports whether a call begins a conversation: nothing came for a while before
// it, or its input is shorter than the one before. Who goes on sends again what was said.
func (c *lastCall) begins(at, input int64) bool {
	begins := !c.there || at-c.at >= beginPause || input != 0 && input < c.input
	c.there, c.at = true, at
	if input != 0 {
		c.input = input
	}
	return begins
}

// beginPause is after how long without a call, in microseconds, an actor begins another
// conversation.
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
