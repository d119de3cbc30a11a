package drill

import "slices"

// event is a step as the sources see it.
type event struct {
	Step
	ms        int64
	requestID uuid
	eventID   uuid

	// Of a call of a model:
	model   *model
	logged  bool // model invocation logging was on
	outcome outcome
	talk    talk
	app     string
	infer   string // inference region of a cross-region profile

	outside  bool      // only the provider sees the call
	tampered *tampered // nil: no record of it is
	incident *incident // that it is a step of; may be nil
}

// outcome is how a call of a model ended.
type outcome uint8

const (
	succeeded outcome = iota
	throttled
	denied
	invalid
	failed
	blocked // a guardrail intervened: to the caller a success
)

// outcomes are how often calls end otherwise, in 10,000, and what the logs
// then say.
var outcomes = []struct {
	outcome       outcome
	rate          int
	code, message string
}{
	{throttled, 110, "ThrottlingException", "Too many requests, please wait before trying again."},
	{denied, 35, "AccessDeniedException", "You don't have access to the model with the specified model ID."},
	{invalid, 45, "ValidationException", "Input is too long for requested model."},
	{failed, 15, "InternalServerException", "The system encountered an unexpected error during processing. Try your request again."},
	{blocked, 60, "", ""},
}

// outcomeOf returns the outcome that AWS has an error code for.
func outcomeOf(code string) outcome {
	for _, o := range outcomes {
		if o.code == code {
			return o.outcome
		}
	}
	return failed
}

// conversation is a session of a caller whose next call waits in the queue.
type conversation struct {
	next  int64 // when, in milliseconds
	actor *actor
	talk  talk
	calls int // still to come
}

// planner decides what happens, in order of time. It is cheap and sequential;
// everything large is left to those who write the events down.
type planner struct {
	seed     uint64
	turns    int // at most, in a conversation
	calls    uint64
	curve    *curve
	actors   []*actor
	byGroup  [groups][]*actor
	queue    queue
	script   []scripted
	auditors []auditor
	unlogged []string // regions in which model invocation logging is off
	tamperer *tamperer
	// incidents that are played, in the order in which they were asked for.
	incidents  []*incident
	lookAlikes []LookAlikeTruth
	guests     []*actor // that came with these

	unit    uint64 // calls that were given to conversations so far
	arrival int64  // when the next conversation begins
	minute  int    // of the curve, in which that is
	last    int64  // time of the last event
	serial  uint64 // events planned outside conversations so far
	made    uint64 // calls of the population planned so far
}

func newPlanner(c Config) (*planner, error) {
	p := &planner{
		seed: c.Seed, turns: c.MaxTurns, calls: uint64(c.Calls),
		actors: populate(c.Seed, c.Population, slices.Contains(c.Sources, openAI{}.name())),
	}
	var present [groups]bool
	for _, a := range p.actors {
		p.byGroup[a.group] = append(p.byGroup[a.group], a)
		present[a.group] = true
	}
	start := c.Start.UnixMilli()
	p.curve = newCurve(c.Seed, start, c.Days, p.calls, p.turns, present)
	if p.curve.cum[len(p.curve.cum)-1] == 0 {
		return nil, errNobody
	}
	var err error
	if p.script, err = script(c.Scenarios, c.Seed, start, p.curve.end(), p.actors); err != nil {
		return nil, err
	}
	if err := p.stage(c, start); err != nil {
		return nil, err
	}
	p.auditors = newAuditors(start)
	p.tamperer = newTamperer(c, p.actors)
	p.last = start
	p.arrive()
	return p, nil
}

// arrive finds when the next conversation begins.
func (p *planner) arrive() {
	if p.unit < p.calls {
		r := newRNG(p.seed, streamArrival, p.unit, 0)
		p.minute, p.arrival = p.curve.at(p.unit, r.uint64()>>44, p.minute)
	}
}

// advance appends the next thing that happens to events: a call, with what it
// needs before it. It returns false when nothing is left.
func (p *planner) advance(events []event) ([]event, bool) {
	const never = 1<<63 - 1
	next, arrival, audit := int64(never), int64(never), p.auditors[0].next
	if len(p.queue) > 0 {
		next = p.queue[0].next
	}
	if p.unit < p.calls {
		arrival = p.arrival
	}
	switch {
	case len(p.script) > 0 && p.script[0].ms <= min(next, arrival, audit):
		return p.play(events), true
	case audit <= min(next, arrival, p.curve.end()-1):
		return p.audit(events), true
	case next <= arrival && next != never:
		return p.proceed(events, p.queue.pop()), true
	case arrival != never:
		return p.begin(events), true
	default:
		return events, false
	}
}

// begin opens a conversation with its first call.
func (p *planner) begin(events []event) []event {
	r := newRNG(p.seed, streamPlan, p.unit, 0)
	g := p.curve.groupAt(p.minute, &r)
	a := p.byGroup[g][r.zipf(len(p.byGroup[g]))]
	turns := min(a.style.turns(&r), p.turns, int(min(p.calls-p.unit, 1<<20)))
	c := conversation{next: p.arrival, actor: a, calls: turns, talk: talk{
		style: a.style, session: r.uint64(), turns: turns, system: uint64(a.number),
	}}
	if r.chance(800) {
		events = p.background(events, a, c.next, &r)
	}
	p.unit += uint64(turns)
	p.arrive()
	return p.proceed(events, c)
}

