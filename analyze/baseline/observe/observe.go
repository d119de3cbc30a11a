// Package observe reads from a case what a baseline holds. It is apart from
// package baseline so that detectors can be asked with one.
package observe

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/detectors"
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// Options say what of a case is normal.
type Options struct {
	From, To time.Time // from <= time < to; zero is open
	Tool     string    // that makes the baseline, with its version
	Threads  int       // that read texts
	// Progress is told how many texts were read; nil for nobody.
	Progress *analyze.Progress
}

// The times that a baseline can hold: from the first Monday of 1970 to the end of
// four digits for a year. Logs of models have no others.
const (
	earliest = 345_600_000_000
	latest   = 253_402_300_800_000_000
)

// Read returns the baseline of a case. A case without calls in the span has none,
// which is an error.
func Read(ctx context.Context, c *casefile.Case, o Options) (b *baseline.Baseline, err error) {
	resources := detectors.Options{Threads: o.Threads, Progress: o.Progress}
	answered, err := detectors.TablesOfRefusals(ctx, c, resources, "call", "act", "network_of", "tool_destination")
	if err != nil {
		return nil, fmt.Errorf("reading what is normal: %w", err)
	}
	r := &reader{answered: answered, db: c.DB(), b: &baseline.Baseline{Kind: baseline.Kind, Schema: baseline.Schema, Tool: o.Tool, Case: c.Head().String()}, at: map[key]*baseline.Subject{}}
	r.from, r.to = earliest, latest
	if !o.From.IsZero() {
		r.from = max(r.from, o.From.UnixMicro())
	}
	if !o.To.IsZero() {
		r.to = min(r.to, o.To.UnixMicro())
	}
	defer func() { err = errors.Join(err, r.exec(context.WithoutCancel(ctx), "drop")) }()
	for _, step := range []func(context.Context) error{r.make, r.whole, r.subjects, r.rest, r.hours, r.values, r.covers, r.seen, r.refusals} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if r.b.Calls == 0 {
		return nil, errors.New("reading what is normal: the case has no call with a time in this span")
	}
	return r.b, nil
}

type key struct{ dimension, subject string }

type reader struct {
	db       *sql.DB
	b        *baseline.Baseline
	at       map[key]*baseline.Subject
	from, to int64 // microseconds
	answered bool  // the logs hold text, and the tables of refusals are there
}

// span are the arguments of statements that read the logs themselves.
func (r *reader) span() []any { return []any{sql.Named("from", r.from), sql.Named("to", r.to)} }

// make makes the tables that the other statements read.
func (r *reader) make(ctx context.Context) error {
	if err := r.exec(ctx, "make_use", r.span()...); err != nil {
		return err
	}
	return r.exec(ctx, "make_subject", sql.Named("subjects", baseline.MaxSubjects))
}

func (r *reader) exec(ctx context.Context, name string, args ...any) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	if _, err := r.db.ExecContext(ctx, string(text), args...); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

func (r *reader) each(ctx context.Context, name string, args []any, row func(*sql.Rows) error) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	return casefile.EachRow(ctx, r.db, name, string(text), args, row)
}

func (r *reader) whole(ctx context.Context) error {
	return r.each(ctx, "span", nil, func(rows *sql.Rows) error {
		return rows.Scan(&r.b.Calls, &r.b.Hours, &r.b.Days, &r.b.First, &r.b.Last)
	})
}

func (r *reader) subjects(ctx context.Context) error {
	for _, name := range baseline.Dimensions() {
		r.b.Dimensions = append(r.b.Dimensions, baseline.Dimension{Name: name, Subjects: []baseline.Subject{}})
	}
	err := r.each(ctx, "subjects", nil, func(rows *sql.Rows) error {
		var dimension string
		s := baseline.Subject{Week: []baseline.Hour{}, Volumes: []baseline.Volume{}, Values: []baseline.Attribute{}}
		err := rows.Scan(&dimension, &s.Name, &s.Calls, &s.Hours, &s.Days, &s.First, &s.Last)
		d := r.dimension(dimension)
		d.Subjects = append(d.Subjects, s)
		return err
	})
	for i := range r.b.Dimensions {
		d := &r.b.Dimensions[i]
		for k := range d.Subjects {
			r.at[key{d.Name, d.Subjects[k].Name}] = &d.Subjects[k]
		}
	}
	return err
}

func (r *reader) dimension(name string) *baseline.Dimension {
	return &r.b.Dimensions[slices.Index(baseline.Dimensions(), name)]
}

func (r *reader) rest(ctx context.Context) error {
	return r.each(ctx, "rest", nil, func(rows *sql.Rows) error {
		var name string
		var rest baseline.Rest
		err := rows.Scan(&name, &rest.Count, &rest.Calls)
		r.dimension(name).Rest = rest
		return err
	})
}

// measured is what a subject did in an hour since 1970, or in a day.
type measured struct {
	at     int64
	values [4]sql.NullInt64 // of [baseline.Measures]
}

// hours reads what subjects did hour by hour, and makes of it their weeks and
// volumes.
func (r *reader) hours(ctx context.Context) error {
	var list []measured
	var of key
	flush := func() {
		if s := r.at[of]; s != nil {
			s.Week = week(list)
			s.Volumes = volumes(list)
		}
		list = list[:0]
	}
	err := r.each(ctx, "hours", nil, func(rows *sql.Rows) error {
		var k key
		var m measured
		if err := rows.Scan(&k.dimension, &k.subject, &m.at, &m.values[0], &m.values[1], &m.values[2], &m.values[3]); err != nil {
			return err
		}
		if k != of {
			flush()
			of = k
		}
		list = append(list, m)
		return nil
	})
	flush()
	return err
}

