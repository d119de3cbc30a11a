package reconcile

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// Ids that count upwards are judged from as many as this, where they ascend with
// time in nine of ten cases, and the next is one more in all but one of fifty:
// numbers that are given out and not used are common, see numberHabit.
const (
	numberLeast = 50
	numberShare = 50
	timeShare   = 10
)

// numberHoles finds numbers that are left out where the ids of a log count
// upwards. Most logs have random ids: a sample of them tells.
func numberHoles(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	var names []string
	least := sql.Named("least", numberLeast)
	err := s.query(ctx, "holes_numbers_formats", []any{least}, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []analyze.Finding
	for _, name := range names {
		counts := false
		err := s.query(ctx, "holes_numbers_sample", []any{sql.Named("format", name), least}, func(rows *sql.Rows) error { return rows.Scan(&counts) })
		if err != nil {
			return nil, err
		}
		if !counts {
			continue
		}
		found, err := s.numbersOf(ctx, name, r)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// numbersOf finds the holes in the numbers of one log.
func (s *survey) numbersOf(ctx context.Context, format string, r *CheckReport) ([]analyze.Finding, error) {
	if err := s.exec(ctx, "holes_numbers", sql.Named("format", format)); err != nil {
		return nil, err
	}
	judged := []string{}
	err := s.query(ctx, "holes_numbers_habit", []any{sql.Named("least", numberLeast)}, func(rows *sql.Rows) error {
		var prefix string
		var h numberHabit
		if err := rows.Scan(&prefix, &h.ids, &h.next, &h.gaps, &h.later, &h.timed); err != nil {
			return err
		}
		switch {
		case h.counts():
			judged = append(judged, prefix)
			r.Compared += h.ids
		case h.next*2 > h.ids && h.ascends():
			r.Notes = append(r.Notes, fmt.Sprintf("the ids of %s that begin with %q count upwards and leave numbers out %s times among %s: that is their habit",
				format, prefix, count(h.gaps), count(h.ids)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []analyze.Finding
	args := []any{sql.Named("prefixes", judged), sql.Named("limit", maxHoles+1)}
	err = s.query(ctx, "holes_numbers_missing", args, func(rows *sql.Rows) error {
		var prefix string
		var g numberGap
		if err := rows.Scan(&prefix, &g.before, &g.after, &g.beforeID, &g.afterID, &g.beforeTS, &g.afterTS); err != nil {
			return err
		}
		out = append(out, numberHole(format, prefix, &g).finding())
		return nil
	})
	return out, err
}

// numberHabit is how ids with one beginning count.
type numberHabit struct {
	ids, next, gaps int64 // ids; those that are one more than the one before; those that are more
	later, timed    int64 // ids that are not before the one before in time; those for which that is known
}

func (h *numberHabit) ascends() bool { return (h.timed-h.later)*timeShare <= h.timed }

func (h *numberHabit) counts() bool { return h.gaps*numberShare <= h.ids && h.ascends() }

func numberHole(format, prefix string, g *numberGap) *hole {
	h := &hole{
		severity: analyze.SeverityMedium, subject: format, bucket: prefix + g.numbers(),
		title: fmt.Sprintf("%s lacks %s: %s%s", format, counted(g.missing(), "id"), prefix, g.numbers()),
		facts: []analyze.Fact{
			{Name: "missing", Value: g.numbers()},
			{Name: "ids_missing", Value: g.missing()},
			{Name: "prefix", Value: prefix},
			{Name: "before", Value: g.before},
			{Name: "after", Value: g.after},
		},
		explanation: fmt.Sprintf("The ids of %s that begin with %q count upwards with time, and nearly always by one. Between the events that are named, %s left out. "+
			"The records were taken out, or their numbers were given out and never used, as databases do with what they take back.",
			format, prefix, plural(g.missing(), "number is", "numbers are")),
	}
	if g.missing() == 1 {
		h.severity = analyze.SeverityLow // a single number is what a database takes back
	}
	h.near(g.beforeID, g.beforeTS)
	h.near(g.afterID, g.afterTS)
	return h
}
