package casefile

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

// Detail is one event with all that the case knows about it.
type Detail struct {
	EventRow
	Columns  []string // of Values, in the order of the events table
	Evidence EvidencePlace

	CallID        string     // of the call that the event shows; "" when it shows none
	Joined        bool       // the messages are those of the whole call, put together from the chunks of its events
	Call          []EventRow // the events of that call with [CallColumns], when there are several
	Disagreements []string   // columns in which they differ

	Original  string   // id of the event that this one repeats; "" when it repeats none
	Copies    []string // ids of events that repeat this one; the first of many
	Conflicts []string // ids of events with the same native id that differ; the first of many
}

// EvidencePlace describes the evidence that an event stands in. What is not
// known is nil.
type EvidencePlace struct {
	Path, Load, Status string
	Label              *string
	Container          *string // SHA-256 of the archive that it is a member of
	Compression        *string
	Encoding           *string // of text that the stream has in UTF-8
	Size               int64   // bytes, as received
	StreamSize         *int64
	StreamSHA256       *string
}

// CallColumns are the columns of the events of a call that [Case.Detail]
// gives: what tells them apart, and what they may differ in.
func CallColumns() []string {
	return []string{
		"format", "plane", "kind", "ts", "ts_precision", "operation", "outcome", "principal", "model", "region", "error_code",
		"input_tokens", "output_tokens", "cache_read_tokens", "session_id",
	}
}

// maxKin bounds the repeated and conflicting events that are named.
const maxKin = 20

// Detail returns an event with everything about it. The columns are all that
// events are stored with.
func (c *Case) Detail(ctx context.Context, eid int64) (*Detail, error) {
	d := &Detail{Columns: detailColumns()}
	rows, err := c.Events(ctx, []int64{eid}, d.Columns)
	if err != nil {
		return nil, err
	}
	d.EventRow = rows[0]
	for _, step := range []func(context.Context, *Detail) error{c.detailEvidence, c.detailCall, c.detailKin} {
		if err := step(ctx, d); err != nil {
			return nil, fmt.Errorf("reading about event %s: %w", d.EventID, err)
		}
	}
	d.rebuildMessages()
	if err := c.detailJoined(ctx, d); err != nil {
		return nil, fmt.Errorf("reading about event %s: %w", d.EventID, err)
	}
	return d, nil
}

// detailJoined gives a chunk of a call the messages of the whole call.
func (c *Case) detailJoined(ctx context.Context, d *Detail) error {
	if d.Text("content_state") != string(formats.ContentTruncated) || len(d.Call) == 0 {
		return nil
	}
	return c.query(ctx, "detail_joined", nil, []any{sql.Named("eid", d.EID)}, func(r *sql.Rows) error {
		var input, output sql.NullString
		if err := r.Scan(&input, &output); err != nil {
			return err
		}
		d.Joined = true
		for column, text := range map[string]sql.NullString{"input_messages": input, "output_messages": output} {
			if i := slices.Index(d.Columns, column); i >= 0 && text.Valid {
				d.Values[i] = text.String
			}
		}
		return nil
	})
}

// detailColumns are all columns that an event is stored with.
func detailColumns() []string {
	names := []string{"byte_offset", "byte_length", "record_sha256", "format"}
	for _, col := range eventColumns() {
		names = append(names, col.name)
	}
	return names
}

// Value returns the value of a column, nil when it is NULL.
func (d *Detail) Value(column string) any {
	if i := slices.Index(d.Columns, column); i >= 0 {
		return d.Values[i]
	}
	return nil
}

// Text returns the value of a text column, "" when it is NULL.
func (d *Detail) Text(column string) string {
	s, _ := d.Value(column).(string)
	return s
}

func (c *Case) detailEvidence(ctx context.Context, d *Detail) error {
	return c.query(ctx, "detail_evidence", nil, []any{sql.Named("evidence_id", d.EvidenceID)}, func(r *sql.Rows) error {
		e := &d.Evidence
		return r.Scan(&e.Path, &e.Load, &e.Label, &e.Status, &e.Size, &e.Container, &e.Compression, &e.Encoding, &e.StreamSize, &e.StreamSHA256)
	})
}

