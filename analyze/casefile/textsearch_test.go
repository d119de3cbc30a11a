package casefile

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// searchCase holds the fixtures of all formats, each a load of its own, and texts
// that are hard to compare.
func searchCase(t *testing.T) string {
	t.Helper()
	key := testKey(t)
	dir := filepath.Join(t.TempDir(), "search.case")
	for _, format := range []string{"apim-llm", "bedrock", "claude-code", "openai-stored", "otlp", "langfuse"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "formats", format, "*.in.*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no fixtures of %s: %v", format, err)
		}
		mustLoad(t, dir, key, files...)
	}
	for load := range 2 {
		var lines []string
		for i, text := range []string{"Straße", "STRASSE", "\u212aelvin", "\u0130stanbul", "ΣΊΣΥΦΟΣ", "naïve café", "tab\there", "line\nbreak", "100% _like_", "same in both"} {
			if load == 0 || i > 4 {
				lines = append(lines, fmt.Sprintf(`{"model":"m","prompt":%q,"response":"answer %d","error_message":"Quota %d"}`, text, load, i%2))
			}
		}
		mustLoad(t, dir, key, callLog(t, fmt.Sprintf("texts-%d.jsonl", load), lines...))
	}
	return dir
}

// TestStreamSearch compares what a search tells of with what a query selects.
func TestStreamSearch(t *testing.T) {
	withCase(t, searchCase(t), func(c *Case) {
		o := mustOrder(t, c, OrderOptions{})
		found := 0
		for _, q := range []TextQuery{
			{Contains: "tide"},
			{Contains: "THE"},
			{Contains: "e"},
			{Contains: "straße"},
			{Contains: "STRASSE"},
			{Contains: "kelvin"},
			{Contains: "istanbul"},
			{Contains: "σίσυφος"},
			{Contains: "É"},
			{Contains: "\t"},
			{Contains: "%"},
			{Contains: "same in both"},
			{Contains: "quota 1"},
			{Contains: `"name"`},
			{Contains: "no text has this"},
			{Contains: "rope é rope é rope"},
			{Regex: "^Stra"},
			{Regex: "(?i)STRASSE|kelvin"},
			{Regex: `line.break`},
			{Regex: `(?s)line.break`},
			{Regex: `b+reak$`},
			{Regex: `\d{3}%`},
			{Regex: "(?i)(s|k)tra"},
			{Contains: "quota", Regex: "[1]$"},
			{Regex: "."},
		} {
			for _, threads := range []int{1, 3} {
				q.Threads = threads
				got, last := searched(t, c, q)
				if last.Done != last.Total || last.Found != int64(len(got)) || last.Texts == 0 {
					t.Errorf("%+v: it ends at %d of %d with %d of %d events and %d texts", q, last.Done, last.Total, last.Found, len(got), last.Texts)
				}
				want := selected(t, c, EventQuery{Columns: []string{"eid"}, Contains: q.Contains, Regex: q.Regex, Duplicates: true})
				if q.Contains != "" && q.Regex != "" {
					want = got // of one text, where a query may find them in two
				}
				slices.Sort(want)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%+v (-want +got):\n%s", q, d)
				}
				found += len(got)
			}
			if q.Contains == "" || q.Regex == "" {
				sub, err := c.FilterEvents(t.Context(), o, EventQuery{Contains: q.Contains, Regex: q.Regex})
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(selected(t, c, EventQuery{Columns: []string{"eid"}, Contains: q.Contains, Regex: q.Regex}), eventsOfSubset(o, sub)); d != "" {
					t.Errorf("%+v as a filter (-want +got):\n%s", q, d)
				}
			}
		}
		if found < 100 {
			t.Errorf("only %d events found", found)
		}
	})
}

// searched returns the events that a search tells of, sorted, and what it told
// last.
func searched(t *testing.T, c *Case, q TextQuery) (events []int64, last SearchProgress) {
	t.Helper()
	events = []int64{}
	err := c.StreamSearch(t.Context(), q, func(p SearchProgress) {
		events = append(events, p.Events...)
		last = p
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(events)
	return events, last
}

func TestStreamSearchStops(t *testing.T) {
	withCase(t, searchCase(t), func(c *Case) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := c.StreamSearch(ctx, TextQuery{Contains: "tide"}, func(SearchProgress) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		for _, q := range []TextQuery{{}, {Regex: "("}, {Regex: strings.Repeat("(", 2000)}} {
			if err := c.StreamSearch(t.Context(), q, func(SearchProgress) {}); err == nil {
				t.Errorf("%.40q is searched for", q.Regex)
			}
		}
	})
}

// TestNeededText checks that whatever an expression matches has the text that a
// text is looked through for first.
func TestNeededText(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{"abc", "abc"},
		{"a.c|xbc", ""},
		{"a.c|abc", "a"},
		{"(x(yz)+w)", "yz"},
		{"ab{2,3}c*", "a"},
		{"(?i)password", "word"},
		{"(?i)word", "word"},
		{"(?i)straße", "tra"},
		{"(abc)?", ""},
		{"[a-z]+@example", "@example"},
		{"", ""},
		{"(?:ab){0,1}xyz", "xyz"},
		{"^https?://", "http"},
	} {
		m, err := newTextMatcher("", c.expr)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if m.literal != nil {
			got = string(m.literal.lower)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.expr, got, c.want)
		}
	}
}

// FuzzLiteralMatcher compares the matcher with plain means.
func FuzzLiteralMatcher(f *testing.F) {
	for _, x := range [][2]string{{"Hello", "ELL"}, {"straße", "SSE"}, {"\u212a", "k"}, {"x\u0130y", "xi"}, {"aaab", "aab"}, {"", "a"}, {"ZZz", "zzz"}, {"a b", " "}, {"\xff", "\xfe"}} {
		f.Add(x[0], x[1])
	}
	f.Fuzz(func(t *testing.T, text, literal string) {
		text, literal = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(literal, "?")
		if literal == "" {
			return
		}
		want := strings.Contains(strings.ToLower(text), strings.ToLower(literal))
		if got := newLiteralMatcher(literal).match([]byte(text)); got != want {
			t.Errorf("%q in %q: %v, want %v", literal, text, got, want)
		}
	})
}

// FuzzNeededText checks that no text is passed over which an expression matches.
func FuzzNeededText(f *testing.F) {
	for _, x := range [][2]string{{"(?i)kelvin", "\u212aelvin"}, {"(?i)s", "\u017f"}, {"a(b|c)d+", "acdd"}, {"(?i)[k]x", "Kx"}, {"\\x{130}", "\u0130"}, {"", "without an expression"}} {
		f.Add(x[0], x[1])
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		m, err := newTextMatcher("", expr)
		if err != nil || len(expr) > 200 {
			return
		}
		text = strings.ToValidUTF8(text, "?")
		if want := m.regex == nil || m.regex.MatchString(text); m.match([]byte(text)) != want {
			t.Errorf("%q in %q: %v", expr, text, !want)
		}
	})
}
