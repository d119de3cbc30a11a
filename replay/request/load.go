package request

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
)

// Load rebuilds the requests of events, in the order given: from the body that
// the log kept where there is one, otherwise from what the log says of it.
func Load(ctx context.Context, c *casefile.Case, eids []int64) ([]*replay.Request, error) {
	rows, err := c.Events(ctx, eids, Columns())
	if err != nil {
		return nil, fmt.Errorf("reading the events to replay: %w", err)
	}
	bodies, err := bodiesOf(ctx, c, rows)
	if err != nil {
		return nil, err
	}
	var out []*replay.Request
	for i := range rows {
		r := rowOf(rows[i].Values)
		q, err := r.request(rows[i].EventID)
		if err != nil {
			return nil, err
		}
		body := bodies[rows[i].EID]
		if p := ProtocolOf(r.text("operation"), body); p != "" {
			q.Body, q.Protocol = body, p
		}
		if err := addBlobs(q.Messages, r.text("input_messages"), body); err != nil {
			return nil, fmt.Errorf("rebuilding the request of %s: %w", q.Event, err)
		}
		out = append(out, q)
	}
	return out, nil
}

// bodiesOf returns the bodies that the log kept of what was asked, by event.
func bodiesOf(ctx context.Context, c *casefile.Case, rows []casefile.EventRow) (map[int64][]byte, error) {
	var said []casefile.EventRow
	for i := range rows {
		if rowOf(rows[i].Values).said() {
			said = append(said, rows[i])
		}
	}
	bodies, err := c.RequestBodies().Of(ctx, said)
	if err != nil {
		return nil, err
	}
	out := map[int64][]byte{}
	for i := range said {
		out[said[i].EID] = bodies[i]
	}
	return out, nil
}

// said reports whether the log keeps anything of what was said.
func (r row) said() bool {
	switch formats.ContentState(r.text("content_state")) {
	case formats.ContentNotLogged, formats.ContentExternal, formats.ContentEncrypted:
		return false
	}
	return true
}
