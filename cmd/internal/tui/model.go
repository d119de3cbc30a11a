package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// model is the root model: the only one that Bubble Tea knows.
type model struct {
	env    *part.Env
	o      *Options
	parts  []part.Part
	at     int
	past   []place // where esc leads back to
	filter filter.Filter

	width, height int
	dark          bool // the terminal's background, as far as it is known
	dialog        dialog
	notice        part.Notice
	ticking       bool // a tick is on its way
	spin          int
	reloading     bool
}

// place is a part and what it was about.
type place struct {
	at     int
	target part.Target
}

// maxPast bounds the history.
const maxPast = 100

// tickEvery is how often work in progress is drawn, watchEvery how often it is
// looked whether another process has changed the case.
const (
	tickEvery  = 100 * time.Millisecond
	watchEvery = time.Second
)

type (
	tickMsg     struct{}
	watchMsg    struct{ changed bool }
	reloadedMsg struct{ err error }
)

func newModel(ctx context.Context, o *Options) *model {
	theme := o.Theme
	if theme == "" {
		theme = style.Dark
	}
	env := &part.Env{Context: ctx, Source: o.Source, Styles: style.New(theme, o.Plain), Keys: keys.New(), Zone: o.Zone, Now: o.Now, History: o.History}
	return &model{env: env, o: o, parts: newParts(env), width: 80, height: 24, dark: true}
}

// Init implements [tea.Model].
func (m *model) Init() tea.Cmd {
	m.resize()
	first := m.open(m.o.Open)
	if first == nil {
		first = m.current().Show(part.Target{})
	}
	cmds := []tea.Cmd{first, m.watch(false)}
	if m.o.Theme == "" {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return m.ticked(tea.Batch(cmds...))
}

func (m *model) current() part.Part { return m.parts[m.at] }

// Update implements [tea.Model]. It does no work that could take time.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) { return m, m.ticked(m.update(msg)) }

func (m *model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.resize()
		return m.tell(part.Resized{})
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		if m.o.Theme == "" && (m.env.Styles.Theme == style.Dark || m.env.Styles.Theme == style.Light) {
			m.setTheme(map[bool]string{true: style.Dark, false: style.Light}[m.dark])
		}
		return nil
	case tea.ColorProfileMsg:
		m.fitProfile(msg.Profile)
		return nil
	case tea.ModeReportMsg:
		m.countGraphemes(msg)
		return nil
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.MouseMsg:
		return m.mouse(msg)
	case tickMsg:
		m.ticking = false
		m.spin++
		return nil
	case watchMsg:
		return m.watched(msg.changed)
	case reloadedMsg:
		return m.reloaded(msg.err)
	}
	return m.request(msg)
}

// request does what a part asks for; what is no request is an answer, which goes
// to all parts.
func (m *model) request(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case part.Open:
		return m.open(msg)
	case part.AddFilter:
		return m.setFilter(m.filter.With(msg.Condition))
	case part.Notice:
		m.notice = msg
		return nil
	case part.Copy:
		return m.copy(msg)
	case part.Ask:
		m.dialog = newAsking(m.env, msg)
		m.resize()
		return nil
	case part.Choose:
		m.dialog = newChoosing(m.env, msg)
		return nil
	case filtersMsg:
		return m.chooseFilter(msg)
	case useFilterMsg:
		return m.setFilter(msg.filter)
	}
	return m.tell(msg)
}

// tell gives a message to all parts.
func (m *model) tell(msg tea.Msg) tea.Cmd {
	cmds := make([]tea.Cmd, len(m.parts))
	for i, p := range m.parts {
		cmds[i] = p.Take(msg)
	}
	return tea.Batch(cmds...)
}

// open shows a part about a target, and remembers where the person was. It is
// nil for a part that there is not.
func (m *model) open(o part.Open) tea.Cmd {
	at := slices.IndexFunc(m.parts, func(p part.Part) bool { return p.Name() == o.Part })
	if at < 0 {
		return nil
	}
	m.past = append(m.past, place{m.at, m.current().Target()})
	if len(m.past) > maxPast {
		m.past = slices.Delete(m.past, 0, 1)
	}
	return m.show(at, o.Target)
}

func (m *model) show(at int, t part.Target) tea.Cmd {
	m.at = at
	m.resize()
	return m.current().Show(t)
}

