package cli

import (
	"fmt"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/affected"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// The parts of a result that text shows without --all.
const (
	shownThings   = 15
	shownSubjects = 5
)

// writeAffected writes who met what, and what happened next.
func writeAffected(r *render.Renderer, a *affected.Result, o *affectedOptions) error {
	v := affectedView{Result: a, text: o.Output.Format == render.FormatText, all: o.All, window: o.Window}
	if v.window == 0 {
		v.window = time.Hour
	}
	var messages []render.Message
	if o.Output.Format == render.FormatCSV {
		messages = append(messages, v.subjectTable())
	} else {
		messages = append(messages, v.startFields(), v.thingTable())
		messages = append(messages, v.thingNotes()...)
		messages = append(messages, v.roleTable(), v.subjectTable(), v.nextTable(), v.tellingTable())
		if !v.text || v.all {
			messages = append(messages, v.detailTable())
		}
	}
	messages = append(messages, v.notes()...)
	for _, m := range messages {
		if t, ok := m.(render.Table); ok && v.text && len(t.Rows) == 0 {
			continue
		}
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// affectedView is a result on its way to messages.
type affectedView struct {
	*affected.Result
	text, all bool
	window    time.Duration
}

// first is how many of n things of a list are shown.
func (v *affectedView) first(n, shown int) int {
	if !v.text || v.all {
		return n
	}
	return min(n, shown)
}

func (v *affectedView) startFields() render.Fields {
	items := []render.Field{field("looked_for", v.Start.Value), field("as", string(v.Start.Kind))}
	if v.Start.Title != "" {
		items = append(items, field("finding", v.Start.Title))
	}
	if len(v.Start.Events) > 0 {
		events := v.Start.Events[:v.first(len(v.Start.Events), shownSubjects)]
		items = append(items, render.Field{Column: render.Column{Name: "events", Kind: render.KindJSON}, Value: events})
	}
	if v.Start.Same != "" {
		items = append(items, field("repeats", v.Start.Same))
	}
	return render.Fields{Name: "start", Title: "Affected", Items: items}
}

// thingNotes say what the things do not show.
func (v *affectedView) thingNotes() []render.Message {
	var out []render.Message
	if more := len(v.Things) - v.first(len(v.Things), shownThings); more > 0 {
		out = append(out, note("%s; --all shows all", plural(int64(more), "more thing")))
	}
	if v.Alone > 0 {
		out = append(out, note("met nowhere else: %s of where the search starts", plural(int64(v.Alone), "text or identifier")))
	}
	if v.Left > 0 {
		out = append(out, render.Note{Level: render.LevelWarning, Text: fmt.Sprintf("not looked for: %s, because there are too many", plural(int64(v.Left), "text or identifier"))})
	}
	if v.Start.Cut > 0 {
		out = append(out, render.Note{Level: render.LevelWarning, Text: fmt.Sprintf("not looked at: %s of the finding, because there are too many", plural(v.Start.Cut, "event"))})
	}
	if v.Start.Trimmed {
		out = append(out, note("the text is in the case without the line feed at the end of the file"))
	}
	for _, x := range v.Things {
		if x.Common {
			out = append(out, note("%d was met by %s", x.No, v.share(x.Principals)))
		}
	}
	return out
}

// notes say what is left out, and what to do next.
func (v *affectedView) notes() []render.Message {
	var out []render.Message
	if v.MoreSubjects > 0 {
		out = append(out, note("%s with %s; --limit all shows all", plural(v.MoreSubjects, "more principal"), plural(v.MoreCalls, "call")))
	}
	if len(v.Things) == 0 {
		return append(out, note("nobody else met any of it"))
	}
	if !v.text {
		return out
	}
	out = append(out, note("exhibit timeline %s shows the first meeting and all around it", v.Things[0].FirstEvent))
	for i := range v.Subjects {
		if list := v.Subjects[i].Next.Telling; len(list) > 0 {
			return append(out, note("exhibit show %s is the most telling event of what came next", list[0].EventID))
		}
	}
	return out
}
