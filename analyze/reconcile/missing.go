package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// missingCheck looks for calls that one source shows and another should and does
// not: access without content, content without access, a call at the gateway
// that the provider does not know. Each call that a source lacks is told once,
// by the source nearest to the provider that shows it.
type missingCheck struct{}

var _ check = missingCheck{}

func (missingCheck) name() string { return "missing" }

// maxMissing bounds the missing calls of a pair of sources that are looked at
// one by one.
const maxMissing = 100_000

func (k missingCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
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

// pairLoss is what one source shows and another does not: the strata by what to
// make of them.
type pairLoss struct {
	from, to  *source
	learned   *expectation
	lacking   []*stratum // strata of from with calls that to does not show
	explained map[uint64]int64
	strata    map[judgement][]uint64
	shares    map[uint64]*share // by stratum
}

// source finds the calls that a source lacks: first those that a change of what
// is logged explains, then those that it should show, whichever source tells
// them.
func (m *missingSearch) source(ctx context.Context, to *source) error {
	m.told = map[int64]bool{}
	var pairs []*pairLoss
	for _, from := range m.byRole() {
		if p := m.pair(from, to); p != nil {
			pairs = append(pairs, p)
		}
	}
	for _, p := range pairs {
		if err := m.takeChanges(ctx, p); err != nil {
			return err
		}
		p.judge()
		if err := m.resolve(ctx, p); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context, *pairLoss) error{m.tellExpected, m.tellUnclear, m.tellNotCovered} {
		for _, p := range pairs {
			if err := step(ctx, p); err != nil {
				return err
			}
		}
	}
	m.notePairs(to, pairs)
	return nil
}

// pair learns what to shows of the calls of from. It returns nil when it shows
// all of them, or none.
func (m *missingSearch) pair(from, to *source) *pairLoss {
	if from == to {
		return nil
	}
	p := &pairLoss{from: from, to: to, explained: map[uint64]int64{}, strata: map[judgement][]uint64{}, shares: map[uint64]*share{}}
	var common int64
	for _, st := range m.strata {
		if st.source != from.bit {
			continue
		}
		calls, covered := st.coverage(to.bit)
		common += covered
		if covered < calls {
			p.lacking = append(p.lacking, st)
		}
	}
	if common == 0 && from.bit < to.bit {
		m.strangers = append(m.strangers, from.name+" and "+to.name)
	}
	if common == 0 || len(p.lacking) == 0 {
		return nil
	}
	p.learned = m.learn(from, to)
	return p
}

// judge sorts the strata by what to make of the calls that to does not show.
func (p *pairLoss) judge() {
	p.learned.weigh(p.explained)
	for _, st := range p.lacking {
		v, c := p.learned.judge(st)
		p.strata[v] = append(p.strata[v], st.key)
		p.shares[st.key] = c
	}
}

// unexplained returns how many calls of a stratum to does not show, less those
// that a change explains.
func (p *pairLoss) unexplained(key uint64) int64 {
	calls, covered := p.from.strata[key].coverage(p.to.bit)
	return calls - covered - p.explained[key]
}

// scoped reports whether each account and region may have a log of its own.
func (p *pairLoss) scoped() bool { return p.from.ofProvider() && p.to.ofProvider() }

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
	p.strata[callsExpected], p.strata[callsUnclear], p.strata[callsSampled] = all, nil, nil
	return nil
}

// silentLeast is how many calls in a row a source must lack, while it shows
// nothing at all, to be called silent and not short of records one by one.
// exportEdge is how far outside of what a source shows fewer calls must lie to
// be outside of what was exported; nearer ones may have been removed from the
// beginning or the end of its log.
const (
	silentLeast = 10
	exportEdge  = 3_600_000_000 // microseconds
)

// tellExpected tells the calls that should be there, by what explains that they
// are not: the source was silent, they lie outside of what it was exported for,
// or else their records are missing.
func (m *missingSearch) tellExpected(ctx context.Context, p *pairLoss) error {
	lost, err := m.lost(ctx, p, p.strata[callsExpected])
	if err != nil || len(lost) == 0 {
		return err
	}
	if err := m.readSpans(ctx); err != nil {
		return err
	}
	var gone []*lostCall
	var silent, outside [][]*lostCall
	for _, run := range runsOf(lost, p.scoped()) {
		edge := !run[0].last.Valid || !run[0].next.Valid
		if len(run) >= silentLeast {
			for _, c := range run {
				p.learned.discount(c.stratum, 1)
			}
			if edge {
				outside = append(outside, run)
			} else {
				silent = append(silent, run)
			}
			continue
		}
		for _, c := range run {
			if edge && m.farFrom(p.to, c) {
				outside = append(outside, []*lostCall{c})
			} else {
				gone = append(gone, c)
			}
		}
	}
	m.tellOutside(p, outside)
	m.tellSilent(p, silent)
	m.tellGone(p, gone)
	return nil
}

// tellNotCovered tells the calls of kinds that a source never shows of which a
// responder should know.
func (m *missingSearch) tellNotCovered(ctx context.Context, p *pairLoss) error {
	lost, err := m.lost(ctx, p, p.learned.alone(p.strata[callsNotCovered]))
	if err != nil {
		return err
	}
	if p.scoped() {
		m.tellBlind(p, lost)
	} else {
		m.tellAlone(p, lost)
	}
	return nil
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
