package conversation

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// replays are the replies to the replays of the call, one of them beside what
// was logged.
type replays struct {
	work
	list  []data.Replay
	asked bool
	at    int // from 1; 0 while the transcript is seen

	comparison *cell.Comparison
	lines      list.List
}

type (
	// replayed brings the replies.
	replayed struct {
		ticket int
		list   []data.Replay
		err    error
	}
	// compared brings a comparison of a reply with the logged one.
	compared struct {
		ticket, at, width int
		comparison        *cell.Comparison
	}
)

// replayHead is how many lines stand above the columns: the call in two lines,
// the replay in two, and the names of the columns.
const replayHead = 5

// gutter is between the columns.
const gutter = " │ "

func (r *replays) shown() bool { return r.at > 0 }

// current is the reply that is seen, nil for none.
func (r *replays) current() *data.Replay {
	if r.at == 0 || r.at > len(r.list) {
		return nil
	}
	return &r.list[r.at-1]
}

func (v *View) replayHeight() int { return max(1, v.height-replayHead) }

// turnReplay shows the next or previous replay; behind the last is the
// transcript.
func (v *View) turnReplay(by int) tea.Cmd {
	r := &v.replays
	switch {
	case v.said.Replays == 0:
		return part.Say(part.Notice{Text: "the case keeps no replay; exhibit replay " + v.said.Detail.EventID + " makes one"})
	case !r.asked && !r.on():
		return v.askReplays()
	case len(r.list) == 0:
		return part.Say(part.Notice{Text: "none of the kept replays is of this call"})
	}
	r.at = (r.at + by + len(r.list) + 1) % (len(r.list) + 1)
	r.comparison = nil
	r.lines = list.List{}
	r.lines.Resize(v.replayHeight())
	return v.compare()
}

// askReplays reads what the cassettes have of the call.
func (v *View) askReplays() tea.Cmd {
	ctx := v.replays.begin(v.env.Context)
	source, ticket, event := v.env.Source, v.ticket, v.event
	return func() tea.Msg {
		list, err := source.Replays(ctx, event)
		return replayed{ticket, list, err}
	}
}

func (v *View) takeReplays(m replayed) tea.Cmd {
	r := &v.replays
	if !r.on() {
		return nil
	}
	r.stop()
	if m.err != nil && len(m.list) == 0 {
		return part.Fail(m.err)
	}
	r.asked, r.list = true, m.list
	return tea.Batch(v.turnReplay(1), part.Fail(m.err))
}

// columnWidth is that of each side.
func (v *View) columnWidth() int { return max(8, (v.width-len([]rune(gutter)))/2) }

// compare compares the reply that is seen with the logged one, which is no work
// for a frame.
func (v *View) compare() tea.Cmd {
	reply := v.replays.current()
	if reply == nil {
		return nil
	}
	want := compared{ticket: v.ticket, at: v.replays.at, width: v.columnWidth()}
	screen, a, b := v.env.Styles.Screen, reply.Logged, reply.Reply
	return func() tea.Msg {
		want.comparison = screen.SideBySide(a, b, want.width)
		return want
	}
}

func (v *View) takeComparison(m compared) {
	r := &v.replays
	if m.ticket != v.ticket || m.at != r.at || m.width != v.columnWidth() {
		return
	}
	r.comparison = m.comparison
	r.lines.Count(m.comparison.Len())
}

// replayLines draws a replay beside the logged reply.
func (v *View) replayLines() []string {
	s, r := v.env.Styles, &v.replays
	reply := r.current()
	out := v.facts(v.head, factLines-1)
	out = append(out, v.facts(replayFacts(reply, r.at, len(r.list)), 1)...)
	out = append(out, s.Fit(verdictText(reply), v.width, s.Accent))
	b := s.Builder(v.width)
	b.Column("logged", v.columnWidth(), s.Strong)
	b.Put(gutter, s.Dim)
	b.Put("replayed", s.Strong)
	out = append(out, b.String())
	if r.comparison == nil {
		return append(out, s.Fit("comparing", v.width, s.Dim))
	}
	from, to := r.lines.Window()
	for i, pair := range r.comparison.Rows(from, to-from) {
		b := s.Builder(v.width)
		b.Drawn(s.Line(pair.Left, style.Paint{}), pair.Left.Width)
		b.Put(gutter, s.Dim)
		b.Drawn(s.Line(pair.Right, style.Paint{}), pair.Right.Width)
		line := b.String()
		if from+i == r.lines.Cursor() {
			line = s.Row(line, s.Selected)
		}
		out = append(out, line)
	}
	if r.comparison.Len() == 0 {
		out = append(out, s.Fit("neither reply has a text", v.width, s.Dim))
	}
	return out
}

// replayFacts say which replay is seen.
func replayFacts(r *data.Replay, at, of int) []fact {
	out := []fact{{fmt.Sprintf("replay %d of %d", at, of), name}, {r.Variant, ordinary}}
	if r.Sample > 1 {
		out = append(out, fact{fmt.Sprintf("sample %d", r.Sample), ordinary})
	}
	switch {
	case r.End == "":
		out = append(out, fact{"not sent", warning})
	case r.End != "complete":
		out = append(out, fact{r.End, warning})
	}
	if r.Problem != "" {
		out = append(out, fact{r.Problem, warning})
	}
	if r.Masked > 0 {
		out = append(out, fact{counted(r.Masked, "masked span"), warning})
	}
	out = append(out, fact{strings.TrimSpace(r.Model + " at " + r.Server), ordinary})
	return append(out, fact{"cassette " + r.Cassette[:min(12, len(r.Cassette))], ordinary})
}

// verdictText says what differs from the logged reply.
func verdictText(r *data.Replay) string {
	switch {
	case r.End == "":
		return "nothing came back to be judged"
	case len(r.Changed) > 0:
		return "verdict: " + strings.Join(r.Changed, "; ")
	case len(r.Shows) > 0:
		return "no verdict differs that is known of both; yes: " + strings.Join(r.Shows, ", ")
	}
	return "no verdict differs that is known of both"
}
