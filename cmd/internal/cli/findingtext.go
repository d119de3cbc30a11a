package cli

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// What explains a finding is a table for programs. For people, who read it in a
// narrow terminal, no part of it that they need is cut: it becomes lists.

// inWords turns the tables that explain a finding into what people read.
func inWords(messages []render.Message, found *analyze.Finding) []render.Message {
	var out []render.Message
	for _, m := range messages {
		t, ok := m.(render.Table)
		if !ok {
			if f, is := m.(render.Fields); !is || f.Name != "meaning" || found.Parts == nil { // the parts say it too
				out = append(out, m)
			}
			continue
		}
		if len(t.Rows) == 0 {
			continue
		}
		switch t.Name {
		case "facts":
			out = append(out, listFacts(t))
		case "parts", "stories":
			out = append(out, listParts(t))
		case "events":
			out = append(out, shareColumns(t)...)
		case "runbook":
			out = append(out, listRunbook(t))
		default:
			out = append(out, t)
		}
	}
	return out
}

// listFacts gives each fact a line, or as many as it needs.
func listFacts(t render.Table) render.Fields {
	out := render.Fields{Name: t.Name, Title: t.Title}
	for _, row := range t.Rows {
		out.Items = append(out.Items, longField(fmt.Sprint(row[0]), fmt.Sprint(row[1])))
	}
	return out
}

func longField(name, text string) render.Field {
	return render.Field{Column: render.Column{Name: name, Kind: render.KindLong}, Value: text}
}

// listParts names each finding in full; its state, where somebody gave it one.
func listParts(t render.Table) render.Fields {
	out := render.Fields{Name: t.Name, Title: t.Title}
	for _, row := range t.Rows {
		first := ""
		if at, ok := row[3].(render.Stamp); ok {
			first = at.Format(nil) + " "
		}
		state := ""
		if row[2] != casefile.StateOpen {
			state = fmt.Sprintf(", %s", row[2])
		}
		out.Items = append(out.Items, longField(fmt.Sprint(row[0]), fmt.Sprintf("%s%s%s: %s", first, row[1], state, row[4])))
	}
	return out
}

// shareColumns leaves out the columns without values, and says once what is the
// same of all rows.
func shareColumns(t render.Table) []render.Message {
	same := render.Fields{Name: "same", Title: "The same of all " + strings.ToLower(t.Title) + " shown"}
	kept := render.Table{Name: t.Name, Title: t.Title, Rows: make([][]any, len(t.Rows))}
	for i, c := range t.Columns {
		value := t.Rows[0][i]
		differs := slices.ContainsFunc(t.Rows, func(row []any) bool { return !reflect.DeepEqual(row[i], value) })
		switch {
		case differs || i < 2 || len(t.Rows) == 1 && value != nil: // ids and times always
			kept.Columns = append(kept.Columns, c)
			for k, row := range t.Rows {
				kept.Rows[k] = append(kept.Rows[k], row[i])
			}
		case value != nil:
			same.Items = append(same.Items, longField(c.Name, fmt.Sprint(value)))
		}
	}
	if len(same.Items) == 0 {
		return []render.Message{kept}
	}
	return []render.Message{same, kept}
}

// listRunbook writes the steps in full, each once.
func listRunbook(t render.Table) render.Fields {
	out := render.Fields{Name: t.Name, Title: t.Title}
	seen := map[string]bool{}
	for _, row := range t.Rows {
		step, what := fmt.Sprint(row[0]), fmt.Sprint(row[1])
		if seen[step+"\n"+what] { // of several rules
			continue
		}
		seen[step+"\n"+what] = true
		if last := len(out.Items) - 1; last >= 0 && out.Items[last].Name == step {
			out.Items[last].Value = fmt.Sprintf("%s\n- %s", out.Items[last].Value, what)
			continue
		}
		out.Items = append(out.Items, longField(step, "- "+what))
	}
	return out
}
