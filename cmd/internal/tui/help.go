package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// working lists the bindings that do something now: those of the part, and those
// that work everywhere.
func (m *model) working() (here, everywhere []keys.Binding) {
	for _, b := range m.current().Keys() {
		if b.Enabled() {
			here = append(here, b)
		}
	}
	return here, m.env.Keys.Global.Bindings()
}

// help shows exactly the keys that work here. A part's own key comes before one
// that works everywhere. Where there is room, the two stand side by side.
func (m *model) help() tea.Cmd {
	s := m.env.Styles
	here, everywhere := m.working()
	left, right := helpLines(s, "here", here), helpLines(s, "everywhere", everywhere)
	lines := append(append(left, ""), right...)
	if width := widest(s, left); width+widest(s, right)+helpGap+8 <= m.width && !s.Plain {
		lines = beside(s, left, right, width+helpGap)
	}
	m.dialog = &reading{env: m.env, title: "keys of " + m.current().Name(), lines: lines}
	return nil
}

// helpGap is how many cells are between columns of help, helpKey how many a key
// takes.
const (
	helpGap = 3
	helpKey = 12
)

// helpLines lists bindings below a title.
func helpLines(s *style.Styles, title string, list []keys.Binding) []string {
	out := []string{s.Strong.Text(title)}
	for _, b := range list {
		out = append(out, s.Fit(b.Help().Key, helpKey, s.Key)+b.Help().Desc)
	}
	return out
}

func widest(s *style.Styles, lines []string) int {
	n := 0
	for _, l := range lines {
		n = max(n, s.Width(l))
	}
	return n
}

// beside sets two columns side by side, the second from a cell on.
func beside(s *style.Styles, left, right []string, from int) []string {
	out := make([]string, max(len(left), len(right)))
	for i := range out {
		if i < len(left) {
			out[i] = left[i]
		}
		if i < len(right) {
			out[i] = s.Pad(out[i], from) + right[i]
		}
	}
	return out
}

// palette offers everything that a key can do here, by its words.
func (m *model) palette() tea.Cmd {
	here, everywhere := m.working()
	all := append(here, everywhere...)
	options := make([]part.Option, len(all))
	for i, b := range all {
		options[i] = part.Option{Name: b.Help().Desc, Note: strings.TrimSpace(b.Help().Key)}
	}
	m.dialog = newChoosing(m.env, part.Choose{Title: "commands", Options: options, Then: func(i int) tea.Cmd {
		k, ok := keys.Press(all[i])
		if !ok {
			return nil
		}
		return part.Say(k)
	}})
	return nil
}
