package casefile

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/exhibit-forensics/exhibit/formats"
)

func hexSum(b []byte) string { return hex.EncodeToString(b) }

// eventColumn is one column of the events segments: how it is stored and what
// it takes from an event. It is the only list of them; the columns of
// provenance and the text hashes, which need more than the event, are added
// by [eventTable].
type eventColumn struct {
	name string
	typ  columnType
	put  func(c *column, e *formats.Event, s *scratch)
}

// scratch owns the bytes that are made while events become rows. They are
// valid until the segment is written.
type scratch struct{ buf []byte }

// keep returns the bytes that f appends, in memory that stays valid until
// reset.
func (s *scratch) keep(f func(dst []byte) []byte) []byte {
	if cap(s.buf)-len(s.buf) < 4<<10 {
		s.buf = make([]byte, 0, 1<<20)
	}
	from := len(s.buf)
	grown := f(s.buf)
	s.buf = grown
	return grown[from:len(grown):len(grown)]
}

func textColumn(name string, typ columnType, get func(e *formats.Event) formats.Text) eventColumn {
	return eventColumn{name, typ, func(c *column, e *formats.Event, _ *scratch) { c.text(get(e)) }}
}

func wordColumn(name string, get func(e *formats.Event) string) eventColumn {
	return eventColumn{name, typeWord, func(c *column, e *formats.Event, _ *scratch) { c.word(get(e)) }}
}

func intColumn(name string, typ columnType, get func(e *formats.Event) formats.Int) eventColumn {
	return eventColumn{name, typ, func(c *column, e *formats.Event, _ *scratch) { v := get(e); c.int(v.V, v.OK) }}
}

func timeColumn(name string, get func(e *formats.Event) formats.Time) eventColumn {
	return eventColumn{name, typeTime, func(c *column, e *formats.Event, _ *scratch) { v := get(e); c.int(v.Micros, v.OK) }}
}

func boolColumn(name string, get func(e *formats.Event) formats.Bool) eventColumn {
	return eventColumn{name, typeBool, func(c *column, e *formats.Event, _ *scratch) { v := get(e); c.bool(v.V, v.OK) }}
}

func listColumn(name string, get func(e *formats.Event) []formats.Text) eventColumn {
	return eventColumn{name, typeText, func(c *column, e *formats.Event, s *scratch) {
		list := get(e)
		if len(list) == 0 {
			c.null()
			return
		}
		c.text(s.keep(func(dst []byte) []byte { return appendTextList(dst, list) }))
	}}
}

