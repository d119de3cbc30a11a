package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrNoColumn means that events have no column of that name.
var ErrNoColumn = errors.New("no such column")

// Match is a condition on text columns: that one of them is one of the values.
// In a value, * stands for any text.
type Match struct {
	Columns []string
	Values  []string
}

// EventQuery selects events and says how they are to come. What is empty or
// zero does not select; all that is given must hold.
type EventQuery struct {
	Matches  []Match
	From, To time.Time // From <= ts < To
	Events   []int64   // only these
	// Contains is looked for, whatever the case of its letters, in what was
	// said: the texts of messages, the tool calls that the model made, the
	// documents it was given, and error messages. What a log cut into chunks is
	// put together first, and counts for the first event of its call. Regex is the
	// same for a regular expression in RE2 syntax. Raw looks through raw records
	// as well.
	Contains string
	Regex    string
	Raw      bool
	Where    string // condition on the columns of events in SQL; checked by [Case.CheckWhere]

	Duplicates bool     // also events that repeat another
	Columns    []string // of the events view; at least one
	ByRecord   bool     // in the order of the evidence, else in that of time
	Limit      int      // 0 is all
}

// SelectEvents runs the query. Events come in the order of time, those without
// one last, and then by evidence, record and part. A wrong column is
// [ErrNoColumn]. Memory is bounded, but for a few bytes an event: the columns
// are read batch by batch.
func (c *Case) SelectEvents(ctx context.Context, q EventQuery) (*Rows, error) {
	s, err := c.eventStatement(ctx, &q)
	if err != nil {
		return nil, err
	}
	text, err := s.text(&q)
	if err != nil {
		return nil, err
	}
	p := eventPager{c: c, columns: strings.Join(s.columns, ", "), byTime: !q.ByRecord, most: maxPageEvents}
	if err := p.find(ctx, text, s.args); err != nil {
		return nil, fmt.Errorf("selecting events: %w", err)
	}
	return newPages(func() (*sql.Rows, error) { return p.page(ctx) })
}

// eventPager reads the columns of selected events, a batch at a time.
type eventPager struct {
	c       *Case
	columns string // as SQL
	byTime  bool
	eids    []int64
	sizes   []int32 // bytes of their records
	most    int     // events of a batch
	begun   bool
}

// The bounds of a batch: so many bytes of records come to a few times as much
// in memory, and so many events to a statement of a sensible size.
const (
	maxPageBytes  = 32 << 20
	maxPageEvents = 1 << 16
)

// find fills in the events that a statement selects.
func (p *eventPager) find(ctx context.Context, text string, args []any) (err error) {
	rows, err := p.c.db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var eid, size int64
		if err := rows.Scan(&eid, &size); err != nil {
			return err
		}
		p.eids, p.sizes = append(p.eids, eid), append(p.sizes, int32(min(size, math.MaxInt32)))
	}
	return rows.Err()
}

// page reads the next batch, nil after the last. The first is there even when
// there are no events, for its columns.
func (p *eventPager) page(ctx context.Context) (*sql.Rows, error) {
	if p.begun && len(p.eids) == 0 {
		return nil, nil
	}
	p.begun = true
	n, size := 0, 0
	for n < len(p.eids) && n < p.most && size < maxPageBytes {
		size += int(p.sizes[n])
		n++
	}
	eids := p.eids[:n]
	p.eids, p.sizes = p.eids[n:], p.sizes[n:]
	view, err := p.c.eventsOf(eids)
	if err != nil {
		return nil, err
	}
	text, err := statement("events_batch", map[string]string{
		"events_all": view, "columns": p.columns, "by_time": strconv.FormatBool(p.byTime),
	})
	if err != nil {
		return nil, err
	}
	return p.c.db.QueryContext(ctx, text, sql.Named("eids", eids))
}

