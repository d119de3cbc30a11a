package drill

import (
	"slices"
	"time"
)

// field is what an altered record says differently.
type field uint8

const (
	fieldModel field = iota
	fieldOutcome
	fieldPrincipal
	fieldInputTokens
	fieldOutputTokens
	fieldPrompt
	fieldResponse
)

// fieldNames are the columns of an event.
var fieldNames = [...]string{
	fieldModel: "model", fieldOutcome: "outcome", fieldPrincipal: "principal",
	fieldInputTokens: "input_tokens", fieldOutputTokens: "output_tokens", fieldPrompt: "prompt", fieldResponse: "response",
}

func (f field) String() string { return fieldNames[f] }

// record appends what an output has of an event: the record of its source, or
// what tampering made of that.
func (w *scribe) record(dst []byte, o *output, e *event) []byte {
	if !o.source.sees(e) {
		return dst
	}
	kind := TamperKind("")
	if e.tampered != nil && e.tampered.source == o.source.name() {
		kind = e.tampered.kind
	}
	switch {
	case kind == Removed:
		return dst
	case kind == Altered || o.shift != 0:
		return w.forge(dst, o, e, kind == Altered)
	default:
		return o.source.append(dst, w, e)
	}
}

// forge appends a record that does not tell the truth. What is said and how the
// call passed is worked out from the event as it was, and changed in a copy:
// nothing else in the record differs.
func (w *scribe) forge(dst []byte, o *output, e *event, alter bool) []byte {
	w.forged = *e
	f := &w.forged
	f.ms += o.shift.Milliseconds()
	if e.model != nil {
		w.say(e)
		w.follow(e)
		w.told, w.passed = f, f
		w.passage.caller.shift(o.shift)
		w.passage.proxy.shift(o.shift)
	}
	if alter {
		e.tampered.field = w.alterable(o.source, e)
		w.alter(f)
	}
	dst = o.source.append(dst, w, f)
	w.told, w.passed = nil, nil // other sources tell the truth
	return dst
}

func (i *interval) shift(by time.Duration) {
	i.from, i.first, i.to = i.from+by.Microseconds(), i.first+by.Microseconds(), i.to+by.Microseconds()
}

// alterable returns a field that a record of the event can be altered in so that
// it contradicts another source. There is always one: the outcome.
func (w *scribe) alterable(s source, e *event) field {
	var fields []field
	for f := range fieldNames {
		f := field(f)
		words := vocabulary(s, f, e)
		if words != "" && w.possible(f, e) && slices.ContainsFunc(w.sources, func(o source) bool {
			return o.name() != s.name() && o.sees(e) && vocabulary(o, f, e) == words
		}) {
			fields = append(fields, f)
		}
	}
	return fields[e.tampered.rand.below(len(fields))]
}

// possible says whether a field of the call that was told last can say something
// else that would be noticed.
func (w *scribe) possible(f field, e *event) bool {
	d := &w.dialog
	switch f {
	case fieldModel:
		return e.model.other() != nil
	case fieldPrincipal:
		return e.tampered.who != nil
	case fieldInputTokens:
		return e.ErrorCode == "" && d.cacheRead == 0 // some sources count those of a cache and some do not
	case fieldOutputTokens:
		return e.ErrorCode == "" && !e.model.embeds
	case fieldPrompt:
		return !e.model.embeds && len(d.arena) < maxBody/4 // far from what Bedrock moves out of its log
	case fieldResponse:
		return e.ErrorCode == "" && !e.model.embeds && len(d.arena) < maxBody/4
	default:
		return true
	}
}

// vocabulary returns the word for how a source writes a field of a call. Two
// sources that have the same write the same. It is empty when the source does
// not write the field.
func vocabulary(s source, f field, e *event) string {
	switch f {
	case fieldModel, fieldOutcome:
		return "all"
	case fieldPrincipal:
		switch s.(type) {
		case cloudtrail, bedrock:
			return "ARN"
		case litellm, otlp:
			return "name"
		}
		return ""
	case fieldPrompt:
		if b := e.model.bodyOf(e.Operation); s == source(bedrock{}) && (b == body(llamaBody{}) || b == body(mistralBody{})) {
			return "" // one text with the whole chat
		}
	}
	if s == source(cloudtrail{}) {
		return "" // nothing of what is said
	}
	return "all"
}

// alter changes the chosen field of f, or of what was told of it.
func (w *scribe) alter(f *event) {
	d, r := &w.dialog, &f.tampered.rand
	switch f.tampered.field {
	case fieldModel:
		m := *f.model
		m.id = f.model.other().id
		f.model, d.model = &m, &m
	case fieldOutcome:
		to := denied
		if f.outcome == denied {
			to = throttled
		}
		f.end(to)
	case fieldPrincipal:
		f.Who = f.tampered.who
	case fieldInputTokens:
		d.tokensIn += r.between(1, 200)
	case fieldOutputTokens:
		d.tokensOut += r.between(1, 200)
	case fieldPrompt:
		for i := len(d.input) - 1; i >= 0; i-- {
			if p := &d.input[i]; p.kind == partText && !p.assistant {
				p.text = w.teller.write(d, r, r.between(8, 20))
				break
			}
		}
	case fieldResponse:
		d.reply[0].text = w.teller.write(d, r, r.between(8, 20))
	}
}

// end lets a call end with an error.
func (e *event) end(to outcome) {
	for _, o := range outcomes {
		if o.outcome == to {
			e.outcome, e.ErrorCode, e.ErrorMessage = o.outcome, o.code, o.message
		}
	}
}

// other returns another model of the same maker that does the same work and has
// the same body, or nil.
func (m *model) other() *model {
	list := models
	if m.openAI() {
		list = openAIModels[:]
	}
	for i := range list {
		if o := &list[i]; o.id != m.id && o.body == m.body && o.embeds == m.embeds {
			return o
		}
	}
	return nil
}