func (c *Case) detailCall(ctx context.Context, d *Detail) error {
	keys, err := c.Keys(ctx, []int64{d.EID})
	if err != nil {
		return err
	}
	ids, err := c.CallIDs(ctx, keys)
	if err != nil {
		return err
	}
	d.CallID = ids[d.EID]
	var eids []int64
	err = c.query(ctx, "detail_call", nil, []any{sql.Named("eid", d.EID)}, func(r *sql.Rows) error {
		var eid int64
		err := r.Scan(&eid)
		eids = append(eids, eid)
		return err
	})
	if err != nil || len(eids) == 0 {
		return err
	}
	d.Call, err = c.Events(ctx, eids, CallColumns())
	ts := slices.Index(CallColumns(), "ts")
	slices.SortFunc(d.Call, func(a, b EventRow) int { return compareRows(&a, &b, ts) })
	if err != nil {
		return err
	}
	merged := false
	err = c.query(ctx, "detail_disagreements", nil, []any{sql.Named("eid", d.EID)}, func(r *sql.Rows) error {
		var names string
		err := r.Scan(&names)
		merged, d.Disagreements = true, strings.FieldsFunc(names, func(r rune) bool { return r == ',' })
		return err
	})
	if !merged {
		d.Disagreements = disagreements(d.Call)
	}
	return err
}

// disagreements names the columns in which the events of a call differ, as the
// calls view does. What one event does not say is no disagreement.
func disagreements(call []EventRow) []string {
	value := func(row *EventRow, name string) any { return row.Values[slices.Index(CallColumns(), name)] }
	cached := slices.ContainsFunc(call, func(row EventRow) bool {
		n, ok := value(&row, "cache_read_tokens").(int64)
		return ok && n > 0
	})
	var out []string
	for _, name := range []string{
		"principal", "model", "operation", "outcome", "region", "error_code", "input_tokens", "output_tokens", "session_id",
	} {
		if name == "input_tokens" && cached {
			continue
		}
		var first any
		for i := range call {
			v := value(&call[i], name)
			if v == nil || slices.Contains([]string{"principal", "operation", "error_code"}, name) && !ofProvider(value(&call[i], "format"), value(&call[i], "plane")) {
				continue
			}
			if first == nil {
				first = v
			}
			if v != first {
				out = append(out, name)
				break
			}
		}
	}
	return out
}

// ofProvider reports whether an event stands in the provider's own log of
// accesses or contents, or in a capture of what the provider answered: the roles
// access and content.
func ofProvider(format, plane any) bool {
	name, _ := format.(string)
	f, ok := formats.ByName(name)
	if !ok {
		return false
	}
	v := formats.VantageOf(f)
	return (v == formats.VantageProvider || v == formats.VantageCapture) &&
		(plane == string(formats.PlaneAccess) || plane == string(formats.PlaneContent))
}

// compareRows orders events by time, those without one last, and then by where
// they stand.
func compareRows(a, b *EventRow, ts int) int {
	at, aok := a.Values[ts].(time.Time)
	bt, bok := b.Values[ts].(time.Time)
	switch {
	case aok && !bok:
		return -1
	case bok && !aok:
		return 1
	}
	return cmp.Or(at.Compare(bt), cmp.Compare(a.EvidenceID, b.EvidenceID), cmp.Compare(a.Record, b.Record), cmp.Compare(a.Part, b.Part))
}

func (c *Case) detailKin(ctx context.Context, d *Detail) error {
	var hows []string
	var eids []int64
	err := c.query(ctx, "detail_kin", map[string]string{"limit": strconv.Itoa(maxKin)}, []any{sql.Named("eid", d.EID)}, func(r *sql.Rows) error {
		var how string
		var eid int64
		err := r.Scan(&how, &eid)
		hows, eids = append(hows, how), append(eids, eid)
		return err
	})
	if err != nil || len(eids) == 0 {
		return err
	}
	rows, err := c.Events(ctx, eids, nil)
	if err != nil {
		return err
	}
	for i, row := range rows {
		switch hows[i] {
		case "original":
			d.Original = row.EventID
		case "copy":
			d.Copies = append(d.Copies, row.EventID)
		case "conflict":
			d.Conflicts = append(d.Conflicts, row.EventID)
		}
	}
	slices.Sort(d.Copies)
	slices.Sort(d.Conflicts)
	return nil
}

// CompleteEvent returns ids of events that begin with what was typed, at most
// limit: without a dash, the first event of each evidence.
func (c *Case) CompleteEvent(ctx context.Context, typed string, limit int) ([]string, error) {
	digits, record, _ := strings.Cut(strings.ToLower(typed), "-")
	var ids []string
	fill := map[string]string{
		"events": c.allEvents(), "limit": strconv.Itoa(limit), "first": strconv.FormatBool(!strings.Contains(typed, "-")),
	}
	args := []any{sql.Named("digits", digits), sql.Named("record", record)}
	err := c.query(ctx, "detail_complete", fill, args, func(r *sql.Rows) error {
		var sum string
		var number, part int64
		if err := r.Scan(&sum, &number, &part); err != nil {
			return err
		}
		id := EventID(sum[:max(c.prefix, len(digits))], number, part)
		if strings.HasPrefix(id, strings.ToLower(typed)) {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}
