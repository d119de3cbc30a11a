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
	rows, err := c.Events(ctx, eids, append(Columns(), "format"))
	if err != nil {
		return nil, fmt.Errorf("reading the events to replay: %w", err)
	}
	decoder := formats.NewDecoder()
	var out []*replay.Request
	for i := range rows {
		n := len(rows[i].Values) - 1
		q, err := FromColumns(rows[i].EventID, rows[i].Values[:n])
		if err != nil {
			return nil, err
		}
		format, _ := rows[i].Values[n].(string)
		operation, _ := rows[i].Values[4].(string)
		if err := addBody(ctx, c, decoder, q, &rows[i], format, operation); err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

// addBody looks for the body in the raw record of the event.
func addBody(ctx context.Context, c *casefile.Case, d *formats.Decoder, q *replay.Request, e *casefile.EventRow, format, operation string) error {
	f, ok := formats.ByName(format)
	if !ok {
		return nil
	}
	record, err := c.Raw(ctx, e.EID)
	if err != nil {
		return fmt.Errorf("reading the record of %s: %w", e.EventID, err)
	}
	defer d.Reset()
	if err := d.Decode(f, formats.Framing{}, record.Raw); err != nil {
		return nil // what the columns say was decoded by a reader that knew its framing
	}
	events := d.Events()
	if e.Part >= int64(len(events)) {
		return nil
	}
	if body := events[e.Part].RequestBody(); body != nil {
		if p := ProtocolOf(operation, body); p != "" {
			q.Body, q.Protocol = append([]byte{}, body...), p
		}
	}
	return nil
}
