package render

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile is text that must come out neutralised in every format.
const hostile = "=cmd|'/c calc'\x1b[2J\u202e\n<b>,\"q\""

func sample(format string) []Message {
	messages := []Message{
		Config{Tool: "exhibit", Version: "v0.0.0", SchemaVersion: SchemaVersion, Case: "a.case", Head: "7:abc", Params: map[string]any{"limit": 10}},
		Table{
			Name: "events", Title: "Events",
			Columns: []Column{
				{Name: "ts", Kind: KindTime},
				{Name: "model"},
				{Name: "tokens", Kind: KindInt},
				{Name: "cost", Kind: KindNumber},
				{Name: "size", Kind: KindSize},
				{Name: "latency_us", Kind: KindDuration},
				{Name: "ok", Kind: KindBool},
				{Name: "ids", Kind: KindJSON},
			},
			Rows: [][]any{{Stamp{1769860800_000000, formats.PrecisionS}, "東京-1", int64(-3), json.Number("0.000100000"), 4096, 1234567, true, []string{"a", "b"}}},
		},
		Row{[]any{Stamp{1769860800_250000, formats.PrecisionMS}, hostile, nil, 0.5, nil, nil, nil, nil}},
		Row{[]any{nil, "", uint64(1 << 63), nil, int32(0), 0, false, json.RawMessage(`{"k": "\u202e"}`)}},
		Note{LevelWarning, "1 event has no time: " + hostile},
	}
	if format == FormatCSV {
		return messages
	}
	return append(messages,
		Fields{Name: "case", Title: "Case", Items: []Field{
			{Column{Name: "label"}, hostile},
			{Column{Name: "bytes", Kind: KindSize}, int64(5 << 20)},
			{Column{Name: "examiner"}, nil},
		}},
		Table{Name: "none", Columns: []Column{{Name: "a"}}},
	)
}

func write(t *testing.T, format string, o Options, messages []Message) string {
	t.Helper()
	var out bytes.Buffer
	r, err := New(&out, format, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if err := r.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGolden(t *testing.T) {
	tests := []struct {
		name, format string
		o            Options
	}{
		{"wide.txt", FormatText, Options{}},
		{"narrow.txt", FormatText, Options{Width: 120, Color: true, Zone: time.FixedZone("IST", 19800)}},
		{"all.json", FormatJSON, Options{}},
		{"all.jsonl", FormatJSONL, Options{}},
		{"all.csv", FormatCSV, Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var aside bytes.Buffer
			tt.o.Aside = &aside
			got := write(t, tt.format, tt.o, sample(tt.format))
			plain := strings.NewReplacer(bold, "", dim, "", reset, "").Replace(got)
			safe(t, plain+aside.String(), "\n\t")
			if tt.format == FormatCSV && !strings.HasPrefix(aside.String(), "exhibit: warning: 1 event") {
				t.Errorf("note of a CSV: %q", aside.String())
			}
			golden(t, filepath.Join("testdata", tt.name), got)
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestJSONIsValid(t *testing.T) {
	whole := write(t, FormatJSON, Options{}, sample(FormatJSON))
	var object struct {
		Config Config
		Events []map[string]any
		Case   map[string]any
		None   []any
		Notes  []Note
	}
	if err := json.Unmarshal([]byte(whole), &object); err != nil {
		t.Fatal(err)
	}
	if len(object.Events) != 3 || object.Events[1]["model"] != hostile || object.None == nil || len(object.Notes) != 1 {
		t.Errorf("read back: %+v", object)
	}
	for line := range strings.Lines(write(t, FormatJSONL, Options{}, sample(FormatJSONL))) {
		var message struct{ Type string }
		if err := json.Unmarshal([]byte(line), &message); err != nil || message.Type == "" {
			t.Errorf("line %s: %v", line, err)
		}
	}
}

func TestLongTable(t *testing.T) {
	messages := []Message{Config{}, Table{Name: "t", Columns: []Column{{Name: "n", Kind: KindInt}, {Name: "s"}}}}
	for i := range 3 * sampleRows {
		messages = append(messages, Row{[]any{i, strings.Repeat("ab", i)}})
	}
	for _, width := range []int{0, 40} {
		lines := strings.Split(write(t, FormatText, Options{Width: width}, messages), "\n")
		if len(lines) != 3*sampleRows+2 {
			t.Errorf("width %d: %d lines", width, len(lines))
		}
		for _, line := range lines {
			if width > 0 && len([]rune(line)) > width {
				t.Fatalf("line of %d columns: %s", len([]rune(line)), line)
			}
		}
	}
}

func TestMessageOrder(t *testing.T) {
	table := Table{Name: "t", Columns: []Column{{Name: "a"}}}
	tests := []struct {
		name     string
		messages []Message
		want     string
	}{
		{"no config", []Message{table}, "message out of order: render.Table"},
		{"two configs", []Message{Config{}, Config{}}, "message out of order: render.Config"},
		{"row without table", []Message{Config{}, Row{[]any{1}}}, "row of 1 values in a table of -1 columns"},
		{"short row", []Message{Config{}, table, Row{}}, "row of 0 values in a table of 1 columns"},
		{"name taken", []Message{Config{}, table, table}, `name "t" is empty or taken`},
		{"reserved name", []Message{Config{}, Fields{Name: "notes"}}, `name "notes" is empty or taken`},
		{"column twice", []Message{Config{}, Table{Name: "t", Columns: []Column{{Name: "a"}, {Name: "a"}}}}, `column "a" is empty or there twice`},
		{"value", []Message{Config{}, table, Row{[]any{func() {}}}}, "encoding JSON"},
	}
	for _, tt := range tests {
		for _, format := range Formats() {
			t.Run(tt.name+"_"+format, func(t *testing.T) {
				r, err := New(&bytes.Buffer{}, format, Options{})
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range tt.messages {
					if err = r.Write(m); err != nil {
						break
					}
				}
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %s", err, tt.want)
				}
			})
		}
	}
	r, err := New(&bytes.Buffer{}, FormatCSV, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Close() == nil {
		t.Error("an empty stream is no error")
	}
	if _, err := New(&bytes.Buffer{}, "yaml", Options{}); err == nil {
		t.Error("yaml is no error")
	}
}

func TestUnique(t *testing.T) {
	got := Unique([]string{"a", "a_2", "a", "", "a"})
	want := []string{"a", "a_2", "a_3", "column_4", "a_4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
