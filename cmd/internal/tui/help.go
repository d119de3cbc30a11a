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
// that works everywhere.
func (m *model) help() tea.Cmd {
	here, everywhere := m.working()
	lines := []string{m.env.Styles.Strong.Text("here")}
	lines = append(lines, helpLines(m.env.Styles, here)...)
	lines = append(lines, "", m.env.Styles.Strong.Text("everywhere"))
	lines = append(lines, helpLines(m.env.Styles, everywhere)...)
	m.dialog = &reading{env: m.env, title: "keys of " + m.current().Name(), lines: lines}
	return nil
}

func helpLines(s *style.Styles, list []keys.Binding) []string {
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = s.Fit(b.Help().Key, 12, s.Key) + b.Help().Desc
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
