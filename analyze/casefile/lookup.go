package casefile

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Errors of looking up what a person typed.
var (
	// ErrNoEvent means that no event has the id.
	ErrNoEvent = errors.New("no such event")
	// ErrAmbiguous means that an id is too short to name one event.
	ErrAmbiguous = errors.New("ambiguous")
	// ErrNotEventID means that a text does not have the form of an event id.
	ErrNotEventID = errors.New("not an event id: want EVIDENCE-RECORD or EVIDENCE-RECORD.PART, with EVIDENCE the first digits of a SHA-256")
)

// segmentPaths knows the file of each segment by its number.
type segmentPaths struct{ events, records, content, uses map[int64]string }

// segmentFiles returns the files of events, records, content and uses by
// segment number.
func (c *Case) segmentFiles() (*segmentPaths, error) {
	if c.segment.events != nil {
		return &c.segment, nil
	}
	s := segmentPaths{map[int64]string{}, map[int64]string{}, map[int64]string{}, map[int64]string{}}
	for _, list := range []struct {
		paths []string
		into  map[int64]string
	}{{only(c.events, "events"), s.events}, {c.records, s.records}, {only(c.events, "content"), s.content}, {only(c.events, "uses"), s.uses}} {
		for _, path := range list.paths {
			digits, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".parquet"), "-")
			n, err := strconv.ParseInt(digits, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("reading the number of segment %s: %w", path, err)
			}
			list.into[n] = path
		}
	}
	c.segment = s
	return &c.segment, nil
}

// allEvents names the events segments as SQL.
func (c *Case) allEvents() string { return quoteList(only(c.events, "events")) }

// findPrefix finds how many digits tell the evidence apart, from the derived
// database.
func (c *Case) findPrefix(ctx context.Context) error {
	digits, err := queryOne[int](ctx, c, "lookup_prefix")
	if err != nil {
		return err
	}
	if digits >= minPrefix && digits < hex.EncodedLen(sha256.Size) {
		c.prefix = digits
		return nil
	}
	var all []string
	err = c.query(ctx, "lookup_sums", nil, nil, func(r *sql.Rows) error {
		var sum string
		err := r.Scan(&sum)
		all = append(all, sum)
		return err
	})
	c.prefix = uniquePrefix(all)
	return err
}

// EventID is the id under which people see an event.
func (c *Case) EventID(evidenceID string, record, part int64) string {
	return EventID(evidenceID[:min(c.prefix, len(evidenceID))], record, part)
}

// eventIDForm is EVIDENCE-RECORD[.PART]. Any number of digits may be typed.
var eventIDForm = regexp.MustCompile(`^([0-9a-f]{1,64})-([0-9]{1,18})(?:\.([0-9]{1,18}))?$`)

// maxCandidates is how many pieces of evidence an ambiguous id lists.
const maxCandidates = 8

// ResolveEvent returns the events that an id names: EVIDENCE-RECORD.PART names
// one, EVIDENCE-RECORD all events of the record, in order, of which the first
// is the one that is shown under this id. EVIDENCE is any prefix of the
// evidence's SHA-256 that no other evidence shares. The error is
// [ErrNotEventID], [ErrNoEvent], or [ErrAmbiguous] with the evidence that the
// prefix could mean.
func (c *Case) ResolveEvent(ctx context.Context, id string) ([]int64, error) {
	m := eventIDForm.FindStringSubmatch(strings.ToLower(id))
	if m == nil {
		return nil, fmt.Errorf("looking up %q: %w", id, ErrNotEventID)
	}
	evidence, err := c.resolveEvidence(ctx, id, m[1])
	if err != nil {
		return nil, err
	}
	part := sql.NullString{String: m[3], Valid: m[3] != ""}
	var eids []int64
	fill := map[string]string{"events": c.allEvents(), "evidence": strconv.FormatInt(evidence, 10), "record": m[2]}
	err = c.query(ctx, "lookup_place", fill, []any{sql.Named("part", part)}, func(r *sql.Rows) error {
		var eid int64
		err := r.Scan(&eid)
		eids = append(eids, eid)
		return err
	})
	if err == nil && len(eids) == 0 {
		err = fmt.Errorf("looking up %q: the evidence has no event there: %w", id, ErrNoEvent)
	}
	return eids, err
}

