package cell

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
)

func plainLines(lines []Line) []string {
	var list []string
	for _, l := range lines {
		list = append(list, strings.TrimRight(l.String(), " "))
	}
	return list
}

func checkHex(t *testing.T, b []byte, offset int64, width int) {
	t.Helper()
	at := 0
	for _, sc := range screens {
		at = 0
		for _, l := range sc.Hex(b, offset, width) {
			checkLine(t, sc, l)
			if l.Width != max(width, 0) || l.Start != at || l.End <= at || l.End-l.Start > HexRow(width) {
				t.Fatalf("row [%d,%d) of width %d, want it from %d and of width %d", l.Start, l.End, l.Width, at, width)
			}
			at = l.End
		}
		if at != len(b) {
			t.Fatalf("rows end at %d, want %d", at, len(b))
		}
	}
}

func TestHex(t *testing.T) {
	b := []byte("GET / HTTP/1.1\r\n\x1b[31m")
	want := []string{
		"00001000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|",
		"00001010  1b 5b 33 31 6d                                    |.[31m|",
	}
	if diff := cmp.Diff(want, plainLines(Screen{}.Hex(b, 0x1000, 80))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	rows := map[int]int{200: 16, 78: 16, 77: 8, 45: 8, 44: 4, 29: 4, 28: 2, 21: 2, 20: 1, 0: 1}
	for width, want := range rows {
		if got := HexRow(width); got != want {
			t.Errorf("HexRow(%d) is %d, want %d", width, got, want)
		}
	}
	for width := -1; width < 100; width++ {
		checkHex(t, b, 0, width)
		checkHex(t, b, 1<<40, width)
	}
	if got := (Screen{}).Hex(nil, 0, 80); len(got) != 0 {
		t.Errorf("rows of nothing: %v", got)
	}
}

func FuzzHex(f *testing.F) {
	for _, text := range celltest.Texts() {
		f.Add([]byte(text.Text), int64(0), 80)
	}
	f.Fuzz(func(t *testing.T, b []byte, offset int64, width int) {
		checkHex(t, b, max(0, offset)%(1<<60), width%200)
	})
}

func TestJSON(t *testing.T) {
	text, ok := Screen{}.JSON([]byte(`{"b":1e400, "a" : [ ],"a":{ },"list":[-0.0,null,true,"x\u202e` + "\u202e" + `"],"o":{"k":"\"v:"}}`))
	if !ok {
		t.Fatal("not JSON")
	}
	want := []string{
		`{`,
		`  "b": 1e400,`,
		`  "a": [],`,
		`  "a": {},`,
		`  "list": [`,
		`    -0.0,`,
		`    null,`,
		`    true,`,
		`    "x\u202e\u{202e}"`,
		`  ],`,
		`  "o": {`,
		`    "k": "\"v:"`,
		`  }`,
		`}`,
	}
	lines := text.Lines(0, 100, 80)
	if diff := cmp.Diff(want, plainLines(lines)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantSpans := []Span{{Text: "    "}, {Text: `"x\u202e`, Kind: String}, {Text: `\u{202e}`, Kind: String, Mark: true}, {Text: `"`, Kind: String}}
	if diff := cmp.Diff(wantSpans, lines[8].Spans); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantSpans = []Span{{Text: "  "}, {Text: `"b"`, Kind: Key}, {Text: ": ", Kind: Punct}, {Text: "1e400", Kind: Number}, {Text: ",", Kind: Punct}}
	if diff := cmp.Diff(wantSpans, lines[1].Spans); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", " ", "{", "{}{}", "{'a':1}", "nul", "\x1b"} {
		if _, ok := (Screen{}).JSON([]byte(bad)); ok {
			t.Errorf("%q is taken for JSON", bad)
		}
	}
}

// TestJSONIsBounded lays out what would grow most: deep nesting, and more
// tokens than get a line.
func TestJSONIsBounded(t *testing.T) {
	deep := strings.Repeat("[", 9000) + strings.Repeat("]", 9000)
	many := "[" + strings.Repeat("1,", 2*maxTokens) + "1]"
	for _, s := range []string{deep, many} {
		text, ok := Screen{}.JSON([]byte(s))
		if !ok {
			t.Fatal("not JSON")
		}
		if most := len(s) + maxTokens*(2*maxIndent+2); text.Size() > most {
			t.Errorf("%d bytes are laid out in %d, more than %d", len(s), text.Size(), most)
		}
		checkJSON(t, Screen{}, []byte(s), 80)
	}
}

// checkJSON wants the text that is laid out to be the same JSON, token by token.
func checkJSON(t *testing.T, sc Screen, b []byte, width int) {
	t.Helper()
	text, ok := sc.JSON(b)
	if ok != json.Valid(b) {
		t.Fatalf("JSON of %q: %v", b, ok)
	}
	if !ok {
		return
	}
	if got, want := compact(t, []byte(text.s)), compact(t, b); got != want {
		t.Fatalf("JSON of %q lays out %q", b, got)
	}
	for _, h := range text.kinds {
		if text.s[h.Start:h.End] == "" {
			t.Fatalf("empty token %+v", h)
		}
	}
	for _, l := range text.Lines(0, 200, width) {
		checkLine(t, sc, l)
	}
}

func compact(t *testing.T, b []byte) string {
	t.Helper()
	var out strings.Builder
	inString, escaped := false, false
	for _, c := range b {
		if inString || !strings.ContainsRune(" \t\r\n", rune(c)) {
			out.WriteByte(c)
		}
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		}
	}
	return out.String()
}

func FuzzJSON(f *testing.F) {
	for _, text := range celltest.Texts() {
		quoted, err := json.Marshal(map[string]any{text.Name: []any{text.Text, 1.5, nil, true, map[string]any{}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(quoted, 40)
		f.Add([]byte(text.Text), 40)
	}
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		for _, sc := range screens {
			checkJSON(t, sc, b, width%200)
		}
	})
}

func TestBars(t *testing.T) {
	unknown := math.NaN()
	tests := []struct {
		name   string
		screen Screen
		values []float64
		top    float64
		height int
		want   []string
	}{
		{"one line", Screen{}, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8}, 8, 1, []string{" ▁▂▃▄▅▆▇█"}},
		{"two lines", Screen{}, []float64{0, 4, 8, 12, 16}, 16, 2, []string{"   ▄█", " ▄███"}},
		{"largest is the top", Screen{}, []float64{1, 2}, 0, 1, []string{"▄█"}},
		{"little is more than nothing", Screen{}, []float64{0, 1, 1e6}, 0, 1, []string{" ▁█"}},
		{"unknown is not zero", Screen{}, []float64{unknown, 0, 1}, 0, 2, []string{"  █", "? █"}},
		{"plain", Screen{Plain: true}, []float64{0, 1, 4, 8, unknown}, 8, 1, []string{" .:#?"}},
		{"nothing", Screen{}, []float64{0, 0}, 0, 1, []string{"  "}},
		{"no number", Screen{}, []float64{math.Inf(1), math.Inf(-1), -1}, 8, 1, []string{"█  "}},
		{"top is no number", Screen{}, []float64{1, 2}, unknown, 1, []string{"▄█"}},
		{"no values", Screen{}, nil, 0, 2, []string{"", ""}},
		{"no height", Screen{}, []float64{1}, 0, 0, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := test.screen.Bars(test.values, test.top, test.height)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, line := range got {
				if width := test.screen.Width(line); width != len(test.values) {
					t.Errorf("%q is %d cells wide, want %d", line, width, len(test.values))
				}
			}
		})
	}
}

