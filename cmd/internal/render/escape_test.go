package render

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscapes(t *testing.T) {
	tests := []struct {
		name   string
		escape func(string) string
		in     string
		want   string
	}{
		{"plain", Terminal, "GET /model", "GET /model"},
		{"empty", Terminal, "", ""},
		{"letters beyond ASCII", Terminal, "Zürich 東京 ❤️", "Zürich 東京 ❤️"},
		{"colour", Terminal, "\x1b[31mred", `\x1b[31mred`},
		{"C1 control", Terminal, "a\u009b31m", `a\u{9b}31m`},
		{"byte that is not UTF-8", Terminal, "a\x9b31m", `a\x9b31m`},
		{"delete", Terminal, "a\x7f", `a\x7f`},
		{"line end and tab", Terminal, "a\r\n\tb", `a\r\n\tb`},
		{"bidi override", Terminal, "exe.\u202egpj", `exe.\u{202e}gpj`},
		{"bidi isolate", Terminal, "\u2066x\u2069", `\u{2066}x\u{2069}`},
		{"marks", Terminal, "\u200e\u200f\u061c", `\u{200e}\u{200f}\u{61c}`},
		{"zero width", Terminal, "a\u200b\u200c\u200d\u2060b", `a\u{200b}\u{200c}\u{200d}\u{2060}b`},
		{"byte order mark", Terminal, "\ufeffa", `\u{feff}a`},
		{"separators", Terminal, "a\u2028b\u2029c", `a\u{2028}b\u{2029}c`},
		{"tags", Terminal, "a\U000e0041", `a\u{e0041}`},
		{"smuggled in variation selectors", Terminal, "a\U000e0110\ufe01", `a\u{e0110}\u{fe01}`},
		{"filler", Terminal, "\u3164", `\u{3164}`},

		{"block keeps lines", TerminalBlock, "a\r\n\tb\nc", "a\n\tb\nc"},
		{"block escapes the rest", TerminalBlock, "a\rb\x1b\u202e", `a\rb\x1b\u{202e}`},

		{"csv plain", CSVCell, "abc", "abc"},
		{"csv formula", CSVCell, "=1+1", "'=1+1"},
		{"csv minus", CSVCell, "-3", "'-3"},
		{"csv at", CSVCell, "@SUM(A1)", "'@SUM(A1)"},
		{"csv full width", CSVCell, "＝1", "'＝1"},
		{"csv after space", CSVCell, "  =1", "'  =1"},
		{"csv after line end", CSVCell, "\n=1", "'\n=1"},
		{"csv after hidden", CSVCell, "\ufeff=1", `'\u{feff}=1`},
		{"csv tab", CSVCell, "\ta", "'\ta"},
		{"csv apostrophe", CSVCell, "'a", "''a"},
		{"csv minus inside", CSVCell, "a-3", "a-3"},
		{"csv escape code", CSVCell, "\x1b]0;x\a", `\x1b]0;x\x07`},

		{"html", HTML, `<a href="x">'&`, "&lt;a href=&#34;x&#34;&gt;&#39;&amp;"},
		{"html bidi", HTML, "\u202e<", `\u{202e}&lt;`},
		{"markdown link", Markdown, "[a](http://x)", `\[a\]\(http\:\/\/x\)`},
		{"markdown table", Markdown, "a|b\nc", `a\|b\\nc`},
		{"markdown html", Markdown, "<b>&amp;", `\<b\>\&amp;`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.escape(tt.in); got != tt.want {
				t.Errorf("escaping %q:\n got %s\nwant %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"plain", "a<b>&c", `"a<b>&c"`},
		{"controls", "\x1b\x7f\u009b", `"\u001b\u007f\u009b"`},
		{"bidi and tag", "\u202e\U000e0041é", `"\u202e\udb40\udc41é"`},
		{"not UTF-8", "a\xff", `"a\ufffd"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := JSON(tt.in)
			if err != nil || string(got) != tt.want {
				t.Errorf("JSON(%q) = %s, %v; want %s", tt.in, got, err, tt.want)
			}
		})
	}
}

// safe fails when out holds what a terminal must not see. Escaping is fuzzed
// against an own list of characters, not against the function it uses.
func safe(t *testing.T, out, except string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("not UTF-8: %q", out)
	}
	for _, r := range out {
		if strings.ContainsRune(except, r) {
			continue
		}
		switch {
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x61c, r == 0xad, r == 0xfeff,
			r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e,
			r >= 0x2060 && r <= 0x206f, r >= 0xe0000 && r < 0xe1000:
			t.Errorf("%U is still there: %q", r, out)
		}
	}
}

func FuzzEscapes(f *testing.F) {
	for _, seed := range []string{"", "a\x1b[0m", "=1\r\n", "\u202e\xff", "'\"<|>\U000e0041", "\\\n,", "a\r"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		safe(t, Terminal(s), "")
		safe(t, TerminalBlock(s), "\n\t")
		safe(t, HTML(s), "\n\t")
		safe(t, Markdown(s), "")
		if got := html.UnescapeString(HTML(s)); got != TerminalBlock(s) {
			t.Errorf("HTML(%q) reads back as %q", s, got)
		}

		data, err := JSON(s)
		if err != nil {
			t.Fatalf("JSON(%q): %v", s, err)
		}
		safe(t, string(data), "")
		var back string
		if err := json.Unmarshal(data, &back); err != nil || back != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Errorf("JSON(%q) = %s reads back as %q, %v", s, data, back, err)
		}

		cell := CSVCell(s)
		safe(t, cell, "\n\t")
		if strings.TrimPrefix(cell, "'") != TerminalBlock(s) {
			t.Errorf("CSVCell(%q) = %q, which does not give the text back", s, cell)
		}
		if cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
			t.Errorf("CSVCell(%q) = %q is a formula", s, cell)
		}
		line := append(appendCSV(nil, cell, false), ",end\n"...)
		rows, err := csv.NewReader(strings.NewReader(string(line))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 || rows[0][0] != cell {
			t.Errorf("CSV of %q reads back as %q, %v", s, rows, err)
		}
	})
}
