package cell

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
)

var screens = []Screen{{}, {Graphemes: true}, {Plain: true}, {Graphemes: true, Plain: true}}

// checkLine is what holds for every line: safe, and as wide as the renderer
// counts it, alone and between other text, in one piece and with its styles.
func checkLine(t *testing.T, sc Screen, l Line) {
	t.Helper()
	s := l.String()
	if err := celltest.Check(s); err != nil {
		t.Fatal(err)
	}
	if got := sc.Width(s); got != l.Width {
		t.Fatalf("%+v: width of %+q is %d for the renderer, %d for the line", sc, s, got, l.Width)
	}
	if got := sc.Width("#" + s + "a"); got != l.Width+2 {
		t.Fatalf("%+v: %+q joins with its neighbours: width %d, want %d", sc, s, got, l.Width+2)
	}
	var styled strings.Builder
	for _, span := range l.Spans {
		if span.Text == "" {
			t.Fatalf("empty span in %+v", l)
		}
		styled.WriteString("\x1b[31m" + span.Text + "\x1b[m")
	}
	if got := sc.Width(styled.String()); got != l.Width {
		t.Fatalf("%+v: width of styled %+q is %d, want %d", sc, s, got, l.Width)
	}
}

func checkFit(t *testing.T, s string, width int) {
	t.Helper()
	for _, sc := range screens {
		clean, fit := sc.Clean(s, width), sc.Fit(s, width)
		checkLine(t, sc, clean)
		checkLine(t, sc, fit)
		if fit.Width != max(width, 0) || clean.Width > max(width, 0) {
			t.Fatalf("%+v: widths of %+q for %d are %d and %d", sc, s, width, clean.Width, fit.Width)
		}
		if got := strings.TrimRight(fit.String(), " "); got != strings.TrimRight(clean.String(), " ") {
			t.Fatalf("%+v: Fit of %+q is %q, Clean is %q", sc, s, got, clean.String())
		}
	}
}

func TestHostileTextFits(t *testing.T) {
	for _, text := range celltest.Texts() {
		t.Run(text.Name, func(t *testing.T) {
			for width := -1; width <= 130; width++ {
				checkFit(t, text.Text, width)
			}
		})
	}
}

// TestEveryCharacter draws each character of Unicode at the beginning of text
// and on bases; of the large blocks of one kind, a sample.
func TestEveryCharacter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		large := unicode.In(r, unicode.Han, unicode.Hangul, unicode.Co, unicode.Cn)
		if !utf8.ValidRune(r) || large && r&0xff > 2 {
			continue
		}
		s := string(r)
		for _, sc := range screens[:2] {
			checkLine(t, sc, sc.Clean(s+"a"+s+s+"😀"+s, 80))
		}
	}
}

// TestRandomClusters draws what is hard to cut into clusters, in any order.
func TestRandomClusters(t *testing.T) {
	const hard = "a1 中가각각שم\u0301\u0489\u20e3\u200d\ufe0e\ufe0f👨❤⚠♀🏽🇩🇪\u0915\u094d\u093f\u0e01\u0e33\u0d4e\u0d15\u0600\u102cｶﾞ\u202e\x1b\t\u00ad\U000e0067\u0378"
	runes := append([]rune(hard), '\n', utf8.RuneError)
	random := rand.New(rand.NewPCG(7, 2))
	for range 1000 {
		var b strings.Builder
		for range 1 + random.IntN(40) {
			r := runes[random.IntN(len(runes))]
			n := 1
			if random.IntN(12) == 0 {
				n = random.IntN(30)
			}
			b.WriteString(strings.Repeat(string(r), n))
		}
		s, width := b.String(), random.IntN(60)
		checkFit(t, s, width)
		for _, sc := range screens[:2] {
			checkText(t, sc, s, width, nil)
		}
	}
}

// TestOrdinary draws ordinary characters the way all others are drawn.
func TestOrdinary(t *testing.T) {
	for r := range rune(0x10000) {
		if !unicode.Is(ordinary, r) {
			continue
		}
		for _, sc := range screens[:2] {
			u, ok := sc.cluster(string(r))
			if !ok || u.text != string(r) {
				t.Errorf("%+v: %U is not an ordinary character", sc, r)
			}
		}
		for _, other := range "a中ا가é" {
			pair := string(other) + string(r)
			if c, _ := ansi.FirstGraphemeCluster(pair, ansi.GraphemeWidth); c == pair {
				t.Errorf("%U joins with %U", r, other)
			}
		}
	}
}