// proceed makes the next call of a conversation.
func (p *planner) proceed(events []event, c conversation) []event {
	r := newRNG(p.seed, streamCall, c.talk.session, uint64(c.calls))
	a := c.actor
	from := a.from(c.next)
	events = p.credential(events, a, c.next, from, &r)
	events = p.fetch(events, a, c, from, &r)
	e := p.event(c.next, Step{
		Who: a.identity(), Addr: from.addr, UserAgent: from.agent, Region: from.region,
		Service: "bedrock.amazonaws.com", Operation: a.operation, ReadOnly: true,
	}, &r)
	e.model, e.talk, e.app = a.model, c.talk, a.app
	e.infer = inferenceRegion(a.model, from.region, &r)
	e.logged = p.logging(from.region)
	e.decide(&r)
	p.affect(&e, a)
	p.tamperer.choose(&e, p.calls-p.made)
	p.made++

	c.calls--
	if e.outcome == succeeded {
		c.talk.turn++ // any other call is tried again
	}
	if c.calls > 0 {
		c.next = min(c.next+a.style.pause(&r), p.curve.end()-1)
		p.queue.push(c)
	}
	return append(events, e)
}

// decide draws how the call ends.
func (e *event) decide(r *rng) {
	u := r.below(10_000)
	for _, o := range outcomes {
		if u < o.rate {
			// A guardrail does not speak in a stream; embeddings have none, nor has OpenAI.
			if o.outcome == blocked && (e.Operation == opInvokeStream || e.model.embeds || e.model.openAI()) {
				return
			}
			e.outcome, e.ErrorCode, e.ErrorMessage = o.outcome, o.code, o.message
			return
		}
		u -= o.rate
	}
}

// event makes the event of a step; it never goes back in time.
func (p *planner) event(ms int64, s Step, r *rng) event {
	p.last = max(p.last, ms)
	return event{Step: s, ms: p.last, requestID: r.uuid(), eventID: r.uuid()}
}

// play makes the next step of a scenario.
func (p *planner) play(events []event) []event {
	s := p.script[0]
	p.script = p.script[1:]
	r := newRNG(p.seed, streamScenario, 1<<32, p.serial)
	p.serial++
	if s.actor != nil {
		events = p.credential(events, s.actor, s.ms, s.actor.from(s.ms), &r)
		s.Who = s.actor.identity()
	}
	e := p.event(s.ms, s.Step, &r)
	e.model, e.logged = s.model, p.logging(s.Region)
	e.talk = talk{session: r.uint64()}
	if s.talk.turns > 0 {
		e.talk, e.app, e.infer = s.talk, s.app, inferenceRegion(s.model, s.Region, &r)
	}
	e.talk.scenario, e.incident = s.scenario, s.incident
	e.outside = s.outside
	if s.blocked {
		e.outcome = blocked
	}
	if s.ErrorCode == "" {
		p.switchLogging(s.Region, s.Operation)
	} else {
		e.outcome = outcomeOf(s.ErrorCode)
	}
	return append(events, e)
}

// logging says whether model invocation logging is on in a region.
func (p *planner) logging(region string) bool {
	for _, r := range p.unlogged {
		if r == region {
			return false
		}
	}
	return true
}

// switchLogging follows requests that turn logging off and on.
func (p *planner) switchLogging(region, operation string) {
	switch operation {
	case opLoggingOff:
		if p.logging(region) {
			p.unlogged = append(p.unlogged, region)
		}
	case opLoggingOn:
		for i, r := range p.unlogged {
			if r == region {
				p.unlogged = append(p.unlogged[:i], p.unlogged[i+1:]...)
				return
			}
		}
	}
}

// turns draws how many calls a conversation has.
func (s style) turns(r *rng) int {
	switch s {
	case styleAgent, styleCode:
		return 2 + r.zipf(11)
	case styleChat:
		return 1 + r.zipf(6)
	default:
		return 1
	}
}

// pause draws the time between two calls of a conversation, in milliseconds.
func (s style) pause(r *rng) int64 {
	if s == styleChat {
		return int64(r.between(15_000, 180_000))
	}
	return int64(r.between(2_000, 25_000))
}

// tools says whether the style lets the model call tools.
func (s style) tools() bool { return s == styleAgent || s == styleCode }

// queue holds conversations by the time of their next call: a binary heap,
// ties broken by session so that the order is total.
type queue []conversation

func (q queue) before(i, j int) bool {
	if q[i].next != q[j].next {
		return q[i].next < q[j].next
	}
	return q[i].talk.session < q[j].talk.session
}

func (q *queue) push(c conversation) {
	h := append(*q, c)
	for i := len(h) - 1; i > 0 && h.before(i, (i-1)/2); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
	*q = h
}

func (q *queue) pop() conversation {
	h := *q
	top := h[0]
	h[0] = h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(h); c++ {
			if h.before(c, least) {
				least = c
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	*q = h
	return top
}