// eventsOf returns the SELECT of the view events_all over only the segments
// that hold the given events; over one of them when there are none.
func (c *Case) eventsOf(eids []int64) (string, error) {
	segments, err := c.segmentFiles()
	if err != nil {
		return "", err
	}
	numbers := map[int64]bool{}
	for _, eid := range eids {
		numbers[eid>>eidShift] = true
	}
	var files []string
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		files = append(files, segments.events[n])
	}
	if len(files) == 0 {
		files = only(c.events, "events")[:1]
	}
	views, err := c.viewSQL(files, nil)
	if err != nil {
		return "", err
	}
	_, query, ok := strings.Cut(views[0], " temp view events_all as\n")
	if !ok {
		return "", errors.New("reading call_views.sql: it does not begin with events_all")
	}
	return query, nil
}

// EventColumns describes the columns of the events view.
func (c *Case) EventColumns(ctx context.Context) ([]ResultColumn, error) {
	if c.eventColumns != nil { // to bind the view over hundreds of segments takes 60 ms
		return slices.Clone(c.eventColumns), nil
	}
	var columns []ResultColumn
	err := c.query(ctx, "events_columns", nil, nil, func(r *sql.Rows) error {
		var col ResultColumn
		err := r.Scan(&col.Name, &col.Type)
		columns = append(columns, col)
		return err
	})
	if err == nil {
		c.eventColumns = slices.Clone(columns)
	}
	return columns, err
}

// eventStatement is a query of events as SQL, in parts.
type eventStatement struct {
	with       []string
	conditions []string
	columns    []string
	args       []any
}

func (c *Case) eventStatement(ctx context.Context, q *EventQuery) (*eventStatement, error) {
	known, err := c.EventColumns(ctx)
	if err != nil {
		return nil, err
	}
	s := &eventStatement{args: []any{sql.Named("from", nullableTime(q.From)), sql.Named("to", nullableTime(q.To))}}
	for _, name := range q.Columns {
		if err := checkColumn(known, name); err != nil {
			return nil, err
		}
		s.columns = append(s.columns, "e."+QuoteIdent(name))
	}
	if q.Events != nil {
		if err := s.condition("events_only", map[string]string{"eids": s.bind(q.Events)}); err != nil {
			return nil, err
		}
	}
	for _, m := range q.Matches {
		for _, name := range m.Columns {
			if err := checkColumn(known, name); err != nil {
				return nil, err
			}
		}
		if err := s.match(m); err != nil {
			return nil, err
		}
	}
	if q.Where != "" {
		if err := c.CheckWhere(ctx, q.Where); err != nil {
			return nil, err
		}
		if err := s.condition("events_where", map[string]string{"where": q.Where}); err != nil {
			return nil, err
		}
	}
	return s, c.search(s, q)
}

func checkColumn(known []ResultColumn, name string) error {
	if slices.ContainsFunc(known, func(c ResultColumn) bool { return c.Name == name }) {
		return nil
	}
	return fmt.Errorf("%w: events have no %q", ErrNoColumn, name)
}

func nullableTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t.UTC(), Valid: !t.IsZero()} }

// condition adds an embedded condition.
func (s *eventStatement) condition(name string, fill map[string]string) error {
	text, err := statement(name, fill)
	s.conditions = append(s.conditions, text)
	return err
}

// bind adds a parameter and returns its place in the statement.
func (s *eventStatement) bind(value any) string {
	name := "v" + strconv.Itoa(len(s.args))
	s.args = append(s.args, sql.Named(name, value))
	return "$" + name
}

// match adds the condition that one of the columns has one of the values.
func (s *eventStatement) match(m Match) error {
	values := validTexts(m.Values)
	if len(values) == 0 {
		return s.condition("events_where", map[string]string{"where": "false"})
	}
	name, place := "events_equal", ""
	if slices.ContainsFunc(values, isPattern) {
		name, place = "events_pattern", s.bind(anyPattern(values))
	} else {
		place = s.bind(values)
	}
	var either []string
	for _, column := range m.Columns {
		text, err := statement(name, map[string]string{"column": QuoteIdent(column), "values": place})
		if err != nil {
			return err
		}
		either = append(either, strings.TrimSpace(text))
	}
	return s.condition("events_where", map[string]string{"where": strings.Join(either, " or ")})
}

