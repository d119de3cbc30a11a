// Package filter is what events are seen: conditions that must all hold. A
// filter can be said in three ways that mean the same: as chips on the screen,
// as the query that runs, and as a command line of exhibit events.
package filter

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// Kind says what a condition is about.
type Kind string

// The kinds of conditions.
const (
	Field    Kind = "field"    // a column has one of some values, or none of them
	Text     Kind = "text"     // something was said
	Regex    Kind = "regex"    // something that fits an expression was said
	Time     Kind = "time"     // when
	Severity Kind = "severity" // findings of at least a severity have the event
	Finding  Kind = "finding"  // one of some findings has the event
	Where    Kind = "where"    // any condition in SQL
)

// Condition is one part of a filter. Which fields count depends on its kind.
type Condition struct {
	Kind   Kind     `json:"kind"`
	Column string   `json:"column,omitempty"` // of Field
	Values []string `json:"values,omitempty"` // of Field, where an empty list means NULL; ids of Finding
	Not    bool     `json:"not,omitempty"`    // Field: turned around
	// Text of Text, Regex, Severity and Where.
	Text string `json:"text,omitempty"`
	// From <= ts < To, of Time; the zero time is open.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Filter is a list of conditions, the oldest first. The zero filter lets all
// pass.
type Filter struct {
	Conditions []Condition `json:"conditions"`
}

// Empty reports whether all events pass.
func (f Filter) Empty() bool { return len(f.Conditions) == 0 }

// With returns the filter with one more condition. A condition that is there is
// not added again, and of some kinds there is one at most: the new one.
func (f Filter) With(c Condition) Filter {
	var out []Condition
	for _, have := range f.Conditions {
		if have.equal(&c) || have.Kind == c.Kind && single(c.Kind) {
			continue
		}
		out = append(out, have)
	}
	return Filter{append(out, c)}
}

// single reports whether a filter has one condition of the kind at most:
// exhibit events takes one text, one expression and one range of time.
func single(k Kind) bool {
	return k == Text || k == Regex || k == Time || k == Severity || k == Finding
}

// Without returns the filter less a condition.
func (f Filter) Without(i int) Filter {
	return Filter{slices.Delete(slices.Clone(f.Conditions), i, i+1)}
}

// Equal reports whether two filters let the same pass, by the same conditions.
func (f Filter) Equal(g Filter) bool {
	return slices.EqualFunc(f.Conditions, g.Conditions, func(a, b Condition) bool { return a.equal(&b) })
}

func (c *Condition) equal(d *Condition) bool {
	return c.Kind == d.Kind && c.Column == d.Column && slices.Equal(c.Values, d.Values) && c.Not == d.Not && c.Text == d.Text &&
		c.From.Equal(d.From) && c.To.Equal(d.To)
}

// Range is the range of time of the filter; zero times are open.
func (f Filter) Range() (from, to time.Time) {
	for i := range f.Conditions {
		if c := &f.Conditions[i]; c.Kind == Time {
			from, to = c.From, c.To
		}
	}
	return from, to
}

// Query is the filter as a query of events.
func (f Filter) Query() casefile.EventQuery {
	q := casefile.EventQuery{Where: f.Where()}
	q.From, q.To = f.Range()
	for i := range f.Conditions {
		switch c := &f.Conditions[i]; c.Kind {
		case Text:
			q.Contains = c.Text
		case Regex:
			q.Regex = c.Text
		}
	}
	return q
}

// Where is the part of the filter that --where says: one SQL expression, "" for
// none.
func (f Filter) Where() string {
	var parts []string
	for i := range f.Conditions {
		if s := f.Conditions[i].sql(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " and ")
}

// sql is the condition as one SQL expression, "" where it has a flag of its own.
func (c *Condition) sql() string {
	switch c.Kind {
	case Field:
		return c.fieldSQL()
	case Severity:
		return "event_id in (select event_id from finding_events join findings on id = finding_id where severity in (" +
			quoted(atLeast(c.Text)) + "))"
	case Finding:
		return "event_id in (select event_id from finding_events where finding_id in (" + quoted(c.Values) + "))"
	case Where:
		return "(" + c.Text + ")"
	}
	return ""
}

func (c *Condition) fieldSQL() string {
	column := casefile.QuoteIdent(c.Column)
	if plainName(c.Column) {
		column = c.Column
	}
	switch not := map[bool]string{true: "not "}[c.Not]; {
	case len(c.Values) == 0:
		return column + " is " + not + "null"
	case c.Not:
		// What the log does not say is not one of the values.
		return "coalesce(" + column + "::varchar not in (" + quoted(c.Values) + "), true)"
	case len(c.Values) == 1:
		return column + "::varchar = " + casefile.QuoteText(c.Values[0])
	default:
		return column + "::varchar in (" + quoted(c.Values) + ")"
	}
}

// plainName reports whether a name of a column needs no quotes: columns of events
// are words in lower case, none of which SQL keeps for itself.
func plainName(s string) bool {
	return s != "" && s[0] > '9' && strings.IndexFunc(s, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) < 0
}

func quoted(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = casefile.QuoteText(v)
	}
	return strings.Join(out, ", ")
}

// atLeast lists the severities from one on.
func atLeast(word string) []string {
	all := analyze.Severities()
	return all[max(0, slices.Index(all, word)):]
}

// Chip is the condition as it stands on the screen. It is made of logged text,
// which the caller cleans.
func (c *Condition) Chip() string {
	switch c.Kind {
	case Field:
		sign := "="
		if c.Not {
			sign = "≠"
		}
		if len(c.Values) == 0 {
			return c.Column + sign + "NULL"
		}
		return c.Column + sign + strings.Join(c.Values, "|")
	case Text:
		return "says " + c.Text
	case Regex:
		return "fits /" + c.Text + "/"
	case Time:
		return span(c.From, c.To)
	case Severity:
		return "findings ≥ " + c.Text
	case Finding:
		return "of " + strings.Join(c.Values, "|")
	default:
		return c.Text
	}
}

// span writes a range of time, without what both ends share.
func span(from, to time.Time) string {
	if from.IsZero() {
		return "before " + instant(to)
	}
	if to.IsZero() {
		return "from " + instant(from)
	}
	a, b := instant(from), instant(to)
	if len(a) > 11 && len(b) > 11 && a[:11] == b[:11] {
		b = b[11:]
	}
	return a + "…" + b
}

// instant writes a time with the digits that it needs.
func instant(t time.Time) string {
	t = t.UTC()
	switch {
	case t.Nanosecond() != 0:
		return t.Format("2006-01-02T15:04:05.000000Z")
	case t.Second() != 0:
		return t.Format("2006-01-02T15:04:05Z")
	default:
		return t.Format("2006-01-02T15:04Z")
	}
}

// Command is the command line that selects the same events. It can be pasted
// into a POSIX shell.
func (f Filter) Command(caseDir string) string {
	args := []string{"exhibit", "events", "--case", render.ShellWord(caseDir)}
	q := f.Query()
	for _, a := range []struct{ flag, value string }{
		{"--from", stamp(q.From)}, {"--to", stamp(q.To)}, {"--contains", q.Contains}, {"--regex", q.Regex}, {"--where", q.Where},
	} {
		if a.value != "" {
			args = append(args, a.flag, render.ShellWord(a.value))
		}
	}
	return strings.Join(args, " ")
}

// stamp writes a time for a flag.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// ParseTime reads a range of time as a person types it: FROM..TO, where either
// may be missing, each RFC 3339 or a part of it, UTC.
func ParseTime(s string) (Condition, error) {
	a, b, found := strings.Cut(s, "..")
	c := Condition{Kind: Time}
	if !found {
		return c, fmt.Errorf("reading %q: want FROM..TO, such as 2026-03-04T10:00..2026-03-04T12:30", s)
	}
	var err error
	if c.From, err = parseInstant(a); err != nil {
		return c, err
	}
	if c.To, err = parseInstant(b); err != nil {
		return c, err
	}
	if c.From.IsZero() && c.To.IsZero() {
		return c, fmt.Errorf("reading %q: both ends are open", s)
	}
	if !c.To.IsZero() && !c.From.Before(c.To) {
		return c, fmt.Errorf("reading %q: it ends before it begins", s)
	}
	return c, nil
}

// ParseInstant reads a time as a person types it: RFC 3339 or a part of it, UTC.
func ParseInstant(s string) (time.Time, error) { return parseInstant(s) }

func parseInstant(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006-01",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("reading %q: want a time such as 2026-03-04T10:00 or 2026-03-04", s)
}
