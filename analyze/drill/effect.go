package drill

// effect is what an incident does to calls that an actor makes anyway.
type effect struct {
	from, to int64 // milliseconds; to is not included
	share    int   // of 10,000 calls
	shift    shift
	model    *model // that is called instead; may be nil
	incident *incident
	note     string
}

// shift is how what is said in a call, and how long it takes, differs from what
// would have been drawn. The zero shift changes nothing.
type shift struct {
	in, out int    // words of the new input and of the reply, in per cent; 0 is 100
	latency int    // in per cent; 0 is 100
	refuse  bool   // the model declines
	frame   string // what the reply stands in, with %; empty: nothing
}

// per returns n in per cent of it.
func per(n, percent int) int {
	if percent == 0 {
		return n
	}
	return max(1, n*percent/100)
}

// affect lets the effects on its actor change a call.
func (p *planner) affect(e *event, a *actor) {
	for _, f := range a.effects {
		if e.ms < f.from || e.ms >= f.to || e.outcome != succeeded {
			continue
		}
		r := newRNG(p.seed, streamEffect, e.talk.session, uint64(e.talk.turn))
		if !r.chance(f.share) {
			continue
		}
		e.talk.shift = &f.shift
		if f.incident != nil {
			e.incident, e.Note = f.incident, f.note
		}
		if f.model != nil {
			e.model = f.model
			e.infer = inferenceRegion(f.model, e.Region, &r)
		}
	}
}
