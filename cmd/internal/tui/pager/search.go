package pager

import (
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// maxHits bounds the places of a search.
const maxHits = 10_000

// search is what was searched for, and where it is.
type search struct {
	text string
	hits [][]int // from and to, in order
	at   int
}

// position says which of the hits the cursor is at.
func (s *search) position() string {
	if len(s.hits) == 0 {
		return ""
	}
	text := "hit " + list.Number(int64(s.at)+1) + " of " + list.Number(int64(len(s.hits)))
	if len(s.hits) == maxHits {
		text += "+"
	}
	return text
}

// foundMsg brings the places of a search.
type foundMsg struct {
	of   *Pager
	text string
	hits [][]int
}

// Found says what a search found, to the view.
type Found struct {
	Text string
	Hits int
}

// Find searches for a text, in upper or lower case, and goes to the first place
// from the cursor on. It ends with [Found].
func (p *Pager) Find(text string) tea.Cmd {
	in, source := p.bytes, p.text
	return func() tea.Msg {
		fits, err := regexp.Compile("(?i)" + regexp.QuoteMeta(strings.ToValidUTF8(text, "")))
		m := foundMsg{of: p, text: text}
		switch {
		case err != nil || text == "":
		case source != nil:
			m.hits = fits.FindAllStringIndex(source.String(), maxHits)
		default:
			m.hits = fits.FindAllIndex(in, maxHits)
		}
		return m
	}
}

func (p *Pager) found(m *foundMsg) tea.Cmd {
	p.search = search{text: m.text, hits: m.hits}
	if p.text != nil {
		marks := make([]cell.Highlight, len(m.hits))
		for i, h := range m.hits {
			marks[i] = cell.Highlight{Start: h[0], End: h[1], Kind: cell.Hit}
		}
		p.text.Highlight(marks)
	}
	said := func() tea.Msg { return Found{m.text, len(m.hits)} }
	if len(m.hits) == 0 {
		return said
	}
	for i, from := 0, p.Byte(); i < len(m.hits); i++ {
		if m.hits[i][0] >= from {
			p.search.at = i
			break
		}
	}
	return tea.Batch(p.To(m.hits[p.search.at][0]), said)
}

// Next goes to the next hit (+1) or the one before (-1), around the ends.
func (p *Pager) Next(by int) tea.Cmd {
	n := len(p.search.hits)
	if n == 0 {
		return nil
	}
	p.search.at = (p.search.at + by + n) % n
	return p.To(p.search.hits[p.search.at][0])
}

// Hits is how many places were found.
func (p *Pager) Hits() int { return len(p.search.hits) }