// eventColumns lists the columns in the order of DESIGN.md's table.
func eventColumns() []eventColumn {
	type ev = formats.Event
	return []eventColumn{
		timeColumn("ts", func(e *ev) formats.Time { return e.TS }),
		timeColumn("ts_end", func(e *ev) formats.Time { return e.TSEnd }),
		wordColumn("ts_precision", func(e *ev) string { return string(e.TSPrecision) }),
		wordColumn("ts_source", func(e *ev) string { return e.TSSource }),
		intColumn("latency_us", typeInt, func(e *ev) formats.Int { return e.Latency }),
		intColumn("ttft_us", typeInt, func(e *ev) formats.Int { return e.TTFT }),

		wordColumn("plane", func(e *ev) string { return string(e.Plane) }),
		wordColumn("kind", func(e *ev) string { return string(e.Kind) }),
		textColumn("operation", typeWord, func(e *ev) formats.Text { return e.Operation }),
		wordColumn("outcome", func(e *ev) string { return string(e.Outcome) }),
		textColumn("error_code", typeWord, func(e *ev) formats.Text { return e.ErrorCode }),
		textColumn("error_message", typeText, func(e *ev) formats.Text { return e.ErrorMessage }),
		intColumn("http_status", typeInt, func(e *ev) formats.Int { return e.HTTPStatus }),

		textColumn("principal", typeWord, func(e *ev) formats.Text { return e.Principal }),
		textColumn("principal_type", typeWord, func(e *ev) formats.Text { return e.PrincipalType }),
		textColumn("principal_issuer", typeWord, func(e *ev) formats.Text { return e.PrincipalIssuer }),
		textColumn("role", typeWord, func(e *ev) formats.Text { return e.Role }),
		textColumn("credential_id", typeWord, func(e *ev) formats.Text { return e.CredentialID }),
		textColumn("credential_kind", typeWord, func(e *ev) formats.Text { return e.CredentialKind }),
		textColumn("issued_credential_id", typeWord, func(e *ev) formats.Text { return e.IssuedCredentialID }),
		textColumn("source_identity", typeWord, func(e *ev) formats.Text { return e.SourceIdentity }),
		textColumn("end_user", typeWord, func(e *ev) formats.Text { return e.EndUser }),
		textColumn("tenant", typeWord, func(e *ev) formats.Text { return e.Tenant }),
		boolColumn("mfa", func(e *ev) formats.Bool { return e.MFA }),
		textColumn("src_ip", typeWord, func(e *ev) formats.Text { return e.SrcIP }),
		textColumn("user_agent", typeWord, func(e *ev) formats.Text { return e.UserAgent }),
		wordColumn("client", func(e *ev) string { return e.Client }),

		textColumn("provider", typeWord, func(e *ev) formats.Text { return e.Provider }),
		textColumn("service", typeWord, func(e *ev) formats.Text { return e.Service }),
		textColumn("endpoint", typeWord, func(e *ev) formats.Text { return e.Endpoint }),
		textColumn("model", typeWord, func(e *ev) formats.Text { return e.Model }),
		textColumn("model_response", typeWord, func(e *ev) formats.Text { return e.ModelResponse }),
		textColumn("deployment", typeWord, func(e *ev) formats.Text { return e.Deployment }),
		textColumn("region", typeWord, func(e *ev) formats.Text { return e.Region }),
		textColumn("inference_region", typeWord, func(e *ev) formats.Text { return e.InferenceRegion }),
		textColumn("environment", typeWord, func(e *ev) formats.Text { return e.Environment }),
		textColumn("app", typeWord, func(e *ev) formats.Text { return e.App }),

		textColumn("native_id", typeText, func(e *ev) formats.Text { return e.NativeID }),
		textColumn("request_id", typeText, func(e *ev) formats.Text { return e.RequestID }),
		textColumn("trace_id", typeText, func(e *ev) formats.Text { return e.TraceID }),
		textColumn("span_id", typeText, func(e *ev) formats.Text { return e.SpanID }),
		textColumn("parent_span_id", typeText, func(e *ev) formats.Text { return e.ParentSpanID }),
		textColumn("session_id", typeText, func(e *ev) formats.Text { return e.SessionID }),
		textColumn("response_id", typeText, func(e *ev) formats.Text { return e.ResponseID }),
		textColumn("message_id", typeText, func(e *ev) formats.Text { return e.MessageID }),
		textColumn("parent_message_id", typeText, func(e *ev) formats.Text { return e.ParentMessageID }),
		listColumn("tool_call_ids", func(e *ev) []formats.Text { return e.ToolCallIDs }),
		{"other_ids", typeText, putOtherIDs},

		intColumn("sequence", typeInt, func(e *ev) formats.Int { return e.Sequence }),

		intColumn("request_count", typeInt, func(e *ev) formats.Int { return e.RequestCount }),
		intColumn("input_tokens", typeInt, func(e *ev) formats.Int { return e.InputTokens }),
		intColumn("output_tokens", typeInt, func(e *ev) formats.Int { return e.OutputTokens }),
		intColumn("cache_read_tokens", typeInt, func(e *ev) formats.Int { return e.CacheReadTokens }),
		intColumn("cache_write_tokens", typeInt, func(e *ev) formats.Int { return e.CacheWriteTokens }),
		intColumn("reasoning_tokens", typeInt, func(e *ev) formats.Int { return e.ReasoningTokens }),
		intColumn("cost_usd", typeMoney, func(e *ev) formats.Int { return e.CostUSD }),
		textColumn("cost_basis", typeWord, func(e *ev) formats.Text { return e.CostBasis }),

		wordColumn("content_state", func(e *ev) string { return string(e.ContentState) }),
		textColumn("system_prompt", typeWord, func(e *ev) formats.Text { return e.SystemPrompt }),
		textColumn("prompt", typeWide, func(e *ev) formats.Text { return e.Prompt }),
		textColumn("response", typeWide, func(e *ev) formats.Text { return e.Response }),
		textColumn("reasoning", typeWide, func(e *ev) formats.Text { return e.Reasoning }),
		{"input_messages", typeWide, putMessages(func(e *ev) []formats.Message { return e.Input })},
		{"output_messages", typeWide, putMessages(func(e *ev) []formats.Message { return e.Output })},
		{"tool_calls", typeWide, putToolCalls},
		textColumn("tool_definitions", typeWord, func(e *ev) formats.Text { return e.ToolDefinitions }),
		textColumn("retrieved", typeWide, func(e *ev) formats.Text { return e.Retrieved }),
		textColumn("parameters", typeWord, func(e *ev) formats.Text { return e.Parameters }),
		textColumn("finish_reason", typeWord, func(e *ev) formats.Text { return e.FinishReason }),
		boolColumn("stream", func(e *ev) formats.Bool { return e.Stream }),
		textColumn("guardrail_action", typeWord, func(e *ev) formats.Text { return e.GuardrailAction }),
		listColumn("guardrail_policies", func(e *ev) []formats.Text { return e.GuardrailPolicies }),
		textColumn("approval", typeWord, func(e *ev) formats.Text { return e.Approval }),

		textColumn("destination", typeText, func(e *ev) formats.Text { return e.Destination }),
		intColumn("bytes_in", typeInt, func(e *ev) formats.Int { return e.BytesIn }),
		intColumn("bytes_out", typeInt, func(e *ev) formats.Int { return e.BytesOut }),
		textColumn("data_format", typeWord, func(e *ev) formats.Text { return e.DataFormat }),
		wordColumn("problem", func(e *ev) string { return e.Problem }),
	}
}

