package request

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed" // the statement
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/replay"
)

//go:embed sql/shown_together.sql
var shownTogether string

// Call is a call to a model, as the event has it that keeps most of what was
// said.
type Call struct {
	*replay.Request
	Events int    // that show the call
	Why    string // this event was taken and what others added, in words; "" where one event shows the call
}

// Calls returns the calls that the given events show, each once and in the
// order of time, and how many of the events ask no model. Of the events that
// show a call the one that keeps most is rebuilt: its body before all else,
// then the most text, tool definitions and parameters. What it does not keep of
// the reply, the tools and the parameters is taken from the others.
func Calls(ctx context.Context, c *casefile.Case, eids []int64) (calls []Call, left int, err error) {
	keys, left, err := asking(ctx, c, eids)
	if err != nil {
		return nil, 0, err
	}
	together, err := eventsTogether(ctx, c, keys)
	if err != nil {
		return nil, 0, err
	}
	done := map[int64]bool{}
	var groups [][]int64
	for _, k := range keys {
		if done[k.EID] {
			continue
		}
		events := together[k.EID]
		if events == nil {
			events = []int64{k.EID}
		}
		for _, eid := range events {
			done[eid] = true
		}
		groups = append(groups, events)
	}
	for some := range slices.Chunk(groups, callsAtOnce) {
		requests, err := Load(ctx, c, slices.Concat(some...))
		if err != nil {
			return nil, 0, err
		}
		for _, events := range some {
			calls = append(calls, best(requests[:len(events)]))
			requests = requests[len(events):]
		}
	}
	return calls, left, nil
}

// callsAtOnce bounds the calls whose events are in memory at once: only one of
// the events of each is kept.
const callsAtOnce = 256

// eventsTogether returns the events of the calls of events, of those that more
// than one event shows and that ask a model.
func eventsTogether(ctx context.Context, c *casefile.Case, keys []*casefile.Keys) (map[int64][]int64, error) {
	eids := make([]int64, len(keys))
	for i, k := range keys {
		eids[i] = k.EID
	}
	all := map[int64][]int64{}
	var others []int64
	err := casefile.EachRow(ctx, c.DB(), "shown_together", shownTogether, []any{sql.Named("eids", eids)}, func(r *sql.Rows) error {
		var given, eid int64
		err := r.Scan(&given, &eid)
		all[given] = append(all[given], eid)
		others = append(others, eid)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the events of calls: %w", err)
	}
	own, _, err := asking(ctx, c, others)
	if err != nil {
		return nil, err
	}
	asks := map[int64]bool{}
	for _, k := range own {
		asks[k.EID] = true
	}
	for given := range all {
		all[given] = slices.DeleteFunc(all[given], func(eid int64) bool { return !asks[eid] })
	}
	return all, nil
}

// kept is how much an event keeps of a request.
type kept struct {
	body, text, tools, parameters int
}

func keptOf(q *replay.Request) kept {
	k := kept{tools: len(q.Tools), parameters: len(q.Parameters)}
	if q.Body != nil {
		k.body = len(q.Body)
	}
	for i := range q.Messages {
		for j := range q.Messages[i].Parts {
			p := &q.Messages[i].Parts[j]
			k.text += len(p.Text) + len(p.JSON) + len(p.Data)
		}
	}
	return k
}

// compare puts what keeps more first, and says what decided.
func (k kept) compare(o kept) (order int, by string) {
	for _, c := range []struct {
		by   string
		a, b int
	}{
		{"its body", min(k.body, 1), min(o.body, 1)},
		{"most of the messages", k.text, o.text},
		{"most of the body", k.body, o.body},
		{"most of the tool definitions", k.tools, o.tools},
		{"most parameters", k.parameters, o.parameters},
	} {
		if c.a != c.b {
			return cmp.Compare(c.b, c.a), c.by
		}
	}
	return 0, ""
}

// best chooses between the events of one call.
func best(requests []*replay.Request) Call {
	slices.SortStableFunc(requests, func(a, b *replay.Request) int {
		order, _ := keptOf(a).compare(keptOf(b))
		return cmp.Or(order, cmp.Compare(a.Event, b.Event))
	})
	q := requests[0]
	call := Call{Request: q, Events: len(requests)}
	if len(requests) == 1 {
		return call
	}
	_, by := keptOf(q).compare(keptOf(requests[1]))
	if by == "" {
		by = "as much as any, and is first by its id"
	}
	call.Why = fmt.Sprintf("of the %d events of the call it keeps %s", len(requests), by)
	for _, other := range requests[1:] {
		for _, what := range fill(q, other) {
			call.Why += fmt.Sprintf("; %s from %s", what, other.Event)
		}
	}
	return call
}

// fill adds what another event says of the same call, and says what that is.
func fill(q, other *replay.Request) []string {
	var added []string
	if q.Body == nil && q.Tools == nil && other.Tools != nil {
		q.Tools = other.Tools
		added = append(added, "tools")
	}
	if q.Body == nil && q.Parameters == nil && other.Parameters != nil {
		q.Parameters = other.Parameters
		added = append(added, "parameters")
	}
	if q.Documents == nil && other.Documents != nil {
		q.Documents = other.Documents
		added = append(added, "retrieved documents")
	}
	q.Session = cmp.Or(q.Session, other.Session)
	q.Model = cmp.Or(q.Model, other.Model)
	a, b := &q.Logged, &other.Logged
	if a.Text == "" && a.ToolCalls == nil && (b.Text != "" || b.ToolCalls != nil) {
		a.Text, a.Reasoning, a.ToolCalls, a.FinishReason, a.Complete = b.Text, b.Reasoning, b.ToolCalls, cmp.Or(a.FinishReason, b.FinishReason), b.Complete
		added = append(added, "the reply")
	}
	a.Model = cmp.Or(a.Model, b.Model)
	a.ErrorCode, a.ErrorMessage = cmp.Or(a.ErrorCode, b.ErrorCode), cmp.Or(a.ErrorMessage, b.ErrorMessage)
	if a.Outcome == "" || a.Outcome == "unknown" {
		a.Outcome = cmp.Or(b.Outcome, a.Outcome)
	}
	a.HTTPStatus = cmp.Or(a.HTTPStatus, b.HTTPStatus)
	a.InputTokens, a.OutputTokens = cmp.Or(a.InputTokens, b.InputTokens), cmp.Or(a.OutputTokens, b.OutputTokens)
	a.Latency, a.TTFT = cmp.Or(a.Latency, b.Latency), cmp.Or(a.TTFT, b.TTFT)
	a.CostNanoUSD = cmp.Or(a.CostNanoUSD, b.CostNanoUSD)
	return added
}
