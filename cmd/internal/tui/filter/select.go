package filter

import (
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Select is the filter as a query that a person can go on with: the events that
// pass, in the order of time. A text that a log cut into chunks is not put
// together by it; the query says so in a comment where that matters.
func (f Filter) Select() string {
	var b strings.Builder
	b.WriteString("select * from events")
	between, said := "\nwhere ", false
	for i := range f.Conditions {
		c := &f.Conditions[i]
		sql := c.sql()
		switch c.Kind {
		case Time:
			sql = timeSQL(c.From, c.To)
		case Text:
			sql, said = saidSQL(func(column string) string {
				return "contains(lower(" + column + "), lower(" + casefile.QuoteText(c.Text) + "))"
			}), true
		case Regex:
			sql, said = saidSQL(func(column string) string {
				return "regexp_matches(" + column + ", " + casefile.QuoteText(c.Text) + ")"
			}), true
		}
		if sql == "" {
			continue
		}
		b.WriteString(between + sql)
		between = "\n  and "
	}
	b.WriteString("\norder by ts nulls last, evidence_id, record, part")
	if said {
		b.WriteString("\n-- texts that a log cut into chunks are looked through chunk by chunk here")
	}
	return b.String()
}

func timeSQL(from, to time.Time) string {
	var parts []string
	if !from.IsZero() {
		parts = append(parts, "ts >= timestamptz "+casefile.QuoteText(stamp(from)))
	}
	if !to.IsZero() {
		parts = append(parts, "ts < timestamptz "+casefile.QuoteText(stamp(to)))
	}
	return strings.Join(parts, " and ")
}

// saidSQL is the condition that something that was said holds a text: see
// [casefile.EventQuery].
func saidSQL(holds func(column string) string) string {
	parts := []string{"event_id in (select event_id from content_use join content using (hash) where " + holds("text") + ")"}
	for _, column := range []string{"tool_calls", "retrieved", "error_message"} {
		parts = append(parts, holds(column+"::varchar"))
	}
	return "(" + strings.Join(parts, "\n    or ") + ")"
}