func TestClean(t *testing.T) {
	joined, single := Screen{Graphemes: true}, Screen{}
	tests := []struct {
		name   string
		screen Screen
		text   string
		width  int
		want   string
	}{
		{"fits", single, "abc", 3, "abc"},
		{"cut", single, "abcd", 3, "ab…"},
		{"cut plainly", Screen{Plain: true}, "abcd", 3, "ab~"},
		{"wide is not split", single, "中中中", 5, "中中…"},
		{"wide is not split by the ellipsis", single, "中中中", 4, "中…"},
		{"control", single, "a\x1b[31mb", 20, `a\x1b[31mb`},
		{"a mark is not split", single, "a\x1b[31mb", 4, "a…"},
		{"line end", single, "a\nb", 20, `a\nb`},
		{"bidi", single, "a\u202eb", 20, `a\u{202e}b`},
		{"no character", single, "a\U0001ffffb\u0378", 40, `a\u{1ffff}b\u{378}`},
		{"korean in parts", single, "\u1112\u1161\u11ab", 20, "한"},
		{"korean in parts on a terminal that joins", joined, "\u1112\u1161\u11ab", 20, "\u1112\u1161\u11ab"},
		{"parts of no syllable", single, "\u1161\u1112", 20, `\u{1161}ᄒ`},
		{"burmese vowel", joined, "မာ", 20, "မာ"},
		{"vowel without a letter", joined, "\u093f", 20, `\u{93f}`},
		{"bytes", single, "a\xff\xc0b", 20, `a\xff\xc0b`},
		{"combining", single, "e\u0301e\u0301", 2, "e\u0301e\u0301"},
		{"combining alone", single, "\u0301a", 20, `\u{301}a`},
		{"too many combining", single, "e" + strings.Repeat("\u0301", 9) + "x", 40, "e" + strings.Repeat("\u0301", 5) + `\{4 combining}x`},
		{"family", joined, "👨‍👩‍👧!", 3, "👨‍👩‍👧!"},
		{"family on a terminal that does not join", single, "👨‍👩!", 30, `👨\u{200d}👩!`},
		{"skin tone", joined, "👋🏽!", 3, "👋🏽!"},
		{"skin tone on a terminal that does not join", single, "👋🏽!", 20, `👋\u{1f3fd}!`},
		{"emoji style", joined, "⚠️!", 3, "⚠️!"},
		{"emoji style on a terminal that does not join", single, "⚠️!", 2, "⚠!"},
		{"style of a letter", joined, "a\ufe0f", 20, `a\u{fe0f}`},
		{"keycap", joined, "1️⃣!", 3, "1️⃣!"},
		{"keycap on a terminal that does not join", single, "1️⃣!", 2, "1⃣!"},
		{"half a flag with an accent", joined, "🇩🇪\u0301🇫", 60, `\u{1f1e9}\u{1f1ea}\u{301}\u{1f1eb}`},
		{"flag", single, "🇩🇪!", 3, "🇩🇪!"},
		{"half a flag", joined, "🇩🇪🇫", 20, `🇩🇪\u{1f1eb}`},
		{"joiner between letters", joined, "a\u200db", 20, `a\u{200d}b`},
		{"right-to-left", single, "שלום", 20, "שלוםǀ"},
		{"right-to-left then latin", single, "שלום ab", 20, "שלום ab"},
		{"right-to-left then digits", single, "שלום 12", 20, "שלום 12ǀ"},
		{"right-to-left, cut", single, "שלום", 4, "של…ǀ"},
		{"right-to-left, no room", single, "שלום", 1, "…"},
		{"no room", single, "abc", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.screen.Clean(test.text, test.width)
			checkLine(t, test.screen, got)
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMarksAreSpans(t *testing.T) {
	got := Screen{}.Fit("a\x00\x01b", 12)
	want := Line{Width: 12, End: 4, Spans: []Span{{Text: "a"}, {Text: `\x00\x01`, Mark: true}, {Text: "b  "}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzFit(f *testing.F) {
	for _, text := range celltest.Texts() {
		f.Add(text.Text, 20)
	}
	f.Fuzz(func(t *testing.T, s string, width int) {
		checkFit(t, s, width%200)
	})
}

func BenchmarkFit(b *testing.B) {
	texts := []struct{ name, text string }{
		{"120 cells", strings.Repeat("lorem ipsum ", 10)},
		{"10 MB of one word", celltest.Long(10e6, true)},
		{"10 MB of all scripts", celltest.Long(10e6, false)},
		{"10 MB of combining marks", "e" + strings.Repeat("\u0301", 5e6)},
		{"10 MB of Chinese", strings.Repeat("中", 3_333_333)},
		{"10 MB of Hindi", strings.Repeat("पिछले सभी ", 400_000)},
	}
	for _, text := range texts {
		b.Run(text.name, func(b *testing.B) {
			for b.Loop() {
				Screen{}.Fit(text.text, 120)
			}
		})
	}
	b.Run("40 lines of 120", func(b *testing.B) {
		hostile := celltest.Texts()
		for b.Loop() {
			for i := range 40 {
				Screen{}.Fit(hostile[i%len(hostile)].Text, 120)
			}
		}
	})
}
