package timeline

import (
	"context"
	"errors"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// exported says how an export ended.
type exported struct {
	ticket int
	path   string
	events int64
	err    error
}

// askExport asks which events are to be written, and how.
func (v *View) askExport() tea.Cmd {
	sets := []struct {
		note      string
		selection data.Selection
	}{{"events that pass the filter: " + v.filtered(), data.Selection{Filter: v.filter}}}
	if len(v.marks) > 0 {
		marked := data.Selection{}
		for eid := range v.marks {
			marked.Events = append(marked.Events, eid)
		}
		sets = append(sets, struct {
			note      string
			selection data.Selection
		}{"marked events: " + strconv.Itoa(len(v.marks)), marked})
	}
	var options []part.Option
	var choices []data.Selection
	var formats []string
	for _, set := range sets {
		for _, format := range data.ExportFormats() {
			options = append(options, part.Option{Name: format, Note: set.note})
			choices, formats = append(choices, set.selection), append(formats, format)
		}
	}
	return part.Say(part.Choose{Title: "export", Options: options, Then: func(i int) tea.Cmd {
		return v.askPath(choices[i], formats[i])
	}})
}

// filtered says how many events pass the filter, with all events of calls.
func (v *View) filtered() string {
	if v.calls {
		return "all events of these calls"
	}
	return list.Number(int64(v.track.events()))
}

// askPath asks where the events are to go.
func (v *View) askPath(s data.Selection, format string) tea.Cmd {
	return part.Say(part.Ask{
		Label: "export to", Value: "timeline." + format, Hint: "a file that is not there yet; every column, as exhibit events writes it",
		Then: func(path string) tea.Cmd {
			if strings.TrimSpace(path) == "" {
				return nil
			}
			return part.Say(exportTo{s, format, path})
		},
	})
}

// exportTo asks for an export; it is a message so that the part knows of it.
type exportTo struct {
	selection    data.Selection
	format, path string
}

// export writes events to a file.
func (v *View) export(e exportTo) tea.Cmd {
	ctx := v.exporting.start(v.env.Context)
	source, ticket := v.env.Source, v.exporting.ticket
	return func() tea.Msg {
		n, err := source.Export(ctx, e.selection, e.format, e.path)
		return exported{ticket, e.path, n, err}
	}
}

// takeExported says how it ended.
func (v *View) takeExported(a exported) tea.Cmd {
	if a.ticket != v.exporting.ticket {
		return nil
	}
	v.exporting.stop()
	if errors.Is(a.err, context.Canceled) {
		return part.Say(part.Notice{Text: "nothing was written"})
	}
	if a.err != nil {
		return part.Fail(a.err)
	}
	return part.Say(part.Notice{Text: "wrote " + list.Number(a.events) + " events to " + a.path})
}
