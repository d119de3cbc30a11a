package conversation

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/formats"
)

// fact is a piece of the heading.
type fact struct {
	text string
	how  how
}

// how says how a fact is drawn.
type how uint8

const (
	ordinary how = iota
	name
	outcome
	warning
)

// heading says what call it is, how it ended, and what it took.
func heading(c *data.Conversation, env *part.Env) []fact {
	d := c.Detail
	var out []fact
	add := func(h how, text string) {
		if text != "" {
			out = append(out, fact{text, h})
		}
	}
	add(name, d.EventID)
	if t, ok := d.Value("ts").(time.Time); ok {
		add(ordinary, render.Stamp{Micros: t.UnixMicro(), Precision: formats.Precision(d.Text("ts_precision"))}.Format(env.Zone))
	}
	add(ordinary, d.Text("operation"))
	add(outcome, d.Text("outcome"))
	if p := d.Text("principal"); p != "" {
		add(ordinary, "by "+render.ShortName(p))
	}
	add(ordinary, render.ShortName(d.Text("model")))
	if f := d.Text("finish_reason"); f != "" {
		add(ordinary, "ended with "+f)
	}
	var tokens []string
	for _, n := range []struct{ column, word string }{
		{"input_tokens", " in"}, {"cache_read_tokens", " from cache"}, {"output_tokens", " out"},
	} {
		if v, ok := d.Value(n.column).(int64); ok && (v > 0 || n.column != "cache_read_tokens") {
			tokens = append(tokens, list.Number(v)+n.word)
		}
	}
	add(ordinary, strings.Join(tokens, ", "))
	if v, ok := d.Value("latency_us").(int64); ok {
		add(ordinary, strings.TrimPrefix(render.Relative(time.Duration(v)*time.Microsecond), "+"))
	}
	if v, ok := d.Value("cost_usd").(json.Number); ok {
		add(ordinary, "$"+v.String())
	}
	if s := d.Text("session_id"); s != "" {
		add(ordinary, "session "+s)
	}
	if g := d.Text("guardrail_action"); g != "" && !strings.EqualFold(g, "none") {
		add(warning, "guardrail: "+g)
	}
	return out
}

// notes say what is to be known of the texts before they are read.
func notes(c *data.Conversation) []fact {
	var out []fact
	if text := stateText(c.Detail.Text("content_state")); text != "" {
		out = append(out, fact{text, warning})
	}
	if c.For != "" {
		out = append(out, fact{c.For + " does not say what was said: this is another event of its call", ordinary})
	}
	if c.Detail.Joined {
		out = append(out, fact{"put together from the chunks of the whole call", ordinary})
	}
	if c.Unread != nil {
		out = append(out, fact{"not read to the end: " + c.Unread.Error() + "; the raw record has it", warning})
	}
	return out
}

// stateText says what a state of contents means; "" where all is there.
func stateText(state string) string {
	switch formats.ContentState(state) {
	case formats.ContentPresent:
		return ""
	case formats.ContentPartial:
		return "partial: the log has one side only"
	case formats.ContentExternal:
		return "external: the text is kept elsewhere; the raw record says where"
	case formats.ContentTruncated:
		return "truncated: the log cut the text, its end is not known"
	case formats.ContentNotLogged:
		return "not logged: what was said is not known"
	case formats.ContentEncrypted:
		return "encrypted: the log has the text, but nobody here can read it"
	case formats.ContentRedacted:
		return "redacted: what the log has was replaced before it was written"
	}
	return ""
}

// nothing says why there is no transcript.
func nothing(c *data.Conversation) string {
	switch state := c.Detail.Text("content_state"); {
	case state == "":
		return "This event holds nothing that was said."
	case state == string(formats.ContentPresent):
		return "The log has the content, but no text in it."
	}
	return "Nothing of what was said is in this event."
}

// exportHead says in an exported transcript where it comes from.
func exportHead(c *data.Conversation, env *part.Env) []string {
	d := c.Detail
	var facts []string
	for _, f := range heading(c, env) {
		facts = append(facts, f.text)
	}
	out := []string{
		"transcript of event " + d.EventID,
		strings.Join(facts[1:], "  "),
		fmt.Sprintf("evidence %s, SHA-256 %s, record %d, SHA-256 of the record %s", d.Evidence.Path, d.EvidenceID, d.Record, d.Text("record_sha256")),
		"case head " + env.Source.Info().Head,
	}
	for _, n := range notes(c) {
		out = append(out, n.text)
	}
	return out
}

// size writes a number of bytes.
func size(n int) string {
	switch {
	case n >= 10<<20:
		return list.Number(int64(n>>20)) + " MiB"
	case n >= 10<<10:
		return list.Number(int64(n>>10)) + " KiB"
	}
	return counted(n, "byte")
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return list.Number(int64(n)) + " " + noun + "s"
}