func TestBar(t *testing.T) {
	tests := []struct {
		screen     Screen
		value, top float64
		want       string
	}{
		{Screen{}, 0, 10, "          "},
		{Screen{}, 0.001, 10, "▏         "},
		{Screen{}, 5, 10, "█████     "},
		{Screen{}, 5.5, 10, "█████▌    "},
		{Screen{}, 20, 10, "██████████"},
		{Screen{}, math.NaN(), 10, "?         "},
		{Screen{Plain: true}, 5.5, 10, "#####:    "},
	}
	for _, test := range tests {
		if got := test.screen.Bar(test.value, test.top, 10); got != test.want {
			t.Errorf("Bar(%v, %v) is %q, want %q", test.value, test.top, got, test.want)
		}
	}
}

func TestWordDiff(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       []Change
	}{
		{"empty", "", "", nil},
		{"same", "a b", "a b", []Change{{Plain, "a b"}}},
		{"word", "the red fox", "the blue fox", []Change{{Plain, "the "}, {Removed, "red"}, {Added, "blue"}, {Plain, " fox"}}},
		{"added", "a", "a b", []Change{{Plain, "a"}, {Added, " b"}}},
		{"removed", "a b", "b", []Change{{Removed, "a "}, {Plain, "b"}}},
		{"all", "x", "y", []Change{{Removed, "x"}, {Added, "y"}}},
		{"chinese", "忽略之前", "忽略以前", []Change{{Plain, "忽略"}, {Removed, "之"}, {Added, "以"}, {Plain, "前"}}},
		{"combining", "e\u0301 x", "e x", []Change{{Removed, "e\u0301"}, {Added, "e"}, {Plain, " x"}}},
		{"hidden", "pass\u200bword", "password", []Change{{Removed, "pass\u200bword"}, {Added, "password"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, WordDiff(test.a, test.b)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// checkDiff wants the changes to make both texts.
func checkDiff(t *testing.T, a, b string) (plain int) {
	t.Helper()
	var gotA, gotB strings.Builder
	last := Change{Kind: 255}
	for _, c := range WordDiff(a, b) {
		if c.Text == "" || c.Kind == last.Kind || last.Kind == Added && c.Kind == Removed {
			t.Fatalf("change %+v follows %+v", c, last)
		}
		last = c
		if c.Kind != Added {
			gotA.WriteString(c.Text)
		}
		if c.Kind != Removed {
			gotB.WriteString(c.Text)
		}
		if c.Kind == Plain {
			plain += len(c.Text)
		}
	}
	if gotA.String() != a || gotB.String() != b {
		t.Fatalf("changes of %q and %q make %q and %q", a, b, gotA.String(), gotB.String())
	}
	return plain
}

// TestShortestEdit compares with the longest common subsequence, found the slow
// way, for short texts of few letters.
func TestShortestEdit(t *testing.T) {
	spell := func(n, length int) string {
		var b strings.Builder
		for range length {
			b.WriteString(string("+-*"[n%3]))
			n /= 3
		}
		return b.String()
	}
	for x := range 243 {
		for y := range 243 {
			a, b := spell(x, 5), spell(y, 5)
			if got, want := checkDiff(t, a, b), common(a, b); got != want {
				t.Fatalf("%q and %q have %d in common, found %d", a, b, want, got)
			}
		}
	}
}

func common(a, b string) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1] + 1
			default:
				table[i][j] = max(table[i-1][j], table[i][j-1])
			}
		}
	}
	return table[len(a)][len(b)]
}

