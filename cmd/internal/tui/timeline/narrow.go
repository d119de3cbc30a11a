package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
)

// narrowing makes the track of a filter, apart from the view: it has all that it
// needs, and changes nothing of the view.
type narrowing struct {
	source   data.Source
	order    *data.Order
	filter   filter.Filter
	calls    bool // one event for each call
	suspects *data.Suspects
	window   span
	parts    map[string][]*casefile.EventSubset // of all events
	// known are subsets that were made before, by condition.
	known map[string]*casefile.EventSubset
	made  map[string]*casefile.EventSubset
}

// narrowed brings a track.
type narrowed struct {
	ticket int
	key    string
	track  *track
	made   map[string]*casefile.EventSubset
	took   time.Duration
	err    error
}

// leadsKey is under which the events that stand for calls are known.
const leadsKey = "one per call"

// run makes the track.
func (n *narrowing) run(ctx context.Context) (*track, error) {
	n.made = map[string]*casefile.EventSubset{}
	var all []*casefile.EventSubset
	if n.calls {
		s, err := n.keep(leadsKey, func() (*casefile.EventSubset, error) { return n.source.Leads(ctx, n.order) })
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	for i := range n.filter.Conditions {
		c := &n.filter.Conditions[i]
		s, err := n.keep(keyOf(c), func() (*casefile.EventSubset, error) { return n.condition(ctx, c) })
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	t := &track{order: n.order, set: n.order.Intersect(append(all, nil)...)}
	findGaps(t, n.window)
	n.jumps(t)
	n.split(t)
	return t, ctx.Err()
}

// keep makes a subset that is not known.
func (n *narrowing) keep(key string, do func() (*casefile.EventSubset, error)) (*casefile.EventSubset, error) {
	if s := n.known[key]; s != nil {
		return s, nil
	}
	s, err := do()
	if err == nil {
		n.made[key] = s
	}
	return s, err
}

// keyOf names a condition.
func keyOf(c *filter.Condition) string {
	text, err := json.Marshal(c)
	if err != nil {
		return c.Chip() // it has no values that could fail
	}
	return string(text)
}

// condition finds the events of a condition: in memory where the order knows
// enough, else in the case.
func (n *narrowing) condition(ctx context.Context, c *filter.Condition) (*casefile.EventSubset, error) {
	switch c.Kind {
	case filter.Field:
		if c.Not && len(c.Values) > 0 { // all others: also those of which the log does not say it
			only := *c
			only.Not = false
			s, err := n.keep(keyOf(&only), func() (*casefile.EventSubset, error) { return n.condition(ctx, &only) })
			if err != nil {
				return nil, err
			}
			return n.order.Except(nil, s), nil
		}
		if s := n.facet(c); s != nil {
			return s, nil
		}
		if s := n.words(ctx, c); s != nil {
			return s, nil
		}
	case filter.Time:
		from, to := int64(minTime), int64(maxTime)
		if !c.From.IsZero() {
			from = c.From.UnixMicro()
		}
		if !c.To.IsZero() {
			to = c.To.UnixMicro()
		}
		return n.order.Between(from, to), nil
	case filter.Severity:
		if s, err := analyze.ParseSeverity(c.Text); err == nil && n.suspects != nil {
			return n.atLeast(s), nil
		}
	}
	return n.source.Filter(ctx, n.order, filter.Filter{Conditions: []filter.Condition{*c}}.Query())
}

// The times between which all times are that events have.
const (
	minTime = -1 << 62
	maxTime = 1 << 62
)

// facet finds the events of a condition on a column that is a facet of the order;
// nil where it is none.
func (n *narrowing) facet(c *filter.Condition) *casefile.EventSubset {
	name := c.Column
	if name == "format" {
		name = sourceFacet
	}
	at := facetOf(n.order, name)
	if at < 0 {
		return nil
	}
	facet := n.order.Facets()[at]
	unclear := func(v string) bool {
		return v == casefile.OtherValues || name == sourceFacet && strings.HasSuffix(v, ")")
	} // with a label
	if slices.ContainsFunc(facet.Values, unclear) {
		return nil
	}
	var values []uint8
	for i, v := range facet.Values {
		if len(c.Values) == 0 && v == "" || v != "" && slices.Contains(c.Values, v) {
			values = append(values, uint8(i)) //nolint:gosec // a facet has 256 values at most
		}
	}
	s := n.order.WithValues(at, values...)
	if c.Not {
		s = n.order.Except(nil, s)
	}
	return s
}

// words finds the events of a condition on words of a column, which needs no SQL;
// nil where it has to be asked in SQL.
func (n *narrowing) words(ctx context.Context, c *filter.Condition) *casefile.EventSubset {
	if slices.ContainsFunc(c.Values, func(v string) bool { return v == "" || strings.Contains(v, "*") }) {
		return nil
	}
	values := c.Values
	if len(values) == 0 {
		values = []string{"*"} // whatever the log says
	}
	s, err := n.source.Filter(ctx, n.order, casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{c.Column}, Values: values}}})
	if err != nil {
		return nil // it is no column of text; SQL says so where it is another thing
	}
	if len(c.Values) == 0 && !c.Not {
		s = n.order.Except(nil, s)
	}
	return s
}

// facetOf is the number of a facet by its name, -1 for none. What a column is when
// it is the empty text in a log, and when a log does not have it, facets do not
// tell apart; the columns that are facets are words and never empty.
func facetOf(o *data.Order, name string) int {
	return slices.IndexFunc(o.Facets(), func(f casefile.Facet) bool { return f.Name == name })
}

// atLeast finds the events of findings of at least a severity.
func (n *narrowing) atLeast(least analyze.Severity) *casefile.EventSubset {
	var eids []int64
	for i := range n.suspects.Findings {
		if f := &n.suspects.Findings[i]; f.Severity >= least {
			eids = append(eids, f.Events...)
		}
	}
	return n.order.Marked(eids)
}

