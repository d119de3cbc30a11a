package findings

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// row is a line of the list.
type row struct {
	finding *analyze.Finding
	within  string // the story that it is shown as a part of
	parts   int    // of a story
}

func (r *row) story() bool { return r.parts > 0 }

// counts say what the list has and leaves out.
type counts struct {
	severity           map[string]int
	parts              int // told by stories
	outside            int // left out by what was typed
	suppressed, closed int
}

// fill makes the rows anew. The cursor goes to the finding that is wanted, or
// stays at the one that it is on.
func (v *View) fill() tea.Cmd {
	if v.found == nil {
		return nil
	}
	if f := v.current(); f != nil && v.wanted == "" {
		v.wanted = f.ID
	}
	v.rows, v.counts = nil, counts{severity: map[string]int{}}
	byID, told := v.index()
	words := readQuery(v.query)
	for i := range v.found.List {
		f := &v.found.List[i]
		if v.putAside(f) {
			continue
		}
		if told[f.ID] {
			v.counts.parts++
			if len(words) == 0 {
				continue
			}
		}
		if !v.fits(f, words) {
			v.counts.outside++
			continue
		}
		v.counts.severity[f.Severity.String()]++
		v.rows = append(v.rows, row{finding: f, parts: len(f.Parts)})
		if v.open[f.ID] {
			for _, id := range f.Parts {
				if at, ok := byID[id]; ok {
					v.rows = append(v.rows, row{finding: &v.found.List[at], within: f.ID})
				}
			}
		}
	}
	v.order.Count(len(v.rows))
	v.lay()
	return v.choose()
}

// index finds findings by their ids, and those that a story tells which is
// shown.
func (v *View) index() (byID map[string]int, told map[string]bool) {
	byID, told = map[string]int{}, map[string]bool{}
	for i := range v.found.List {
		f := &v.found.List[i]
		byID[f.ID] = i
		if v.all || f.Suppressed == nil && v.found.State(f.ID).State != casefile.StateClosed {
			for _, id := range f.Parts {
				told[id] = true
			}
		}
	}
	return byID, told
}

// putAside reports whether a finding needs no eyes any more, and counts it.
func (v *View) putAside(f *analyze.Finding) bool {
	switch {
	case f.Suppressed != nil:
		v.counts.suppressed++
	case v.found.State(f.ID).State == casefile.StateClosed:
		v.counts.closed++
	default:
		return false
	}
	return !v.all
}

// choose puts the cursor on the wanted finding, unfolding the story that it is
// part of.
func (v *View) choose() tea.Cmd {
	if v.found == nil || v.wanted == "" {
		return v.moved()
	}
	at := slices.IndexFunc(v.rows, func(r row) bool { return strings.HasPrefix(r.finding.ID, v.wanted) })
	if at < 0 && v.reveal {
		if id, ok := v.storyOf(v.wanted); ok && !v.open[id] {
			v.open[id] = true
			return v.fill()
		}
		if i := slices.IndexFunc(v.found.List, func(f analyze.Finding) bool { return strings.HasPrefix(f.ID, v.wanted) }); i >= 0 && (!v.all || v.query != "") {
			v.all, v.query = true, "" // it is there, but left out
			return v.fill()
		}
	}
	v.wanted, v.reveal = "", false
	if at >= 0 {
		v.order.To(at)
	}
	return v.moved()
}

// storyOf finds a story in the list that a finding is part of.
func (v *View) storyOf(id string) (string, bool) {
	for i := range v.rows {
		if f := v.rows[i].finding; slices.ContainsFunc(f.Parts, func(p string) bool { return strings.HasPrefix(p, id) }) {
			return f.ID, true
		}
	}
	return "", false
}

// word is one condition on the list.
type word struct{ about, text string }

// readQuery reads what was typed: words, of which each must be found, and
// severity:WORD, which means severer ones too, state:WORD and tag:WORD.
func readQuery(s string) []word {
	var out []word
	for _, w := range strings.Fields(strings.ToLower(s)) {
		about, text, found := strings.Cut(w, ":")
		if !found || !slices.Contains([]string{"severity", "state", "tag"}, about) {
			about, text = "", w
		}
		out = append(out, word{about, text})
	}
	return out
}

// fits reports whether a finding has all that was typed.
func (v *View) fits(f *analyze.Finding, words []word) bool {
	state := v.found.State(f.ID)
	for _, w := range words {
		ok := false
		switch w.about {
		case "severity":
			i := slices.IndexFunc(analyze.Severities(), func(s string) bool { return strings.HasPrefix(s, w.text) })
			ok = i >= 0 && f.Severity >= analyze.SeverityInfo+analyze.Severity(i) //nolint:gosec // i is below the number of severities
		case "state":
			ok = strings.HasPrefix(state.State, w.text) || strings.HasPrefix(state.Verdict, w.text)
		case "tag":
			ok = slices.ContainsFunc(slices.Concat(f.Tags, state.Tags), func(t string) bool { return strings.Contains(strings.ToLower(t), w.text) })
		default:
			for _, s := range []string{f.ID, f.Severity.String(), state.State, f.Title, f.Subject, f.Actor, f.Detector} {
				ok = ok || strings.Contains(strings.ToLower(s), w.text)
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// maxQuery bounds what is typed to narrow the list, in bytes.
const maxQuery = 256

// typed takes a key while the list is narrowed.
func (v *View) typed(k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "enter":
		v.typing = false
		return nil
	case "esc":
		v.typing = false
		return v.narrow("")
	case "backspace":
		if r := []rune(v.query); len(r) > 0 {
			return v.narrow(string(r[:len(r)-1]))
		}
		v.typing = false
		return nil
	case "ctrl+u":
		return v.narrow("")
	}
	if m := &v.env.Keys.Move; k.Text == "" && (keys.Is(k, m.Up) || keys.Is(k, m.Down) || keys.Is(k, m.PageUp) || keys.Is(k, m.PageDown)) {
		v.order.Press(k, m)
		return v.moved()
	}
	return v.narrow(v.query + k.Text)
}

// narrow takes another query.
func (v *View) narrow(query string) tea.Cmd {
	if len(query) > maxQuery {
		return nil
	}
	v.query = query
	return v.fill()
}

// summary says what the list has, the severest first.
func (v *View) summary() string {
	c := &v.counts
	var parts []string
	all := analyze.Severities()
	slices.Reverse(all)
	for _, s := range all {
		if n := c.severity[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", list.Number(int64(n)), s))
		}
	}
	text := strings.Join(parts, ", ")
	if text == "" {
		text = "nothing to look at"
	}
	if c.parts > 0 && v.query == "" {
		text += fmt.Sprintf("; %d told by stories", c.parts)
	}
	var aside []string
	for _, x := range []struct {
		n    int
		what string
	}{{c.suppressed, "suppressed"}, {c.closed, "closed"}} {
		if x.n > 0 {
			aside = append(aside, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if len(aside) > 0 {
		key := v.env.Keys.Findings.All.Help().Key
		if v.all {
			text += "; with " + strings.Join(aside, ", ") + " (" + key + " hides them)"
		} else {
			text += "; not shown: " + strings.Join(aside, ", ") + " (" + key + " shows them)"
		}
	}
	if c.outside > 0 {
		text += fmt.Sprintf("; %s do not fit", list.Number(int64(c.outside)))
	}
	return text
}
