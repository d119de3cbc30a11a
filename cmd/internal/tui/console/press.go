package console

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/pager"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	defer v.lay()
	if keys.Is(k, v.env.Keys.SQL.FromFilter) {
		return v.fromFilter()
	}
	if v.typing {
		return v.pressQuery(k)
	}
	return v.pressRows(k)
}

// pressQuery takes a key while the query is typed.
func (v *View) pressQuery(k tea.KeyPressMsg) tea.Cmd {
	b := &v.env.Keys.SQL
	switch {
	case keys.Is(k, b.Complete):
		v.complete(1)
		return tea.Batch(v.askSurface(), v.askMade())
	case keys.Is(k, b.CompleteBack):
		v.complete(-1)
		return tea.Batch(v.askSurface(), v.askMade())
	}
	open := v.offers
	v.offers = nil
	switch {
	case keys.Is(k, b.Leave):
		if open != nil {
			v.editor.replace(open.from, open.typed)
			return nil
		}
		v.typing = false
	case keys.Is(k, b.Run):
		if open != nil && open.chosen >= 0 {
			return nil // it is in the query already
		}
		return v.run()
	case keys.Is(k, b.NewLine):
		v.editor.insert("\n")
	case keys.Is(k, b.Older):
		v.older(-1)
	case keys.Is(k, b.Newer):
		v.older(1)
	case k.String() == "up":
		if !v.editor.vertical(-1) {
			v.older(-1)
		}
	case k.String() == "down":
		if !v.editor.vertical(1) {
			v.older(1)
		}
	default:
		v.editor.press(k.String(), k.Text)
	}
	return nil
}

// older shows another query of the history.
func (v *View) older(by int) {
	if query, ok := v.past.step(by, v.editor.value); ok {
		v.editor.set(query)
	}
}

// complete goes to the next or the last thing that the word before the cursor
// could become. The first time it types what all of these begin with.
func (v *View) complete(by int) {
	if v.offers == nil || len(v.offers.offers) == 0 {
		c := complete(v.surface, v.editor.value, v.editor.at)
		v.offers = &c
		if s := c.shared(); len(s) > len(c.typed) {
			v.editor.replace(c.from, s)
		}
		if len(c.offers) == 1 {
			v.offers = nil
		}
		return
	}
	n := len(v.offers.offers)
	switch {
	case v.offers.chosen < 0 && by < 0:
		v.offers.chosen = n - 1
	default:
		v.offers.chosen = (v.offers.chosen + by + n) % n
	}
	v.editor.replace(v.offers.from, v.offers.offers[v.offers.chosen].text)
}

// fromFilter makes the filter of events the query.
func (v *View) fromFilter() tea.Cmd {
	v.offers, v.value, v.typing = nil, nil, true
	v.editor.set(v.filter.Select())
	return nil
}

// pressRows takes a key on the rows.
func (v *View) pressRows(k tea.KeyPressMsg) tea.Cmd {
	b := &v.env.Keys.SQL
	if keys.Is(k, b.Edit) {
		v.typing, v.value = true, nil
		return nil
	}
	if v.grid.empty() {
		return nil
	}
	if v.value != nil {
		return v.pressValue(k)
	}
	move := &v.env.Keys.Move
	switch {
	case keys.Is(k, b.Open):
		return v.openEvent()
	case keys.Is(k, b.Value):
		return v.showValue()
	case keys.Is(k, b.Equal):
		return v.filterValue()
	case keys.Is(k, b.Save):
		return v.save()
	case keys.Is(k, v.env.Keys.Global.Copy):
		text, _ := whole(v.grid.value(), v.env.Zone)
		return part.Say(part.Copy{Text: text, What: "the value of " + v.grid.result.Columns[v.grid.column].Name})
	case keys.Is(k, b.CopyRow):
		return v.copyRows(v.grid.rows.Cursor(), v.grid.rows.Cursor()+1, "the row")
	case keys.Is(k, b.CopyAll):
		return v.copyRows(0, len(v.grid.result.Rows), "the rows")
	case keys.Is(k, b.FirstColumn):
		v.grid.toColumn(0)
	case keys.Is(k, b.LastColumn):
		v.grid.toColumn(len(v.grid.widths) - 1)
	case keys.Is(k, move.Left):
		v.grid.toColumn(v.grid.column - 1)
	case keys.Is(k, move.Right):
		v.grid.toColumn(v.grid.column + 1)
	default:
		v.grid.rows.Press(k, move)
	}
	return nil
}

// pressValue takes a key while a whole value is shown.
func (v *View) pressValue(k tea.KeyPressMsg) tea.Cmd {
	if keys.Is(k, v.env.Keys.SQL.Value) {
		v.value = nil
		return nil
	}
	if keys.Is(k, v.env.Keys.Global.Copy) {
		text, _ := whole(v.grid.value(), v.env.Zone)
		return part.Say(part.Copy{Text: text, What: "the value"})
	}
	cmd, _ := v.value.Press(k, &v.env.Keys.Move)
	return cmd
}

// valueMsg brings a value that is laid out.
type valueMsg struct {
	ticket int
	value  *pager.Pager
}

// showValue shows the chosen value, JSON with a line for each member.
func (v *View) showValue() tea.Cmd {
	v.tickets++
	ticket, val, zone, s := v.tickets, v.grid.value(), v.env.Zone, v.env.Styles
	screen := s.Screen
	return func() tea.Msg {
		text, isNull := whole(val, zone)
		if isNull {
			text = "NULL: there is no value"
		}
		if raw, ok := val.(json.RawMessage); ok {
			if t, ok := screen.JSON(raw); ok {
				return valueMsg{ticket, pager.OfText(s, t)}
			}
		}
		return valueMsg{ticket, pager.OfText(s, screen.Text(text))}
	}
}

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	defer v.lay()
	at := msg.Mouse()
	_, click := msg.(tea.MouseClickMsg)
	top := v.editorLines() + 2 // below the line that counts and the names
	switch {
	case at.Y < v.editorLines():
		if click {
			v.typing, v.value, v.offers = true, nil, nil
			v.editor.to(v.editor.top+at.Y, at.X-gutter)
		}
	case v.value != nil:
		return v.value.Mouse(msg, at.Y-top+1)
	case !v.grid.empty():
		if click {
			v.typing, v.offers = false, nil
			if c := v.grid.at(at.X, v.width); c >= 0 {
				v.grid.toColumn(c)
			}
		}
		if v.grid.rows.Mouse(msg, at.Y-top) {
			return v.showValue()
		}
	}
	return nil
}
