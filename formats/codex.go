package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// codex is the rollout that Codex CLI keeps of a session, under
// ~/.codex/sessions: what went to the model and came back, which tools ran, and
// what the interface showed of it. It is the client's own account and has
// neither a source address nor a credential. Rollouts from before September
// 2025, whose lines have no payload, are not read.
//
// The lines are those of openai/codex: codex-rs/protocol/src/protocol.rs
// (RolloutItem, EventMsg, TokenUsageInfo), models.rs (ResponseItem) and
// codex-rs/rollout/src/policy.rs (what is kept).
//
// A line for a call of the model does not exist. Newer versions write a
// token_usage_record for each reply, which is the call; what older ones have is
// the event token_count, which is the call where no record was written for it.
// A session that was forked from another begins with a copy of all its lines.
// Records in it have the ids of their replies and join; token_counts have none,
// and are told by when they were written: see forkSpan. Forks from before
// session_meta named where they come from cannot be told, and count twice where
// the other rollout is there as well.
// Everything a reply says is in lines of its own, which name neither: they are
// of kind message, and of kind tool where a tool answers. So a call has tokens
// and a model, and its text is found by session and turn.
type codex struct{}

var (
	_ Witness = codex{}
	_ Carrier = codex{}
)

func (codex) Name() string { return "codex" }

func (codex) Doc() string {
	return "Codex CLI rollouts of sessions, JSON lines from ~/.codex/sessions"
}

// Vantage says that a rollout is the client's own account.
func (codex) Vantage() Vantage { return VantageClient }

// Detect accepts what begins with a line of a rollout.
func (codex) Detect(s *Sample) error {
	v := s.First
	if v.Kind() != jsontape.Object {
		return errors.New("it does not begin with a JSON object")
	}
	payload := v.Get("payload")
	if payload.Kind() != jsontape.Object || v.Get("timestamp").Kind() != jsontape.String {
		return errors.New("the first object has no timestamp and payload")
	}
	text := func(key string) bool { return payload.Get(key).Kind() == jsontape.String }
	switch string(v.Get("type").Text()) {
	case "session_meta":
		if text("id") || text("session_id") {
			return nil
		}
	case "turn_context":
		if text("cwd") || text("model") {
			return nil
		}
	case "response_item", "event_msg":
		if text("type") {
			return nil
		}
	case "token_usage_record":
		if payload.Get("usage").Exists() {
			return nil
		}
	case "compacted":
		if payload.Get("message").Exists() || payload.Get("replacement_history").Exists() {
			return nil
		}
	}
	return errors.New("the first object has no type of a rollout line with its payload")
}

func (codex) Framing(s *Sample) Framing { return JSONFraming(s) }

// The slots of the context.
const (
	codexMeta  = iota // session_meta
	codexFork         // session_meta of a session that was forked from another, which it repeats
	codexTurn         // turn_context
	codexUsage        // the last token_count or token_usage_record
)

// Carry keeps what says for later lines which session, model and policy they
// belong to, and what was used up to then.
func (codex) Carry(record []byte) int {
	// The type stands before or behind the payload, which can be long. So does
	// the type of the payload.
	event := false
	for _, part := range [...][]byte{record[:min(len(record), 256)], record[max(0, len(record)-128):]} {
		for typ, rest := nextType(part); rest != nil; typ, rest = nextType(rest) {
			switch string(typ) {
			case "session_meta":
				if bytes.Contains(record[:min(len(record), 512)], []byte(`"forked_from_id":"`)) {
					return codexFork
				}
				return codexMeta
			case "turn_context":
				return codexTurn
			case "token_usage_record":
				return codexUsage
			case "token_count":
				if bytes.Contains(record, []byte(`"total_token_usage"`)) {
					return codexUsage
				}
				return -1
			case "event_msg":
				event = true
				continue
			case "response_item", "compacted":
				return -1
			}
			if event {
				return -1 // typ is that of its payload
			}
		}
	}
	return -1
}

// nextType returns the value of the next member of a part of a record that is
// called type, where it is a plain text, and what follows it; nil for no more.
func nextType(part []byte) (typ, rest []byte) {
	const name = `type"` // searching for a quote would stop at each name
	i := bytes.Index(part, []byte(name))
	if i < 0 {
		return nil, nil
	}
	rest = part[i+len(name):]
	if i == 0 || part[i-1] != '"' {
		return nil, rest
	}
	value := bytes.TrimLeft(rest, " \t:")
	if len(value) == 0 || value[0] != '"' {
		return nil, rest
	}
	end := bytes.IndexByte(value[1:], '"')
	if end < 0 {
		return nil, nil
	}
	return value[1 : 1+end], value[1+end:]
}

// rolloutLine is a line, and what earlier ones say about it.
type rolloutLine struct {
	typ           Text
	time, payload jsontape.Value
	kind          Text // of the payload
	meta, turn    jsontape.Value
}

// Decode makes one event of a line.
func (codex) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding rollout line: want an object, not %s", v.Kind())
	}
	var l rolloutLine
	for key, m := range v.Members() {
		switch string(key) {
		case "timestamp":
			l.time = m
		case "type":
			l.typ = m.Text()
		case "payload":
			l.payload = m
		}
	}
	e := d.Add()
	l.common(d, e)
	switch string(l.typ) {
	case "session_meta":
		e.addID("forked_from_id", l.payload.Get("forked_from_id"))
		e.addID("parent_thread_id", l.payload.Get("parent_thread_id"))
		e.addID("repository_url", l.payload.Path("git", "repository_url"))
	case "response_item":
		l.item(d, e)
	case "event_msg":
		l.event(d, e)
	case "token_usage_record":
		l.usageRecord(e)
	case "compacted":
		if text := l.payload.Get("message"); len(text.Text()) > 0 {
			addContent(d, e.AddOutput(word(d, "assistant")), text)
			e.ContentState = ContentPresent
		}
	}
	e.Summarise()
	return nil
}

