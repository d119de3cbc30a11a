package casefile

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLazyViews checks that a statement finds the views that it names or shows,
// and that one is made only when it is wanted.
func TestLazyViews(t *testing.T) {
	dir := smallCase(t, testKey(t))
	all := []string{"calls", "content", "content_use", "event_words", "events", "events_all", "finding_events", "findings", "identifiers", "records"}
	tests := []struct {
		name, query string
		want        []string
	}{
		{"none", "select count(*) from evidence", nil},
		{"one", "select count(*) from records", []string{"records"}},
		{"with what it reads", "select count(*) from events", []string{"events", "events_all"}},
		{"in other letters", `select count(*) from "Content_Use"`, []string{"content_use"}},
		{"within a word", "select count(*) as all_events from evidence", nil},
		{"of a view above all others", "select count(*) from calls", []string{"calls", "events", "events_all"}},
		{"by a name that is computed", "select count(*) from query_table('cal' || 'ls')", all},
		{"in the catalog", "select count(*) from information_schema.tables", all},
		{"by showing", "select count(*) from (show tables)", all},
		{"by describing nothing", "select count(*) from (describe)", all},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := mustOpen(t, dir)
			var n int64
			if err := c.db.QueryRowContext(t.Context(), tt.query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, madeViews(t, c)); diff != "" {
				t.Errorf("views that were made (-want +got):\n%s", diff)
			}
		})
	}
}

// madeViews lists the views that the connection has.
func madeViews(t *testing.T, c *Case) []string {
	t.Helper()
	conn, err := c.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var names []string
	err = conn.Raw(func(raw any) error {
		for name := range raw.(*surfaceConn).made {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// TestNeededColumns checks that what a statement is said to need is a column of
// events: otherwise it would never run.
func TestNeededColumns(t *testing.T) {
	columns := []string{"content"}
	for _, c := range eventColumns() {
		columns = append(columns, c.name)
	}
	n := 0
	for _, file := range []string{"identifiers", "hashes"} {
		text, err := statement(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range needing.FindAllStringSubmatch(text, -1) {
			if n++; !slices.Contains(columns, found[1]) {
				t.Errorf("%s.sql needs %s, which is no column of events", file, found[1])
			}
		}
	}
	if n != 20 {
		t.Errorf("%d statements need a column, want 20", n)
	}
}
