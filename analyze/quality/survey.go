package quality

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// survey makes a report of a case.
type survey struct {
	c        *casefile.Case
	overview *casefile.Overview
	r        *Report
	// together counts calls by the sources that show them: source n of the
	// report is bit n.
	together map[uint64]int64
	byPrefix map[string]*Source // of evidence; see sourceOf
}

// maxSources is how many bits a set of sources has.
const maxSources = 62

// makeUnits makes the table of what each source shows of each call.
func (s *survey) makeUnits(ctx context.Context) error {
	if n := len(s.r.Sources); n > maxSources {
		return fmt.Errorf("the case has %d kinds of logs; at most %d can be told apart", n, maxSources)
	}
	text, err := statement("units")
	if err != nil {
		return err
	}
	bit, err := statement("bit")
	if err != nil {
		return err
	}
	names := make([]string, len(s.r.Sources))
	for i := range s.r.Sources {
		names[i] = s.r.Sources[i].Name
	}
	_, err = s.c.DB().ExecContext(ctx, strings.Replace(text, "{{bits}}", mask(bit), 1),
		sql.Named("sources", names), sql.Named("earliest", s.overview.Implausible.Earliest), sql.Named("latest", s.overview.Implausible.Latest))
	if err != nil {
		return fmt.Errorf("running units.sql: %w", err)
	}
	return nil
}

// countSources counts what each source says.
func (s *survey) countSources(ctx context.Context) error {
	type group struct {
		source int
		b      bits
		units  int64
	}
	var groups []group
	err := s.query(ctx, "by_source", nil, func(r *sql.Rows) error {
		var g group
		err := r.Scan(&g.source, &g.b, &g.units)
		groups = append(groups, g)
		return err
	})
	if err != nil {
		return err
	}
	for _, g := range groups { // first what a source writes at all, for the answers go by that
		x := &s.r.Sources[g.source]
		x.addNeeds(g.b, g.units)
		x.addFaults(g.b, g.units)
	}
	for _, g := range groups {
		x := &s.r.Sources[g.source]
		x.addAnswers(g.b, g.units, x.writes)
	}
	return nil
}

// countCalls counts what all sources of a call say together.
func (s *survey) countCalls(ctx context.Context) error {
	s.together = map[uint64]int64{}
	all := &s.r.Case
	return s.query(ctx, "by_call", nil, func(r *sql.Rows) error {
		var sources uint64
		var b bits
		var units int64
		if err := r.Scan(&sources, &b, &units); err != nil {
			return err
		}
		all.addNeeds(b, units)
		all.addFaults(b, units)
		all.addAnswers(b, units, s.written(sources))
		if b.any(isCall) {
			s.together[sources] += units
			s.r.Score.add(complete(b), units)
		}
		return nil
	})
}

// written says which needs any of a set of sources shows at all.
func (s *survey) written(sources uint64) []bool {
	out := make([]bool, len(needs()))
	for i := range s.r.Sources {
		if sources>>i&1 == 0 {
			continue
		}
		for n, writes := range s.r.Sources[i].writes {
			out[n] = out[n] || writes
		}
	}
	return out
}

// complete reports whether a call has what every record of it has to say.
func complete(b bits) bool {
	return !slices.ContainsFunc(needs(), func(n need) bool {
		return n.expected == core && n.of.has(b) && !b.any(n.signal)
	})
}

func (x *Source) addNeeds(b bits, units int64) {
	for i, n := range needs() {
		if n.of.has(b) {
			x.Needs[i].add(b.any(n.signal), units)
			x.writes[i] = x.writes[i] || b.any(n.signal)
		}
	}
}

func (x *Source) addFaults(b bits, units int64) {
	for i, f := range faults() {
		if f.hit != nil && f.of.has(b) {
			x.Faults[i].add(f.hit(b), units)
		}
	}
}

// addAnswers counts to which questions there is an answer. A need that a thing
// can be without is met where its source shows it at all.
func (x *Source) addAnswers(b bits, units int64, writes []bool) {
	all := needs()
	for i, q := range questions() {
		if !q.of.has(b) {
			continue
		}
		x.Answers[i].add(!slices.ContainsFunc(q.needs, func(name string) bool {
			n := slices.IndexFunc(all, func(n need) bool { return n.name == name })
			met := b.any(all[n].signal) || all[n].expected == some && writes[n]
			return all[n].of.has(b) && !met
		}), units)
	}
}

func statement(name string) (string, error) {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("reading embedded SQL: %w", err)
	}
	return string(text), nil
}

// query runs one embedded statement and hands each row to row, which must ask
// nothing else of the case.
func (s *survey) query(ctx context.Context, name string, args []any, row func(*sql.Rows) error) error {
	text, err := statement(name)
	if err != nil {
		return err
	}
	return casefile.EachRow(ctx, s.c.DB(), name, text, args, row)
}
