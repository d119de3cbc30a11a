package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// missing looks for calls that one source shows and another should and does
// not: access without content, content without access, a call at the gateway
// that the provider does not know. Each call that a source lacks is told once,
// by the source nearest to the provider that shows it.
type missing struct{}

var _ check = missing{}

func (missing) name() string { return "missing" }

// maxMissing bounds the missing calls of a pair of sources that are looked at
// one by one.
const maxMissing = 100_000

func (k missing) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "calls"
	if len(s.sources) < 2 {
		r.NotApplicable = "it needs two kinds of logs that show calls, and the case has " + fmt.Sprint(len(s.sources))
		return nil, nil
	}
	if err := s.query(ctx, "calls_count", nil, func(row *sql.Rows) error { return row.Scan(&r.Compared) }); err != nil {
		return nil, err
	}
	if s.coarse {
		r.Notes = append(r.Notes, "there are so many principals that what to expect is not learned for each of them")
	}
	search := &missingSearch{survey: s, report: r}
	for _, to := range s.byRole() {
		if err := search.source(ctx, to); err != nil {
			return nil, err
		}
	}
	search.noteStrangers()
	search.noteChanges()
	return search.findings, nil
}

// missingSearch is the working memory of one run of the check.
type missingSearch struct {
	*survey
	report    *CheckReport
	findings  []analyze.Finding
	told      map[int64]bool // calls that the source at hand lacks and that have been told
	strangers []string       // pairs of sources without a call in common
	changes   []*loggingChange
	changed   bool // changes were read
	spans     map[int][2]int64
}

// lostCall is a call that a source should show and does not, as another shows
// it. Times are microseconds.
type lostCall struct {
	call, eid  int64
	event      string
	at         sql.NullInt64
	stratum    *stratum
	principal  string
	vectors    bool // it makes vectors, which are logged or not apart from texts
	mask       int64
	before     int64 // how many calls the source shows before it
	last, next sql.NullInt64
	share      *share // by which it is expected
}

// pairLoss is what one source shows and another does not: the strata by what to
// make of them.
type pairLoss struct {
	from, to *source
	learned  *expectation
	strata   map[judgement][]uint64
	shares   map[uint64]*share // by stratum
	beside   []*stratum        // those that are not covered
	few      int64             // calls of kinds of which there are too few to tell
	sampled  int64             // calls of kinds of which to shows a part, as of all
}

