// Package match asks a case for indicators of compromise: which of a list are
// in it, where, when, and with whom.
package match

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/indicator"
)

// Options say where to look.
type Options struct {
	Raw     bool // also in the raw records
	Threads int
}

// Report says what of a list is in a case.
type Report struct {
	Hits   []Hit                  // in the order of their findings
	Missed []*indicator.Indicator // those that are not there, in the order of the list
	// Values, Texts and Bytes count what was looked through.
	Values, Texts, Bytes int64
}

// Hit is an indicator that is in the case.
type Hit struct {
	analyze.Finding
	Indicator indicator.Indicator
	Places    []Count  // by events: in which columns, messages, evidence or records
	Values    []string // of columns, sorted, where they are not the indicator itself; at most [listedValues]
	MoreValue int      // how many more
	Calls     int64
	Who       []Count // principals by events; at most [listedWho]
	MoreWho   int64   // how many more principals
}

// Count counts the events of a value; nil is NULL.
type Count struct {
	Value  *string
	Events int64
}

// The bounds of what a hit lists. Its finding has the number of all events.
const (
	listedEvents = 100
	listedValues = 10
	listedWho    = 5
)

// Findings returns the findings of the hits.
func (r *Report) Findings() []analyze.Finding {
	out := make([]analyze.Finding, len(r.Hits))
	for i := range r.Hits {
		out[i] = r.Hits[i].Finding
	}
	return out
}

// Run looks for the indicators of a list in a case. Duplicates of events do not
// count.
func Run(ctx context.Context, c *casefile.Case, list []indicator.Indicator, o Options) (*Report, error) {
	set, err := indicator.NewSet(list)
	if err != nil {
		return nil, err
	}
	search, err := c.Search(ctx, searchFor(set, o))
	if err != nil {
		return nil, err
	}
	m := &matcher{c: c, list: list, set: set, hits: map[int]*Hit{}}
	if err := m.run(ctx, search); err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	out := &Report{Values: search.Values, Texts: search.Texts, Bytes: search.Bytes}
	for i := range list {
		if h := m.hits[i]; h != nil {
			out.Hits = append(out.Hits, *h)
		} else {
			out.Missed = append(out.Missed, &list[i])
		}
	}
	sortHits(out.Hits)
	return out, nil
}

// sortHits puts hits in the order of [analyze.SortFindings].
func sortHits(hits []Hit) {
	findings := make([]analyze.Finding, len(hits))
	for i := range hits {
		findings[i] = hits[i].Finding
	}
	analyze.SortFindings(findings)
	at := make(map[string]int, len(findings))
	for i := range findings {
		at[findings[i].ID] = i
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(at[a.ID], at[b.ID]) })
}

// searchFor makes the search for all terms of a set.
func searchFor(set *indicator.Set, o Options) casefile.SearchOptions {
	s := casefile.SearchOptions{
		NewFinder: func() casefile.Finder { return &finder{set.Scanner()} },
		Raw:       o.Raw, Threads: o.Threads,
	}
	for i, t := range set.Terms {
		whole := t.Value
		if t.Type == indicator.Network {
			whole = ""
		}
		s.Whole = append(s.Whole, whole)
		if t.Type == indicator.SHA256 {
			if sum, ok := t.Sum(); ok {
				s.Sums = append(s.Sums, casefile.TermSum{Term: int32(i), Sum: sum}) //nolint:gosec // below the bound of a list
			}
		}
	}
	return s
}

// finder finds the terms of a set in values of a case.
type finder struct{ s *indicator.Scanner }

// Find implements [casefile.Finder].
func (f *finder) Find(p *casefile.SearchPlace, value []byte) []int32 {
	return f.s.Find(value, indicator.Kind{
		JSON: p.JSON, Said: p.Said || p.Name == "raw", Credential: p.Name == "credential_id" || p.Name == "issued_credential_id",
	})
}

// matcher turns the terms that were found into hits.
type matcher struct {
	c    *casefile.Case
	list []indicator.Indicator
	set  *indicator.Set
	hits map[int]*Hit // by indicator
}

func (m *matcher) run(ctx context.Context, search *casefile.SearchReport) error {
	found := map[int32]bool{}
	if err := m.query(ctx, "terms", nil, func(r *sql.Rows) error {
		var t int32
		err := r.Scan(&t)
		found[t] = true
		return err
	}); err != nil {
		return err
	}
	if err := m.exec(ctx, "literals", m.literals(found)...); err != nil {
		return err
	}
	for _, name := range []string{"seen", "events"} {
		if err := m.exec(ctx, name); err != nil {
			return err
		}
	}
	if err := m.summaries(ctx); err != nil {
		return err
	}
	if err := m.places(ctx); err != nil {
		return err
	}
	if err := m.who(ctx); err != nil {
		return err
	}
	m.values(search.Found)
	for i, h := range m.hits {
		h.describe(&m.list[i])
	}
	return nil
}

