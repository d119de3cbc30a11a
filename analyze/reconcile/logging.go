package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// effect is what a change does to a log.
type effect int

const (
	switchedOff effect = iota
	changed            // it may have stopped the log, or part of it
	switchedOn
)

// loggingChange is a change of what is logged, as the control plane shows it.
type loggingChange struct {
	eid                         int64
	event, format               string
	at                          int64 // microseconds
	operation, principal, srcIP string
	tenant, region              string
	logs                        []string // formats of the logs that it is about
	effect                      effect
	what                        string // in words, after the name of the operation; may be ""
	everywhere                  bool   // it is about all regions of its account
	sparesText, sparesVectors   bool
	lost                        []*lostCall // calls of the pair at hand that it explains
	explains                    int64       // calls that it was found to explain
}

// Changes take effect while requests are under way, and writers of logs keep
// what they were set to for some minutes; settle is how long after a change a
// log may still be written, or not yet be written again.
const settle = 15 * 60_000_000 // microseconds

// maxChanges bounds the changes of what is logged that are read.
const maxChanges = 1000

// readChanges reads the changes of what is logged, once.
func (m *missingSearch) readChanges(ctx context.Context) error {
	if m.changed {
		return nil
	}
	m.changed = true
	changes, cut, err := readLoggingChanges(ctx, m.c)
	if err != nil {
		return err
	}
	if cut {
		m.report.Notes = append(m.report.Notes, fmt.Sprintf("there are more than %d changes of what is logged; only the first were read", maxChanges))
	}
	m.changes = changes
	return nil
}

// changeFor returns the change that explains why a source does not show a call,
// or nil. It is the last one before the call that is about the log; a log that
// is still, or again, written explains nothing.
func (m *missingSearch) changeFor(to *source, call *lostCall, long bool) *loggingChange {
	if !call.at.Valid {
		return nil
	}
	at := call.at.Int64
	for i := len(m.changes) - 1; i >= 0; i-- {
		c := m.changes[i]
		if c.at > at+time.Second.Microseconds() || !c.about(to, call) { // logs of access write whole seconds
			continue
		}
		switch {
		case c.effect == switchedOn && at-c.at <= settle:
			continue // not yet written again
		case c.effect == switchedOn,
			c.effect == changed && !long,
			call.last.Valid && call.last.Int64 > c.at+settle,
			call.next.Valid && call.next.Int64 > c.at+settle && m.unchanged(to, call, c):
			return nil
		}
		return c
	}
	return nil
}

// takeChanges tells the calls that changes of what is logged explain, before
// anything is learned from those that are not there. Kinds of calls that the log
// does not cover at other times either are not explained by it.
func (m *missingSearch) takeChanges(ctx context.Context, p *pairLoss) error {
	if err := m.readChanges(ctx); err != nil {
		return err
	}
	if !slices.ContainsFunc(m.changes, func(c *loggingChange) bool { return c.effect != switchedOn && slices.Contains(c.logs, p.to.format) }) {
		return nil
	}
	var keys []uint64
	for _, st := range p.lacking {
		keys = append(keys, st.key)
	}
	lost, err := m.read(ctx, p, keys)
	if err != nil {
		return err
	}
	by := map[*lostCall]*loggingChange{}
	for _, run := range runsOf(lost, p.scoped()) {
		for _, c := range run {
			if change := m.changeFor(p.to, c, len(run) >= silentLeast); change != nil {
				by[c] = change
				p.explained[c.stratum.key]++
			}
		}
	}
	for key, n := range p.explained {
		p.learned.discount(p.from.strata[key], n)
	}
	var beside []uint64
	for key := range p.explained {
		if _, foreign := p.learned.foreign(p.from.strata[key]); foreign {
			beside = append(beside, key)
		}
	}
	for _, key := range beside {
		p.learned.discount(p.from.strata[key], -p.explained[key])
		delete(p.explained, key)
	}
	for _, c := range lost {
		if change := by[c]; change != nil && p.explained[c.stratum.key] > 0 && !m.told[c.call] {
			m.told[c.call] = true
			change.lost = append(change.lost, c)
		}
	}
	m.tellChanges(p)
	return nil
}