// common fills the columns that every line can have, from the line and from the
// session and turn that it belongs to.
func (l *rolloutLine) common(d *Decoder, e *Event) {
	e.Plane, e.Kind, e.Client = PlaneAgent, KindOther, "codex"
	d.SetTime(e, "timestamp", l.time)
	l.kind = l.payload.Get("type").Text()
	if l.meta = d.earlier(codexFork).Get("payload"); !l.meta.Exists() {
		l.meta = d.earlier(codexMeta).Get("payload")
	}
	l.turn = d.earlier(codexTurn).Get("payload")
	switch string(l.typ) {
	case "session_meta":
		l.meta, l.kind = l.payload, nil
	case "turn_context":
		l.turn, l.kind = l.payload, nil
		l.approval(d, e)
	}
	setName(&e.Operation, l.kind)
	setName(&e.Operation, l.typ)

	l.session(e)
	var trace, turn jsontape.Value
	for key, v := range l.turn.Members() {
		switch string(key) {
		case "trace_id":
			trace = v
		case "turn_id":
			turn = v
		}
	}
	setName(&e.TraceID, trace.Text())
	if own := l.payload.Get("turn_id"); own.Exists() {
		turn = own
	}
	if isUUID(turn.Text()) { // older versions number the turns of each session
		e.addID("turn_id", turn)
	}
}

// session sets the identifiers of the session, which older versions call by
// the id of its only thread.
func (l *rolloutLine) session(e *Event) {
	var session, thread, provider jsontape.Value
	for key, v := range l.meta.Members() {
		switch string(key) {
		case "session_id":
			session = v
		case "id":
			thread = v
		case "model_provider":
			provider = v
		}
	}
	setName(&e.SessionID, session.Text())
	setName(&e.Provider, provider.Text())
	if id := thread.Text(); e.SessionID == nil {
		setName(&e.SessionID, id)
	} else if !bytes.Equal(id, e.SessionID) {
		e.addID("thread_id", thread)
	}
}

// approval sets the policy by which tools were allowed to run: a word, or an
// object of them.
func (l *rolloutLine) approval(d *Decoder, e *Event) {
	policy := l.turn.Get("approval_policy")
	switch policy.Kind() {
	case jsontape.String:
		setName(&e.Approval, policy.Text())
	case jsontape.Object:
		setText(&e.Approval, rawJSON(d, policy))
	}
}

// usageRecord decodes the usage of one reply. A session that was forked from
// another repeats its records: with their order they are one call with those.
func (l *rolloutLine) usageRecord(e *Event) {
	e.ResponseID = l.payload.Get("response_id").Text()
	if len(e.ResponseID) > 0 {
		e.Sequence = IntOf(1)
	}
	l.call(e, l.payload.Get("usage"))
}

// forkSpan is how long after the first line of a fork its copy of the other
// session is still being written, in microseconds. All lines have the time at
// which they were written, the copies too, and these are written at once
// (codex-rs/rollout/src/recorder.rs, write_pending_once and write_rollout_item);
// a reply to the first message takes longer. The second itself is our estimate.
const forkSpan = 1_000_000

// copied reports whether the line is one of another session, which a fork of it
// repeats.
func (l *rolloutLine) copied(d *Decoder, e *Event) bool {
	begun, _, problem := d.time(d.earlier(codexFork).Get("timestamp"))
	return problem == "" && begun.OK && e.TS.OK && e.TS.Micros-begun.Micros < forkSpan
}

// tokenCount decodes the event that shows the usage so far, and that of the
// last reply. It is written again when limits change, with nothing used in
// between, when a history was shortened, with no reply, and when a session is
// forked: none is a call. The totals are never added up.
func (l *rolloutLine) tokenCount(d *Decoder, e *Event) {
	info := l.payload.Get("info")
	last := info.Get("last_token_usage")
	if n, _ := last.Get("input_tokens").Int(); n == 0 || l.copied(d, e) {
		return
	}
	before := d.earlier(codexUsage).Get("payload")
	if sameUsage(before.Path("info", "total_token_usage"), info.Get("total_token_usage")) || sameUsage(before.Get("usage"), last) {
		return
	}
	l.call(e, last)
}

// call makes the event a call of the model of the turn.
func (l *rolloutLine) call(e *Event, usage jsontape.Value) {
	e.Kind, e.Outcome, e.ContentState = KindInference, OutcomeSuccess, ContentNotLogged
	setName(&e.Model, l.turn.Get("model").Text())
	for key, v := range usage.Members() {
		switch string(key) {
		case "input_tokens":
			e.InputTokens = intOf(v)
		case "cached_input_tokens":
			e.CacheReadTokens = intOf(v)
		case "cache_write_input_tokens":
			e.CacheWriteTokens = intOf(v)
		case "output_tokens":
			e.OutputTokens = intOf(v)
		case "reasoning_output_tokens":
			e.ReasoningTokens = intOf(v)
		}
	}
}

// sameUsage reports whether two counts are there and equal.
func sameUsage(a, b jsontape.Value) bool {
	if a.Kind() != jsontape.Object || b.Kind() != jsontape.Object {
		return false
	}
	for _, key := range [...]string{"input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens"} {
		if !bytes.Equal(a.Get(key).Raw(), b.Get(key).Raw()) {
			return false
		}
	}
	return true
}
