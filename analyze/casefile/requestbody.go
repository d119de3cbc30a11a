package casefile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/formats"
)

// RequestBodies reads the bodies of requests out of raw records. It decodes
// them as the load did that took them in: with its column map and time zone,
// and with what was around each record of the evidence taken off. It is not
// safe for concurrent use.
type RequestBodies struct {
	c     *Case
	loads []*loadDecoder // as far as they were needed
}

// loadDecoder decodes the records of one load.
type loadDecoder struct {
	body    *loadBody
	decoder *formats.Decoder
	items   map[string]*Item // by SHA-256
}

// RequestBodies returns a reader of bodies. Nothing is read yet.
func (c *Case) RequestBodies() *RequestBodies { return &RequestBodies{c: c} }

// Of returns the bodies that the records of events keep of what was sent for them,
// byte for byte, in the order of the events; nil where one keeps none. A record
// that cannot be decoded keeps none: its event says so. The events are ones that
// were looked up. What earlier records carry into a record of some formats is left
// out, for none of them keeps bodies.
func (b *RequestBodies) Of(ctx context.Context, rows []EventRow) ([][]byte, error) {
	out := make([][]byte, len(rows))
	err := b.c.eachRecord(ctx, rows, func(at int, record *Record) (err error) {
		if out[at], err = b.body(&rows[at], record); err != nil {
			return fmt.Errorf("decoding the record of %s again: %w", rows[at].EventID, err)
		}
		return nil
	})
	return out, err
}

// body decodes a record for what was sent for one of its events.
func (b *RequestBodies) body(row *EventRow, record *Record) ([]byte, error) {
	load, err := b.loadOf(row.EID >> eidShift)
	if err != nil {
		return nil, err
	}
	item := load.items[row.EvidenceID]
	if item == nil {
		return nil, errors.New("its evidence stands in no manifest of its load; run exhibit verify")
	}
	format, ok := formats.ByName(item.Format)
	if !ok {
		return nil, fmt.Errorf("this program does not know the format %q", item.Format)
	}
	d := load.decoder
	defer d.Reset()
	d.Context = formats.Context{}
	if d.Decode(format, item.framing(), record.Raw) != nil {
		return nil, nil
	}
	events := d.Events()
	if row.Part < 0 || row.Part >= int64(len(events)) {
		return nil, nil
	}
	return slices.Clone([]byte(events[row.Part].RequestBody())), nil
}

// loadOf returns the decoder of the load that made a segment.
func (b *RequestBodies) loadOf(segment int64) (*loadDecoder, error) {
	holds := func(body *loadBody) bool { return body.Segments[0] <= segment && segment <= body.Segments[1] }
	for _, l := range b.loads {
		if holds(l.body) {
			return l, nil
		}
	}
	for i := range b.c.state.loads {
		if body := &b.c.state.loads[i].body; holds(body) {
			l, err := b.newLoad(body)
			if err != nil {
				return nil, err
			}
			b.loads = append(b.loads, l)
			return l, nil
		}
	}
	return nil, fmt.Errorf("no load has segment %d; run exhibit verify", segment)
}

func (b *RequestBodies) newLoad(body *loadBody) (*loadDecoder, error) {
	setup, _, err := loadSettings(b.c.Dir, b.c.state, body)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of %s: %w", body.Load, err)
	}
	items, err := readManifest(locate(b.c.Dir, b.c.state, body.Manifest.Path))
	if err != nil {
		return nil, err
	}
	l := &loadDecoder{body: body, decoder: formats.NewDecoder(), items: map[string]*Item{}}
	setup(l.decoder)
	for _, it := range items {
		if it.Evidence != 0 {
			l.items[it.SHA256] = it
		}
	}
	return l, nil
}