// unchanged reports whether a source shows calls again after a change that
// nothing took back.
func (m *missingSearch) unchanged(to *source, call *lostCall, c *loggingChange) bool {
	if c.effect == changed {
		return false // what was changed may come and go
	}
	return !slices.ContainsFunc(m.changes, func(o *loggingChange) bool {
		return o.at >= c.at && o.at <= call.next.Int64+time.Second.Microseconds() && o.effect != switchedOff && o.about(to, call)
	})
}

// about reports whether a change is about a source's log of a call.
func (c *loggingChange) about(to *source, call *lostCall) bool {
	tenant, region := call.stratum.words[dimTenant], call.stratum.words[dimRegion]
	switch {
	case !slices.Contains(c.logs, to.format):
		return false
	case c.tenant != "" && tenant != "" && c.tenant != tenant:
		return false
	case !c.everywhere && c.region != "" && region != "" && c.region != region:
		return false
	case call.vectors:
		return !c.sparesVectors
	}
	return !c.sparesText
}

// tellChanges tells the calls that changes of what is logged explain.
func (m *missingSearch) tellChanges(p *pairLoss) {
	for _, c := range m.changes {
		if len(c.lost) == 0 {
			continue
		}
		lost := c.lost
		c.lost, c.explains = nil, c.explains+int64(len(lost))
		f := m.finding(p, analyze.SeverityCritical, p.to.name+scopeOf(lost), c.operation+", "+time.UnixMicro(c.at).UTC().Format(time.RFC3339)+", "+p.from.name, lost)
		verb := "switched"
		if c.effect == changed {
			f.Severity, verb = analyze.SeverityHigh, "changed"
		}
		f.Facts = slices.Concat([]analyze.Fact{
			{Name: "cause", Value: map[bool]string{true: "logging was changed", false: "logging was off"}[c.effect == changed]},
			{Name: "operation", Value: c.operation},
			{Name: "by", Value: c.principal},
			{Name: "from_address", Value: c.srcIP},
		}, f.Facts)
		f.First = time.UnixMicro(c.at).UTC()
		f.Events = append([]string{c.event}, f.Events[:min(len(f.Events), analyze.MaxFindingEvents-1)]...)
		f.EventCount++
		f.Title = fmt.Sprintf("%s kept no record of %s after %s by %s", p.to.name, counted(int64(len(lost)), "call"), c.operation, clip(orNobody(c.principal)))
		f.Explanation = fmt.Sprintf("%s %s what is logged%s at %s, from %s. Of %s that %s shows after it, %s shows none. "+
			"What it would have said of them is lost, unless another log has it. Harmless when the change was planned: ask who made it, and why then.",
			clip(orNobody(c.principal)), verb, prefixed(" (", c.what, ")"), time.UnixMicro(c.at).UTC().Format(time.RFC3339),
			cmp.Or(clip(c.srcIP), "an address that is not known"), counted(int64(len(lost)), "call"), p.from.name, p.to.name)
		m.findings = append(m.findings, *f)
	}
}

// prefixed puts something around a text that is not empty.
func prefixed(before, text, after string) string {
	if text == "" {
		return ""
	}
	return before + text + after
}

// noteChanges says which changes of what is logged explain no missing call.
func (m *missingSearch) noteChanges() {
	for _, c := range m.changes {
		if c.explains == 0 && c.effect != switchedOn {
			m.report.Notes = append(m.report.Notes, fmt.Sprintf("%s by %s at %s (%s): no missing call is explained by it",
				c.operation, clip(orNobody(c.principal)), time.UnixMicro(c.at).UTC().Format(time.RFC3339), c.event))
		}
	}
}