// back shows what was seen before.
func (m *model) back() tea.Cmd {
	if len(m.past) == 0 {
		return part.Say(part.Notice{Text: "this is where you began; " + m.env.Keys.Global.Quit.Help().Key + " quits"})
	}
	p := m.past[len(m.past)-1]
	m.past = m.past[:len(m.past)-1]
	return m.show(p.at, p.target)
}

// setFilter makes another filter hold for all parts.
func (m *model) setFilter(f filter.Filter) tea.Cmd {
	if m.filter.Equal(f) {
		return nil
	}
	m.filter = f
	m.resize()
	return m.tell(part.Filtered{Filter: f})
}

// copy puts a text on the clipboard of the terminal. How much a terminal takes
// differs; xterm stops at about 100 kB, so that more is said to be too much
// instead of being lost.
func (m *model) copy(c part.Copy) tea.Cmd {
	const most = 74_994 // bytes; base64 makes 100,000 of them
	if len(c.Text) > most {
		return part.Say(part.Notice{Level: part.Warning, Text: c.What + " is too long for a clipboard: export it to a file"})
	}
	m.notice = part.Notice{Text: "copied " + c.What}
	return tea.SetClipboard(c.Text)
}

// fitProfile takes a theme that the terminal can show.
func (m *model) fitProfile(p colorprofile.Profile) {
	if m.o.Theme != "" {
		return
	}
	switch {
	case p <= colorprofile.ASCII:
		m.setTheme(style.None)
	case p == colorprofile.ANSI:
		m.setTheme(style.Sixteen)
	}
}

// countGraphemes counts cells as Bubble Tea's renderer does from now on: it asks
// the terminal whether it knows mode 2027, and switches it on where it does.
func (m *model) countGraphemes(msg tea.ModeReportMsg) {
	if msg.Mode == ansi.ModeUnicodeCore && (msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet || msg.Value == ansi.ModePermanentlySet) {
		m.env.Styles.Screen.Graphemes = true
	}
}

// setTheme changes the looks for all parts.
func (m *model) setTheme(name string) {
	s := style.New(name, m.o.Plain)
	s.Screen.Graphemes = m.env.Styles.Screen.Graphemes
	*m.env.Styles = *s
}

// nextTheme goes through the themes.
func (m *model) nextTheme() tea.Cmd {
	all := style.Themes()
	name := all[(slices.Index(all, m.env.Styles.Theme)+1)%len(all)]
	m.o.Theme = name // chosen by hand
	m.setTheme(name)
	m.notice = part.Notice{Text: "theme " + name}
	return nil
}

// ticked adds a tick to a command while something goes on, so that its progress
// is drawn.
func (m *model) ticked(cmd tea.Cmd) tea.Cmd {
	if m.ticking || m.state().Busy == "" {
		return cmd
	}
	m.ticking = true
	return tea.Batch(cmd, tea.Tick(tickEvery, func(time.Time) tea.Msg { return tickMsg{} }))
}

// state is that of the part that is seen, and of what the root model does.
func (m *model) state() part.State {
	s := m.current().State()
	if m.reloading && s.Busy == "" {
		s.Busy = "opening the case anew"
	}
	return s
}

// watch looks after a while, or now, whether another process has changed the
// case.
func (m *model) watch(now bool) tea.Cmd {
	source := m.env.Source
	if now {
		return func() tea.Msg { return watchMsg{true} }
	}
	return tea.Tick(watchEvery, func(time.Time) tea.Msg { return watchMsg{source.Changed()} })
}

func (m *model) watched(changed bool) tea.Cmd {
	if !changed || m.reloading {
		return m.watch(false)
	}
	m.reloading = true
	source, ctx := m.env.Source, m.env.Context
	return func() tea.Msg { return reloadedMsg{source.Reload(ctx)} }
}

func (m *model) reloaded(err error) tea.Cmd {
	m.reloading = false
	if err != nil {
		m.notice = part.Notice{Level: part.Failure, Text: err.Error()}
		return m.watch(false)
	}
	m.notice = part.Notice{Text: "the case has changed: head " + m.env.Source.Info().Head}
	return tea.Batch(m.tell(part.Reloaded{}), m.watch(false))
}