// putMessages stores a list of messages as OpenTelemetry message-part JSON,
// unless the view can rebuild it from the single texts: most calls are one
// prompt and one answer, and storing those twice would double the case.
func putMessages(get func(e *formats.Event) []formats.Message) func(*column, *formats.Event, *scratch) {
	return func(c *column, e *formats.Event, s *scratch) {
		list := get(e)
		if len(list) == 0 || formats.PlainMessages(e) {
			c.null()
			return
		}
		c.text(s.keep(func(dst []byte) []byte { return formats.AppendMessages(dst, list) }))
	}
}

// putToolCalls stores the tool calls of the output as JSON: [{"id","name","arguments"}].
func putToolCalls(c *column, e *formats.Event, s *scratch) {
	n := 0
	for _, m := range e.Output {
		for _, p := range m.Parts {
			if p.Type == formats.PartToolCall {
				n++
			}
		}
	}
	if n == 0 {
		c.null()
		return
	}
	c.text(s.keep(func(dst []byte) []byte { return appendToolCalls(dst, e.Output) }))
}

func appendToolCalls(dst []byte, output []formats.Message) []byte {
	sep := byte('[')
	for _, m := range output {
		for _, p := range m.Parts {
			if p.Type != formats.PartToolCall {
				continue
			}
			dst = append(dst, sep)
			sep = ','
			dst = append(dst, `{"id":`...)
			dst = appendJSONText(dst, p.ID)
			dst = append(dst, `,"name":`...)
			dst = appendJSONText(dst, p.Name)
			dst = append(dst, `,"arguments":`...)
			if len(p.JSON) > 0 {
				dst = append(dst, p.JSON...)
			} else {
				dst = append(dst, "null"...)
			}
			dst = append(dst, '}')
		}
	}
	return append(dst, ']')
}

