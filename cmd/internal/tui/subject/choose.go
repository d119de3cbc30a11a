package subject

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// choosing lists subjects to look at.
type choosing struct {
	shown  bool
	kind   int // of [data.SubjectKinds]
	lists  map[string][]data.SubjectValue
	names  map[string][]string // of lists, as the timeline writes them where that names one only
	query  string
	typing bool
	fits   []int // of the list of the kind
	order  list.List
}

// chooseHead is how many lines stand above the list, and maxChoices how many
// subjects it has.
const (
	chooseHead = 2
	maxChoices = 1000
)

func newChoosing() choosing {
	return choosing{lists: map[string][]data.SubjectValue{}, names: map[string][]string{}}
}

func (c *choosing) forget() { c.lists = map[string][]data.SubjectValue{} }

// know keeps the subjects of a column.
func (c *choosing) know(kind string, found []data.SubjectValue) {
	count := map[string]int{}
	for i := range found {
		count[render.ShortName(found[i].Value)]++
	}
	names := make([]string, len(found))
	for i := range found {
		names[i] = render.ShortName(found[i].Value)
		if count[names[i]] > 1 {
			names[i] = found[i].Value
		}
	}
	c.lists[kind], c.names[kind] = found, names
}

// name is the column of which the subjects are.
func (c *choosing) name() string { return data.SubjectKinds()[c.kind] }

// listed brings the subjects of a column.
type listed struct {
	ticket int
	kind   string
	list   []data.SubjectValue
	err    error
}

// listKind lists the subjects of a column, "" for the one that was listed last.
func (v *View) listKind(kind string) tea.Cmd {
	v.stop()
	v.target, v.err = part.Target{}, nil
	if i := slices.Index(data.SubjectKinds(), kind); i >= 0 {
		v.choose.kind = i
	}
	return v.list()
}

// list asks for the subjects of a column, unless they are known.
func (v *View) list() tea.Cmd {
	v.choose.shown = true
	kind := v.choose.name()
	if _, ok := v.choose.lists[kind]; ok {
		v.narrow(v.choose.query)
		return nil
	}
	v.narrow(v.choose.query)
	ctx, ticket := v.begin("counting " + plural(kind))
	source := v.env.Source
	return func() tea.Msg {
		found, err := source.SubjectList(ctx, kind, maxChoices)
		return listed{ticket, kind, found, err}
	}
}

func (v *View) takeList(msg listed) tea.Cmd {
	if msg.ticket != v.ticket || v.failed(msg.err) {
		return nil
	}
	v.stop()
	v.choose.know(msg.kind, msg.list)
	v.narrow(v.choose.query)
	return nil
}

// narrow keeps the subjects that have all words that were typed.
func (v *View) narrow(query string) {
	const maxQuery = 256 // bytes
	if len(query) > maxQuery {
		return
	}
	c := &v.choose
	c.query, c.fits = query, nil
	words := strings.Fields(strings.ToLower(query))
	for i, s := range c.lists[c.name()] {
		text := strings.ToLower(s.Value)
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			c.fits = append(c.fits, i)
		}
	}
	c.order.Count(len(c.fits))
}

func (v *View) pressChoosing(k tea.KeyPressMsg) tea.Cmd {
	c, b, m := &v.choose, &v.env.Keys.Subject, &v.env.Keys.Move
	if c.typing {
		return v.typed(k)
	}
	switch {
	case keys.Is(k, b.Find):
		c.typing = true
	case keys.Is(k, m.Enter):
		return v.take()
	case keys.Is(k, b.Kind):
		by := 1
		if keys.Is(k, m.Left) {
			by = len(data.SubjectKinds()) - 1
		}
		c.kind = (c.kind + by) % len(data.SubjectKinds())
		c.order.To(0)
		return v.list()
	case keys.Is(k, v.env.Keys.Global.Copy) && len(c.fits) > 0:
		return part.Say(part.Copy{Text: c.lists[c.name()][c.fits[c.order.Cursor()]].Value, What: "the subject"})
	default:
		c.order.Press(k, m)
	}
	return nil
}

