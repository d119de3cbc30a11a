package conversation

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// step goes to the next or previous match from where the cursor is, and from the
// end to the beginning.
func (v *View) step(by int) tea.Cmd {
	all := v.matches()
	if len(all) == 0 {
		return v.nothingFound()
	}
	to := 0
	if v.onMatch() {
		to = v.current + by
	} else {
		to = v.nearest(all, by)
	}
	wrapped := to < 0 || to >= len(all)
	cmd := v.jump(all, (to+len(all))%len(all))
	if wrapped {
		return tea.Batch(cmd, part.Say(part.Notice{Text: "went on from the other end"}))
	}
	return cmd
}

// onMatch reports whether the cursor is still where a match was gone to.
func (v *View) onMatch() bool {
	all := v.matches()
	if v.current < 0 || v.current >= len(all) {
		return false
	}
	row, ok := v.rowOf(place{all[v.current].piece, all[v.current].start})
	return v.goal != nil || ok && row == v.lines.Cursor()
}

// nearest is the first match behind the cursor, or the last before it.
func (v *View) nearest(all []match, by int) int {
	at := v.here()
	behind := len(all)
	for i := range all {
		if all[i].piece > at.piece || all[i].piece == at.piece && all[i].start >= at.offset {
			behind = i
			break
		}
	}
	if by > 0 {
		return behind
	}
	return behind - 1
}

// jump goes to a match.
func (v *View) jump(all []match, i int) tea.Cmd {
	m := &all[i]
	if m.piece >= len(v.pieces) {
		return nil
	}
	v.current, v.goal = i, &place{m.piece, m.start}
	if p := v.pieces[m.piece]; p.fold == folded {
		p.fold = short
		v.lay()
	}
	v.reach()
	return v.grown()
}

// nothingFound says that there is no match, or that they are looked for.
func (v *View) nothingFound() tea.Cmd {
	if v.search == "" && v.scanning.on() {
		return part.Say(part.Notice{Text: "still looking for what detectors match"})
	}
	return part.Say(part.Notice{Text: "nothing was found here"})
}

// maxListed bounds the list of matches.
const maxListed = 1000

// chooseMatch lists the matches, to go to one.
func (v *View) chooseMatch() tea.Cmd {
	all, ticket := v.matches(), v.ticket
	if len(all) == 0 {
		return v.nothingFound()
	}
	title := "matches"
	if len(all) > maxListed {
		title = "the first " + list.Number(maxListed) + " of " + list.Number(int64(len(all))) + " matches"
	}
	options := make([]part.Option, min(len(all), maxListed))
	for i := range options {
		note := v.pieces[all[i].piece].title
		if all[i].kind != "" {
			note += ": " + all[i].excerpt
		}
		options[i] = part.Option{Name: all[i].name(), Note: note}
	}
	return part.Say(part.Choose{Title: title, Options: options, Then: func(i int) tea.Cmd {
		if ticket != v.ticket {
			return nil
		}
		return v.jump(all, i)
	}})
}

// askSearch asks for a text to be found.
func (v *View) askSearch() tea.Cmd {
	return part.Say(part.Ask{
		Label: "search", Value: v.search, Hint: "in this conversation, in upper or lower case; nothing ends the search",
		Then: v.searchFor,
	})
}

// searchFor finds a text.
func (v *View) searchFor(text string) tea.Cmd {
	if strings.TrimSpace(text) == "" {
		v.search, v.hits, v.current = "", nil, -1
		v.mark()
		return nil
	}
	ctx := v.searching.begin(v.env.Context)
	ticket, pieces := v.ticket, v.pieces
	return func() tea.Msg {
		hits, more, err := search(ctx, pieces, text)
		return searched{ticket, text, hits, more, err}
	}
}

// takeHits shows where a text was found, and goes to the first place behind the
// cursor.
func (v *View) takeHits(m searched) tea.Cmd {
	v.searching.stop()
	switch {
	case errors.Is(m.err, context.Canceled):
		return nil
	case m.err != nil:
		return part.Fail(m.err)
	}
	v.search, v.hits, v.moreHits, v.current = m.text, m.hits, m.more, -1
	v.mark()
	if len(m.hits) == 0 {
		return part.Say(part.Notice{Level: part.Warning, Text: "not found: " + m.text})
	}
	return v.step(1)
}

// matchLine says which match the cursor was moved to, or how many there are.
func (v *View) matchLine() string {
	all := v.matches()
	n := list.Number(int64(len(all)))
	if v.search != "" && v.moreHits {
		n = "more than " + n
	}
	switch {
	case v.onMatch():
		m := &all[v.current]
		text := "match " + list.Number(int64(v.current)+1) + " of " + n + ": " + m.name()
		if m.kind != "" {
			text += " in " + v.pieces[m.piece].title
		}
		return text
	case v.search != "":
		return n + " places of “" + v.search + "”"
	case v.scanning.on():
		return "looking for what detectors match"
	case v.failed != nil:
		return "not looked through: " + v.failed.Error()
	case v.found == nil, len(v.pieces) == 0:
		return ""
	case len(all) == 0:
		return "no detector of texts matches" + v.unseen()
	}
	return "matched: " + strings.Join(v.found.kinds, ", ") + v.unseen()
}

// unseen says what was not looked at.
func (v *View) unseen() string {
	text := ""
	if v.found.beyond > 0 {
		text += "; not looked at: " + size(v.found.beyond) + " within long texts"
	}
	if v.found.left > 0 {
		text += "; not looked at: " + counted(v.found.left, "part")
	}
	return text
}
