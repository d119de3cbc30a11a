package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// Overview sums up what a case holds.
type Overview struct {
	Loads               int
	FirstLoad, LastLoad time.Time // by the clock of the machine that loaded; zero without a load
	Sources             []SourceOverview
	Inputs              []InputCount  // by what the loads did with them
	NotLoaded           []*Item       // inputs of which nothing or not all is in the case
	Planes              []PlaneCount  // events without duplicates
	Calls               []CallCount   // calls by the events that show them
	Coverage            []ColumnCount // in the order of the columns
	Texts               int64         // distinct; see [Case.ContentSize]
	Implausible         Implausible
}

// SourceOverview sums up the evidence of one format. Events count with
// duplicates; sizes are in bytes.
type SourceOverview struct {
	Format                  string
	Files                   int64
	Size                    int64 // as received
	StreamSize              int64 // decompressed
	Records, Frames, Events int64
	Unparsed                int64
	Duplicates, Conflicts   int64 // events that repeat another, and that share its native id but differ
	WithoutTime             int64
	FirstTS, LastTS         *time.Time
	Problems                []UnparsedRecord // the first of them
}

// UnparsedRecord is a record that could not be parsed.
type UnparsedRecord struct {
	EventID, Path  string
	Record, Offset int64
	Problem        string
}

// InputCount says how many inputs have a status.
type InputCount struct {
	Status Status
	Inputs int64
}

// PlaneCount counts the events of a plane and kind; "" is NULL.
type PlaneCount struct {
	Plane, Kind string
	Events      int64
}

// CallCount counts the calls that are shown by the same combination of planes.
type CallCount struct {
	Planes string // joined by "+"
	Events int64  // that show each of these calls
	Calls  int64
}

// ColumnCount says in how many of a format's events a column has a value.
type ColumnCount struct {
	Column string
	Events map[string]int64 // by format
}

// ContentSize says how many texts events have, and how large they are in UTF-8.
// A conversation repeats its earlier turns with every turn: each text is kept
// once, however many events use it.
type ContentSize struct {
	Texts int64 // distinct
	Size  int64 // bytes of them
	Uses  int64 // texts of events, as often as they have them, duplicates too
	// UsesSize is how many bytes the texts would have, were each kept for every
	// use.
	UsesSize int64
}

// Implausible names events with times that no clock of the case can have
// meant.
type Implausible struct {
	Earliest, Latest time.Time // times from Earliest and before Latest are plausible
	Before, After    int64     // events outside
	Examples         []ImplausibleEvent
}

// ImplausibleEvent is an event with an implausible time.
type ImplausibleEvent struct {
	EventID, Path string
	TS            time.Time
	Precision     string
	Source        string // the field the time came from
}

const (
	// maxExamples is how many unparsed records of a source and how many events
	// of implausible time an overview names.
	maxExamples = 5
	// clockSlack is how far after the last load a time may be: clocks differ,
	// and a time without a zone may be read up to a day late.
	clockSlack = 24 * time.Hour
)

// earliestPlausible is before any log this program reads was written. Zero
// values and clocks that were never set give earlier times.
func earliestPlausible() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// Overview sums up the case. It reads the small tables of the derived
// database; segments only for what these cannot say.
func (c *Case) Overview(ctx context.Context) (*Overview, error) {
	o := &Overview{}
	steps := []func(context.Context, *Overview) error{
		c.overviewLoads, c.overviewSources, c.overviewProblems, c.overviewPlanes, c.overviewCalls, c.overviewCoverage, c.overviewTexts,
		c.overviewImplausible,
	}
	for _, step := range steps {
		if err := step(ctx, o); err != nil {
			return nil, fmt.Errorf("summing up the case: %w", err)
		}
	}
	return o, nil
}