// source finds the calls that a source lacks: first those that it should show,
// whichever source tells them.
func (m *missingSearch) source(ctx context.Context, to *source) error {
	m.told = map[int64]bool{}
	var pairs []*pairLoss
	for _, from := range m.byRole() {
		if from == to {
			continue
		}
		if p := m.pair(from, to); p != nil {
			pairs = append(pairs, p)
		}
	}
	for _, p := range pairs {
		if err := m.resolve(ctx, p); err != nil {
			return err
		}
	}
	m.notePairs(to, pairs)
	for _, p := range pairs {
		lost, err := m.lost(ctx, p, p.strata[callsExpected])
		if err == nil {
			err = m.explain(ctx, p, lost)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range pairs {
		lost, err := m.lost(ctx, p, p.strata[callsUnclear])
		if err != nil {
			return err
		}
		m.tellUnclear(p, lost)
	}
	for _, p := range pairs {
		lost, err := m.lost(ctx, p, p.learned.alone(p.strata[callsNotCovered]))
		if err != nil {
			return err
		}
		if !p.scoped() {
			m.tellAlone(p, lost)
		} else if lost, err = m.takeChanged(ctx, p, lost); err != nil {
			return err
		} else {
			m.tellBlind(p, lost)
		}
	}
	return nil
}

// pair judges the calls that from shows and to does not; it returns nil when
// there are none, or when the two have no call in common.
func (m *missingSearch) pair(from, to *source) *pairLoss {
	var common, lacking int64
	for _, st := range m.strata {
		if st.source == from.bit {
			calls, covered := st.coverage(to.bit)
			common += covered
			lacking += calls - covered
		}
	}
	if common == 0 && from.bit < to.bit {
		m.strangers = append(m.strangers, from.name+" and "+to.name)
	}
	if common == 0 || lacking == 0 {
		return nil
	}
	p := &pairLoss{from: from, to: to, learned: m.expect(from, to), strata: map[judgement][]uint64{}, shares: map[uint64]*share{}}
	for _, st := range m.strata {
		calls, covered := st.coverage(to.bit)
		if st.source != from.bit || calls == covered {
			continue
		}
		v, c := p.learned.judge(st)
		p.strata[v] = append(p.strata[v], st.key)
		p.shares[st.key] = c
		switch v {
		case callsNotCovered:
			p.beside = append(p.beside, st)
		case callsTooFew:
			p.few += calls - covered
		case callsSampled:
			p.sampled += calls - covered
		}
	}
	return p
}

// resolve looks again at calls of which to shows less than most. Where it lacks
// them in long runs, and elsewhere shows nearly all, they are no sample: it was
// off, or was exported for less time.
func (m *missingSearch) resolve(ctx context.Context, p *pairLoss) error {
	doubtful := slices.Concat(p.strata[callsUnclear], p.strata[callsSampled])
	if len(doubtful) == 0 {
		return nil
	}
	all := slices.Concat(p.strata[callsExpected], doubtful)
	lost, err := m.read(ctx, p, all)
	if err != nil {
		return err
	}
	c := p.learned.all
	for _, run := range runsOf(lost, p.scoped()) {
		if len(run) >= silentLeast {
			c.calls -= int64(len(run))
		}
	}
	if c.calls == p.learned.all.calls || c.calls < minSupport || c.part() < likely {
		return nil
	}
	for _, key := range doubtful {
		p.shares[key] = &c
	}
	p.strata[callsExpected], p.strata[callsUnclear], p.strata[callsSampled], p.sampled = all, nil, nil, 0
	return nil
}

// lost reads the calls of some strata of from that to does not show, but for
// those that were told already. They are told now.
func (m *missingSearch) lost(ctx context.Context, p *pairLoss, strata []uint64) ([]*lostCall, error) {
	lost, err := m.read(ctx, p, strata)
	lost = slices.DeleteFunc(lost, func(c *lostCall) bool { return m.told[c.call] })
	for _, c := range lost {
		m.told[c.call] = true
	}
	return lost, err
}

// read reads the calls of some strata of from that to does not show.
func (m *missingSearch) read(ctx context.Context, p *pairLoss, strata []uint64) ([]*lostCall, error) {
	if len(strata) == 0 {
		return nil, nil
	}
	keys, err := json.Marshal(strata)
	if err != nil {
		return nil, fmt.Errorf("writing strata: %w", err)
	}
	args := []any{
		sql.Named("from", p.from.bit), sql.Named("to", p.to.bit), sql.Named("scoped", p.scoped()),
		sql.Named("strata", string(keys)), sql.Named("limit", maxMissing+1),
	}
	var out []*lostCall
	n := 0
	err = m.query(ctx, "missing_calls", args, func(r *sql.Rows) error {
		var c lostCall
		var key uint64
		err := r.Scan(&c.call, &c.eid, &c.event, &c.at, &key, &c.vectors, &c.mask, &c.before, &c.last, &c.next)
		if n++; err == nil && n <= maxMissing {
			c.stratum, c.share = p.from.strata[key], p.shares[key]
			c.principal = c.stratum.words[dimPrincipal]
			out = append(out, &c)
		}
		return err
	})
	note := fmt.Sprintf("%s lacks more than %d calls that %s shows; only the first are told", p.to.name, maxMissing, p.from.name)
	if n > maxMissing && !slices.Contains(m.report.Notes, note) {
		m.report.Notes = append(m.report.Notes, note)
	}
	if err != nil || !m.coarse {
		return out, err
	}
	return out, m.namePrincipals(ctx, out)
}

// namePrincipals reads the principals of calls, where the strata do not have
// them.
func (m *missingSearch) namePrincipals(ctx context.Context, lost []*lostCall) error {
	var eids []int64
	for _, c := range lost {
		eids = append(eids, c.eid)
	}
	rows, err := m.c.Events(ctx, eids, []string{"principal"})
	for i := range rows {
		lost[i].principal, _ = rows[i].Values[0].(string)
	}
	return err
}

// scoped reports whether each account and region may have a log of its own.
func (p *pairLoss) scoped() bool { return p.from.ofProvider() && p.to.ofProvider() }

// silentLeast is how many calls in a row a source must lack, while it shows
// nothing at all, to be called silent and not short of records one by one.
// exportEdge is how far outside of what a source shows fewer calls must lie to
// be outside of what was exported; nearer ones may have been removed from the
// beginning or the end of its log.
const (
	silentLeast = 10
	exportEdge  = 3_600_000_000 // microseconds
)

// explain sorts calls that are missing by what explains them: logging was
// changed, the source was silent, the calls lie outside of what it was exported
// for, or else records are missing.
func (m *missingSearch) explain(ctx context.Context, p *pairLoss, lost []*lostCall) error {
	if len(lost) == 0 {
		return nil
	}
	if err := m.readChanges(ctx); err != nil {
		return err
	}
	if err := m.readSpans(ctx); err != nil {
		return err
	}
	var gone []*lostCall
	var silent, outside [][]*lostCall
	for _, run := range runsOf(lost, p.scoped()) {
		long := len(run) >= silentLeast
		edge := !run[0].last.Valid || !run[0].next.Valid
		var rest []*lostCall
		for _, c := range run {
			if !m.changeTakes(p.to, c, long) {
				rest = append(rest, c)
			}
		}
		if len(rest) < len(run) || long {
			for _, c := range run {
				p.learned.discount(c.stratum)
			}
		}
		switch {
		case len(rest) == 0:
		case long && edge:
			outside = append(outside, rest)
		case long:
			silent = append(silent, rest)
		default:
			for _, c := range rest {
				if edge && m.farFrom(p.to, c) {
					outside = append(outside, []*lostCall{c})
				} else {
					gone = append(gone, c)
				}
			}
		}
	}
	m.tellChanges(p)
	m.tellOutside(p, outside)
	m.tellSilent(p, silent)
	m.tellGone(p, gone)
	return nil
}

// runsOf cuts calls that are missing where their source shows something in
// between, each run in order of time, the runs by their first call.
func runsOf(lost []*lostCall, scoped bool) [][]*lostCall {
	type place struct {
		tenant, region string
		vectors        bool
		before         int64
	}
	at := map[place]int{}
	var out [][]*lostCall
	for _, c := range lost {
		p := place{before: c.before}
		if scoped {
			p = place{c.stratum.words[dimTenant], c.stratum.words[dimRegion], c.vectors, c.before}
		}
		i, ok := at[p]
		if !ok {
			i = len(out)
			at[p] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}

// farFrom reports whether a call lies well outside of all that a source shows.
func (m *missingSearch) farFrom(to *source, c *lostCall) bool {
	span, ok := m.spans[to.bit]
	return ok && c.at.Valid && (c.at.Int64 < span[0]-exportEdge || c.at.Int64 > span[1]+exportEdge)
}

func (m *missingSearch) readSpans(ctx context.Context) error {
	if m.spans != nil {
		return nil
	}
	m.spans = map[int][2]int64{}
	return m.query(ctx, "source_spans", nil, func(r *sql.Rows) error {
		var bit int
		var first, last sql.NullInt64
		err := r.Scan(&bit, &first, &last)
		if first.Valid {
			m.spans[bit] = [2]int64{first.Int64, last.Int64}
		}
		return err
	})
}
