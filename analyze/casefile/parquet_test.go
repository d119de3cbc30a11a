package casefile

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is written must be what DuckDB reads, row by row: an index that is off by
// the NULLs before it would give each event the words of another.
func TestTableReadBack(t *testing.T) {
	const rows = 40_000 // three row groups
	tests := []struct {
		name  string
		value func(r *rand.Rand, row int) any // nil is NULL
	}{
		{"few words between NULLs", func(r *rand.Rand, _ int) any { return orNull(r, 0.5, fmt.Sprint("word-", r.IntN(50))) }},
		{"few words, no NULL", func(r *rand.Rand, _ int) any { return fmt.Sprint("word-", r.IntN(50)) }},
		{"runs of words", func(r *rand.Rand, row int) any { return orNull(r, 0.1, fmt.Sprint("run-", row/700)) }},
		{"NULL only", func(*rand.Rand, int) any { return nil }},
		{"empty and NULL", func(r *rand.Rand, _ int) any { return orNull(r, 0.5, "") }},
		{"one value in the last row group", func(_ *rand.Rand, row int) any {
			if row == rows-1 {
				return "last"
			}
			return nil
		}},
		{"no value in the second row group", func(r *rand.Rand, row int) any {
			if row/rowGroupRows == 1 {
				return nil
			}
			return orNull(r, 0.3, fmt.Sprint("word-", r.IntN(5)))
		}},
		{"a dictionary just below the limit", func(_ *rand.Rand, row int) any {
			return fmt.Sprintf("%0*d", maxDictionary/1000-4, row%1000)
		}},
		{"too many words for a dictionary", func(r *rand.Rand, row int) any {
			return orNull(r, 0.4, fmt.Sprintf("%040d", r.IntN(row+1)))
		}},
		{"too many words from the last row group on", func(r *rand.Rand, row int) any {
			if row < 2*rowGroupRows {
				return orNull(r, 0.5, fmt.Sprint("word-", r.IntN(9)))
			}
			return orNull(r, 0.5, strings.Repeat("w", r.IntN(900)))
		}},
	}
	var cols []*column
	for i := range tests {
		cols = append(cols, &column{name: fmt.Sprint("c", i), typ: typeWord})
	}
	number := &column{name: "row", typ: typeInt}
	tab, err := newTable("test", append(cols, number)...)
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]any, len(tests))
	for round := range 2 { // a table is used again for the next segment
		tab.reset()
		random := rand.New(rand.NewPCG(uint64(round), 1))
		for i := range tests {
			want[i] = want[i][:0]
		}
		for row := range rows {
			for i, tt := range tests {
				v := tt.value(random, row)
				want[i] = append(want[i], v)
				if v == nil {
					cols[i].text(nil)
				} else {
					cols[i].text([]byte(v.(string)))
				}
			}
			number.int(int64(row), true)
		}
		path := filepath.Join(t.TempDir(), "t.parquet")
		if _, err := tab.writeFile(path, "t.parquet"); err != nil {
			t.Fatal(err)
		}
		for i, tt := range tests {
			t.Run(fmt.Sprint(tt.name, "/", round), func(t *testing.T) { compareColumn(t, path, cols[i].name, want[i]) })
		}
	}
}

func orNull(r *rand.Rand, nulls float64, v string) any {
	if r.Float64() < nulls {
		return nil
	}
	return v
}

// compareColumn compares a column of a Parquet file with what it should hold.
func compareColumn(t *testing.T, path, column string, want []any) {
	t.Helper()
	db, err := openDuck("", duckSettings{threads: 1, memory: 200 << 20, temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "select "+column+" from read_parquet("+quoteText(path)+") order by row")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var got any
		if err := rows.Scan(&got); err != nil {
			t.Fatal(err)
		}
		if n < len(want) && got != want[n] {
			t.Fatalf("row %d: got %.40v, want %.40v", n, got, want[n])
		}
	}
	if err := rows.Err(); err != nil || n != len(want) {
		t.Fatalf("%d rows, want %d: %v", n, len(want), err)
	}
}

// The NULLs and words of every kind of column must survive a load.
func TestNullIsNotEmpty(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "e.jsonl")
	lines := `{"model":"m","prompt":"","user":""}` + "\n" + `{"model":"m"}` + "\n"
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, filepath.Join(dir, "e.case"), testKey(t), path)
	got := queryText(t, mustOpen(t, filepath.Join(dir, "e.case")), "select prompt = '', prompt is null from events order by record")
	if want := "true false\n<nil> true\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
