package filter_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// TestSelect checks that the query of a filter returns the events that pass it,
// in their order.
func TestSelect(t *testing.T) {
	dir, _ := tuitest.Demo(t)
	c := casetest.Open(t, dir)
	day, err := filter.ParseTime("2026-03-03T01:00..2026-03-03T16:30")
	if err != nil {
		t.Fatal(err)
	}
	open := day
	open.To = time.Time{}
	for name, f := range map[string]filter.Filter{
		"all":       {},
		"field":     filter.Filter{}.With(field("outcome", "denied")).With(not(field("plane", "content"))),
		"time":      filter.Filter{}.With(day),
		"open time": filter.Filter{}.With(open),
		"text":      filter.Filter{}.With(filter.Condition{Kind: filter.Text, Text: "WHICH MODEL"}),
		"regex":     filter.Filter{}.With(filter.Condition{Kind: filter.Regex, Text: `\b[Mm]odel\b`}),
		"several":   filter.Filter{}.With(open).With(filter.Condition{Kind: filter.Severity, Text: "info"}).With(filter.Condition{Kind: filter.Where, Text: "model is not null or plane = 'access'"}),
		"a quote":   filter.Filter{}.With(filter.Condition{Kind: filter.Text, Text: "it's \"x\""}),
	} {
		t.Run(name, func(t *testing.T) {
			q := f.Query()
			q.Columns = []string{"event_id"}
			want, err := c.SelectEvents(t.Context(), q)
			ids := columnOf(t, want, err, 0)
			got, err := c.Select(t.Context(), f.Select())
			at := 0
			if err == nil {
				for i, col := range got.Columns() {
					if col.Name == "event_id" {
						at = i
					}
				}
			}
			if diff := cmp.Diff(ids, columnOf(t, got, err, at)); diff != "" {
				t.Errorf("(-events +query)\n%s", diff)
			}
			if len(ids) == 0 && name != "a quote" {
				t.Error("no event passes: the test shows nothing")
			}
		})
	}
}

// columnOf returns a column of rows.
func columnOf(t *testing.T, rows *casefile.Rows, err error, column int) (values []any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values = append(values, rows.Values()[column])
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	return values
}
