package render

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/correlation"
)

// segment is a piece of a line that is not broken: escaped text and a style.
type segment struct{ text, style string }

// describer says in short what an entry shows.
type describer struct {
	at   map[string]int // place of each column of an entry
	wide bool           // whole names
}

// columnPlaces returns the place of each of [correlation.EntryColumns].
func columnPlaces() map[string]int {
	at := map[string]int{}
	for i, name := range correlation.EntryColumns() {
		at[name] = i
	}
	return at
}

// text returns a column as it was logged, "" for NULL and for what is no text.
func (d *describer) text(e *correlation.Entry, column string) string {
	s, _ := e.Values[d.at[column]].(string)
	return s
}

func (d *describer) number(e *correlation.Entry, column string) (int64, bool) {
	return integer(e.Values[d.at[column]])
}

// summary says what happened: the operation, how it ended, and on what.
// Beside says what the line above says already: the model is left out when it
// is the same.
func (d *describer) summary(e *correlation.Entry, above *correlation.Entry) []segment {
	var out []segment
	for _, w := range d.words(e, above) {
		style := ""
		if w.Strong {
			style = bold
		}
		out = append(out, segment{Terminal(w.Text), style})
	}
	return out
}

// Word is a piece of what is said of an event. Its text is as it was logged,
// and not escaped yet.
type Word struct {
	Text   string
	Strong bool
}

// Describe says in short what an entry of a timeline shows: the operation, how
// it ended, and on what.
func Describe(e *correlation.Entry) []Word {
	d := describer{at: columnPlaces()}
	return d.words(e, nil)
}

func (d *describer) words(e, above *correlation.Entry) []Word {
	var out []Word
	add := func(strong bool, text string) {
		if text != "" {
			out = append(out, Word{text, strong})
		}
	}
	add(true, d.operation(e))
	out = append(out, d.outcome(e)...)
	if model := d.model(e); above == nil || model != d.model(above) {
		add(false, model)
	}
	add(false, labelled("issued ", d.text(e, "issued_credential_id")))
	add(false, labelled("on ", d.name(d.text(e, "destination"))))
	add(false, d.tokens(e))
	if n, ok := d.number(e, "latency_us"); ok {
		add(false, duration(n))
	}
	add(true, labelled("ended with ", d.finish(e)))
	add(true, labelled("guardrail: ", guardrail(d.text(e, "guardrail_action"))))
	if state := d.text(e, "content_state"); state != "" && state != "present" && d.text(e, "plane") == "content" {
		add(false, "content "+strings.ReplaceAll(state, "_", " "))
	}
	if d.wide {
		add(false, labelled("role ", d.text(e, "role")))
		add(false, d.text(e, "service"))
		add(false, d.text(e, "region"))
	}
	return out
}

func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

// operation names what was done, by the name that the provider gives it.
func (d *describer) operation(e *correlation.Entry) string {
	if op := d.text(e, "operation"); op != "" {
		return op
	}
	if kind := d.text(e, "kind"); kind != "" {
		return "(" + kind + ")"
	}
	return "(no operation)"
}

// outcome says how it ended. What did not go well stands out.
func (d *describer) outcome(e *correlation.Entry) []Word {
	outcome := d.text(e, "outcome")
	switch outcome {
	case "":
		return nil
	case "success":
		return []Word{{Text: outcome}}
	case "unknown":
		outcome = "outcome unknown"
	}
	code := d.text(e, "error_code")
	if n, ok := d.number(e, "http_status"); ok && code == "" {
		code = "HTTP " + strconv.FormatInt(n, 10)
	}
	if code != "" {
		outcome += ": " + code
	}
	return []Word{{outcome, true}}
}

// model returns the name of the model, without what an ARN says beside it.
func (d *describer) model(e *correlation.Entry) string { return d.name(d.text(e, "model")) }

func (d *describer) name(s string) string {
	if d.wide {
		return s
	}
	return ShortName(s)
}

