package timeline

import (
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

type (
	// sayThis asks for a note or a tag of an event to be entered in the case.
	sayThis struct {
		event  int64
		note   bool // else a tag
		text   string
		remove bool
	}
	// said says what became of it.
	said struct {
		sayThis
		head string
		err  error
	}
)

// askNote asks for a note about the event under the cursor.
func (v *View) askNote() tea.Cmd {
	r, _ := v.current()
	return askToSay("note", "", sayThis{event: r.eid, note: true}, nil)
}

// askTag asks for a tag of the event under the cursor; one that it has is taken
// away.
func (v *View) askTag() tea.Cmd {
	r, _ := v.current()
	have := slices.DeleteFunc(slices.Clone(v.words[r.eid].Tags), func(t string) bool { return t == data.MarkTag })
	return askToSay("tag", "", sayThis{event: r.eid}, have)
}

// askToSay asks for the text of a note or tag.
func askToSay(label, text string, say sayThis, have []string) tea.Cmd {
	hint := "an entry of the ledger, signed with your key"
	if len(have) > 0 {
		hint += "; a tag that it has is taken away: " + strings.Join(have, ", ")
	}
	return part.Say(part.Ask{Label: label, Value: text, Hint: hint, Then: func(line string) tea.Cmd {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		say.text, say.remove = line, slices.Contains(have, line)
		return part.Say(say)
	}})
}

// say enters a note or tag in the case.
func (v *View) say(s sayThis) tea.Cmd {
	source, ctx := v.env.Source, v.env.Context
	return func() tea.Msg {
		enter := func() (string, error) { return source.Tag(ctx, s.event, s.text, s.remove) }
		if s.note {
			enter = func() (string, error) { return source.Note(ctx, s.event, s.text) }
		}
		head, err := enter()
		return said{s, head, err}
	}
}

// takeSaid says what became of it. A text that could not be entered is asked for
// again, so that it is not lost.
func (v *View) takeSaid(a said) tea.Cmd {
	if a.err == nil {
		return tea.Batch(part.Say(part.Reloaded{}), part.Say(part.Notice{Text: "said; ledger head " + a.head}))
	}
	label := map[bool]string{true: "note", false: "tag"}[a.note]
	return tea.Batch(part.Fail(a.err), askToSay(label, a.text, sayThis{event: a.event, note: a.note}, v.words[a.event].Tags))
}

// wordsOf is what was said of an event, on one line: its tags and its last note.
func wordsOf(w casefile.EventWords) string {
	var out []string
	for _, t := range w.Tags {
		if t != data.MarkTag {
			out = append(out, "#"+t)
		}
	}
	notes, last := 0, ""
	for i := range w.Acts {
		if w.Acts[i].Action == ledger.ActionNote {
			notes++
			last = w.Acts[i].Text
		}
	}
	switch {
	case notes == 1:
		out = append(out, "note: "+last)
	case notes > 1:
		out = append(out, strconv.Itoa(notes)+" notes, the last: "+last)
	}
	return strings.Join(out, " ")
}
