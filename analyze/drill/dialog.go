package drill

import (
	"cmp"
	"strings"
)

// talk holds the seeds of what a call says.
type talk struct {
	style    style
	session  uint64
	turn     int // of this call, from 0
	turns    int // planned for the conversation
	system   uint64
	scenario string // set on a step of a scenario
	shift    *shift // of an incident; may be nil
}

// span is a piece of the dialog's arena.
type span struct{ from, to int }

// partKind is what a part of a message is.
type partKind uint8

const (
	partText partKind = iota
	partCall
	partResult
)

// part is one part of a message. Parts of one speaker that follow each other
// make one message.
type part struct {
	assistant bool
	kind      partKind
	text      span   // escaped text, or the JSON arguments of a tool call
	id        span   // of a tool call or its result
	name      string // of a tool
}

// stop is why a model stopped.
type stop uint8

const (
	stopEnd stop = iota
	stopTool
	stopLength
	stopGuardrail
)

// dialog is what is said in one call, in the words of no provider. It is
// reused from call to call; each writer of events has its own.
type dialog struct {
	arena   []byte
	system  span
	input   []part
	reply   []part
	tools   bool       // whether there are any
	kit     []toolSpec // which
	session span       // UUID that the client puts into metadata; empty: none
	user    uint64

	model      *model
	stop       stop
	maxTokens  int
	hot        int // temperature, in tenths
	tokensIn   int
	tokensOut  int
	cacheRead  int
	cacheWrite int
	latency    int // milliseconds
	id         uuid
	created    int64 // seconds since 1970
	streamed   bool
	rng        rng // for what else a body needs
}

func (d *dialog) text(s span) []byte { return d.arena[s.from:s.to] }

// firstByte is when the first piece of a stream came, in milliseconds.
func (d *dialog) firstByte() int { return min(d.latency, 180+d.latency/10) }

// promptTokens are all tokens of the input, with those that a cache served or
// took.
func (d *dialog) promptTokens() int { return d.tokensIn + d.cacheRead + d.cacheWrite }

func (s span) empty() bool { return s.from == s.to }

// mark returns the span from a place in the arena to its end.
func (d *dialog) mark(from int) span { return span{from, len(d.arena)} }

// teller fills dialogs.
type teller struct {
	seed   uint64
	limit  [2]int // words of a prompt and of a reply; zero: as the style draws
	writer *writer
}

// tell fills d with what the call says.
func (t *teller) tell(d *dialog, e *event) {
	*d = dialog{arena: d.arena[:0], input: d.input[:0], reply: d.reply[:0], model: e.model, kit: tools[:], id: e.requestID, created: e.ms / 1000, streamed: streamed(e.Operation)}
	d.rng = newRNG(t.seed, streamTalk, e.talk.session, 2<<32|uint64(e.talk.turn))
	if e.Talk != nil {
		t.recite(d, e.Talk, &e.talk)
	} else {
		t.converse(d, &e.talk, e.model)
	}
	t.measure(d, e)
}

// converse writes all turns of the conversation so far, and the reply.
func (t *teller) converse(d *dialog, k *talk, m *model) {
	d.tools = k.style.tools() && k.turns > 1
	r := newRNG(t.seed, streamTalk, k.system, 3<<32)
	if words := t.systemWords(k.style, &r); words > 0 {
		d.system = t.write(d, &r, words)
	}
	first := newRNG(t.seed, streamTalk, k.session, 4<<32)
	d.user = k.system
	if k.style == styleCode {
		from := len(d.arena)
		d.arena = first.uuid().append(d.arena)
		d.session = d.mark(from)
	}
	d.maxTokens, d.hot = 512<<first.below(4), first.below(11)
	if k.shift != nil && k.shift.out > 100 {
		d.maxTokens = per(d.maxTokens, k.shift.out) // it was asked for
	}
	for j := range k.turn + 1 {
		t.turn(d, k, j, m)
	}
}

// turn appends the jth input to d, and the jth reply: to the input when the
// conversation went on after it.
func (t *teller) turn(d *dialog, k *talk, j int, m *model) {
	r := newRNG(t.seed, streamTalk, k.session, uint64(j))
	in, out := t.sizes(k.style, j, &r)
	last := j == k.turn && k.shift != nil
	if last {
		in, out = per(in, k.shift.in), per(out, k.shift.out)
	}
	ask := part{text: t.write(d, &r, in)}
	if d.tools && j > 0 {
		before := toolAt(t.seed, k.session, j-1)
		ask.kind, ask.id = partResult, d.toolID(&before, m)
	}
	d.input = append(d.input, ask)
	if m.embeds {
		return
	}
	to := &d.input
	if j == k.turn {
		to = &d.reply
	}
	answer := part{assistant: true, text: t.write(d, &r, out)}
	if last {
		d.reframe(&answer, k.shift, &r)
	}
	*to = append(*to, answer)
	d.stop = stopEnd
	if d.tools && j < k.turns-1 {
		call := toolAt(t.seed, k.session, j)
		p := part{assistant: true, kind: partCall, name: tools[call.kind].name, id: d.toolID(&call, m)}
		from := len(d.arena)
		d.arena = call.appendArgs(d.arena, t.writer)
		p.text = d.mark(from)
		*to = append(*to, p)
		d.stop = stopTool
	} else if out >= wordsOf(chatTokens[len(chatTokens)-1]) && t.limit[1] == 0 {
		d.stop = stopLength
	}
}