func putOtherIDs(c *column, e *formats.Event, s *scratch) {
	if len(e.OtherIDs) == 0 {
		c.null()
		return
	}
	c.text(s.keep(func(dst []byte) []byte {
		sep := byte('[')
		for _, id := range e.OtherIDs {
			dst = append(dst, sep)
			sep = ','
			dst = append(dst, `{"kind":`...)
			dst = appendJSONText(dst, []byte(id.Kind))
			dst = append(dst, `,"value":`...)
			dst = appendJSONText(dst, id.Value)
			dst = append(dst, '}')
		}
		return append(dst, ']')
	}))
}

func appendTextList(dst []byte, list []formats.Text) []byte {
	sep := byte('[')
	for _, t := range list {
		dst = append(dst, sep)
		sep = ','
		dst = appendJSONText(dst, t)
	}
	return append(dst, ']')
}

// appendJSONText appends t as a JSON string, or null when it is nil.
func appendJSONText(dst, t []byte) []byte {
	if t == nil {
		return append(dst, "null"...)
	}
	return append(appendEscaped(append(dst, '"'), t), '"')
}

// appendEscaped appends the inside of a JSON string.
func appendEscaped(dst, t []byte) []byte {
	from := 0
	for i, c := range t {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, t[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			const digits = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(dst, t[from:]...)
}

// place is a bit of content_first: 1 the system prompt, 2 the prompt, 4 the
// response, 8 the reasoning of the event hold a text that no earlier event of
// the segment has.
type place uint8

// eventTable fills the three tables of decoded rows of one segment: events,
// the content texts that no event column of the segment holds, and their
// uses.
type eventTable struct {
	events, content, uses *table
	put                   []eventColumn
	fixed                 struct {
		segment, row, evidence, record, part, offset, length, sum, format *column
		hash                                                              [4]*column
		first                                                             *column
	}
	c       struct{ segment, row, event, hash, role, text *column }
	u       struct{ segment, row, position, side, role, hash *column }
	seen    map[[sha256.Size]byte]*firstUse
	scratch scratch
	docs    formats.Documents
	sums    []byte // hash bytes of the segment
}

func newEventTable() (*eventTable, error) {
	t := &eventTable{put: eventColumns(), seen: map[[sha256.Size]byte]*firstUse{}}
	var cols []*column
	add := func(name string, typ columnType) *column {
		c := &column{name: name, typ: typ}
		cols = append(cols, c)
		return c
	}
	f := &t.fixed
	f.segment, f.row = add("segment", typeInt), add("row", typeInt)
	f.evidence, f.record, f.part = add("evidence", typeInt), add("record", typeInt), add("part", typeInt)
	f.offset, f.length, f.sum = add("byte_offset", typeInt), add("byte_length", typeInt), add("record_sha256", typeHash)
	f.format = add("format", typeWord)
	f.hash = [4]*column{add("system_prompt_hash", typeHash), add("prompt_hash", typeHash), add("response_hash", typeHash), add("reasoning_hash", typeHash)}
	f.first = add("content_first", typeInt)
	for _, p := range t.put {
		add(p.name, p.typ)
	}
	var err error
	if t.events, err = newTable("events", cols...); err != nil {
		return nil, err
	}
	cols = nil
	c := &t.c
	c.segment, c.row, c.event, c.hash = add("segment", typeInt), add("row", typeInt), add("event_row", typeInt), add("hash", typeHash)
	c.role, c.text = add("role", typeWord), add("text", typeWide)
	if t.content, err = newTable("content", cols...); err != nil {
		return nil, err
	}
	cols = nil
	u := &t.u
	u.segment, u.row, u.position = add("segment", typeInt), add("row", typeInt), add("position", typeInt)
	u.side, u.role, u.hash = add("side", typeWord), add("role", typeWord), add("hash", typeHash)
	t.uses, err = newTable("uses", cols...)
	return t, err
}

func (t *eventTable) reset() {
	t.events.reset()
	t.content.reset()
	t.uses.reset()
	clear(t.seen)
	t.scratch.buf = nil // its bytes are referenced by nothing now; a new block is made on demand
	t.docs.Reset()
	t.sums = nil
}

// origin is the provenance that all events of a record share.
type origin struct {
	segment, record, offset, length int64
	evidence                        int64
	format, sum                     []byte
}

// add appends one event.
func (t *eventTable) add(o *origin, part int, e *formats.Event) {
	f := &t.fixed
	row := int64(t.events.rows())
	f.segment.int(o.segment, true)
	f.row.int(row, true)
	f.evidence.int(o.evidence, true)
	f.record.int(o.record, true)
	f.part.int(int64(part), true)
	f.offset.int(o.offset, true)
	f.length.int(o.length, true)
	f.sum.sum(o.sum)
	f.format.raw(o.format)
	for i := range t.put {
		t.put[i].put(t.events.columns[eventColumnsFrom+i], e, &t.scratch)
	}
	t.addContent(o, row, e)
}

// eventColumnsFrom is the index of the first [eventColumn] in the table.
const eventColumnsFrom = 14

// firstUse is where a text stands first in the segment: in the order of time,
// events without a time last, and of rows. Which of several pieces of evidence
// comes first at the same time is left to the derived database: it goes by
// their SHA-256, which is not known here yet, so that the order of loading does
// not matter.
type firstUse struct {
	ts int64
	usedAt
	ties   []usedAt // at the same time in other evidence
	stored int64    // row of the content table that has the text, or noRow
}

const noRow = -1

// usedAt is a use of a text.
type usedAt struct {
	row, evidence int64
	bit           place // column of the event that holds the text; 0 when the content table does
	content       int64 // row of the content table
}

// note notes a use, and reports whether it may be the first.
func (t *eventTable) note(key [sha256.Size]byte, ts int64, u usedAt) (*firstUse, bool) {
	f := t.seen[key]
	switch {
	case f == nil:
		f = &firstUse{ts: ts, usedAt: u, stored: noRow}
		t.seen[key] = f
	case ts > f.ts || ts == f.ts && f.last().evidence == u.evidence: // rows of an evidence stand together
		return f, false
	case ts == f.ts:
		f.ties = append(f.ties, u)
	default:
		t.forget(&f.usedAt)
		for i := range f.ties {
			t.forget(&f.ties[i])
		}
		f.ts, f.usedAt, f.ties = ts, u, f.ties[:0]
	}
	return f, true
}

// last returns the use that was noted last.
func (f *firstUse) last() *usedAt {
	if n := len(f.ties); n > 0 {
		return &f.ties[n-1]
	}
	return &f.usedAt
}

// forget makes a use one of many: an earlier one was found.
func (t *eventTable) forget(u *usedAt) {
	if u.bit != 0 {
		t.fixed.first.ints[u.row] &^= int64(u.bit)
	} else {
		t.c.event.ints[u.content] = noRow
	}
}

// addContent hashes the texts of the event, notes where each stands first, and
// stores the texts that no column of an event holds.
func (t *eventTable) addContent(o *origin, row int64, e *formats.Event) {
	ts := int64(math.MaxInt64)
	if e.TS.OK {
		ts = e.TS.Micros
	}
	t.fixed.first.int(0, true)
	var own [4][]byte
	for i, text := range [4]formats.Text{e.SystemPrompt, e.Prompt, e.Response, e.Reasoning} {
		if len(text) == 0 {
			t.fixed.hash[i].null()
			continue
		}
		key := sha256.Sum256(text)
		own[i] = t.keepSum(key)
		t.fixed.hash[i].sum(own[i])
		if _, first := t.note(key, ts, usedAt{row: row, evidence: o.evidence, bit: 1 << i}); first {
			t.fixed.first.ints[row] |= 1 << i
		}
	}
	at := usePlace{segment: o.segment, evidence: o.evidence, row: row, ts: ts}
	if !formats.PlainMessages(e) {
		t.addUses(&at, "input", e.Input, &own)
		t.addUses(&at, "output", e.Output, &own)
	}
	for _, text := range t.docs.Texts(e.Retrieved) {
		t.addUse(&at, "retrieved", formats.Text("document"), sha256.Sum256(text), text)
		at.position++
	}
}

// usePlace walks over the message parts of an event and its documents.
type usePlace struct{ segment, evidence, row, ts, position int64 }

// addUses adds a use for each text part of the messages that is not one of the
// event's own texts.
func (t *eventTable) addUses(at *usePlace, side string, list []formats.Message, own *[4][]byte) {
	for i := range list {
		for j := range list[i].Parts {
			t.addPart(at, side, &list[i], &list[i].Parts[j], own)
			at.position++
		}
	}
}

func (t *eventTable) addPart(at *usePlace, side string, m *formats.Message, p *formats.Part, own *[4][]byte) {
	if len(p.Text) == 0 || p.Type == formats.PartURI {
		return
	}
	key := sha256.Sum256(p.Text)
	if sameHash(own, key[:]) {
		return
	}
	role := m.Role
	if p.Type == formats.PartToolResponse {
		role = formats.Text("tool")
	}
	t.addUse(at, side, role, key, p.Text)
}

// addUse adds a use of a text.
func (t *eventTable) addUse(at *usePlace, side string, role formats.Text, key [sha256.Size]byte, text formats.Text) {
	sum := t.keepSum(key)
	t.noteUse(key, sum, at, role, text)
	t.u.segment.int(at.segment, true)
	t.u.row.int(at.row, true)
	t.u.position.int(at.position, true)
	t.u.side.word(side)
	t.u.role.text(role)
	t.u.hash.sum(sum)
}

// noteUse notes that a message of an event holds the text, and stores it when
// it may be the first use and is not stored yet.
func (t *eventTable) noteUse(key [sha256.Size]byte, sum []byte, at *usePlace, role, text formats.Text) {
	f, first := t.note(key, at.ts, usedAt{row: at.row, evidence: at.evidence})
	if !first {
		return
	}
	if f.stored != noRow && len(f.ties) == 0 {
		f.content = f.stored
		t.c.event.ints[f.stored] = at.row
		t.c.role.setText(int(f.stored), role)
		return
	}
	row := int64(t.content.rows())
	f.last().content = row
	if f.stored == noRow {
		f.stored = row
	}
	t.c.segment.int(at.segment, true)
	t.c.row.int(row, true)
	t.c.event.int(at.row, true)
	t.c.hash.sum(sum)
	t.c.role.text(role)
	t.c.text.text(text)
}

func sameHash(own *[4][]byte, sum []byte) bool {
	for _, o := range own {
		if o != nil && string(o) == string(sum) {
			return true
		}
	}
	return false
}

func (t *eventTable) keepSum(key [sha256.Size]byte) []byte {
	if cap(t.sums)-len(t.sums) < sha256.Size {
		t.sums = make([]byte, 0, sha256.Size<<12)
	}
	at := len(t.sums)
	t.sums = append(t.sums, key[:]...)
	return t.sums[at : at+sha256.Size : at+sha256.Size]
}

// EventID returns the identity of an event as people see it:
// EVIDENCE-RECORD[.PART], with the given prefix of the evidence's SHA-256.
func EventID(prefix string, record, part int64) string {
	id := prefix + "-" + strconv.FormatInt(record, 10)
	if part > 0 {
		id += "." + strconv.FormatInt(part, 10)
	}
	return id
}