// suspectKey is under which events of findings of a severity are known.
func suspectKey(s analyze.Severity) string { return "severity " + s.String() }

// jumps finds what of the track can be jumped to.
func (n *narrowing) jumps(t *track) {
	wrong, _ := n.keep("wrong", func() (*casefile.EventSubset, error) { return failures(n.order), nil }) // cannot fail
	t.wrong = n.order.Intersect(t.set, wrong)
	if n.suspects == nil {
		return
	}
	t.suspect = n.order.Except(nil, n.order.All())
	for s := analyze.SeverityInfo; s <= analyze.SeverityCritical; s++ {
		of, _ := n.keep(suspectKey(s), func() (*casefile.EventSubset, error) { // cannot fail
			var eids []int64
			for i := range n.suspects.Findings {
				if f := &n.suspects.Findings[i]; f.Severity == s {
					eids = append(eids, f.Events...)
				}
			}
			return n.order.Marked(eids), nil
		})
		t.grave[s] = n.order.Intersect(t.set, of)
		t.suspect = union(n.order, t.suspect, t.grave[s])
	}
}

// split finds the events of the values of facets, so that to count them takes no
// time, however many there are.
func (n *narrowing) split(t *track) {
	t.parts = n.parts
	if t.set.Len() == n.order.Len() {
		return
	}
	t.parts = map[string][]*casefile.EventSubset{}
	for name, all := range n.parts {
		for _, s := range all {
			t.parts[name] = append(t.parts[name], n.order.Intersect(t.set, s))
		}
	}
}

// maxParts bounds the values of a facet of which the events are kept apart.
const maxParts = 8

// partsOf are the events of each value of the facets that are drawn, where a facet
// has few.
func partsOf(o *data.Order) map[string][]*casefile.EventSubset {
	out := map[string][]*casefile.EventSubset{}
	for i, f := range o.Facets() {
		if len(f.Values) > maxParts || f.Name != sourceFacet && f.Name != "outcome" {
			continue
		}
		for v := range f.Values {
			out[f.Name] = append(out[f.Name], o.WithValues(i, uint8(v))) //nolint:gosec // below maxParts
		}
	}
	return out
}

// failures are the events that were not let through or failed.
func failures(o *data.Order) *casefile.EventSubset {
	at := facetOf(o, "outcome")
	var values []uint8
	for i, v := range o.Facets()[at].Values {
		if failed(v) {
			values = append(values, uint8(i)) //nolint:gosec // a facet has 256 values at most
		}
	}
	return o.WithValues(at, values...)
}

// failed reports whether an outcome is a failure.
func failed(outcome string) bool {
	return strings.Contains(" denied error blocked throttled ", " "+outcome+" ")
}

// union is the events of either of two subsets.
func union(o *data.Order, a, b *casefile.EventSubset) *casefile.EventSubset {
	switch {
	case a == nil || a.Len() == 0:
		return b
	case b == nil || b.Len() == 0:
		return a
	}
	return o.Except(nil, o.Except(o.Except(nil, a), b))
}

// How many subsets and tracks are kept. A subset of ten million events takes
// 1.3 MB, a track up to twelve of them.
const (
	maxKnown  = 16
	maxTracks = 3
)

// narrow asks for the track of the filter.
func (v *View) narrow() tea.Cmd {
	if v.order == nil {
		return nil
	}
	v.narrowing.stop()
	key := v.trackKey()
	if t := v.tracks.get(key); t != nil {
		v.narrowing.ticket++
		v.failed = nil
		v.show(t)
		return v.reach()
	}
	ctx := v.narrowing.start(v.env.Context)
	ticket, now := v.narrowing.ticket, v.env.Now
	n := &narrowing{
		source: v.env.Source, order: v.order, filter: v.filter, calls: v.calls, suspects: v.suspects, window: v.whole, parts: v.parts, known: v.known.all(),
	}
	return func() tea.Msg {
		began := now()
		t, err := n.run(ctx)
		return narrowed{ticket, key, t, n.made, now().Sub(began), err}
	}
}

// takeNarrowed shows a track.
func (v *View) takeNarrowed(a narrowed) tea.Cmd {
	if a.ticket != v.narrowing.ticket {
		return nil
	}
	v.narrowing.stop()
	for k, s := range a.made {
		v.known.add(k, s)
	}
	if a.err != nil {
		return v.notNarrowed(a.err)
	}
	v.failed = nil
	v.tracks.add(a.key, a.track)
	v.show(a.track)
	v.took = a.took
	return v.reach()
}

// trackKey names what the list is to show.
func (v *View) trackKey() string {
	var b strings.Builder
	fmt.Fprint(&b, v.calls)
	for i := range v.filter.Conditions {
		b.WriteString("\n" + keyOf(&v.filter.Conditions[i]))
	}
	return b.String()
}

// kept keeps things by name; of many those that were added last.
type kept[T any] struct {
	most  int
	names []string // the one that was added last is last
	of    map[string]T
}

func (k *kept[T]) get(name string) T { return k.of[name] }

func (k *kept[T]) all() map[string]T { return maps.Clone(k.of) }

func (k *kept[T]) add(name string, x T) {
	if k.of == nil {
		k.of = map[string]T{}
	}
	if _, ok := k.of[name]; !ok {
		k.names = append(k.names, name)
	}
	k.of[name] = x
	if len(k.names) > k.most {
		delete(k.of, k.names[0])
		k.names = slices.Delete(k.names, 0, 1)
	}
}

// forget lets go of everything.
func (k *kept[T]) forget() { k.names, k.of = nil, nil }
