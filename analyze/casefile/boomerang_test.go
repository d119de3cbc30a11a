package casefile_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// Every event of every format's cases comes back from Parquet through DuckDB
// as the decoder made it: record -> event -> segment -> view.
func TestBoomerang(t *testing.T) {
	inputs, err := filepath.Glob("../../testdata/formats/*/*.in.*")
	if err != nil || len(inputs) < 20 {
		t.Fatalf("found %d cases: %v", len(inputs), err)
	}
	for i, in := range inputs {
		if testing.Short() && i%5 != 0 { // the race detector needs no more
			continue
		}
		format := filepath.Base(filepath.Dir(in))
		name, _, _ := strings.Cut(filepath.Base(in), ".in.")
		t.Run(format+"/"+name, func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(filepath.Join(filepath.Dir(in), name+".want.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			f, ok := formats.ByName(format)
			if !ok {
				t.Fatalf("no format %s", format)
			}
			c := fixtureCase(t, f, in)
			got := eventRows(t, c)
			if diff := cmp.Diff(wantRows(t, want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// fixtureCase loads a file as a format, nil for what it is detected as.
func fixtureCase(t *testing.T, f formats.Format, path string) *casefile.Case {
	t.Helper()
	key, err := ledger.CreateKey(filepath.Join(t.TempDir(), "key"), "examiner")
	if err != nil {
		t.Fatal(err)
	}
	o := &casefile.LoadOptions{
		Dir: filepath.Join(t.TempDir(), "fixture.case"), Paths: []string{path},
		Key: key, Actor: "examiner", Tool: "exhibit test", Threads: 1, Memory: 1 << 30, Progress: new(casefile.Progress),
		Now: func() time.Time { return time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC) },
	}
	if f != nil {
		o.Formats = []formats.Format{f}
	}
	if data, err := os.ReadFile(strings.Split(path, ".in.")[0] + ".map.yaml"); err == nil {
		if o.Map, err = formats.ParseMap("map", data); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := casefile.Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c, err := casefile.Open(t.Context(), o.Dir, casefile.OpenOptions{Threads: 1, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// jsonColumns hold JSON; in a decoder's golden they are values.
func jsonColumns() []string {
	return []string{
		"tool_call_ids", "other_ids", "input_messages", "output_messages", "tool_definitions", "retrieved", "parameters", "guardrail_policies",
	}
}

// notDecoded are the columns that the case adds.
func notDecoded() []string {
	return []string{
		"event_id", "evidence_id", "record", "part", "byte_offset", "byte_length", "record_sha256", "format", "tool_calls", "eid", "ts_corrected",
		"system_prompt_hash", "prompt_hash", "response_hash", "reasoning_hash",
	}
}

// eventRows reads every event in the order of the records.
func eventRows(t *testing.T, c *casefile.Case) []map[string]any {
	t.Helper()
	rows, err := c.DB().QueryContext(context.Background(), "select * from events_all order by evidence_id, record, part")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for rows.Next() {
		values := make([]any, len(columns))
		at := make([]any, len(columns))
		for i := range values {
			at[i] = &values[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		row := map[string]any{}
		for i, name := range columns {
			if values[i] != nil && !slices.Contains(notDecoded(), name) {
				row[name] = plain(t, name, values[i])
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// plain makes a value of a view comparable to one of a golden.
func plain(t *testing.T, column string, v any) any {
	t.Helper()
	if s, ok := v.(string); ok && slices.Contains(jsonColumns(), column) {
		var parsed any
		if err := json.Unmarshal([]byte(s), &parsed); err != nil {
			t.Errorf("column %s is no JSON: %q", column, s)
		}
		return parsed
	}
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case int64:
		return float64(v)
	case interface{ Float64() float64 }: // a decimal
		return v.Float64()
	}
	return v
}

func wantRows(t *testing.T, golden []byte) []map[string]any {
	t.Helper()
	var out []map[string]any
	for i, line := range strings.Split(strings.TrimSpace(string(golden)), "\n") {
		row := map[string]any{}
		if line == "" {
			continue
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(fmt.Errorf("line %d: %w", i+1, err))
		}
		for _, column := range []string{"ts", "ts_end"} {
			if s, ok := row[column].(string); ok {
				at, err := time.Parse(time.RFC3339Nano, s)
				if err != nil {
					t.Fatal(err)
				}
				row[column] = at.UTC().Format(time.RFC3339Nano)
			}
		}
		delete(row, "tool_calls")
		out = append(out, row)
	}
	return out
}