// ResolveEvents returns the events that ids name, each in the place of its id, in
// one pass over the places of events: 0 for an id that names none. An id without
// a part names the part 0, as ids that the case shows do.
func (c *Case) ResolveEvents(ctx context.Context, ids []string) ([]int64, error) {
	evidence, record, part := make([]string, len(ids)), make([]int64, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		m := eventIDForm.FindStringSubmatch(id)
		if m == nil {
			continue // no evidence begins with nothing, and 0 is no record
		}
		evidence[i] = m[1]
		record[i], _ = strconv.ParseInt(m[2], 10, 64) // at most 18 digits
		part[i], _ = strconv.ParseInt(m[3], 10, 64)   // or none
	}
	return c.placed(ctx, evidence, record, part)
}

// placed returns the events at places, each in the place of its own: 0 where
// there is none. Of the hash of the evidence the first digits are enough.
func (c *Case) placed(ctx context.Context, evidence []string, record, part []int64) ([]int64, error) {
	eids := make([]int64, len(evidence))
	if len(evidence) == 0 {
		return eids, nil
	}
	args := []any{sql.Named("evidence", evidence), sql.Named("record", record), sql.Named("part", part)}
	err := c.query(ctx, "lookup_places", map[string]string{"events": c.allEvents()}, args, func(r *sql.Rows) error {
		var i, eid int64
		err := r.Scan(&i, &eid)
		if err == nil {
			eids[i] = eid
		}
		return err
	})
	return eids, err
}

