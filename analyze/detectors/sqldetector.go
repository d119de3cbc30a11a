package detectors

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// query runs one embedded statement and hands each row to row, which must ask
// nothing else of the case.
func (r *run) query(ctx context.Context, name string, args []any, row func(*sql.Rows) error) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	return casefile.EachRow(ctx, r.c.DB(), name, string(text), args, row)
}

// exec runs embedded statements that return no rows.
func (r *run) exec(ctx context.Context, name string, args ...any) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	if _, err := r.c.DB().ExecContext(ctx, string(text), args...); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

// sqlDetector is a detector that is one statement. It reads the tables that its
// header names, and each row that it returns is a finding. Of the row's columns
// these have a meaning, all but subject may be left out or NULL:
//
//	subject      who or what it is about
//	bucket       what tells findings about one subject apart
//	severity     where it is not that of the header
//	title        where it is not that of the header
//	explanation  what was seen and what was expected
//	actor        the person or principal behind the events
//	first_us     its time, in microseconds since 1970
//	last_us
//	eids         its events, a list in order
//	event_count  how many there are, where the list is cut
//
// Every other column is a fact, in the order of the columns; NULL is none.
//
// A line "threshold: NAME = NUMBER UNIT: WHAT" of the header declares a threshold,
// which the statement reads as $NAME.
type sqlDetector struct {
	head  analyze.About
	reads []string // tables; see [run.need]
	name  string   // of the file, without .sql
	text  string
}

func newSQLDetector(name string) (*sqlDetector, error) {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return nil, fmt.Errorf("reading embedded SQL: %w", err)
	}
	d := &sqlDetector{name: name, text: string(text)}
	if err := d.parseHeader(); err != nil {
		return nil, fmt.Errorf("reading the header of %s.sql: %w", name, err)
	}
	return d, nil
}

func (d *sqlDetector) about() *analyze.About { return &d.head }

// parseHeader reads the comment that a statement begins with: lines of the form
// "-- key: value", where a line that begins with more than one space goes on with
// the value above. Keys that may stand several times make a list.
func (d *sqlDetector) parseHeader() error {
	type entry struct{ key, value string }
	var entries []entry
	for line := range strings.Lines(d.text) {
		line, comment := strings.CutPrefix(strings.TrimRight(line, "\n"), "--")
		if !comment {
			break
		}
		if strings.HasPrefix(line, "  ") && len(entries) > 0 {
			entries[len(entries)-1].value += " " + strings.TrimSpace(line)
			continue
		}
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			return fmt.Errorf("the line %q is no key and value", line)
		}
		entries = append(entries, entry{key, strings.TrimSpace(value)})
	}
	h := &d.head
	h.Version = 1
	for _, e := range entries {
		words := strings.FieldsFunc(e.value, func(r rune) bool { return r == ',' || r == ' ' })
		switch e.key {
		case "id":
			h.ID = e.value
		case "version":
			if _, err := fmt.Sscan(e.value, &h.Version); err != nil {
				return fmt.Errorf("version: %w", err)
			}
		case "title":
			h.Title = e.value
		case "severity":
			s, err := analyze.ParseSeverity(e.value)
			if err != nil {
				return err
			}
			h.Severity = s
		case "why":
			h.Why = e.value
		case "tags":
			h.Tags = words
		case "needs":
			h.Needs = words
		case "reads":
			d.reads = words
		case "threshold":
			t, err := parseThreshold(e.value)
			if err != nil {
				return err
			}
			h.Thresholds = append(h.Thresholds, t)
		case "false positive":
			h.FalsePositives = append(h.FalsePositives, e.value)
		case "triage":
			h.Triage = append(h.Triage, e.value)
		case "collect":
			h.Collect = append(h.Collect, e.value)
		case "contain":
			h.Contain = append(h.Contain, e.value)
		default:
			return fmt.Errorf("the key %q is none of id, version, title, severity, why, tags, needs, reads, threshold, false positive, triage, collect, contain", e.key)
		}
	}
	return nil
}

// parseThreshold reads "NAME = NUMBER UNIT: WHAT".
func parseThreshold(s string) (analyze.Threshold, error) {
	head, what, _ := strings.Cut(s, ":")
	words := strings.Fields(head)
	if len(words) != 4 || words[1] != "=" || what == "" {
		return analyze.Threshold{}, fmt.Errorf("the threshold %q is not of the form NAME = NUMBER UNIT: WHAT", s)
	}
	t := analyze.Threshold{Name: words[0], Unit: words[3], What: strings.TrimSpace(what)}
	var err error
	if t.Default, err = strconv.ParseFloat(words[2], 64); err != nil {
		return t, fmt.Errorf("the threshold %s: %w", t.Name, err)
	}
	return t, nil
}

func (d *sqlDetector) detect(ctx context.Context, r *run) (*result, error) {
	return d.detectWith(ctx, r, nil)
}

// detectWith runs the statement with more arguments than those of its thresholds.
func (d *sqlDetector) detectWith(ctx context.Context, r *run, args []any) (*result, error) {
	if err := r.need(ctx, d.reads...); err != nil {
		return nil, err
	}
	for _, t := range d.head.Thresholds {
		v, err := r.threshold(&d.head, t.Name)
		if err != nil {
			return nil, err
		}
		args = append(args, sql.Named(t.Name, v))
	}
	res := &result{}
	err := casefile.EachRow(ctx, r.c.DB(), d.name, d.text, args, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		var f found
		for i, column := range columns {
			if err := f.set(column, values[i]); err != nil {
				return fmt.Errorf("column %s: %w", column, err)
			}
		}
		res.found = append(res.found, f)
		return nil
	})
	return res, err
}

var errColumnType = errors.New("its type is not what the column must have")

// set takes one column of a row.
func (f *found) set(column string, value any) error {
	if value == nil {
		return nil
	}
	ok := true
	word := func(to *string) { *to, ok = value.(string) }
	instant := func(to *time.Time) {
		var us int64
		if us, ok = value.(int64); ok {
			*to = time.UnixMicro(us).UTC()
		}
	}
	switch column {
	case "subject":
		word(&f.Subject)
	case "bucket":
		word(&f.Bucket)
	case "title":
		word(&f.Title)
	case "explanation":
		word(&f.Explanation)
	case "actor":
		word(&f.Actor)
	case "first_us":
		instant(&f.First)
	case "last_us":
		instant(&f.Last)
	case "event_count":
		f.EventCount, ok = value.(int64)
	case "severity":
		var name string
		word(&name)
		s, err := analyze.ParseSeverity(name)
		f.Severity, ok = s, ok && err == nil
	case "eids":
		var list []any
		if list, ok = value.([]any); ok {
			for _, v := range list {
				eid, isNumber := v.(int64)
				f.eids, ok = append(f.eids, eid), ok && isNumber
			}
		}
	default:
		f.Facts = append(f.Facts, analyze.Fact{Name: column, Value: factValue(value)})
	}
	if !ok {
		return fmt.Errorf("%w: it is %T", errColumnType, value)
	}
	return nil
}

// factValue makes of a column what a fact can hold.
func factValue(v any) any {
	switch v := v.(type) {
	case string, int64, bool:
		return v
	case int32:
		return int64(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
		return v
	default:
		return fmt.Sprint(v)
	}
}
