package timeline

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// detailSize is how much is said of the event under the cursor.
type detailSize uint8

const (
	detailsByRoom detailSize = iota
	detailsMore
	detailsNone
)

// detail is what is said of an event beside its columns.
type detail struct {
	work  work
	event int64 // that is known
	cells *cells
}

// detailed brings it.
type detailed struct {
	ticket int
	event  int64
	cells  *cells
	err    error
}

// detailColumns are what is said of an event, by line.
func detailColumns() [][]string {
	return [][]string{
		{"plane", "kind", "operation", "outcome", "http_status", "error_code"},
		{"principal", "principal_type", "role", "credential_id", "session_id", "end_user"},
		{"src_ip", "user_agent", "app", "tenant", "region", "environment"},
		{"model", "model_response", "deployment", "provider", "input_tokens", "output_tokens", "cost_usd", "latency_us", "finish_reason"},
		{"request_id", "response_id", "trace_id", "content_state", "guardrail_action", "format"},
	}
}

// detailTexts are the texts that are said after them.
func detailTexts() []string {
	return []string{"error_message", "prompt", "response", "tool_calls", "retrieved", "system_prompt"}
}

// detailChars is how much of a text is said.
const detailChars = 1200

// look asks for what is said of the event under the cursor, where there is room to
// say it, and when nothing is on its way: while the cursor runs, only where it
// stops is asked for.
func (v *View) look() tea.Cmd {
	r, ok := v.current()
	if v.lay.details < 2 || !ok || r.gap != nil || v.detail.event == r.eid || v.detail.work.going() || v.pages.work.going() {
		return nil
	}
	ctx := v.detail.work.start(v.env.Context)
	ticket, ask, event := v.detail.work.ticket, v.reader(), r.eid
	var names []string
	for _, line := range detailColumns() {
		names = append(names, line...)
	}
	names = append(names, detailTexts()...)
	return func() tea.Msg {
		rows, err := ask(ctx, []int64{event}, names, detailChars)
		if err != nil || len(rows) != 1 {
			return detailed{ticket: ticket, event: event, err: err}
		}
		c := &cells{id: rows[0].EventID, values: map[string]any{}}
		for i, name := range names {
			c.values[name] = rows[0].Values[i]
		}
		return detailed{ticket, event, c, nil}
	}
}

// takeDetail says it, and looks whether the cursor has gone on.
func (v *View) takeDetail(a detailed) tea.Cmd {
	if a.ticket != v.detail.work.ticket {
		return nil
	}
	v.detail.work.stop()
	if errors.Is(a.err, context.Canceled) {
		return nil
	}
	v.detail.event, v.detail.cells = a.event, a.cells
	if a.err != nil {
		return part.Fail(a.err)
	}
	return v.follow()
}