// resolveEvidence returns the number of the evidence whose hash begins with
// the digits.
func (c *Case) resolveEvidence(ctx context.Context, id, digits string) (int64, error) {
	var numbers []int64
	var names []string
	fill := map[string]string{"limit": strconv.Itoa(maxCandidates)}
	err := c.query(ctx, "lookup_evidence", fill, []any{sql.Named("digits", digits)}, func(r *sql.Rows) error {
		var n int64
		var sum string
		err := r.Scan(&n, &sum)
		numbers = append(numbers, n)
		names = append(names, sum[:min(max(c.prefix, len(digits)+1), len(sum))])
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case len(numbers) == 0:
		return 0, fmt.Errorf("looking up %q: no evidence of this case has a SHA-256 that begins with %s: %w", id, digits, ErrNoEvent)
	case len(numbers) == maxCandidates:
		names[maxCandidates-1] = "..."
		fallthrough
	case len(numbers) > 1:
		return 0, fmt.Errorf("looking up %q: %w: more than one piece of evidence has a SHA-256 that begins with %s: %s", id, ErrAmbiguous, digits, strings.Join(names, ", "))
	}
	return numbers[0], nil
}

// EventRow is one event with some of its columns.
type EventRow struct {
	EID          int64 // names the event inside this case only; it depends on the order of loads
	EventID      string
	EvidenceID   string // SHA-256 of the evidence, in full
	Record, Part int64
	// Values are those of the columns asked for: nil for NULL, string, int64,
	// bool, [time.Time] in UTC, or [json.Number] for a decimal. Hashes are in
	// hexadecimal digits.
	Values []any

	correction int64 // what to add to its time, microseconds
}

// Events returns the given events, in the given order, with the named stored
// columns. Only the segments that hold one of them are read. Columns are those
// of the events view, less what only the view makes: input_messages and
// output_messages are NULL where the single texts say all of them.
func (c *Case) Events(ctx context.Context, eids []int64, columns []string) ([]EventRow, error) {
	return c.readEvents(ctx, eids, columns, 0)
}

// Excerpts is [Case.Events] with texts cut to a number of characters.
func (c *Case) Excerpts(ctx context.Context, eids []int64, columns []string, chars int) ([]EventRow, error) {
	return c.readEvents(ctx, eids, columns, chars)
}

// maxPlaces bounds the events of one query.
const maxPlaces = 16384

func (c *Case) readEvents(ctx context.Context, eids []int64, columns []string, chars int) ([]EventRow, error) {
	list, err := selectList(columns, chars)
	if err != nil {
		return nil, err
	}
	rows := make([]EventRow, len(eids))
	numbers := make([]int64, len(eids)) // of the evidence
	at := make(map[int64]int, len(eids))
	for i, eid := range eids {
		at[eid] = i
	}
	err = c.eachPlace(ctx, "lookup_event", map[string]string{"columns": list}, eids, func(r *sql.Rows) error {
		var row EventRow
		values := make([]any, len(columns))
		var into []any
		for i := range values {
			into = append(into, &values[i])
		}
		var number int64
		into = append(into, &row.EID, &number, &row.Record, &row.Part)
		if err := r.Scan(into...); err != nil {
			return err
		}
		for i := range values {
			values[i] = plainValue(values[i])
		}
		row.Values = values
		if i, ok := at[row.EID]; ok {
			rows[i], numbers[i] = row, number
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, c.nameEvents(ctx, eids, rows, numbers, at)
}

// nameEvents gives rows the hash of their evidence, by its number, and their
// id. Rows of an event that was asked for twice become equal.
func (c *Case) nameEvents(ctx context.Context, eids []int64, rows []EventRow, numbers []int64, at map[int64]int) error {
	if err := c.readEvidence(ctx, numbers); err != nil {
		return err
	}
	for i, eid := range eids {
		from, ok := c.evidence[numbers[at[eid]]]
		if !ok {
			return fmt.Errorf("reading event %d of segment %d: %w", eid&(1<<eidShift-1), eid>>eidShift, ErrNoEvent)
		}
		rows[i] = rows[at[eid]]
		rows[i].EvidenceID, rows[i].EventID = from.sum, c.EventID(from.sum, rows[i].Record, rows[i].Part)
		rows[i].correction = from.correction
	}
	return nil
}

// knownEvidence is what is kept of evidence that was looked up.
type knownEvidence struct {
	sum        string // SHA-256
	correction int64  // what to add to its times, microseconds
}

// readEvidence reads what is not known yet of evidence.
func (c *Case) readEvidence(ctx context.Context, numbers []int64) error {
	var fresh []int64
	for _, n := range distinct(numbers) {
		if _, ok := c.evidence[n]; !ok && n > 0 {
			fresh = append(fresh, n)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if c.evidence == nil {
		c.evidence = map[int64]knownEvidence{}
	}
	return c.query(ctx, "lookup_number", map[string]string{"numbers": joinInts(fresh)}, nil, func(r *sql.Rows) error {
		var n int64
		var e knownEvidence
		err := r.Scan(&n, &e.sum, &e.correction)
		c.evidence[n] = e
		return err
	})
}

// plainValue turns what DuckDB hands out into what [EventRow] promises.
func plainValue(v any) any {
	switch v := v.(type) {
	case []byte:
		return hex.EncodeToString(v)
	case duckdb.Decimal:
		return json.Number(v.String())
	}
	return v
}

// selectList returns columns of the events segments as SQL, each followed by a
// comma, with texts cut to a number of characters unless it is 0.
func selectList(columns []string, chars int) (string, error) {
	types := storedTypes()
	var list strings.Builder
	for _, name := range columns {
		typ, ok := types[name]
		if !ok {
			return "", fmt.Errorf("looking up events: no stored column %q", name)
		}
		item := "e." + QuoteIdent(name)
		if chars > 0 && (typ == typeText || typ == typeWord || typ == typeWide) {
			var err error
			if item, err = statement("lookup_excerpt", map[string]string{"column": item, "chars": strconv.Itoa(chars)}); err != nil {
				return "", err
			}
		}
		list.WriteString(strings.TrimSpace(item))
		list.WriteString(", ")
	}
	return list.String(), nil
}

// storedTypes are the columns of the events segments that can be looked up, and
// how they are stored.
func storedTypes() map[string]columnType {
	types := map[string]columnType{"format": typeWord}
	for _, name := range []string{"byte_offset", "byte_length"} {
		types[name] = typeInt
	}
	for _, name := range []string{"record_sha256", "system_prompt_hash", "prompt_hash", "response_hash", "reasoning_hash"} {
		types[name] = typeHash
	}
	for _, col := range eventColumns() {
		types[col.name] = col.typ
	}
	return types
}

// eachPlace runs a query on the given events, over only the segments that hold
// one of them.
func (c *Case) eachPlace(ctx context.Context, name string, fill map[string]string, eids []int64, row func(*sql.Rows) error) error {
	segments, err := c.segmentFiles()
	if err != nil {
		return err
	}
	return c.eachPlaceOf(ctx, segments.events, name, fill, eids, row)
}

// eachPlaceOf is eachPlace for the given files of segments, whose rows are
// numbered like events.
func (c *Case) eachPlaceOf(ctx context.Context, paths map[int64]string, name string, fill map[string]string, eids []int64, row func(*sql.Rows) error) error {
	for from := 0; from < len(eids); from += maxPlaces {
		var places strings.Builder
		var files []string
		have := map[int64]bool{}
		for _, eid := range eids[from:min(from+maxPlaces, len(eids))] {
			n := eid >> eidShift
			path, ok := paths[n]
			if !ok {
				return fmt.Errorf("looking up events: segment %d: %w", n, ErrNoEvent)
			}
			if !have[n] {
				have[n] = true
				files = append(files, path)
			}
			fmt.Fprintf(&places, "(%d, %d), ", n, eid&(1<<eidShift-1))
		}
		with := map[string]string{"events": quoteList(files), "places": strings.TrimSuffix(places.String(), ", ")}
		for k, v := range fill {
			with[k] = v
		}
		if err := c.query(ctx, name, with, nil, row); err != nil {
			return err
		}
	}
	return nil
}

// Record is a raw record of the case and where it stands.
type Record struct {
	EvidenceID     string // SHA-256 of the evidence
	Record         int64  // from 1
	Offset, Length int64  // in the decompressed stream of the evidence
	SHA256         string
	Frame          []byte // the bytes between the record before and this one
	Raw            []byte
}

// ErrRecordHash means that the bytes of a record are not those that were loaded.
var ErrRecordHash = errors.New("its bytes do not have the hash")

// Raw returns the record that an event was decoded from, with its bytes
// exactly as they were received. It is [ErrRecordHash] when they do not have the
// hash under which they were taken in.
func (c *Case) Raw(ctx context.Context, eid int64) (*Record, error) {
	rows, err := c.Events(ctx, []int64{eid}, nil)
	if err != nil {
		return nil, err
	}
	var record *Record
	err = c.eachRecord(ctx, rows, func(_ int, r *Record) error {
		record = r
		return nil
	})
	return record, err
}

// recordsAtOnce bounds the records that one query reads.
const recordsAtOnce = 64

// eachRecord hands over the record of each event that was looked up, with the
// place of the event in the list, in an order of its own.
func (c *Case) eachRecord(ctx context.Context, rows []EventRow, each func(at int, r *Record) error) error {
	segments, err := c.segmentFiles()
	if err != nil {
		return err
	}
	bySegment := map[int64][]int{}
	for i := range rows {
		n := rows[i].EID >> eidShift
		if segments.records[n] == "" {
			return fmt.Errorf("reading the record of %s: the case has no records of segment %d", rows[i].EventID, n)
		}
		bySegment[n] = append(bySegment[n], i)
	}
	for _, n := range slices.Sorted(maps.Keys(bySegment)) {
		for some := range slices.Chunk(bySegment[n], recordsAtOnce) {
			if err := c.someRecords(ctx, segments.records[n], rows, some, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// someRecords reads the records of some of the events from one segment.
func (c *Case) someRecords(ctx context.Context, path string, rows []EventRow, some []int, each func(at int, r *Record) error) error {
	type place struct {
		evidence string
		record   int64
	}
	wanted := map[place][]int{}
	var evidence []string
	var records []int64
	for _, at := range some {
		row := &rows[at]
		wanted[place{row.EvidenceID, row.Record}] = append(wanted[place{row.EvidenceID, row.Record}], at)
		evidence, records = append(evidence, row.EvidenceID), append(records, row.Record)
	}
	fill := map[string]string{"records": quoteText(path), "numbers": joinInts(records)}
	err := c.query(ctx, "lookup_records", fill, []any{sql.Named("evidence_ids", evidence)}, func(r *sql.Rows) error {
		rec := &Record{}
		var sum []byte
		if err := r.Scan(&rec.EvidenceID, &rec.Record, &rec.Offset, &rec.Length, &sum, &rec.Frame, &rec.Raw); err != nil {
			return err
		}
		rec.SHA256 = hex.EncodeToString(sum)
		here := place{rec.EvidenceID, rec.Record}
		for _, at := range wanted[here] {
			if got := sha256.Sum256(rec.Raw); hex.EncodeToString(got[:]) != rec.SHA256 {
				return fmt.Errorf("reading the record of %s: %w %s; run exhibit verify", rows[at].EventID, ErrRecordHash, rec.SHA256)
			}
			if err := each(at, rec); err != nil {
				return err
			}
		}
		delete(wanted, here)
		return nil
	})
	if err != nil {
		return err
	}
	for _, at := range some {
		if row := &rows[at]; wanted[place{row.EvidenceID, row.Record}] != nil {
			return fmt.Errorf("reading the record of %s: it is not there; run exhibit verify", row.EventID)
		}
	}
	return nil
}

// query runs an embedded statement and hands each row to a function.
func (c *Case) query(ctx context.Context, name string, fill map[string]string, args []any, row func(*sql.Rows) error) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	return EachRow(ctx, c.db, name, text, args, row)
}

// queryOne runs an embedded statement that yields one value, or none for the
// zero value.
func queryOne[T any](ctx context.Context, c *Case, name string) (v T, err error) {
	err = c.query(ctx, name, nil, nil, func(r *sql.Rows) error { return r.Scan(&v) })
	return v, err
}

// joinInts writes numbers that are not negative as a list of SQL.
func joinInts[T int64 | uint64](list []T) string {
	b := make([]byte, 0, 20*len(list))
	for i, n := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return string(b)
}
