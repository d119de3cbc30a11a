package reconcile

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// spanHoles finds spans that are part of one that is nowhere in the case, where
// their log normally has it. A trace that something began which is not
// instrumented never has its root, and a log of which many traces are so says
// nothing by one more.
func spanHoles(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	if err := s.exec(ctx, "holes_spans"); err != nil {
		return nil, err
	}
	inner, outer := []string{}, []string{}
	err := s.query(ctx, "holes_spans_habit", nil, func(rows *sql.Rows) error {
		var h spanHabit
		if err := rows.Scan(&h.format, &h.app, &h.spans, &h.missing, &h.rooted, &h.rootless); err != nil {
			return err
		}
		key := h.format + "\x1f" + h.app // as holes_spans_missing.sql joins them
		if h.judgesInner() {
			inner = append(inner, key)
			r.Compared += h.spans
		}
		if h.judgesOuter() {
			outer = append(outer, key)
			r.Compared += h.rootless
		}
		r.Notes = append(r.Notes, h.notes()...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []analyze.Finding
	edge := int64(0)
	args := []any{sql.Named("inner", inner), sql.Named("outer", outer), sql.Named("limit", maxHoles+1)}
	err = s.query(ctx, "holes_spans_missing", args, func(rows *sql.Rows) error {
		var l lostSpan
		var near bool
		if err := rows.Scan(&l.format, &l.app, &l.trace, &l.id, &l.rooted, &l.parts, &near, &l.first, &l.firstTS, &l.last, &l.lastTS); err != nil {
			return err
		}
		if near {
			edge++
			return nil
		}
		out = append(out, l.hole().finding())
		return nil
	})
	if edge > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s that other spans are part of may be beyond the beginning or end of the log: not judged", counted(edge, "span")))
	}
	return out, err
}

// spanHabit is what the spans of an application in a log do normally.
type spanHabit struct {
	format, app      string
	spans, missing   int64 // in traces with their root: all that are part of one, and those of which it is nowhere
	rooted, rootless int64 // traces
}

func (h *spanHabit) judgesInner() bool {
	return h.spans-h.missing >= holeLeast && h.missing*holeShare <= h.spans
}

func (h *spanHabit) judgesOuter() bool {
	return h.rooted >= holeLeast && h.rootless*holeShare <= h.rooted+h.rootless
}

func (h *spanHabit) notes() (out []string) {
	who := h.format
	if h.app != "" {
		who += " of " + h.app
	}
	if h.missing > 0 && !h.judgesInner() {
		out = append(out, fmt.Sprintf("%s: of %s of %s in traces with their root the one they are part of is nowhere: too many, or too few spans, to call one a hole",
			who, count(h.missing), counted(h.spans, "span")))
	}
	if h.rootless > 0 && !h.judgesOuter() {
		out = append(out, fmt.Sprintf("%s: %s of %s have no root in the case, as where the caller is not instrumented: that is a habit, or there are too few to know one",
			who, count(h.rootless), counted(h.rooted+h.rootless, "trace")))
	}
	return out
}

// lostSpan is a span that others are part of and that is nowhere.
type lostSpan struct {
	format, app, trace, id string
	rooted                 bool
	parts                  int64
	first, last            sql.NullString
	firstTS, lastTS        sql.NullTime
}

func (l *lostSpan) hole() *hole {
	who := l.format
	if l.app != "" {
		who += " of " + l.app
	}
	h := &hole{
		severity: analyze.SeverityLow, subject: who, bucket: l.trace + "/" + l.id,
		title: fmt.Sprintf("A span that %s names in trace %s is nowhere: %s", who, l.trace, l.id),
		facts: []analyze.Fact{{Name: "missing_span", Value: l.id}, {Name: "trace", Value: l.trace}, {Name: "spans_of_it", Value: l.parts}, {Name: "root_is_there", Value: l.rooted}},
	}
	verb := "are"
	if l.parts == 1 {
		verb = "is"
	}
	where := "The root of the trace is in the case"
	if !l.rooted {
		where = "The trace has no root in the case, and nearly all others of this application have theirs"
	}
	h.explanation = fmt.Sprintf("%s of trace %s %s part of the span %s, and no log of this case has it. %s: the span was taken out, or its exporter lost it.",
		counted(l.parts, "span"), l.trace, verb, l.id, where)
	h.near(l.first, l.firstTS)
	h.near(l.last, l.lastTS)
	return h
}