// reframe lets a reply be a refusal, or stand in something.
func (d *dialog) reframe(p *part, s *shift, r *rng) {
	switch {
	case s.refuse:
		p.text = d.say(expand("{refusal}", false, r))
	case s.frame != "":
		before, after, _ := strings.Cut(s.frame, "%")
		from := len(d.arena)
		d.arena = appendText(d.arena, before)
		d.arena = append(d.arena, d.text(p.text)...)
		d.arena = appendText(d.arena, after)
		p.text = d.mark(from)
	}
}

func (d *dialog) toolID(c *toolCall, m *model) span {
	from := len(d.arena)
	prefix := "tooluse_"
	switch m.body.(type) {
	case claudeBody:
		prefix = "toolu_bdrk_"
	case openAIBody:
		prefix = "call_"
	}
	d.arena = c.appendID(d.arena, prefix)
	return d.mark(from)
}

func (t *teller) write(d *dialog, r *rng, words int) span {
	from := len(d.arena)
	d.arena = t.writer.append(d.arena, r, words)
	return d.mark(from)
}

// sizes draws the words of a turn's input and reply.
func (t *teller) sizes(s style, turn int, r *rng) (in, out int) {
	switch s {
	case styleDigest:
		in, out = r.draw(&contextTokens), r.draw(&chatTokens)
	case styleClassify:
		in, out = r.draw(&contextTokens), r.draw(&shortTokens)
	case styleEmbed:
		in, out = r.draw(&contextTokens)/4, 0
	case styleChat:
		in, out = r.draw(&contextTokens)/12, r.draw(&chatTokens)
	default:
		in, out = r.draw(&contextTokens)/5, r.draw(&shortTokens)*2
		if turn == 0 {
			in /= 3
		}
	}
	in, out = wordsOf(in), wordsOf(out)
	if t.limit[1] > 0 {
		in, out = t.within(r), t.within(r)
	}
	return in, out
}

// within draws a number of words within the limit, small ones more often.
func (t *teller) within(r *rng) int {
	spread := t.limit[1] - t.limit[0] + 1
	return t.limit[0] + min(r.zipf(spread), r.below(spread))
}

// systemWords draws the length of an application's system prompt.
func (t *teller) systemWords(s style, r *rng) int {
	words := 0
	switch s {
	case styleAgent, styleCode:
		words = r.between(120, 400)
	case styleDigest, styleClassify:
		words = r.between(20, 90)
	case styleChat, styleEmbed:
	}
	if t.limit[1] > 0 {
		return min(words, t.limit[0])
	}
	return words
}

// recite fills d with the words of a scenario.
func (t *teller) recite(d *dialog, k *Talk, of *talk) {
	d.maxTokens, d.hot = cmp.Or(k.MaxTokens, 1024), 7
	if k.kit != nil {
		d.kit = k.kit
	}
	d.system = d.say(k.System)
	if k.System == "" && of.turns > 0 { // that of the caller
		r := newRNG(t.seed, streamTalk, of.system, 3<<32)
		if words := t.systemWords(of.style, &r); words > 0 {
			d.system = t.write(d, &r, words)
		}
	}
	d.session = d.say(k.Session)
	d.input = d.sayAll(d.input, k.Messages)
	d.reply = d.sayAll(d.reply, k.Reply)
	for _, p := range d.reply {
		if p.kind == partCall {
			d.stop = stopTool
		}
	}
	d.tools = d.stop == stopTool || k.kit != nil || of.style.tools() && of.turns > 1
	for _, p := range d.input {
		d.tools = d.tools || p.kind != partText
	}
}

func (d *dialog) say(s string) span {
	from := len(d.arena)
	d.arena = appendText(d.arena, s)
	return d.mark(from)
}

func (d *dialog) sayAll(dst []part, messages []Message) []part {
	for _, m := range messages {
		p := part{assistant: m.Role == "assistant", id: d.say(m.ToolID), name: m.Tool}
		switch {
		case m.Tool != "":
			from := len(d.arena)
			d.arena = append(d.arena, m.Args...)
			p.kind, p.text = partCall, d.mark(from)
		case m.ToolID != "":
			p.kind, p.text = partResult, d.say(m.Text)
		default:
			p.text = d.say(m.Text)
		}
		dst = append(dst, p)
	}
	return dst
}

const blockedText = "Sorry, this request is not allowed by our policy."

// measure counts the tokens, and puts a guardrail's words in the place of the
// reply where one intervened.
func (t *teller) measure(d *dialog, e *event) {
	size := d.system.to - d.system.from
	known := size // what an earlier call has sent already
	for i, p := range d.input {
		n := p.text.to - p.text.from + 12
		size += n
		if i < len(d.input)-1 {
			known += n
		}
	}
	d.tokensIn = tokensOf(size)
	if e.talk.style == styleAgent && e.talk.turn > 0 && e.Operation == opInvoke {
		d.cacheRead = tokensOf(known)
		d.cacheWrite = (d.tokensIn - d.cacheRead) * 3 / 4
		d.tokensIn -= d.cacheRead + d.cacheWrite // as Anthropic counts: without what a cache served or took
	}
	for _, p := range d.reply {
		d.tokensOut += tokensOf(p.text.to - p.text.from)
	}
	if e.outcome == blocked {
		d.reply = append(d.reply[:0], part{assistant: true, text: d.say(blockedText)})
		d.stop, d.tokensIn, d.tokensOut, d.cacheRead, d.cacheWrite = stopGuardrail, 0, 0, 0, 0
	}
	d.latency = d.rng.between(180, 900) + d.rng.draw(&tokenMicros)*d.tokensOut/1000
	if e.talk.shift != nil {
		d.latency = per(d.latency, e.talk.shift.latency)
	}
}
