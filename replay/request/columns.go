package request

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
)

// Columns returns the event columns that a request is rebuilt from.
func Columns() []string {
	return []string{
		"ts", "session_id", "model", "model_response", "operation", "content_state", "system_prompt", "prompt",
		"input_messages", "output_messages", "response", "reasoning", "tool_definitions", "retrieved", "parameters", "stream",
		"finish_reason", "outcome", "error_code", "error_message", "http_status", "input_tokens", "output_tokens",
		"latency_us", "ttft_us", "cost_usd",
	}
}

// row is one event by column name.
type row map[string]any

func (r row) text(column string) string { s, _ := r[column].(string); return s }

func (r row) number(column string) *int64 {
	if n, ok := r[column].(int64); ok {
		return &n
	}
	return nil
}

func (r row) micros(column string) *time.Duration {
	n := r.number(column)
	if n == nil {
		return nil
	}
	d := time.Duration(*n) * time.Microsecond
	return &d
}

// json returns a column that holds JSON; nil when it is NULL.
func (r row) json(column string) json.RawMessage {
	if s, ok := r[column].(string); ok {
		return json.RawMessage(s)
	}
	return nil
}

// FromColumns rebuilds a request from the columns of an event alone, in the
// order of [Columns].
func FromColumns(event string, values []any) (*replay.Request, error) {
	return rowOf(values).request(event)
}

func rowOf(values []any) row {
	r := row{}
	for i, name := range Columns() {
		r[name] = values[i]
	}
	return r
}

func (r row) request(event string) (*replay.Request, error) {
	q := &replay.Request{
		Event: event, Session: r.text("session_id"), Model: r.text("model"),
		Tools: r.json("tool_definitions"), Documents: r.json("retrieved"),
	}
	q.Time, _ = r["ts"].(time.Time)
	if s, ok := r["stream"].(bool); ok {
		q.Stream = &s
	}
	if err := r.input(q); err != nil {
		return nil, fmt.Errorf("rebuilding the request of %s: %w", event, err)
	}
	if p := r.text("parameters"); p != "" {
		var err error
		if q.Parameters, err = parseParameters(p); err != nil {
			return nil, fmt.Errorf("rebuilding the request of %s: %w", event, err)
		}
	}
	if err := r.reply(&q.Logged); err != nil {
		return nil, fmt.Errorf("rebuilding the reply of %s: %w", event, err)
	}
	lose(q, r.text("content_state"), r.text("operation"))
	return q, nil
}

// input takes the messages, or the texts where the log has only those.
func (r row) input(q *replay.Request) error {
	if m := r.text("input_messages"); m != "" {
		var err error
		q.Messages, err = ParseMessages(m)
		return err
	}
	for _, text := range []struct{ role, column string }{{"system", "system_prompt"}, {"user", "prompt"}} {
		if s, ok := r[text.column].(string); ok {
			q.Messages = append(q.Messages, replay.Message{Role: text.role, Parts: []replay.Part{{Type: replay.PartText, Text: s}}})
		}
	}
	return nil
}

func (r row) reply(to *replay.Reply) error {
	*to = replay.Reply{
		Text: r.text("response"), Reasoning: r.text("reasoning"), FinishReason: r.text("finish_reason"), Model: r.text("model_response"),
		Outcome: r.text("outcome"), ErrorCode: r.text("error_code"), ErrorMessage: r.text("error_message"), HTTPStatus: r.number("http_status"),
		InputTokens: r.number("input_tokens"), OutputTokens: r.number("output_tokens"), Latency: r.micros("latency_us"), TTFT: r.micros("ttft_us"),
	}
	if cost, ok := r["cost_usd"].(json.Number); ok {
		to.CostNanoUSD = nano(cost)
	}
	if m := r.text("output_messages"); m != "" {
		list, err := ParseMessages(m)
		if err != nil {
			return err
		}
		for i := range list {
			for _, p := range list[i].Parts {
				if p.Type == replay.PartToolCall {
					to.ToolCalls = append(to.ToolCalls, replay.ToolCall{ID: p.ID, Name: p.Name, Arguments: p.JSON})
				}
			}
		}
	}
	state := formats.ContentState(r.text("content_state"))
	to.Complete = state == formats.ContentPresent && to.Outcome == string(formats.OutcomeSuccess)
	return nil
}

// nano returns a decimal of dollars in units of 1e-9; nil when it is none.
func nano(cost json.Number) *int64 {
	r, ok := new(big.Rat).SetString(cost.String())
	if !ok {
		return nil
	}
	r.Mul(r, big.NewRat(1e9, 1))
	if !r.IsInt() || !r.Num().IsInt64() {
		return nil
	}
	n := r.Num().Int64()
	return &n
}

// lose says what the log did not keep of a request.
func lose(q *replay.Request, state, operation string) {
	say := func(part, why string) {
		q.Losses = append(q.Losses, replay.Loss{Part: part, Grade: replay.GradeIncomplete, Why: why})
	}
	switch formats.ContentState(state) {
	case formats.ContentExternal:
		say("body", "the log moved it elsewhere, and only says where")
	case formats.ContentTruncated:
		say("body", "the logger cut it")
	case formats.ContentEncrypted:
		say("body", "it is encrypted")
	case formats.ContentRedacted:
		say("body", "the logger took parts of it out")
	}
	if len(q.Messages) == 0 {
		say("messages", "the log keeps none")
	}
	path, _, _ := strings.Cut(operation, "?")
	for _, other := range []string{"/images/", "/audio/", "/embeddings", "/moderations", "/videos"} {
		if strings.Contains(path, other) {
			say("operation", "it was "+path+", which is no conversation")
			return
		}
	}
}
