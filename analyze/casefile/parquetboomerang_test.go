package casefile_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats"
)

// Rows that another program wrote as Parquet mean what their JSON lines mean.
func TestParquetRowsAsLines(t *testing.T) {
	tests := []struct {
		format, fixture string
		lines           int // of the fixture, whose other lines have columns of other types
		typed           string
	}{
		// As ClickHouse makes them: its DateTime64 has no zone, its maps are maps.
		{"langfuse", "observations-v2", 9, `select * replace (
			start_time::timestamp as start_time, end_time::timestamp as end_time, completion_start_time::timestamp as completion_start_time,
			created_at::timestamp as created_at, updated_at::timestamp as updated_at,
			usage_details::json::map(varchar, ubigint) as usage_details, cost_details::json::map(varchar, decimal(18, 12)) as cost_details,
			tool_definitions::json::map(varchar, varchar) as tool_definitions, total_cost::decimal(18, 12) as total_cost)`},
		// As pandas makes them of the spans of Phoenix: a column for each attribute
		// that any span has.
		{"openinference", "flat", 8, `select * replace (start_time::timestamptz as start_time, end_time::timestamptz as end_time,
			"attributes.llm.token_count.prompt"::double as "attributes.llm.token_count.prompt")`},
	}
	for _, test := range tests {
		t.Run(test.format, func(t *testing.T) {
			f, ok := formats.ByName(test.format)
			if !ok {
				t.Fatal("no such format")
			}
			text, err := os.ReadFile(filepath.Join("../../testdata/formats", test.format, test.fixture+".in.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.SplitAfter(string(text), "\n")
			dir := t.TempDir()
			from, to := filepath.Join(dir, "rows.jsonl"), filepath.Join(dir, "rows.parquet")
			if err := os.WriteFile(from, []byte(strings.Join(lines[:min(test.lines, len(lines))], "")), 0o600); err != nil {
				t.Fatal(err)
			}
			copyAsParquet(t, test.typed, from, to)
			want, got := eventRows(t, fixtureCase(t, f, from)), eventRows(t, fixtureCase(t, f, to))
			if len(want) < 3 {
				t.Errorf("only %d events", len(want))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-lines +Parquet)\n%s", diff)
			}
			detected(t, to, test.format)
		})
	}
}

// copyAsParquet lets DuckDB write JSON lines as Parquet.
func copyAsParquet(t *testing.T, typed, from, to string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	query := "set timezone = 'UTC'; copy (" + typed + " from read_json('" + from + "', format = 'newline_delimited', sample_size = -1, map_inference_threshold = 0, convert_strings_to_integers = false, timestampformat = 'none')) to '" + to + "' (format parquet)"
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

// detected checks that a file is known for what it is.
func detected(t *testing.T, path, format string) {
	t.Helper()
	c := fixtureCase(t, nil, path)
	var got string
	if err := c.DB().QueryRowContext(t.Context(), "select distinct format from events_all").Scan(&got); err != nil || got != format {
		t.Errorf("detected as %q: %v", got, err)
	}
}