// validTexts returns the texts that are UTF-8. What is not stands in no column, and
// the driver would crash on it in a list.
func validTexts(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !utf8.ValidString(s) })
}

// isPattern reports whether a value of a match stands for more than itself.
func isPattern(v string) bool { return strings.Contains(v, "*") }

// anyPattern is a regular expression for any of the values, in which * stands
// for any text.
func anyPattern(values []string) string {
	var patterns []string
	for _, v := range values {
		parts := strings.Split(v, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		patterns = append(patterns, strings.Join(parts, ".*"))
	}
	return "(?:" + strings.Join(patterns, "|") + ")"
}

// search adds what finds the events whose texts hold something. Each text is
// looked through once, however many events it is part of.
func (c *Case) search(s *eventStatement, q *EventQuery) error {
	if q.Contains != "" {
		s.args = append(s.args, sql.Named("contains", q.Contains))
		if err := c.searchFor(s, "literal", q.Raw); err != nil {
			return err
		}
	}
	if q.Regex != "" {
		if err := CheckRegex(q.Regex); err != nil {
			return err
		}
		s.args = append(s.args, sql.Named("regex", q.Regex))
		return c.searchFor(s, "regex", q.Raw)
	}
	return nil
}

// searchFor adds one search by the embedded predicate events_NAME.
func (c *Case) searchFor(s *eventStatement, name string, raw bool) error {
	fill := map[string]string{"name": name, "uses": relation(only(c.events, "uses"), emptyUses), "raw": ""}
	var err error
	for _, column := range []string{"text", "tool_calls", "retrieved", "error_message"} {
		if fill[column], err = statement("events_"+name, map[string]string{"text": column}); err != nil {
			return err
		}
	}
	var joined []string
	for _, column := range []string{"system_prompt", "prompt", "response", "reasoning"} {
		text, err := statement("events_"+name, map[string]string{"text": "j." + column})
		if err != nil {
			return err
		}
		joined = append(joined, strings.TrimSpace(text))
	}
	fill["joined"] = strings.Join(joined, " or ")
	if raw {
		if fill["raw"], err = rawSearch(name); err != nil {
			return err
		}
	}
	found, err := statement("events_found", fill)
	if err != nil {
		return err
	}
	s.with = append(s.with, found)
	return s.condition("events_holder", fill)
}

// rawSearch is the part of a search that looks through raw records. One that
// is not UTF-8 is looked through with its bytes beyond ASCII written as \xNN.
func rawSearch(name string) (string, error) {
	text, err := statement("events_raw_text", nil)
	if err != nil {
		return "", err
	}
	if text, err = statement("events_"+name, map[string]string{"text": strings.TrimSpace(text)}); err != nil {
		return "", err
	}
	return statement("events_raw", map[string]string{"raw": text})
}

// CheckRegex says what is wrong with a regular expression for
// [EventQuery.Regex].
func CheckRegex(expr string) error {
	if _, err := syntax.Parse(expr, syntax.Perl); err != nil {
		return fmt.Errorf("reading the regular expression: %w", err)
	}
	return nil
}

// text puts the statement together.
func (s *eventStatement) text(q *EventQuery) (string, error) {
	if len(s.columns) == 0 {
		return "", errors.New("selecting events: no columns")
	}
	fill := map[string]string{
		"with": "", "view": "events", "conditions": strings.Join(s.conditions, "    "),
		"by_time": strconv.FormatBool(!q.ByRecord), "limit": "null",
	}
	if len(s.with) > 0 {
		fill["with"] = "with " + strings.Join(s.with, ",\n")
	}
	if q.Duplicates {
		fill["view"] = "events_all"
	}
	if q.Limit > 0 {
		fill["limit"] = strconv.Itoa(q.Limit)
	}
	return statement("events_select", fill)
}
