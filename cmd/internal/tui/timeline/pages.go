package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// pages are rows that were fetched. Of many, those that were used last are kept.
type pages struct {
	work   work
	asked  map[int64]bool // of the work that is going on
	young  map[int64]*cells
	old    map[int64]*cells
	column []string // that rows are fetched with
}

// maxYoung is how many rows are fetched before those that were not used since the
// last time are let go of; a row has about 1 kB.
const maxYoung = 2000

// cells is what stands in the columns of an event.
type cells struct {
	id     string
	values map[string]any // shared names; nil for NULL
}

func (p *pages) get(eid int64) *cells {
	if c := p.young[eid]; c != nil {
		return c
	}
	c := p.old[eid]
	if c != nil {
		p.put(eid, c)
	}
	return c
}

func (p *pages) put(eid int64, c *cells) {
	if len(p.young) >= maxYoung || p.young == nil {
		p.young, p.old = make(map[int64]*cells, maxYoung), p.young
	}
	p.young[eid] = c
}

// forget lets go of everything, because it may be something else now.
func (p *pages) forget() {
	p.work.stop()
	p.work.ticket++
	p.young, p.old = nil, nil
}

// text is a value as it stands in a column; "" where the log does not say.
func (c *cells) text(column string) string {
	switch x := c.values[column].(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case bool:
		return strconv.FormatBool(x)
	case json.Number:
		return x.String()
	case time.Time:
		return x.UTC().Format("2006-01-02T15:04:05.999999Z")
	}
	return ""
}

// said is the column of the text that [textColumn] shows, "" for none.
func (c *cells) said() string {
	for _, name := range texts() {
		if c.text(name) != "" {
			return name
		}
	}
	return ""
}

// null reports whether the log does not say.
func (c *cells) null(column string) bool { return c.values[column] == nil }

func (c *cells) dated() bool { return !c.null("ts") }

func (c *cells) time() int64 {
	if t, ok := c.values["ts"].(time.Time); ok {
		return t.UnixMicro()
	}
	return 0
}

// page brings rows.
type page struct {
	ticket int
	eids   []int64
	rows   []casefile.EventRow
	names  []string
	err    error
}

// chars is how much of a text is fetched: more than a screen shows of it.
const chars = 240

// want asks for the rows that are seen and not there, and with them for the next
// ones in the direction of the last movement. One question is asked at a time;
// one for rows that are not seen any more is called off.
func (v *View) want() tea.Cmd {
	if v.rows.Len() == 0 || v.width == 0 {
		return nil
	}
	names := v.fetched()
	if !slices.Equal(names, v.pages.column) {
		v.pages.forget()
		v.pages.column = names
	}
	from, to := v.rows.Window()
	missing := v.missing(from, to)
	ahead := v.missing(to, to+2*(to-from))
	if v.direction < 0 {
		ahead = v.missing(from-2*(to-from), from)
	}
	if v.pages.work.going() {
		if !slices.ContainsFunc(missing, func(eid int64) bool { return !v.pages.asked[eid] }) || len(missing) == 0 {
			return nil // what is seen is on its way
		}
		if slices.ContainsFunc(missing, func(eid int64) bool { return v.pages.asked[eid] }) {
			return nil // a part of it is; the rest is asked for then
		}
	}
	if len(missing) == 0 && len(ahead) < to-from {
		return nil
	}
	return v.fetch(append(missing, ahead...))
}

// missing are the events of some rows that were not fetched.
func (v *View) missing(from, to int) []int64 {
	var out []int64
	for i := max(0, from); i < min(to, v.rows.Len()); i++ {
		if r := v.row(i); r.gap == nil && v.pages.get(r.eid) == nil {
			out = append(out, r.eid)
		}
	}
	return out
}

func (v *View) fetch(eids []int64) tea.Cmd {
	ctx := v.pages.work.start(v.env.Context)
	ticket, ask, names := v.pages.work.ticket, v.reader(), v.pages.column
	v.pages.asked = make(map[int64]bool, len(eids))
	for _, eid := range eids {
		v.pages.asked[eid] = true
	}
	return func() tea.Msg {
		rows, err := ask(ctx, eids, names, chars)
		return page{ticket, eids, rows, names, err}
	}
}

// reader reads rows: of the order where there is one.
func (v *View) reader() func(ctx context.Context, eids []int64, names []string, chars int) ([]casefile.EventRow, error) {
	source, o := v.env.Source, v.order
	if o == nil {
		return source.Rows
	}
	return func(ctx context.Context, eids []int64, names []string, chars int) ([]casefile.EventRow, error) {
		return source.RowsOf(ctx, o, eids, names, chars)
	}
}

// takePage keeps rows, and asks for those that are seen by now.
func (v *View) takePage(a page) tea.Cmd {
	if a.ticket != v.pages.work.ticket {
		return nil
	}
	v.pages.work.stop()
	if errors.Is(a.err, context.Canceled) {
		return nil
	}
	if a.err != nil {
		return tea.Batch(part.Fail(a.err), v.begin())
	}
	for i, r := range a.rows {
		c := &cells{id: r.EventID, values: make(map[string]any, len(a.names))}
		for j, name := range a.names {
			if j < len(r.Values) {
				c.values[name] = r.Values[j]
			}
		}
		v.pages.put(a.eids[i], c)
	}
	return tea.Batch(v.follow(), v.begin())
}

// follow asks for what is not there of what is to be seen now.
func (v *View) follow() tea.Cmd {
	return tea.Batch(v.want(), v.draw(), v.look())
}

// Waiting says what of the screen is not there yet: rows that are seen, the list
// that the filter asks for, the counts of the histogram. It is for measurements.
func (v *View) Waiting() (rows, list, counts bool) {
	if v.rows.Len() == 0 && v.track == nil {
		return true, true, true
	}
	from, to := v.rows.Window()
	return len(v.missing(from, to)) > 0, v.narrowing.going() || v.track == nil, v.chart.work.going()
}
