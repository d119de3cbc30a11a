package reconcile

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
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
	var names []string
	for _, r := range loggingRules() {
		names = append(names, r.operations...)
	}
	list, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("writing names of operations: %w", err)
	}
	var all []*loggingChange
	args := []any{sql.Named("operations", string(list)), sql.Named("limit", maxChanges+1)}
	err = m.query(ctx, "control", args, func(r *sql.Rows) error {
		var c loggingChange
		all = append(all, &c)
		return r.Scan(&c.eid, &c.event, &c.format, &c.at, &c.operation, &c.principal, &c.srcIP, &c.tenant, &c.region)
	})
	if err != nil {
		return err
	}
	if len(all) > maxChanges {
		all = all[:maxChanges]
		m.report.Notes = append(m.report.Notes, fmt.Sprintf("there are more than %d changes of what is logged; only the first were read", maxChanges))
	}
	state := newLoggingState()
	for _, c := range all {
		record, err := m.c.Raw(ctx, c.eid)
		if err != nil {
			return err
		}
		if state.read(c, record.Raw) {
			m.changes = append(m.changes, c)
		}
	}
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

// changeTakes reports whether a change explains why a source does not show a
// call, and keeps the call with it.
func (m *missingSearch) changeTakes(to *source, call *lostCall, long bool) bool {
	c := m.changeFor(to, call, long)
	if c != nil {
		c.lost = append(c.lost, call)
	}
	return c != nil
}

// takeChanged tells those calls of a kind that a source never shows that a
// change explains, and returns the others.
func (m *missingSearch) takeChanged(ctx context.Context, p *pairLoss, lost []*lostCall) ([]*lostCall, error) {
	if len(lost) == 0 {
		return nil, nil
	}
	if err := m.readChanges(ctx); err != nil {
		return nil, err
	}
	var rest []*lostCall
	for _, c := range lost {
		if !m.changeTakes(p.to, c, false) {
			rest = append(rest, c)
		}
	}
	m.tellChanges(p)
	return rest, nil
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
		f.Title = fmt.Sprintf("%s kept no record of %s after %s by %s", p.to.name, callCount(int64(len(lost))), c.operation, clip(orNobody(c.principal)))
		f.Explanation = fmt.Sprintf("%s %s what is logged%s at %s, from %s. %s shows none of %s that %s shows after it. "+
			"What was said in them is in no log of this kind. Harmless when the change was planned: ask who made it, and why then.",
			clip(orNobody(c.principal)), verb, prefixed(" (", c.what, ")"), time.UnixMicro(c.at).UTC().Format(time.RFC3339),
			cmp.Or(clip(c.srcIP), "an address that is not known"), p.to.name, callCount(int64(len(lost))), p.from.name)
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