// week puts hours together by the hour of the week.
func week(list []measured) []baseline.Hour {
	cells := map[int64]*baseline.Hour{}
	for i := range list {
		of := (list[i].at - earliest/hourUS) % (7 * 24)
		h := cells[of]
		if h == nil {
			h = &baseline.Hour{&of, new(int64), new(int64)}
			cells[of] = h
		}
		*h[1]++
		*h[2] += list[i].values[0].Int64
		for m, v := range list[i].values {
			if v.Valid && (h[3+m] == nil || *h[3+m] < v.Int64) {
				most := v.Int64
				h[3+m] = &most
			}
		}
	}
	out := []baseline.Hour{}
	for _, h := range cells {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b baseline.Hour) int { return cmp.Compare(a.Of(), b.Of()) })
	return out
}

const hourUS = 3_600_000_000

// volumes says where hours and days lie and how far they scatter.
func volumes(list []measured) []baseline.Volume {
	var days []measured
	for _, m := range list {
		if n := len(days); n == 0 || days[n-1].at != m.at/24 {
			days = append(days, measured{at: m.at / 24})
		}
		d := &days[len(days)-1]
		for i, v := range m.values {
			d.values[i].Int64 += v.Int64
			d.values[i].Valid = d.values[i].Valid || v.Valid
		}
	}
	out := []baseline.Volume{}
	for i, name := range baseline.Measures() {
		for _, per := range []struct {
			name string
			list []measured
		}{{baseline.PerHour, list}, {baseline.PerDay, days}} {
			v := baseline.Volume{Measure: name, Per: per.name}
			var logs []float64
			for k := range per.list {
				if x := per.list[k].values[i]; x.Valid && x.Int64 >= 0 {
					logs = append(logs, math.Log1p(float64(x.Int64)))
					v.Most = max(v.Most, x.Int64)
				}
			}
			if len(logs) == 0 {
				continue
			}
			of := statistic.RobustOf(logs)
			v.N, v.Centre, v.Scale = int64(of.N), sixDigits(of.Centre), sixDigits(of.Scale)
			out = append(out, v)
		}
	}
	return out
}

// sixDigits rounds to six digits after the point, so that processors that
// multiply and add in one step write the same file.
func sixDigits(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func (r *reader) values(ctx context.Context) error {
	err := r.each(ctx, "values", append(r.span(), sql.Named("values", baseline.MaxValues), sql.Named("operations", detectors.LooksAtModels)), func(rows *sql.Rows) error {
		var k key
		var name string
		var v baseline.Value
		var rest baseline.Rest
		if err := rows.Scan(&k.dimension, &k.subject, &name, &v.Value, &v.Calls, &v.Hours, &v.First, &v.Last, &rest.Count, &rest.Calls); err != nil {
			return err
		}
		s := r.at[k]
		if s == nil {
			return nil
		}
		if n := len(s.Values); n == 0 || s.Values[n-1].Name != name {
			s.Values = append(s.Values, baseline.Attribute{Name: name, Rest: rest})
		}
		a := &s.Values[len(s.Values)-1]
		a.Rest.Count, a.Rest.Calls = a.Rest.Count-1, a.Rest.Calls-v.Calls
		a.Known = append(a.Known, v)
		return nil
	})
	order := baseline.Attributes()
	for _, s := range r.at {
		slices.SortFunc(s.Values, func(a, b baseline.Attribute) int {
			return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name))
		})
	}
	return err
}

// covers reads of which time the logs tell.
func (r *reader) covers(ctx context.Context) error {
	args := append(r.span(), sql.Named("hole", baseline.CoverHole), sql.Named("covers", baseline.MaxCovers))
	return r.each(ctx, "covers", args, func(rows *sql.Rows) error {
		var c baseline.Cover
		err := rows.Scan(&c.Provider, &c.First, &c.Last)
		r.b.Covers = append(r.b.Covers, c)
		return err
	})
}

// seen reads on which days actors were there.
func (r *reader) seen(ctx context.Context) error {
	days := map[string][]baseline.Day{}
	err := r.each(ctx, "seen", r.span(), func(rows *sql.Rows) error {
		var actor string
		var d baseline.Day
		err := rows.Scan(&actor, &d)
		days[actor] = append(days[actor], d)
		return err
	})
	for actor, list := range days {
		if s := r.at[key{"actor", actor}]; s != nil {
			s.Seen = seenOn(list)
		}
	}
	return err
}

// seenOn writes the last days of some, which are in order.
func seenOn(list []baseline.Day) *baseline.Seen {
	last := list[len(list)-1]
	list = slices.DeleteFunc(list, func(d baseline.Day) bool { return d <= last-baseline.MaxSeenDays })
	days := bytes.Repeat([]byte{'0'}, int(last-list[0])+1)
	for _, d := range list {
		days[d-list[0]] = '1'
	}
	return &baseline.Seen{First: list[0], Days: string(days)}
}

// refusals reads how often subjects were refused something, where that is known.
func (r *reader) refusals(ctx context.Context) error {
	if !r.answered {
		return nil
	}
	return r.each(ctx, "refusals", r.span(), func(rows *sql.Rows) error {
		var k key
		var n baseline.Refusals
		err := rows.Scan(&k.dimension, &k.subject, &n.Talks, &n.Refused, &n.Days, &n.Last)
		if s := r.at[k]; s != nil {
			s.Refusals = &n
		}
		return err
	})
}