func (c *Case) overviewLoads(_ context.Context, o *Overview) error {
	var err error
	if o.Loads, o.FirstLoad, o.LastLoad, err = c.loadTimes(); err != nil {
		return err
	}
	inputs := map[Status]int64{}
	for _, it := range c.items {
		inputs[it.Status]++
		if it.Status != StatusLoaded && it.Status != StatusContainer {
			o.NotLoaded = append(o.NotLoaded, it)
		}
	}
	for _, s := range []Status{StatusLoaded, StatusDamaged, StatusDuplicate, StatusEmpty, StatusUnrecognised, StatusUnreadable, StatusContainer} {
		if inputs[s] > 0 {
			o.Inputs = append(o.Inputs, InputCount{s, inputs[s]})
		}
	}
	return nil
}

// loadTimes reads from the ledger how many loads there were up to the head of
// the case, and when the first and the last were.
func (c *Case) loadTimes() (n int, first, last time.Time, err error) {
	l, err := ledger.Open(c.Dir)
	if err != nil {
		return 0, first, last, err
	}
	for e, err := range l.Entries(0) {
		if err != nil {
			return 0, first, last, err
		}
		if e.Seq > c.state.head.Size {
			break
		}
		if e.Action != ledger.ActionLoad {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, e.Time)
		if err != nil {
			return 0, first, last, fmt.Errorf("reading the time of ledger entry %d: %w", e.Seq, err)
		}
		if n == 0 || at.Before(first) {
			first = at
		}
		if n == 0 || at.After(last) {
			last = at
		}
		n++
	}
	return n, first, last, nil
}

func (c *Case) overviewSources(ctx context.Context, o *Overview) error {
	return c.query(ctx, "info_sources", nil, nil, func(r *sql.Rows) error {
		var s SourceOverview
		var format sql.NullString
		err := r.Scan(&format, &s.Files, &s.Size, &s.StreamSize, &s.Records, &s.Frames, &s.Events, &s.Unparsed,
			&s.Duplicates, &s.Conflicts, &s.WithoutTime, &s.FirstTS, &s.LastTS)
		s.Format = format.String
		o.Sources = append(o.Sources, s)
		return err
	})
}

func (c *Case) overviewProblems(ctx context.Context, o *Overview) error {
	if !slices.ContainsFunc(o.Sources, func(s SourceOverview) bool { return s.Unparsed > 0 }) {
		return nil
	}
	return c.query(ctx, "info_problems", nil, []any{sql.Named("limit", maxExamples)}, func(r *sql.Rows) error {
		var u UnparsedRecord
		var format string
		var problem sql.NullString
		if err := r.Scan(&format, &u.EventID, &u.Path, &u.Record, &u.Offset, &problem); err != nil {
			return err
		}
		u.Problem = problem.String
		i := slices.IndexFunc(o.Sources, func(s SourceOverview) bool { return s.Format == format })
		if i < 0 {
			return fmt.Errorf("events of format %q, of which there is no evidence", format)
		}
		o.Sources[i].Problems = append(o.Sources[i].Problems, u)
		return nil
	})
}

func (c *Case) overviewPlanes(ctx context.Context, o *Overview) error {
	return c.query(ctx, "info_planes", nil, nil, func(r *sql.Rows) error {
		var plane, kind sql.NullString
		var p PlaneCount
		err := r.Scan(&plane, &kind, &p.Events)
		p.Plane, p.Kind = plane.String, kind.String
		o.Planes = append(o.Planes, p)
		return err
	})
}

func (c *Case) overviewCalls(ctx context.Context, o *Overview) error {
	return c.query(ctx, "info_calls", nil, nil, func(r *sql.Rows) error {
		var planes sql.NullString
		var n CallCount
		err := r.Scan(&planes, &n.Events, &n.Calls)
		n.Planes = planes.String
		o.Calls = append(o.Calls, n)
		return err
	})
}

