package drill

import (
	"cmp"
	"fmt"
	"slices"
)

// stage casts the incidents that are asked for, plays them, and merges their
// steps into the script.
func (p *planner) stage(c Config, start int64) error {
	if len(c.Incidents) == 0 && !c.LookAlikes {
		return nil
	}
	guests := invite(c.Incidents, c.LookAlikes, c.Days, c.Seed)
	cast := &casting{
		seed: c.Seed, start: start, sources: c.Sources, days: c.Days, turns: c.MaxTurns, actors: slices.Concat(p.actors, guests),
		taken: map[booking]bool{}, said: map[string][]int64{}, load: map[string]int{},
	}
	cast.dailyOf = func(a *actor) uint64 { return p.daily(a, c.Days) }
	w := newWriter()
	var steps []*scripted
	if c.LookAlikes {
		steps, p.lookAlikes = cast.harmless(w)
	}
	stages, err := cast.stages(c.Incidents)
	if err != nil {
		return err
	}
	for _, g := range guests {
		steps = append(steps, cast.routines(g, w)...)
	}
	for _, s := range stages {
		s.writer, s.daily = w, cast.dailyOf(s.actor)
		p.incidents = append(p.incidents, s.incident)
	}
	// Those that hide what others say see when others speak.
	slices.SortStableFunc(stages, func(a, b *stage) int { return compareBool(a.incident.plot.hides, b.incident.plot.hides) })
	for _, s := range stages {
		made := s.perform()
		cast.spoken(made)
		steps = append(steps, made...)
	}
	p.guests = append(guests, cast.entered...)
	for _, x := range steps {
		x.At = cast.clock(x.ms)
		if err := x.check(start, p.curve.end()); err != nil {
			return fmt.Errorf("planning incident %s: %s: %w", x.scenario, x.Operation, err)
		}
		p.script = append(p.script, *x)
	}
	slices.SortStableFunc(p.script, func(a, b scripted) int { return cmp.Compare(a.ms, b.ms) })
	return nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// daily is about how many calls an actor makes on a day.
func (p *planner) daily(a *actor, days int) uint64 {
	switch {
	case a == nil:
		return 0
	case a.guest != 0:
		return guestCalls
	}
	sum := uint64(0)
	for g := range groups {
		if len(p.byGroup[g]) > 0 {
			sum += shares[g]
		}
	}
	// The place of an actor among n is the smaller of two draws, see zipf.
	n := uint64(len(p.byGroup[a.group]))
	weight := 2*(n-uint64(slices.Index(p.byGroup[a.group], a))) - 1
	return p.calls * shares[a.group] * weight / (sum * n * n * uint64(days))
}
