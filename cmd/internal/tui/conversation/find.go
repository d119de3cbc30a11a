package conversation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze/content"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// match is a place in a transcript that was found.
type match struct {
	piece      int
	start, end int // bytes
	kind       string
	label      string
	score      float64
	via        string
	excerpt    string
}

// name says what was found.
func (m *match) name() string {
	if m.kind == "" {
		return m.excerpt
	}
	text := fmt.Sprintf("%s, %s, %.2f", m.kind, m.label, m.score)
	if m.via != "" {
		text += ", behind " + m.via
	}
	return text
}

// found is what a look through a transcript shows.
type found struct {
	matches []match // in the order of the transcript
	kinds   []string
	hidden  int // characters that cannot be seen
	left    int // pieces that were not looked at
	beyond  int // bytes of long pieces that were not looked at
}

// maxScan bounds how much of a conversation is looked through, in bytes: what a
// scanner at its slowest does in some seconds.
const maxScan = 32 << 20

// maxHits bounds the places of a search.
const maxHits = 10_000

// scan looks for what detectors match: signs of the kinds that count in a piece,
// from a score of [content.Flagged] on.
func scan(ctx context.Context, pieces []*piece) (*found, error) {
	scanner, err := content.NewScanner()
	if err != nil {
		return nil, err
	}
	f := &found{}
	size := 0
	for i, p := range pieces {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		text := p.text.String()
		f.hidden += p.hidden()
		if p.role == "" {
			continue
		}
		if size += len(text); size > maxScan {
			f.left++
			continue
		}
		signs := scanner.Scan([]byte(text), p.role)
		f.beyond += scanner.Beyond().Bytes
		for _, s := range signs {
			if content.Score(signs, s.Kind) >= content.Flagged {
				f.add(i, text, s)
			}
		}
	}
	f.count()
	return f, nil
}

func (f *found) add(piece int, text string, s content.Sign) {
	f.matches = append(f.matches, match{
		piece: piece, start: s.Start, end: s.End, kind: s.Kind, label: s.Label, score: s.Score, via: s.Via, excerpt: excerptOf(text, s.Start, s.End),
	})
}

// excerptChars is how much of a match a list of them shows.
const excerptChars = 60

// excerptOf is the beginning of a place in a text.
func excerptOf(text string, start, end int) string {
	end = min(end, start+excerptChars)
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	return text[start:end]
}

// count says how many matches of each kind there are, in words.
func (f *found) count() {
	count := map[string]int{}
	for i := range f.matches {
		count[f.matches[i].kind]++
	}
	for _, kind := range content.Kinds() {
		if n := count[kind]; n > 0 {
			f.kinds = append(f.kinds, list.Number(int64(n))+" "+kind)
		}
	}
}

// hidden counts the characters of a piece that cannot be seen. In JSON they may
// be written as escapes, and yet are what a model or tool was given.
func (p *piece) hidden() int {
	if !p.json {
		return hiddenIn(p.text.String())
	}
	n := 0
	for d := json.NewDecoder(strings.NewReader(p.text.String())); ; {
		token, err := d.Token()
		if err != nil {
			return n
		}
		if s, ok := token.(string); ok {
			n += hiddenIn(s)
		}
	}
}

// hiddenIn counts the characters of a text that are drawn as marks: what cannot
// be seen, or turns text around. Line ends and tabs are not among them.
func hiddenIn(text string) int {
	n := 0
	for i, r := range text {
		switch {
		case r == '\n' || r == '\t' || r == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case render.Hidden(r):
			n++
		}
	}
	return n
}

// search finds a text in a transcript, in upper or lower case.
func search(ctx context.Context, pieces []*piece, text string) (hits []match, more bool, err error) {
	pattern, err := regexp.Compile("(?i)" + regexp.QuoteMeta(text))
	if err != nil {
		return nil, false, err
	}
	for i, p := range pieces {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		said := p.text.String()
		for _, at := range pattern.FindAllStringIndex(said, maxHits+1-len(hits)) {
			if len(hits) == maxHits {
				return hits, true, nil
			}
			hits = append(hits, match{piece: i, start: at[0], end: at[1], excerpt: excerptOf(said, at[0], at[1])})
		}
	}
	return hits, false, nil
}

// mark lays what was found over the pieces: what was searched for above what
// detectors matched. Both are in order.
func mark(pieces []*piece, signs, hits []match) {
	for _, p := range pieces {
		p.marks, p.signs, p.laid = nil, 0, false
	}
	for i := range hits {
		p := pieces[hits[i].piece]
		p.marks = append(p.marks, cell.Highlight{Start: hits[i].start, End: hits[i].end, Kind: cell.Hit})
	}
	searched := make([]int, len(pieces))
	for i, p := range pieces {
		searched[i] = len(p.marks)
	}
	for i := range signs {
		m := &signs[i]
		p := pieces[m.piece]
		p.signs++
		p.marks = append(p.marks, without(p.marks[:searched[m.piece]], m.start, m.end)...)
	}
}

// without are the parts of a place that none of the hits of a search has.
func without(hits []cell.Highlight, start, end int) []cell.Highlight {
	var out []cell.Highlight
	for _, h := range hits[sort.Search(len(hits), func(i int) bool { return hits[i].End > start }):] {
		if h.Start >= end {
			break
		}
		if h.Start > start {
			out = append(out, cell.Highlight{Start: start, End: h.Start, Kind: cell.Match})
		}
		start = h.End
	}
	if start < end {
		out = append(out, cell.Highlight{Start: start, End: end, Kind: cell.Match})
	}
	return out
}

// order sorts matches as they stand in the transcript.
func order(matches []match) {
	slices.SortStableFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.piece, b.piece), cmp.Compare(a.start, b.start))
	})
}
