package casefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
	"github.com/exhibit-forensics/exhibit/formats"
)

// Clock says which time of an event counts.
type Clock uint8

// The clocks.
const (
	ClockLogged    Clock = iota // the time as logged
	ClockCorrected              // the logged time plus the correction of its source, see [EnrichClock]
)

// String returns the word for c.
func (c Clock) String() string {
	if c == ClockCorrected {
		return "corrected"
	}
	return "logged"
}

// enrichedBy returns what the case is enriched from of a kind, nil for nothing.
func (s *state) enrichedBy(kind string) *EnrichSource {
	i := slices.IndexFunc(s.enrichment, func(e EnrichSource) bool { return e.Kind == kind })
	if i < 0 {
		return nil
	}
	return &s.enrichment[i]
}

// Corrected reports whether a clock is corrected.
func (c *Case) Corrected() bool { return c.state.enrichedBy(EnrichClock) != nil }

// Corrections returns the corrections of clocks that hold, by source; none when
// all times are as logged.
func (c *Case) Corrections() ([]enrich.Correction, error) {
	clocks, err := readClocks(c.state, func(sum string) ([]byte, error) { return readInput(c.Dir, c.state, sum) })
	if err != nil {
		return nil, err
	}
	return clocks.List(), nil
}

// readClocks returns the corrections that hold; open returns an input.
func readClocks(s *state, open func(sum string) ([]byte, error)) (*enrich.Clocks, error) {
	held := s.enrichedBy(EnrichClock)
	if held == nil {
		return &enrich.Clocks{}, nil
	}
	data, err := open(held.Input)
	if err != nil {
		return nil, err
	}
	return enrich.ParseClocks(held.Name, data)
}

// maxClockNote bounds the corrections that the ledger spells out. The input
// has all.
const maxClockNote = 8

// clockSource returns the corrections: those that hold with the new ones.
func (w *writer) clockSource(ctx context.Context, o *EnrichOptions, kind, staging string, seen *seenValues) (*EnrichSource, *FileRef, error) {
	switch {
	case slices.Contains(o.Without, kind):
		return nil, nil, nil
	case len(o.Clock) == 0:
		return w.state.enrichedBy(kind), nil, nil
	}
	clocks, err := readClocks(w.state, w.readInput)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range o.Clock {
		if slices.Contains(formatNames(func(formats.Format) bool { return true }), x.Source) {
			if x.Add == 0 {
				clocks.Remove(x.Source)
				continue
			}
		} else if x.Source, err = evidenceOf(ctx, seen.db, x.Source); err != nil {
			return nil, nil, err
		}
		clocks.Set(x)
	}
	list := clocks.List()
	if len(list) == 0 {
		return nil, nil, nil
	}
	data := clocks.CSV()
	ref, err := writeInput(staging, data)
	s := &EnrichSource{Kind: kind, Name: "--clock", Size: int64(len(data)), SHA256: ref.SHA256, Input: ref.SHA256}
	var notes []string
	for _, x := range list[:min(len(list), maxClockNote)] {
		notes = append(notes, strings.TrimRight(x.Source+" "+enrich.FormatCorrection(x.Add)+" "+x.Reason, " "))
	}
	if more := len(list) - len(notes); more > 0 {
		notes = append(notes, fmt.Sprintf("and %d more", more))
	}
	s.Note = ledger.EscapePath(strings.Join(notes, "; "))
	return s, &ref, err
}

// evidenceOf returns the SHA-256 that begins with the digits, of evidence with
// records.
func evidenceOf(ctx context.Context, db *sql.DB, digits string) (string, error) {
	var found []string
	fill := map[string]string{"limit": strconv.Itoa(2)}
	text, err := statement("lookup_evidence", fill)
	if err != nil {
		return "", err
	}
	rows, err := db.QueryContext(ctx, text, sql.Named("digits", strings.ToLower(digits)))
	if err != nil {
		return "", fmt.Errorf("running lookup_evidence.sql: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var sum string
		if err := rows.Scan(&number, &sum); err != nil {
			return "", fmt.Errorf("running lookup_evidence.sql: %w", err)
		}
		found = append(found, sum)
	}
	switch {
	case rows.Err() != nil:
		return "", fmt.Errorf("running lookup_evidence.sql: %w", rows.Err())
	case len(digits) < minPrefix || len(found) == 0:
		return "", fmt.Errorf("correcting a clock: %q is no log format, and no evidence of this case has a SHA-256 that begins so (%d digits at least)", digits, minPrefix)
	case len(found) > 1:
		return "", fmt.Errorf("correcting a clock: %w: more than one piece of evidence has a SHA-256 that begins with %s", ErrAmbiguous, digits)
	}
	return found[0], nil
}

// fillClock fills in which evidence has a correction.
func (e *enrichment) fillClock(ctx context.Context, seen *seenValues) error {
	if e.clocks == nil {
		return nil
	}
	var rows [][]driver.Value
	err := seen.each(ctx, "enrich_evidence", func(r *sql.Rows) error {
		var number int32
		var sum, format string
		if err := r.Scan(&number, &sum, &format); err != nil {
			return err
		}
		if x, ok := e.clocks.Of(format, sum); ok && x.Add != 0 {
			rows = append(rows, []driver.Value{number, x.Source, x.Add.Microseconds(), nullable(x.Reason)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return appendRows(ctx, seen.db, "clock", len(rows), func(i int) []driver.Value { return rows[i] })
}

// clockSQL returns what a query of a relation selects as its time by a clock,
// and the join that this needs. A case without corrections has none to pay for.
func (c *Case) clockSQL(clock Clock, of, evidence string) (ts, join string, err error) {
	if clock == ClockLogged || !c.Corrected() {
		return of + ".ts", "", nil
	}
	fill := map[string]string{"of": of, "evidence": evidence}
	if ts, err = statement("clock_ts", fill); err == nil {
		join, err = statement("clock_join", fill)
	}
	return strings.TrimSpace(ts), strings.TrimSpace(join), err
}

// fillClocks adds the time of events e by a clock, ts, and the join that it
// needs, clock, to what a statement is filled with.
func (c *Case) fillClocks(clock Clock, fill map[string]string) (err error) {
	fill["ts"], fill["clock"], err = c.clockSQL(clock, "e", "evidence")
	return err
}

// ClockCorrection is a correction and what it corrects.
type ClockCorrection struct {
	enrich.Correction
	Evidence, Events int64
}

// clockCorrections says what each correction corrects.
func (c *Case) clockCorrections(ctx context.Context) ([]ClockCorrection, error) {
	list, err := c.Corrections()
	if err != nil {
		return nil, err
	}
	out := make([]ClockCorrection, len(list))
	for i, x := range list {
		out[i].Correction = x
	}
	return out, c.query(ctx, "enrich_clock", nil, nil, func(r *sql.Rows) error {
		var source string
		var evidence, events int64
		if err := r.Scan(&source, &evidence, &events); err != nil {
			return err
		}
		i := slices.IndexFunc(out, func(x ClockCorrection) bool { return x.Source == source })
		if i < 0 {
			return errors.New("a clock is corrected for which the case has no correction; run exhibit verify")
		}
		out[i].Evidence, out[i].Events = evidence, events
		return nil
	})
}