// ShortName shortens an ARN to the resource that it names: user/alice,
// assumed-role/admin/session. Another name stays as it is.
func ShortName(s string) string {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[5] == "" {
		return s
	}
	for _, prefix := range []string{"foundation-model/", "inference-profile/"} {
		if rest, ok := strings.CutPrefix(parts[5], prefix); ok && rest != "" {
			return rest
		}
	}
	return parts[5]
}

func (d *describer) tokens(e *correlation.Entry) string {
	var parts []string
	for _, c := range []struct{ column, word string }{{"input_tokens", "in"}, {"output_tokens", "out"}} {
		if n, ok := d.number(e, c.column); ok {
			parts = append(parts, Count(n)+" "+c.word)
		}
	}
	return strings.Join(parts, ", ")
}

// finish returns why the model stopped, when that is not the ordinary end of a
// reply or of a tool call.
func (d *describer) finish(e *correlation.Entry) string {
	reason := d.text(e, "finish_reason")
	if !d.wide && slices.Contains([]string{"end_turn", "stop", "stop_sequence", "tool_use", "tool_calls", "complete", "finish"}, strings.ToLower(reason)) {
		return ""
	}
	return reason
}

// guardrail leaves out that a guardrail did nothing.
func guardrail(action string) string {
	if strings.EqualFold(action, "none") {
		return ""
	}
	return action
}

// duration shows microseconds without a sign.
func duration(micros int64) string {
	const most = int64(1<<63-1) / 1000
	return strings.TrimPrefix(Relative(time.Duration(max(min(micros, most), -most))*time.Microsecond), "+")
}

// said is a text of an event, under the word for it.
type said struct{ label, text string }

// Said is a text of an event, under the word for it: prompt, reply, calls, error
// or problem. It is as it was logged, and not escaped yet.
type Said struct{ Label, Text string }

// Texts are what was said and what went wrong in an entry of a timeline, in the
// order of a conversation. A text that goes on ends in an ellipsis.
func Texts(e *correlation.Entry) []Said {
	d := describer{at: columnPlaces()}
	var out []Said
	for _, s := range d.texts(e) {
		out = append(out, Said{s.label, s.text})
	}
	return out
}

// texts are what was said and what went wrong, in the order of a conversation.
func (d *describer) texts(e *correlation.Entry) []said {
	var out []said
	add := func(label, column, text string) {
		if text == "" {
			return
		}
		if slices.Contains(e.Shortened, column) {
			text += "…"
		}
		out = append(out, said{label, text})
	}
	add("prompt", "prompt", d.text(e, "prompt"))
	add("reply", "response", d.text(e, "response"))
	for _, call := range toolCalls(d.text(e, "tool_calls")) {
		add("calls", "tool_calls", call)
	}
	add("error", "error_message", d.text(e, "error_message"))
	add("problem", "problem", d.text(e, "problem"))
	return out
}

// toolCalls shows the calls of a list as the event has it, each with its name
// and arguments. A list that was cut off or has another form is shown as it is.
func toolCalls(list string) []string {
	var calls []struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"`
	}
	if json.Unmarshal([]byte(list), &calls) != nil {
		return []string{list}
	}
	var out []string
	for _, c := range calls {
		if c.Name == "" {
			return []string{list}
		}
		out = append(out, strings.TrimSpace(c.Name+" "+string(c.Arguments)))
	}
	return out
}

// message describes an entry in a line, for Timesketch.
func (d *describer) message(e *correlation.Entry) string {
	parts := []string{d.operation(e)}
	add := func(label, text string) {
		if text != "" {
			parts = append(parts, label+text)
		}
	}
	add("", d.text(e, "outcome"))
	add("", d.text(e, "error_code"))
	add("by ", d.text(e, "principal"))
	add("from ", d.text(e, "src_ip"))
	add("model ", d.text(e, "model"))
	add("issued ", d.text(e, "issued_credential_id"))
	add("on ", d.text(e, "destination"))
	for _, s := range d.texts(e) {
		add(s.label+": ", cutRunes(s.text, 120))
	}
	return strings.Join(parts, " | ")
}

// cutRunes keeps the first n characters of a text.
func cutRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}
