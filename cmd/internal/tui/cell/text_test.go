package cell

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
)

// checkText is what holds for every text: its lines stand for all of its
// bytes, each fits, and they are found by number and by byte.
func checkText(t *testing.T, sc Screen, s string, width int, highlights []Highlight) {
	t.Helper()
	text := sc.Text(s)
	text.Highlight(highlights)
	for !text.Grow(width) {
	}
	n, all := text.Count(width)
	lines := text.Lines(0, n+1, width)
	if len(lines) != n || !all {
		t.Fatalf("%d lines of %d, all %v", len(lines), n, all)
	}
	at := 0
	for i, l := range lines {
		checkLine(t, sc, l)
		if l.Start != at || l.End <= at || l.Width > max(width, 1) {
			t.Fatalf("%+v: line %d of %+q is [%d,%d) and %d wide, want it from %d, %d wide at most", sc, i, s, l.Start, l.End, l.Width, at, width)
		}
		at = l.End
		if i%7 != 0 && i != n-1 {
			continue
		}
		if got := text.Lines(i, 1, width); len(got) != 1 || got[0].Start != l.Start {
			t.Fatalf("line %d alone is %+v, want it from %d", i, got, l.Start)
		}
		if got, known := text.Offset(i, width); got != l.Start || !known {
			t.Fatalf("offset of line %d is %d, want %d", i, got, l.Start)
		}
		for _, offset := range []int{l.Start, (l.Start + l.End) / 2, l.End - 1} {
			if got, known := text.LineAt(offset, width); got != i || !known {
				t.Fatalf("line at %d is %d, want %d", offset, got, i)
			}
		}
	}
	if at != len(s) {
		t.Fatalf("%+v: lines of %+q end at %d, want %d", sc, s, at, len(s))
	}
}

func TestHostileTextWraps(t *testing.T) {
	for _, text := range celltest.Texts() {
		t.Run(text.Name, func(t *testing.T) {
			for _, sc := range screens {
				for _, width := range []int{0, 1, 2, 3, 5, 8, 13, 40, 120} {
					checkText(t, sc, text.Text, width, []Highlight{{3, 9, Match}, {20, 21, Hit}})
				}
			}
		})
	}
}

func TestLines(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		width int
		want  []string
	}{
		{"empty", "", 10, nil},
		{"line ends", "a\nb\r\n\nc\n", 10, []string{"a", "b", "", "c"}},
		{"words", "the quick brown fox", 10, []string{"the quick ", "brown fox"}},
		{"a space at the edge is not carried over", "the quick brown", 9, []string{"the quick", "brown"}},
		{"long word", "aa bbbbbbbbbbbb", 5, []string{"aa ", "bbbbb", "bbbbb", "bb"}},
		{"chinese", "忽略之前的", 5, []string{"忽略", "之前", "的"}},
		{"tabs", "\ta\tb", 20, []string{"    a   b"}},
		{"tab at the edge", "abcdef\tb", 7, []string{"abcdef ", "b"}},
		{"carriage return", "a\rb", 10, []string{`a\rb`}},
		{"mark wider than the line", "a\u202eb", 4, []string{"a…b"}},
		{"wide character wider than the line", "a中b", 1, []string{"a", "…", "b"}},
		{"right-to-left", "שלום", 10, []string{"שלום"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, l := range (Screen{}).Text(test.text).Lines(0, 100, test.width) {
				got = append(got, l.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHighlightsLieOverWrappedLines(t *testing.T) {
	text := Screen{}.Text("call \x1b the number 忽略 now")
	text.Highlight([]Highlight{
		{Start: 9, End: 18, Kind: Match},
		{Start: 5, End: 6, Kind: Match},
		{Start: 12, End: 20, Kind: Hit}, // the end of it is seen
		{Start: 22, End: 23, Kind: Hit}, // one byte of a character
		{Start: 99, End: 100, Kind: Hit},
	})
	want := []Line{
		{Start: 0, End: 11, Width: 14, Spans: []Span{
			{Text: "call "},
			{Text: `\x1b`, Kind: Match, Mark: true},
			{Text: " th"},
			{Text: "e ", Kind: Match},
		}},
		{Start: 11, End: 25, Width: 12, Spans: []Span{
			{Text: "number ", Kind: Match},
			{Text: "忽略", Kind: Hit},
			{Text: " "},
		}},
		{Start: 25, End: 28, Width: 3, Spans: []Span{{Text: "now"}}},
	}
	if diff := cmp.Diff(want, text.Lines(0, 10, 14)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLongLineIsLaidOutInSteps wants of no call that it lays out more than
// indexStep beyond what is known.
func TestLongLineIsLaidOutInSteps(t *testing.T) {
	text := Screen{}.Text(celltest.Long(10e6, false))
	const width = 80
	if lines := text.Lines(0, 40, width); len(lines) != 40 {
		t.Fatalf("first screen has %d lines", len(lines))
	}
	if n, all := text.Count(width); all || n > 100 {
		t.Errorf("first screen laid out %d lines, all %v", n, all)
	}
	if line, known := text.LineAt(9e6, width); known {
		t.Errorf("line %d is known at once", line)
	}
	steps := 1
	for !text.Grow(width) {
		steps++
	}
	if low, high := text.Size()/indexStep/2, text.Size()/indexStep+2; steps < low || steps > high {
		t.Errorf("%d steps, want between %d and %d", steps, low, high)
	}
	line, known := text.LineAt(9e6, width)
	if !known {
		t.Fatal("line is not known at the end")
	}
	if got := text.Lines(line, 1, width); len(got) != 1 || got[0].Start > 9e6 || got[0].End <= 9e6 {
		t.Errorf("line %d is %+v", line, got)
	}
}

func FuzzWrap(f *testing.F) {
	for _, text := range celltest.Texts() {
		f.Add(text.Text, 20, 3, 9)
	}
	f.Fuzz(func(t *testing.T, s string, width, start, end int) {
		for _, sc := range screens {
			checkText(t, sc, s, width%200, []Highlight{{start, end, Match}, {end, start, Hit}, {end / 2, len(s), Hit}})
		}
	})
}

func BenchmarkText(b *testing.B) {
	texts := []struct{ name, text string }{
		{"one word", celltest.Long(10e6, true)},
		{"all scripts", celltest.Long(10e6, false)},
		{"Chinese", strings.Repeat("中", 3_333_333)},
		{"Hindi", strings.Repeat("पिछले सभी ", 400_000)},
		{"line ends", strings.Repeat("\n", 10e6)},
	}
	for _, text := range texts {
		b.Run("first screen of 10 MB of "+text.name, func(b *testing.B) {
			for b.Loop() {
				Screen{}.Text(text.text).Lines(0, 40, 120)
			}
		})
		b.Run("longest step of 10 MB of "+text.name, func(b *testing.B) {
			var longest time.Duration
			for b.Loop() {
				t := Screen{}.Text(text.text)
				for done := false; !done; {
					start := time.Now()
					done = t.Grow(120)
					longest = max(longest, time.Since(start))
				}
			}
			b.ReportMetric(float64(longest.Microseconds()), "longest-µs")
		})
	}
}
