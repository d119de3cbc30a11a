package timeline

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

type (
	// wordsKnown brings what was said of events.
	wordsKnown struct {
		words map[int64]casefile.EventWords
		err   error
	}
	// marked says what became of a mark.
	marked struct {
		event int64
		on    bool
		err   error
	}
)

// askWords asks what was said of events.
func (v *View) askWords() tea.Cmd {
	source, ctx := v.env.Source, v.env.Context
	return func() tea.Msg {
		words, err := source.AllWords(ctx)
		return wordsKnown{words, err}
	}
}

// takeWords shows the marks of the case, and those that could not be entered in it.
func (v *View) takeWords(a wordsKnown) tea.Cmd {
	if a.err != nil {
		return part.Fail(a.err)
	}
	v.words, v.marks = a.words, map[int64]bool{}
	for eid, w := range a.words {
		if slices.Contains(w.Tags, data.MarkTag) {
			v.marks[eid] = true
		}
	}
	for eid := range v.unsaid {
		v.marks[eid] = true
	}
	return nil
}

// toggleMark marks the event under the cursor, or takes the mark away. It is seen
// at once, and entered in the case meanwhile.
func (v *View) toggleMark() tea.Cmd {
	r, _ := v.current()
	on := !v.marks[r.eid]
	v.setMark(r.eid, on)
	if v.unsaid[r.eid] {
		delete(v.unsaid, r.eid)
		return nil
	}
	source, ctx, event := v.env.Source, v.env.Context, r.eid
	return func() tea.Msg {
		_, err := source.Mark(ctx, event, on)
		return marked{event, on, err}
	}
}

func (v *View) setMark(event int64, on bool) {
	if on {
		v.marks[event] = true
	} else {
		delete(v.marks, event)
	}
}

// takeMarked says what became of a mark: one that could not be entered in the case
// stays until the explorer ends.
func (v *View) takeMarked(a marked) tea.Cmd {
	switch {
	case a.err == nil:
		return part.Say(part.Reloaded{})
	case a.on:
		v.unsaid[a.event] = true
		return part.Say(part.Notice{Level: part.Warning, Text: "marked until you quit: " + a.err.Error()})
	}
	v.setMark(a.event, true)
	return part.Fail(a.err)
}