// TestLongTextsAreTakenApart compares texts with more edits than are tried at
// once: what they have in common is found around the words they have once.
func TestLongTextsAreTakenApart(t *testing.T) {
	var a, b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&a, "w%d same %d\n", i, i%7)
		fmt.Fprintf(&b, "w%d other %d\n", i, i%5)
	}
	if plain := checkDiff(t, a.String(), b.String()); plain < a.Len()/3 {
		t.Errorf("%d of %d bytes in common", plain, a.Len())
	}
	checkDiff(t, strings.Repeat("a b ", 1e5), strings.Repeat("b c ", 1e5))
	checkDiff(t, celltest.Long(1e6, false), celltest.Long(1e6, true))
}

func checkSideBySide(t *testing.T, a, b string, width int) {
	t.Helper()
	for _, sc := range screens {
		c := sc.SideBySide(a, b, width)
		atA, atB := 0, 0
		for _, p := range c.Rows(0, c.Len()) {
			checkLine(t, sc, p.Left)
			checkLine(t, sc, p.Right)
			if want := max(width, minColumn); p.Left.Width != want || p.Right.Width != want {
				t.Fatalf("columns are %d and %d wide, want %d", p.Left.Width, p.Right.Width, want)
			}
			if p.Left.End > p.Left.Start {
				if p.Left.Start != atA {
					t.Fatalf("left row begins at %d, want %d", p.Left.Start, atA)
				}
				atA = p.Left.End
			}
			if p.Right.End > p.Right.Start {
				if p.Right.Start != atB {
					t.Fatalf("right row begins at %d, want %d", p.Right.Start, atB)
				}
				atB = p.Right.End
			}
		}
		if atA != len(a) || atB != len(b) {
			t.Fatalf("rows end at %d and %d of %q and %q", atA, atB, a, b)
		}
	}
}

