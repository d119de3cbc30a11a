// Package keys is the one map of keys of the explorer. What a key does is
// written here once: views match against it, and help, the line of hints and
// the command palette are made from it.
package keys

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// Binding is keys and what they do, in words.
type Binding = key.Binding

// Map holds the bindings of all views. Each view has its own file.
type Map struct {
	Global Global
	Move   Move

	Timeline     Timeline
	Correlation  Correlation
	Conversation Conversation
	Findings     Findings
	Subject      Subject
	SQL          SQL
	Raw          Raw
}

// New returns the keys of the explorer.
func New() *Map {
	return &Map{
		Global: global(), Move: move(),
		Timeline: timeline(), Correlation: correlation(), Conversation: conversation(), Findings: findings(), Subject: subject(), SQL: sql(), Raw: raw(),
	}
}

// bind makes a binding: keys with blanks between, how help writes them, and
// what they do.
func bind(names, shown, does string) Binding {
	return key.NewBinding(key.WithKeys(strings.Fields(names)...), key.WithHelp(shown, does))
}

// Is reports whether a key is one of a binding.
func Is(k tea.KeyPressMsg, b Binding) bool { return key.Matches(k, b) }

// Global are the keys that work in every view.
type Global struct {
	Timeline, Correlation, Conversation, Findings, Subject, SQL, Raw Binding

	Next, Back, Palette, Help, Filter, Unfilter, Command, Copy, Cancel, Theme, Reload, Quit Binding
}

func global() Global {
	return Global{
		Timeline:     bind("1", "1", "timeline"),
		Correlation:  bind("2", "2", "correlation of the event"),
		Conversation: bind("3", "3", "conversation of the event"),
		Findings:     bind("4", "4", "findings"),
		Subject:      bind("5", "5", "subject"),
		SQL:          bind("6", "6", "SQL console"),
		Raw:          bind("7", "7", "raw record of the event"),
		Next:         bind("tab", "tab", "next view"),
		Back:         bind("esc backspace", "esc", "back"),
		Palette:      bind(": ctrl+p", ":", "command palette"),
		Help:         bind("? f1", "?", "keys that work here"),
		Filter:       bind("f", "f", "filter: add, take away, save, load"),
		Unfilter:     bind("F", "F", "take the last filter away"),
		Command:      bind("w", "w", "show the filter as a command line"),
		Copy:         bind("y", "y", "copy"),
		Cancel:       bind("ctrl+c", "ctrl+c", "stop what is going on, or quit"),
		Theme:        bind("ctrl+t", "ctrl+t", "next theme"),
		Reload:       bind("ctrl+r", "ctrl+r", "open the case anew"),
		Quit:         bind("q", "q", "quit"),
	}
}

// Bindings lists them in the order of help.
func (g *Global) Bindings() []Binding {
	return []Binding{
		g.Timeline, g.Correlation, g.Conversation, g.Findings, g.Subject, g.SQL, g.Raw, g.Next, g.Back,
		g.Filter, g.Unfilter, g.Command, g.Copy, g.Palette, g.Help, g.Theme, g.Reload, g.Cancel, g.Quit,
	}
}

// Move are the keys of everything that has a cursor.
type Move struct {
	Up, Down, PageUp, PageDown, First, Last, Left, Right, Enter Binding
}

func move() Move {
	return Move{
		Up:       bind("up k", "↑/k", "up"),
		Down:     bind("down j", "↓/j", "down"),
		PageUp:   bind("pgup ctrl+b", "pgup", "page up"),
		PageDown: bind("pgdown ctrl+f space", "pgdn", "page down"),
		First:    bind("home g", "home/g", "to the first"),
		Last:     bind("end G", "end/G", "to the last"),
		Left:     bind("left h", "←/h", "left"),
		Right:    bind("right l", "→/l", "right"),
		Enter:    bind("enter", "enter", "open"),
	}
}

// Rows lists the keys that move through rows.
func (m *Move) Rows() []Binding {
	return []Binding{m.Up, m.Down, m.PageUp, m.PageDown, m.First, m.Last}
}

// Step returns where the cursor goes by a key that moves through rows: by so
// many from the present one, and whether it is such a key. All is many enough
// to reach the end of anything.
func (m *Move) Step(k tea.KeyPressMsg, page, all int) (by int, ok bool) {
	page = max(1, page)
	for _, s := range []struct {
		b  Binding
		by int
	}{{m.Up, -1}, {m.Down, 1}, {m.PageUp, -page}, {m.PageDown, page}, {m.First, -all}, {m.Last, all}} {
		if Is(k, s.b) {
			return s.by, true
		}
	}
	return 0, false
}

// Press returns the key of a binding as if it was pressed, so that the palette
// can do what the key does.
func Press(b Binding) (tea.KeyPressMsg, bool) {
	if len(b.Keys()) == 0 {
		return tea.KeyPressMsg{}, false
	}
	return Parse(b.Keys()[0])
}

// Parse turns the name of a key, as [tea.KeyPressMsg] writes it, back into one.
func Parse(name string) (tea.KeyPressMsg, bool) {
	var k tea.KeyPressMsg
	for _, m := range []struct {
		name string
		mod  tea.KeyMod
	}{{"ctrl+", tea.ModCtrl}, {"alt+", tea.ModAlt}, {"shift+", tea.ModShift}} {
		if rest, ok := strings.CutPrefix(name, m.name); ok {
			name, k.Mod = rest, k.Mod|m.mod
		}
	}
	if code, ok := named(name); ok {
		k.Code = code
		return k, true
	}
	r, size := utf8.DecodeRuneInString(name)
	if size == 0 || size != len(name) {
		return tea.KeyPressMsg{}, false
	}
	k.Code = r
	if k.Mod == 0 {
		k.Text = name
	}
	return k, true
}

// named returns the code of a key that writes no letter.
func named(name string) (rune, bool) {
	switch name {
	case "up":
		return tea.KeyUp, true
	case "down":
		return tea.KeyDown, true
	case "left":
		return tea.KeyLeft, true
	case "right":
		return tea.KeyRight, true
	case "pgup":
		return tea.KeyPgUp, true
	case "pgdown":
		return tea.KeyPgDown, true
	case "home":
		return tea.KeyHome, true
	case "end":
		return tea.KeyEnd, true
	case "enter":
		return tea.KeyEnter, true
	case "esc":
		return tea.KeyEscape, true
	case "tab":
		return tea.KeyTab, true
	case "backspace":
		return tea.KeyBackspace, true
	case "delete":
		return tea.KeyDelete, true
	case "space":
		return tea.KeySpace, true
	case "f1":
		return tea.KeyF1, true
	}
	return 0, false
}
