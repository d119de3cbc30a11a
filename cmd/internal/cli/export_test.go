package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats"
)

// TestExportAgain exports the events of every format's cases, loads what was
// exported into a new case, and exports that: every column must come back, NULL
// as NULL and empty as empty.
func TestExportAgain(t *testing.T) {
	t.Setenv("EXHIBIT_KEY", filepath.Join(t.TempDir(), "key"))
	columns := []string{"event_id"}
	for _, c := range formats.Columns() {
		columns = append(columns, c.Name)
	}
	command := func(t *testing.T, args ...string) string {
		t.Helper()
		f, out, errOut := testFactory()
		if code := run(t.Context(), f, newRoot(f), args); code != exitDone && code != exitPartial {
			t.Fatalf("%v: code %d\n%s", args, code, errOut)
		}
		return out.String()
	}
	export := func(t *testing.T, dir, format string) string {
		t.Helper()
		return command(t, "events", "--case", dir, "--all", "--order", "record", "--columns", strings.Join(columns, ","), "-f", format)
	}
	first := filepath.Join(t.TempDir(), "first.case")
	command(t, "load", "-q", "--case", first, "--include", "*.in.*", filepath.Join("..", "..", "..", "testdata", "formats"))
	for _, format := range []string{"jsonl", "json", "csv", "parquet"} {
		t.Run(format, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "events.x")
			shown := format
			if format == "parquet" { // with what a case adds to them, too
				shown = "jsonl"
				command(t, "events", "--case", first, "--all", "--order", "record", "-f", format, "-o", file)
			}
			want := export(t, first, shown)
			if format != "parquet" {
				if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			again := filepath.Join(t.TempDir(), "again.case")
			if out := command(t, "load", "--case", again, file); !strings.Contains(out, "\nexhibit ") {
				t.Errorf("not loaded as what it is:\n%s", out)
			}
			rows := exportedRows(want)
			if len(rows) < 50 {
				t.Errorf("only %d lines are compared", len(rows))
			}
			if d := cmp.Diff(rows, exportedRows(export(t, again, shown))); d != "" {
				t.Errorf("(-first +again):\n%s", d)
			}
		})
	}
}

// exportedRows returns the lines of an export without what belongs to its case.
func exportedRows(text string) []string {
	id := regexp.MustCompile(`(?m)^([0-9a-f]{8}-[0-9.]+,)|"event_id":"[0-9a-f]{8}-[0-9.]+",`)
	var rows []string
	for line := range strings.Lines(id.ReplaceAllString(text, "")) {
		if !strings.Contains(line, `"config"`) {
			rows = append(rows, line)
		}
	}
	return rows
}