// literals lists the literals of the alternatives that can hold: all their
// positive terms were found.
func (m *matcher) literals(found map[int32]bool) []any {
	var indicators, alternatives, terms []int64
	var negated []bool
	alternative := int64(0)
	for i := range m.list {
		for _, all := range m.list[i].Any {
			if slices.ContainsFunc(all, func(l indicator.Literal) bool { return !l.Not && !found[m.set.Number(l.Term)] }) {
				continue
			}
			alternative++
			seen := map[indicator.Literal]bool{}
			for _, l := range all {
				n := m.set.Number(l.Term)
				if seen[l] || l.Not && !found[n] {
					continue
				}
				seen[l] = true
				indicators, alternatives = append(indicators, int64(i)), append(alternatives, alternative)
				terms, negated = append(terms, int64(n)), append(negated, l.Not)
			}
		}
	}
	return []any{sql.Named("indicator", indicators), sql.Named("alternative", alternatives), sql.Named("term", terms), sql.Named("negated", negated)}
}

// summaries makes the hits.
func (m *matcher) summaries(ctx context.Context) error {
	events := map[int][][2]*int64{} // time and event
	var eids []int64
	err := m.query(ctx, "summary", map[string]int{"listed": listedEvents}, func(r *sql.Rows) error {
		var n int
		var listed string
		var first, last sql.NullTime
		h := &Hit{}
		if err := r.Scan(&n, &h.EventCount, &h.Calls, &first, &last, &listed); err != nil {
			return err
		}
		var list [][2]*int64
		if err := json.Unmarshal([]byte(listed), &list); err != nil {
			return fmt.Errorf("reading a list of events: %w", err)
		}
		for _, e := range list {
			eids = append(eids, *e[1])
		}
		h.First, h.Last = utc(first), utc(last)
		m.hits[n], events[n] = h, list
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(eids)
	rows, err := m.c.Events(ctx, slices.Compact(eids), nil)
	if err != nil {
		return err
	}
	by := make(map[int64]*casefile.EventRow, len(rows))
	for i := range rows {
		by[rows[i].EID] = &rows[i]
	}
	for n, list := range events {
		m.hits[n].Events = eventIDs(list, by)
	}
	return nil
}

// eventIDs names events in the order of time and then of the evidence, which
// does not depend on the order of loads.
func eventIDs(list [][2]*int64, rows map[int64]*casefile.EventRow) []string {
	slices.SortFunc(list, func(a, b [2]*int64) int {
		x, y := rows[*a[1]], rows[*b[1]]
		return cmp.Or(
			compareMicros(a[0], b[0]), cmp.Compare(x.EvidenceID, y.EvidenceID), cmp.Compare(x.Record, y.Record), cmp.Compare(x.Part, y.Part),
		)
	})
	var ids []string
	for _, e := range list {
		ids = append(ids, rows[*e[1]].EventID)
	}
	return ids
}

// compareMicros orders times, none last.
func compareMicros(a, b *int64) int {
	switch {
	case a != nil && b != nil:
		return cmp.Compare(*a, *b)
	case a != nil:
		return -1
	case b != nil:
		return 1
	}
	return 0
}

func utc(t sql.NullTime) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

func (m *matcher) places(ctx context.Context) error {
	places := casefile.SearchPlaces()
	return m.query(ctx, "places", nil, func(r *sql.Rows) error {
		var n, place int
		var c Count
		if err := r.Scan(&n, &place, &c.Events); err != nil {
			return err
		}
		c.Value = &places[place].Name
		m.hits[n].Places = append(m.hits[n].Places, c)
		return nil
	})
}

func (m *matcher) who(ctx context.Context) error {
	return m.query(ctx, "who", map[string]int{"top": listedWho}, func(r *sql.Rows) error {
		var n int
		var c Count
		var different int64
		if err := r.Scan(&n, &c.Value, &c.Events, &different); err != nil {
			return err
		}
		h := m.hits[n]
		h.Who = append(h.Who, c)
		h.MoreWho = different - int64(len(h.Who))
		return nil
	})
}

// values lists the values of columns in which indicators were found.
func (m *matcher) values(found []casefile.FoundValue) {
	by := map[int32][]string{}
	for _, f := range found {
		by[f.Term] = append(by[f.Term], f.Value)
	}
	for i, h := range m.hits {
		var values []string
		for _, all := range m.list[i].Any {
			for _, l := range all {
				if !l.Not {
					values = append(values, by[m.set.Number(l.Term)]...)
				}
			}
		}
		slices.Sort(values)
		values = slices.DeleteFunc(slices.Compact(values), func(v string) bool { return strings.EqualFold(v, m.list[i].Value) })
		h.Values = values[:min(len(values), listedValues)]
		h.MoreValue = len(values) - len(h.Values)
	}
}

// describe makes the finding of a hit. A key or hash is what it is; an address
// or a word may be there by chance.
func (h *Hit) describe(in *indicator.Indicator) {
	h.Indicator = *in
	h.Detector, h.Subject, h.Severity = "match."+string(in.Type), in.Value, analyze.SeverityMedium
	switch in.Type {
	case indicator.Key, indicator.MD5, indicator.SHA1, indicator.SHA256:
		h.Severity = analyze.SeverityHigh
	}
	h.ID = analyze.FindingID(h.Detector, 1, h.Subject, h.Bucket)
	h.Title = fmt.Sprintf("the %s is in the case", in.Type)
	h.Explanation = "the list has it"
	if in.Label != "" {
		h.Explanation += " as: " + in.Label
	}
	for _, p := range h.Places {
		h.Facts = append(h.Facts, analyze.Fact{Name: "events_" + *p.Value, Value: p.Events})
	}
	h.Facts = append(h.Facts, analyze.Fact{Name: "calls", Value: h.Calls})
}
