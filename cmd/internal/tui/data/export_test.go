package data_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/cmd/internal/outfile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// first is the eid of the first event of any case.
const first = 1 << 28

// TestExport writes chosen events in every format and reads the rows back.
func TestExport(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	denied := filter.Filter{}.With(filter.Condition{Kind: filter.Field, Column: "outcome", Values: []string{"denied"}})
	for _, tt := range []struct {
		name string
		s    data.Selection
		all  bool
	}{
		{"all", data.Selection{}, true},
		{"filter", data.Selection{Filter: denied}, false},
		{"marked", data.Selection{Events: []int64{first + 1, first}}, false},
		{"columns", data.Selection{Filter: denied, Columns: []string{"event_id", "ts", "prompt"}}, false},
		{"none", data.Selection{Events: []int64{}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			counts := map[string]int64{}
			for _, format := range data.ExportFormats() {
				path := filepath.Join(t.TempDir(), "events."+format)
				n, err := source.Export(t.Context(), tt.s, format, path)
				if err != nil {
					t.Fatal(format, err)
				}
				counts[format] = n
				if info, err := os.Stat(path); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", format, err)
				}
				if _, err := source.Export(t.Context(), tt.s, format, path); !errors.Is(err, outfile.ErrExists) {
					t.Errorf("%s is written over: %v", format, err)
				}
				if format == "csv" {
					checkCSV(t, path, int(n), tt.s)
				}
			}
			want := counts["csv"]
			for format, n := range counts {
				if n != want {
					t.Errorf("%s has %d events, csv %d", format, n, want)
				}
			}
			if len(tt.s.Events) > 0 && want != int64(len(tt.s.Events)) || tt.s.Events == nil && want == 0 {
				t.Errorf("%d events", want)
			}
		})
	}
}

func checkCSV(t *testing.T, path string, n int, s data.Selection) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != n+1 {
		t.Fatalf("%d rows, %v; want %d and a header", len(rows), err, n)
	}
	if s.Columns != nil {
		if diff := cmp.Diff(s.Columns, rows[0]); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// TestExportRefuses leaves nothing behind of what cannot be written.
func TestExportRefuses(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	folder := t.TempDir()
	for name, tt := range map[string]struct {
		s            data.Selection
		format, file string
	}{
		"format":   {data.Selection{}, "xml", "a.xml"},
		"column":   {data.Selection{Columns: []string{"nope"}}, "csv", "a.csv"},
		"where":    {data.Selection{Filter: filter.Filter{}.With(filter.Condition{Kind: filter.Where, Text: "nope = 1"})}, "parquet", "a.parquet"},
		"folder":   {data.Selection{}, "csv", "no/such/a.csv"},
		"a folder": {data.Selection{}, "csv", "."},
	} {
		if _, err := source.Export(t.Context(), tt.s, tt.format, filepath.Join(folder, tt.file)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestSaveRecord writes the bytes of a record as they were received.
func TestSaveRecord(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	path := filepath.Join(t.TempDir(), "record")
	n, err := source.SaveRecord(t.Context(), first, path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := source.Record(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != string(r.Raw) || n != r.Length {
		t.Errorf("%d bytes, %v; the record has %d", n, err, r.Length)
	}
	if _, err := source.SaveRecord(t.Context(), first, path); !errors.Is(err, outfile.ErrExists) || !strings.Contains(err.Error(), "choose another") {
		t.Errorf("it is written over: %v", err)
	}
}
