package render

import (
	"bytes"
	"strings"
	"testing"
)

func stackedSample() []Message {
	name, empty := hostile, ""
	return []Message{
		Config{Tool: "exhibit", Version: "v0.0.0", SchemaVersion: SchemaVersion},
		Table{
			Name: "principals", Title: "Principals", Stacked: true,
			Columns: []Column{{Name: "principal"}, {Name: "events", Kind: KindInt}, {Name: "operations", Kind: KindTallies}, {Name: "prompt", Kind: KindLong, Lines: 3}},
			Rows: [][]any{
				{hostile, int64(3), Tallies{{Value: &name, Count: 120}, {Value: &empty, Count: 2}, {Count: 1}, {Count: 7, Different: 4}}, "one line"},
				{nil, int64(0), Tallies(nil), "a first line that is longer than the terminal is wide\nsecond\tline " + hostile + "\nthird\nfourth"},
				{"", int64(0), Tallies{}, nil},
			},
		},
		Fields{Name: "event", Title: "Event", Items: []Field{
			{Column{Name: "id"}, "x-1"},
			{Column{Name: "raw", Kind: KindLong}, "{\n  \"a\": \"\u202e\"\n}\n"},
		}},
		Table{Name: "flat", Columns: []Column{{Name: "text", Kind: KindLong}, {Name: "n", Kind: KindTallies}}, Rows: [][]any{{"a\nb", Tallies{{Value: &empty, Count: 1}}}}},
	}
}

func TestStacked(t *testing.T) {
	tests := []struct {
		name, format string
		o            Options
	}{
		{"stacked_wide.txt", FormatText, Options{}},
		{"stacked_narrow.txt", FormatText, Options{Width: 40}},
		{"stacked.json", FormatJSON, Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Aside = &bytes.Buffer{}
			got := write(t, tt.format, tt.o, stackedSample())
			safe(t, got, "\n")
			golden(t, "testdata/"+tt.name, got)
		})
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		name, text string
		width      int
		want       string
	}{
		{"fits", "a b", 3, "a b"},
		{"at a space", "aa bb cc", 5, "aa bb|cc"},
		{"long word", "aaaaaaa b", 3, "aaa|aaa|a b"},
		{"wide characters", "東京東京", 5, "東京|東京"},
		{"wider than the line", "東", 1, "東"},
		{"line ends", "a\n\nb", 10, "a||b"},
		{"no width", strings.Repeat("a ", 50) + "\tb", 0, strings.Repeat("a ", 50) + "    b"},
		{"zero width", "a" + strings.Repeat("\u0301", 40), 4, "a" + strings.Repeat("\u0301", 15) + "|" + strings.Repeat("\u0301", 16) + "|" + strings.Repeat("\u0301", 9)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(wrap(tt.text, tt.width), "|")
			if tt.name == "zero width" {
				// Where exactly is of no matter; that nothing is lost is.
				got, tt.want = strings.ReplaceAll(got, "|", ""), tt.text
			}
			if got != tt.want {
				t.Errorf("wrap = %q, want %q", got, tt.want)
			}
		})
	}
	if lines := wrap(strings.Repeat("x", 1<<20), 80); len(lines) != 1<<20/80+1 {
		t.Errorf("a long line became %d lines", len(lines))
	}
}
