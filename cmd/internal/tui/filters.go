package tui

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp/syntax"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// filterMenu offers what can be done with the filter.
func (m *model) filterMenu() tea.Cmd {
	options := []part.Option{
		{Name: "said", Note: "a text in what was said, in upper or lower case"},
		{Name: "fits", Note: "a regular expression (RE2) in what was said"},
		{Name: "time", Note: "FROM..TO"},
		{Name: "findings", Note: "events of findings of at least a severity"},
		{Name: "condition", Note: "any condition in SQL on the columns of events"},
		{Name: "save", Note: "keep this filter under a name"},
		{Name: "load", Note: "a filter that was kept"},
	}
	do := []func() tea.Cmd{m.askText, m.askRegex, m.askTime, m.askSeverity, m.askWhere, m.askSave, m.loadFilters}
	for i := range m.filter.Conditions {
		options = append(options, part.Option{Name: "without " + m.filter.Conditions[i].Chip(), Note: "take it away"})
		do = append(do, func() tea.Cmd { return m.setFilter(m.filter.Without(i)) })
	}
	if !m.filter.Empty() {
		options = append(options, part.Option{Name: "nothing", Note: "take the whole filter away"})
		do = append(do, func() tea.Cmd { return m.setFilter(filter.Filter{}) })
	}
	return part.Say(part.Choose{Title: "filter", Options: options, Then: func(i int) tea.Cmd { return do[i]() }})
}

// asked asks for the text of a condition.
func asked(label, hint string, check func(string) error, of func(string) filter.Condition) tea.Cmd {
	return part.Say(part.Ask{Label: label, Hint: hint, Check: check, Then: func(line string) tea.Cmd {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		return part.Say(part.AddFilter{Condition: of(line)})
	}})
}

func (m *model) askText() tea.Cmd {
	return asked("said", "a text of messages, tool calls, documents or errors", nil, func(s string) filter.Condition {
		return filter.Condition{Kind: filter.Text, Text: s}
	})
}

func (m *model) askRegex() tea.Cmd {
	check := func(s string) error {
		_, err := syntax.Parse(s, syntax.Perl)
		return err
	}
	return asked("fits", "a regular expression in RE2 syntax", check, func(s string) filter.Condition {
		return filter.Condition{Kind: filter.Regex, Text: s}
	})
}

func (m *model) askTime() tea.Cmd {
	check := func(s string) error {
		_, err := filter.ParseTime(s)
		return err
	}
	return asked("time", "FROM..TO in UTC, such as 2026-03-04T10:00..2026-03-04T12:30; either end may be open", check, func(s string) filter.Condition {
		c, _ := filter.ParseTime(s) // it was checked
		return c
	})
}

func (m *model) askSeverity() tea.Cmd {
	var options []part.Option
	for _, s := range analyze.Severities() {
		options = append(options, part.Option{Name: s, Note: "and severer"})
	}
	return part.Say(part.Choose{Title: "events of findings", Options: options, Then: func(i int) tea.Cmd {
		return part.Say(part.AddFilter{Condition: filter.Condition{Kind: filter.Severity, Text: options[i].Name}})
	}})
}

func (m *model) askWhere() tea.Cmd {
	return asked("condition", "SQL on the columns of events, such as input_tokens > 1000 and outcome = 'denied'", nil, func(s string) filter.Condition {
		return filter.Condition{Kind: filter.Where, Text: s}
	})
}

// unfilter takes the last condition away.
func (m *model) unfilter() tea.Cmd {
	if m.filter.Empty() {
		return part.Say(part.Notice{Text: "there is no filter"})
	}
	return m.setFilter(m.filter.Without(len(m.filter.Conditions) - 1))
}

// showCommand shows the filter as a command line, and copies it.
func (m *model) showCommand() tea.Cmd {
	command := m.filter.Command(m.env.Source.Info().Dir)
	s := m.env.Styles
	var lines []string
	text := s.Screen.Text(command)
	for _, l := range text.Lines(0, m.height, max(20, m.width-12)) {
		lines = append(lines, s.Line(l, style.Paint{}))
	}
	lines = append(lines, "", s.Dim.Text("it is on the clipboard of your terminal too"))
	m.dialog = &reading{env: m.env, title: "the same events from the command line", lines: lines}
	return part.Say(part.Copy{Text: command, What: "the command line"})
}

// filtersMsg brings the saved filters.
type filtersMsg map[string]filter.Filter

// maxFilters bounds the file of saved filters, in bytes.
const maxFilters = 1 << 20

// readFilters reads the file of saved filters; there need not be one.
func readFilters(path string) (map[string]filter.Filter, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]filter.Filter{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the saved filters: %w", err)
	}
	defer f.Close()
	saved := map[string]filter.Filter{}
	if err := json.NewDecoder(io.LimitReader(f, maxFilters)).Decode(&saved); err != nil {
		return nil, fmt.Errorf("reading the saved filters in %s: %w; mend or remove the file", path, err)
	}
	return saved, nil
}

// writeFilters replaces the file of saved filters.
func writeFilters(path string, saved map[string]filter.Filter) error {
	data, err := json.MarshalIndent(saved, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err == nil {
		err = os.WriteFile(path+".new", append(data, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("saving the filter: %w", err)
	}
	return nil
}

func (m *model) askSave() tea.Cmd {
	path, f := m.o.Filters, m.filter
	switch {
	case path == "":
		return part.Say(part.Notice{Level: part.Warning, Text: "there is no folder to save filters in"})
	case f.Empty():
		return part.Say(part.Notice{Text: "there is no filter to save"})
	}
	return part.Say(part.Ask{Label: "save as", Then: func(name string) tea.Cmd {
		if strings.TrimSpace(name) == "" {
			return nil
		}
		return func() tea.Msg {
			saved, err := readFilters(path)
			if err == nil {
				saved[name] = f
				err = writeFilters(path, saved)
			}
			if err != nil {
				return part.Notice{Level: part.Failure, Text: err.Error()}
			}
			return part.Notice{Text: "saved as " + name}
		}
	}})
}

func (m *model) loadFilters() tea.Cmd {
	path := m.o.Filters
	return func() tea.Msg {
		if path == "" {
			return part.Notice{Level: part.Warning, Text: "there is no folder to save filters in"}
		}
		saved, err := readFilters(path)
		if err != nil {
			return part.Notice{Level: part.Failure, Text: err.Error()}
		}
		return filtersMsg(saved)
	}
}

// chooseFilter offers the saved filters.
func (m *model) chooseFilter(saved filtersMsg) tea.Cmd {
	if len(saved) == 0 {
		return part.Say(part.Notice{Text: "no filter was saved yet"})
	}
	names := slices.Sorted(maps.Keys(saved))
	options := make([]part.Option, len(names))
	for i, name := range names {
		options[i] = part.Option{Name: name, Note: strings.Join(chipsOf(saved[name]), "  ")}
	}
	return part.Say(part.Choose{Title: "saved filters", Options: options, Then: func(i int) tea.Cmd {
		return func() tea.Msg { return useFilterMsg{saved[names[i]]} }
	}})
}

// useFilterMsg replaces the filter.
type useFilterMsg struct{ filter filter.Filter }

func chipsOf(f filter.Filter) []string {
	var out []string
	for i := range f.Conditions {
		out = append(out, f.Conditions[i].Chip())
	}
	return out
}
