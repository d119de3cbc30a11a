package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// press takes a key: first a dialog, then what works everywhere, then the part.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	m.notice = part.Notice{}
	g := &m.env.Keys.Global
	if keys.Is(k, g.Cancel) {
		return m.cancel()
	}
	if m.dialog != nil {
		return m.answered(m.dialog.press(k))
	}
	if m.current().Typing() && !m.leaves(k) {
		return m.current().Press(k)
	}
	if cmd, ok := m.global(k); ok {
		return cmd
	}
	return m.current().Press(k)
}

// leaves reports whether a key works everywhere, even where text is typed.
func (m *model) leaves(k tea.KeyPressMsg) bool {
	g := &m.env.Keys.Global
	return k.Text == "" && (keys.Is(k, g.Theme) || keys.Is(k, g.Reload) || keys.Is(k, g.Palette) || keys.Is(k, g.Help))
}

// global does what a key does in every view.
func (m *model) global(k tea.KeyPressMsg) (tea.Cmd, bool) {
	g := &m.env.Keys.Global
	for _, v := range []struct {
		key  keys.Binding
		name string
	}{
		{g.Timeline, part.Timeline},
		{g.Correlation, part.Correlation},
		{g.Conversation, part.Conversation},
		{g.Findings, part.Findings},
		{g.Subject, part.Subject},
		{g.SQL, part.SQL},
		{g.Raw, part.Raw},
	} {
		if keys.Is(k, v.key) {
			return m.open(part.Open{Part: v.name, Target: m.current().Target()}), true
		}
	}
	for _, a := range []struct {
		key keys.Binding
		do  func() tea.Cmd
	}{
		{g.Next, m.next},
		{g.Back, m.back},
		{g.Palette, m.palette},
		{g.Help, m.help},
		{g.Filter, m.filterMenu},
		{g.Unfilter, m.unfilter},
		{g.Command, m.showCommand},
		{g.Theme, m.nextTheme},
		{g.Reload, func() tea.Cmd { return m.watch(true) }},
		{g.Quit, func() tea.Cmd { return tea.Quit }},
	} {
		if keys.Is(k, a.key) {
			return a.do(), true
		}
	}
	return nil, false
}

// next shows the part behind this one, about the same thing.
func (m *model) next() tea.Cmd {
	return m.open(part.Open{Part: m.parts[(m.at+1)%len(m.parts)].Name(), Target: m.current().Target()})
}

// cancel closes a dialog, or stops what is going on, or quits.
func (m *model) cancel() tea.Cmd {
	if m.dialog != nil {
		m.dialog = nil
		m.resize()
		return nil
	}
	if s := m.current().State(); s.Busy != "" && s.Cancel != nil {
		s.Cancel()
		m.notice = part.Notice{Text: "stopped: " + s.Busy}
		return nil
	}
	return tea.Quit
}

// answered goes on after a dialog took a key.
func (m *model) answered(done bool, cmd tea.Cmd) tea.Cmd {
	if done {
		m.dialog = nil
		m.resize()
	}
	return cmd
}

// paste gives pasted text to what takes text.
func (m *model) paste(p tea.PasteMsg) tea.Cmd {
	if m.dialog != nil {
		return m.answered(m.dialog.paste(p.Content))
	}
	if m.current().Typing() {
		return m.current().Take(p)
	}
	return nil
}

// mouse gives the mouse to the tabs or to the part beneath it.
func (m *model) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	if _, ok := msg.(tea.MouseClickMsg); ok {
		m.notice = part.Notice{}
		if m.dialog != nil {
			m.dialog = nil
			m.resize()
			return nil
		}
		if at.Y == 0 {
			return m.clickTab(at.X)
		}
	}
	top := m.bodyTop()
	if m.dialog != nil || at.Y < top || at.Y >= top+m.bodyHeight() {
		return nil
	}
	return m.current().Mouse(moved(msg, -top))
}

// moved is the message as seen from so many lines further down.
func moved(msg tea.MouseMsg, by int) tea.MouseMsg {
	at := msg.Mouse()
	at.Y += by
	switch msg.(type) {
	case tea.MouseClickMsg:
		return tea.MouseClickMsg(at)
	case tea.MouseReleaseMsg:
		return tea.MouseReleaseMsg(at)
	case tea.MouseWheelMsg:
		return tea.MouseWheelMsg(at)
	default:
		return tea.MouseMotionMsg(at)
	}
}

// clickTab opens the part whose tab is at a column.
func (m *model) clickTab(x int) tea.Cmd {
	for _, t := range m.tabs() {
		if x >= t.from && x < t.to {
			return m.open(part.Open{Part: t.name, Target: m.current().Target()})
		}
	}
	return nil
}