func TestSideBySide(t *testing.T) {
	a := "I cannot help with that.\nSorry.\nשלום"
	b := "I can help with that, and here is how it is done.\nSorry.\nשלום"
	var got []string
	c := Screen{}.SideBySide(a, b, 20)
	for _, p := range c.Rows(0, 100) {
		got = append(got, p.Left.String()+"|"+p.Right.String())
	}
	want := []string{
		"I cannot help with  |I can help with     ",
		"that.               |that, and here is   ",
		"                    |how it is done.     ",
		"Sorry.              |Sorry.              ",
		"שלוםǀ               |שלוםǀ               ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantSpans := []Span{{Text: "that"}, {Text: ", and here is ", Kind: Added}, {Text: "  "}}
	if diff := cmp.Diff(wantSpans, c.Rows(1, 1)[0].Right.Spans); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	texts := celltest.Texts()
	for i, text := range texts {
		for _, width := range []int{0, 8, 9, 20, 60} {
			checkSideBySide(t, text.Text, texts[(i+1)%len(texts)].Text, width)
			checkSideBySide(t, text.Text+"\nx", "x\n"+text.Text, width)
		}
	}
}

func FuzzWordDiff(f *testing.F) {
	texts := celltest.Texts()
	for i, text := range texts {
		f.Add(text.Text, texts[(i+1)%len(texts)].Text, 20)
	}
	f.Fuzz(func(t *testing.T, a, b string, width int) {
		checkDiff(t, a, b)
		checkSideBySide(t, a, b, width%200)
	})
}

func BenchmarkWordDiff(b *testing.B) {
	// Few words, so that much is alike and nothing is in one place: the most
	// work that texts of this size can make.
	random := rand.New(rand.NewPCG(7, 2))
	text := func() string {
		var s strings.Builder
		for range maxDiffTokens / 2 {
			fmt.Fprintf(&s, "w%d ", random.IntN(50))
		}
		return s.String()
	}
	x, y := text(), text()
	edited := strings.ReplaceAll(x[:20_000], "w7 ", "seven ")
	for _, pair := range []struct{ name, a, b string }{{"20 kB edited", x[:20_000], edited}, {"worst", x, y}} {
		b.Run(pair.name, func(b *testing.B) {
			for b.Loop() {
				WordDiff(pair.a, pair.b)
			}
		})
	}
}

func BenchmarkJSON(b *testing.B) {
	record := []byte("[" + strings.Repeat(`{"model":"example-1","usage":{"input":12,"output":7},"text":"lorem ipsum dolor sit amet"},`, 10_000) + "0]")
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		Screen{}.JSON(record)
	}
}