// typed takes a key while the list is narrowed.
func (v *View) typed(k tea.KeyPressMsg) tea.Cmd {
	c, m := &v.choose, &v.env.Keys.Move
	switch k.String() {
	case "enter":
		c.typing = false
		return v.take()
	case "esc":
		c.typing = false
		v.narrow("")
	case "backspace":
		if r := []rune(c.query); len(r) > 0 {
			v.narrow(string(r[:len(r)-1]))
		} else {
			c.typing = false
		}
	case "ctrl+u":
		v.narrow("")
	default:
		if k.Text == "" {
			c.order.Press(k, m)
			return nil
		}
		v.narrow(c.query + k.Text)
	}
	return nil
}

// take shows the chosen subject. It goes on the history, so that esc leads back
// to the list.
func (v *View) take() tea.Cmd {
	c := &v.choose
	if len(c.fits) == 0 {
		return nil
	}
	return part.Say(part.Open{Part: part.Subject, Target: part.Target{Kind: c.name(), Value: c.lists[c.name()][c.fits[c.order.Cursor()]].Value}})
}

// plural names the values of a column.
func plural(kind string) string {
	switch kind {
	case "person":
		return "people"
	case "credential_id":
		return "credentials"
	case "src_ip":
		return "addresses"
	case "end_user":
		return "end users"
	}
	return kind + "s"
}

// singular names a value of a column.
func singular(kind string) string {
	switch kind {
	case "credential_id":
		return "credential"
	case "src_ip":
		return "address"
	case "src_country":
		return "country"
	}
	return strings.ReplaceAll(kind, "_", " ")
}

// choiceLines draws the list of subjects.
func (v *View) choiceLines() []string {
	s, c := v.env.Styles, &v.choose
	var tabs strings.Builder
	room := v.width
	for i, kind := range data.SubjectKinds() {
		name := " " + plural(kind) + " "
		if i == c.kind {
			name = "[" + plural(kind) + "]"
		}
		if len(name) > room {
			break
		}
		look := s.Dim
		if i == c.kind {
			look = s.Strong
		}
		tabs.WriteString(look.Text(name))
		room -= len(name)
	}
	title := tabs.String() + style.Spaces(room)
	if c.typing || c.query != "" {
		title = s.Fit("/"+c.query, v.width, s.Key)
	}
	value := max(10, v.width-14-2*(timeWidth+1))
	wide := v.width >= 90
	if !wide {
		value = max(10, v.width-13)
	}
	header := s.Fit("  "+singular(c.name()), value+2, s.Dim) + s.Fit(right("events", 10), 11, s.Dim)
	if wide {
		header += s.Fit("first", timeWidth+1, s.Dim) + s.Fit("last", timeWidth, s.Dim)
	}
	out := []string{title, s.Pad(header, v.width)}
	switch known, ok := c.lists[c.name()]; {
	case v.err != nil:
		out = append(out, s.Fit("  "+v.err.Error(), v.width, s.Bad))
	case !ok && v.asking == nil:
		out = append(out, s.Fit("  counting was stopped: "+v.env.Keys.Global.Reload.Help().Key+" begins again", v.width, s.Dim))
	case !ok:
		out = append(out, s.Fit("  counting …", v.width, s.Dim))
	case len(known) == 0:
		out = append(out, s.Fit("  no event says its "+singular(c.name()), v.width, s.Dim))
	case len(c.fits) == 0:
		out = append(out, s.Fit("  none of them fits; esc shows all", v.width, s.Dim))
	}
	from, to := c.order.Window()
	for i := from; i < to && len(c.fits) > 0; i++ {
		x, name := c.lists[c.name()][c.fits[i]], c.names[c.name()][c.fits[i]]
		sign := "  "
		if i == c.order.Cursor() {
			sign = "> "
		}
		row := sign + s.Fit(name, value, style.Paint{}) + right(list.Number(x.Units), 10) + " "
		if wide {
			row += s.Fit(v.when(x.First), timeWidth+1, s.Dim) + s.Fit(v.when(x.Last), timeWidth, s.Dim)
		}
		row = s.Pad(row, v.width)
		if i == c.order.Cursor() {
			row = s.Row(row, s.Selected)
		}
		out = append(out, row)
	}
	return out
}

// timeWidth is how many cells a time to the second takes.
const timeWidth = len("2006-01-02 15:04:05")

// when writes a time in microseconds.
func (v *View) when(us *int64) string {
	if us == nil {
		return "-"
	}
	return time.UnixMicro(*us).In(v.env.Zone).Format("2006-01-02 15:04:05")
}

// right sets a short text to the right.
func right(text string, width int) string { return fmt.Sprintf("%*s", width, text) }
