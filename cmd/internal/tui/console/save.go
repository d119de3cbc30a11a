package console

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// save asks how and where all rows of the query are to be saved.
func (v *View) save() tea.Cmd {
	var options []part.Option
	for _, f := range data.ExportFormats() {
		options = append(options, part.Option{Name: f, Note: aboutFormat(f)})
	}
	return part.Say(part.Choose{Title: "save all rows as", Options: options, Then: func(i int) tea.Cmd {
		format := options[i].Name
		return part.Say(part.Ask{
			Label: "file", Value: "rows." + format, Hint: "it must not exist; it appears when it is complete",
			Then: func(path string) tea.Cmd {
				if path = strings.TrimSpace(path); path == "" {
					return nil
				}
				return v.saveTo(format, filepath.Clean(path))
			},
		})
	}})
}

func aboutFormat(format string) string {
	switch format {
	case render.FormatCSV:
		return "for spreadsheets; formulas are guarded against"
	case render.FormatJSONL:
		return "a line for each row"
	case render.FormatJSON:
		return "one object with all rows"
	}
	return "for DuckDB, pandas and their like; with types"
}

// saveTo runs the query again and writes all of its rows.
func (v *View) saveTo(format, path string) tea.Cmd {
	ctx, ticket := v.begin("saving the rows")
	source, query := v.env.Source, v.query
	return func() tea.Msg {
		n, err := source.SaveQuery(ctx, query, format, path)
		m := savedMsg{ticket: ticket, notice: part.Notice{Text: "saved " + list.Number(n) + " rows to " + path}}
		switch {
		case errors.Is(err, context.Canceled):
			m.notice = part.Notice{Text: "stopped: nothing was saved"}
		case err != nil:
			m.notice = part.Notice{Level: part.Failure, Text: firstLine(err.Error())}
		}
		return m
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// copyRows copies rows as CSV with the names of the columns, which guards against
// formulas.
func (v *View) copyRows(from, to int, what string) tea.Cmd {
	table := render.Table{Name: "rows", Columns: v.grid.result.Columns, Rows: v.grid.result.Rows[from:to]}
	return func() tea.Msg {
		var b bytes.Buffer
		r, err := render.New(&b, render.FormatCSV, render.Options{Aside: io.Discard})
		if err == nil {
			err = errors.Join(r.Write(render.Config{}), r.Write(table))
			err = errors.Join(err, r.Close())
		}
		if err != nil {
			return part.Notice{Level: part.Failure, Text: err.Error()}
		}
		return part.Copy{Text: b.String(), What: what + " as CSV"}
	}
}