// overviewCoverage puts the counts in the order of the columns. The messages
// are left out: where the single texts say all of them they are not stored,
// and not counted.
func (c *Case) overviewCoverage(ctx context.Context, o *Overview) error {
	counts := map[string]map[string]int64{}
	err := c.query(ctx, "info_coverage", nil, nil, func(r *sql.Rows) error {
		var format, column string
		var n int64
		err := r.Scan(&format, &column, &n)
		if counts[column] == nil {
			counts[column] = map[string]int64{}
		}
		counts[column][format] = n
		return err
	})
	for _, col := range eventColumns() {
		if col.name == "input_messages" || col.name == "output_messages" {
			continue
		}
		o.Coverage = append(o.Coverage, ColumnCount{col.name, counts[col.name]})
	}
	return err
}

func (c *Case) overviewTexts(ctx context.Context, o *Overview) (err error) {
	o.Texts, err = c.CountTexts(ctx)
	return err
}

// CountTexts counts the unique texts of the case, without those that were put
// together from chunks.
func (c *Case) CountTexts(ctx context.Context) (int64, error) {
	n, err := queryOne[int64](ctx, c, "info_texts")
	if err != nil {
		return 0, fmt.Errorf("counting the texts of the case: %w", err)
	}
	return n, nil
}

// ContentSize measures the texts of the case. It reads them all.
func (c *Case) ContentSize(ctx context.Context) (n ContentSize, err error) {
	fill := map[string]string{
		"events": c.allEvents(), "content": relation(only(c.events, "content"), emptyContent), "uses": relation(only(c.events, "uses"), emptyUses),
	}
	err = c.query(ctx, "info_content", fill, nil, func(r *sql.Rows) error {
		return r.Scan(&n.Texts, &n.Size, &n.Uses, &n.UsesSize)
	})
	if err != nil {
		return n, fmt.Errorf("measuring the texts of the case: %w", err)
	}
	return n, nil
}

func (c *Case) overviewImplausible(ctx context.Context, o *Overview) error {
	im := &o.Implausible
	im.Earliest, im.Latest = plausible(o.LastLoad)
	bounds := []any{sql.Named("earliest", im.Earliest), sql.Named("latest", im.Latest)}
	err := c.query(ctx, "info_implausible_count", nil, bounds, func(r *sql.Rows) error {
		return r.Scan(&im.Before, &im.After)
	})
	if err != nil || im.Before+im.After == 0 {
		return err
	}
	return c.query(ctx, "info_implausible", nil, append(bounds, sql.Named("limit", maxExamples)), func(r *sql.Rows) error {
		var e ImplausibleEvent
		var precision, source sql.NullString
		err := r.Scan(&e.EventID, &e.Path, &e.TS, &precision, &source)
		e.Precision, e.Source = precision.String, source.String
		im.Examples = append(im.Examples, e)
		return err
	})
}

// plausible returns the range of times that events of a case can have, given
// the time of its last load, in whole minutes.
func plausible(lastLoad time.Time) (earliest, latest time.Time) {
	return earliestPlausible(), lastLoad.UTC().Add(clockSlack).Truncate(time.Minute)
}

// Newest returns the logged time of the newest event that is plausible: from
// 2000 on and no later than a day after the last load. It is the zero time when
// there is none. Spans such as the last 24 hours are counted back from it.
func (c *Case) Newest(ctx context.Context) (time.Time, error) { return c.NewestBy(ctx, ClockLogged) }

// NewestBy is [Case.Newest] with times by a clock.
func (c *Case) NewestBy(ctx context.Context, clock Clock) (time.Time, error) {
	_, _, last, err := c.loadTimes()
	if err != nil {
		return time.Time{}, err
	}
	earliest, latest := plausible(last)
	var newest sql.NullTime
	query := "info_newest"
	if clock == ClockCorrected && c.Corrected() {
		query = "info_newest_corrected"
	}
	err = c.query(ctx, query, nil, []any{sql.Named("earliest", earliest), sql.Named("latest", latest)}, func(r *sql.Rows) error {
		return r.Scan(&newest)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("looking for the newest event: %w", err)
	}
	return newest.Time.UTC(), nil
}
