package data_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func bound(rows int) data.Bound { return data.Bound{Rows: rows, Bytes: 1 << 20} }

// TestQuery runs queries of a person and keeps the beginning of their rows.
func TestQuery(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	for _, tt := range []struct {
		name, query string
		most        data.Bound
		rows        int
		more        bool
	}{
		{"all", "select * from range(3)", bound(3), 3, false},
		{"the first", "select * from range(4)", bound(3), 3, true},
		{"as many bytes", "select repeat('x', 1000) from range(100)", data.Bound{Rows: 100, Bytes: 2000}, 2, true},
		{"none", "select 1 where false", bound(3), 0, false},
		{"a table that is made", "select * from feature_week limit 2", bound(3), 2, false},
		{"a plan", "explain select 1", bound(3), 1, false},
		{"names twice", "select 1 as a, 2 as a, [3] as l", bound(3), 1, false},
		{"in its order", "select * from range(5) r(n) order by n desc", bound(2), 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := source.Query(t.Context(), tt.query, tt.most)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Rows) != tt.rows || r.More != tt.more || len(r.Types) != len(r.Columns) {
				t.Errorf("%d rows, more %t, %d columns of %d types", len(r.Rows), r.More, len(r.Columns), len(r.Types))
			}
			if tt.name == "in its order" && r.Rows[0][0] != int64(4) {
				t.Errorf("the first row is %v", r.Rows[0])
			}
			if tt.name == "names twice" && r.Columns[1].Name != "a_2" {
				t.Errorf("columns %v", r.Columns)
			}
		})
	}
}

// TestQueryRefuses runs nothing that is no SELECT, and stops when it is told to.
func TestQueryRefuses(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	if _, err := source.Query(t.Context(), "delete from evidence", bound(1)); !errors.Is(err, casefile.ErrNotSelect) {
		t.Errorf("delete: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() {
		_, err := source.Query(ctx, "select count(*) from range(10000000000) a, range(1000000) b where a.range + b.range = 3", bound(1))
		stopped <- err
	}()
	cancel()
	if err := <-stopped; !errors.Is(err, context.Canceled) {
		t.Errorf("a query that was stopped: %v", err)
	}
	if _, err := source.Query(t.Context(), "select 1", bound(1)); err != nil {
		t.Errorf("the query after it: %v", err)
	}
}

// TestQueryAfterReload asks the case as it is now.
func TestQueryAfterReload(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	for range 2 {
		if _, err := source.Query(t.Context(), "select * from feature_week limit 1", bound(1)); err != nil {
			t.Fatal(err)
		}
		if err := source.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSurface lists what a query can name.
func TestSurface(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	views, err := source.Surface(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made, err := source.MadeTables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string][]data.SurfaceColumn{"events.event_id": views, "feature_week.dimension": made} {
		i := slices.IndexFunc(list, func(c data.SurfaceColumn) bool { return c.Table+"."+c.Name == name })
		if i < 0 || list[i].Type == "" || list[i].Meaning == "" {
			t.Errorf("%s is not there, or nothing is said of it", name)
		}
	}
	if slices.ContainsFunc(made, func(c data.SurfaceColumn) bool { return c.Table == "events" }) {
		t.Error("views are listed as tables that are made")
	}
}

// TestSaveQuery writes all rows of a query in every format.
func TestSaveQuery(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	for _, format := range data.ExportFormats() {
		path := filepath.Join(t.TempDir(), "rows."+format)
		n, err := source.SaveQuery(t.Context(), "select n, n::varchar as n, sum(n) over () from range(12000) r(n)", format, path)
		if err != nil || n != 12000 {
			t.Fatalf("%s: %d rows, %v", format, n, err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if format == "csv" && !strings.HasPrefix(string(text), "n,n_2,") {
			t.Errorf("csv begins with %.40q", text)
		}
	}
	folder := t.TempDir()
	if _, err := source.SaveQuery(t.Context(), "select nope", "csv", filepath.Join(folder, "a.csv")); err == nil {
		t.Error("a wrong query is no error")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
