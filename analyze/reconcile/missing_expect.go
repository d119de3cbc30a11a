package reconcile

import (
	"slices"
	"strings"
)

// judgement says what to make of the calls of a stratum that one source shows and
// another does not.
type judgement int

const (
	callsTooFew     judgement = iota // too few calls of their kind to tell
	callsNotCovered                  // the other source shows none of their kind
	callsSampled                     // it shows a part of all calls
	callsUnclear                     // it shows fewer than half of their kind, but most of all calls
	callsExpected                    // it shows most of their kind, and so these are missing
)

// What is learned from less than minSupport calls is not relied on: a share of
// so few says little, and of less than partSupport that are covered in part as
// well. Below coveredLeast a source does not cover a kind of call,
// from expectedLeast it does; a source that shows fewer of them than that is
// sampled, or most of its records are gone, which looks the same.
const (
	minSupport    = 5
	partSupport   = 20
	coveredLeast  = 0.02
	expectedLeast = 0.5
)

// aloneAmong is how many kinds of callers must be covered for each that is not,
// for that one to stand out.
const aloneAmong = 10

// expectation is what a source, to, is expected to show of the calls that
// another, from, shows. It is learned from the strata of from.
type expectation struct {
	from, to *source
	levels   []fineness // from fine to coarse
	words    [dimensions]map[string]*share
	all      share // less the calls that to does not cover for one word of them
	// modelsDiffer says that to covers calls of some models and not of others.
	modelsDiffer bool
}

// ofProvider reports whether both logs are kept by providers of models.
func (x *expectation) ofProvider() bool { return x.from.ofProvider() && x.to.ofProvider() }

// fineness is the strata of a source by some of their columns.
type fineness struct {
	by     []dimension
	shares map[string]*share
}

// share is how many calls of a kind are covered. Of the kinds one level finer
// that have enough calls it says how many are covered and how many are not at
// all: where both occur, nothing follows for the other kinds.
type share struct {
	calls, covered int64
	coveredKinds   int
	uncoveredKinds int
}

// part is the covered share.
func (c *share) part() float64 { return float64(c.covered) / float64(c.calls) }

// levelsOf returns by what a source can be expected to cover calls, from fine to
// coarse. The logs of a provider cover a region or an operation for everyone.
// What passes a gateway, or is instrumented, depends on who calls, and from
// which application. Outcome stays to the end: what was refused may never have
// come far enough to be logged.
func levelsOf(from, to *source) [][]dimension {
	coarse := [][]dimension{
		{dimProvider, dimService, dimOperation, dimKind, dimOutcome, dimErrorCode},
		{dimOperation, dimKind, dimOutcome, dimErrorCode},
		{dimOutcome, dimErrorCode},
		{dimOutcome},
	}
	if from.ofProvider() && to.ofProvider() {
		return append([][]dimension{
			{dimTenant, dimRegion, dimProvider, dimService, dimOperation, dimKind, dimOutcome, dimErrorCode},
			{dimRegion, dimProvider, dimService, dimOperation, dimKind, dimOutcome, dimErrorCode},
		}, coarse...)
	}
	return append([][]dimension{
		{dimTenant, dimRegion, dimProvider, dimService, dimOperation, dimKind, dimModel, dimApp, dimPrincipal, dimOutcome, dimErrorCode},
		{dimProvider, dimService, dimOperation, dimKind, dimModel, dimApp, dimOutcome, dimErrorCode},
	}, coarse...)
}

// keyOf returns the columns of a stratum by which a level tells strata apart.
func keyOf(st *stratum, by []dimension) string {
	var b strings.Builder
	for _, d := range by {
		b.WriteString(st.words[d])
		b.WriteByte(0)
	}
	return b.String()
}

// learn counts what to shows of the calls that from shows.
func (s *survey) learn(from, to *source) *expectation {
	x := &expectation{from: from, to: to}
	for _, by := range levelsOf(from, to) {
		x.levels = append(x.levels, fineness{by: by, shares: map[string]*share{}})
	}
	for d := range x.words {
		x.words[d] = map[string]*share{}
	}
	for _, st := range from.strata {
		calls, covered := st.coverage(to.bit)
		for _, l := range x.levels {
			addShare(l.shares, keyOf(st, l.by), calls, covered)
		}
		for d, word := range st.words {
			addShare(x.words[d], word, calls, covered)
		}
	}
	return x
}

// discount takes calls that something explains out of what is learned: while a
// log was off, nothing is learned about what it covers.
func (x *expectation) discount(st *stratum, calls int64) {
	for _, l := range x.levels {
		l.shares[keyOf(st, l.by)].calls -= calls
	}
	for d, word := range st.words {
		x.words[d][word].calls -= calls
	}
}

// weigh sums up what was counted, before it is judged by, less the explained
// calls of each stratum.
func (x *expectation) weigh(explained map[uint64]int64) {
	x.countKinds()
	var some, none bool
	for _, c := range x.words[dimModel] {
		some = some || c.calls >= minSupport && c.part() >= coveredLeast
		none = none || c.calls >= minSupport && c.part() < coveredLeast
	}
	x.modelsDiffer = some && none && !x.ofProvider()
	for _, st := range x.from.strata {
		if _, ok := x.foreign(st); !ok {
			calls, covered := st.coverage(x.to.bit)
			x.all.calls += calls - explained[st.key]
			x.all.covered += covered
		}
	}
}

// addShare counts calls of a kind.
func addShare(to map[string]*share, kind string, calls, covered int64) {
	c := to[kind]
	if c == nil {
		c = &share{}
		to[kind] = c
	}
	c.calls += calls
	c.covered += covered
}

// foreign returns the first dimension that tells that a source does not cover
// the calls of a stratum: it shows hardly any call with that word. An
// application or a principal must stand out by more; see alone.
func (x *expectation) foreign(st *stratum) (dimension, bool) {
	by := []dimension{
		dimKind, dimProvider, dimService, dimRegion, dimTenant, dimOperation, dimOutcome, dimErrorCode, dimModel,
	}
	if x.ofProvider() {
		by = by[:len(by)-1] // a provider logs whatever the model
	}
	for _, d := range by {
		if c := x.words[d][st.words[d]]; st.words[d] != "" && c.calls >= minSupport && c.part() < coveredLeast {
			return d, true
		}
	}
	return 0, false
}

// coverage returns how many calls a stratum has, and how many of them a source
// shows too.
func (st *stratum) coverage(bit int) (calls, covered int64) {
	for _, m := range st.masks {
		calls += m.calls
		if m.mask>>bit&1 == 1 {
			covered += m.calls
		}
	}
	return calls, covered
}

// countKinds counts for each kind of call the kinds one level finer.
func (x *expectation) countKinds() {
	for i := 1; i < len(x.levels); i++ {
		done := map[string]bool{}
		for _, st := range x.from.strata {
			key := keyOf(st, x.levels[i-1].by)
			child := x.levels[i-1].shares[key]
			if done[key] || child.calls < minSupport {
				continue
			}
			done[key] = true
			parent := x.levels[i].shares[keyOf(st, x.levels[i].by)]
			if child.part() < coveredLeast {
				parent.uncoveredKinds++
			} else {
				parent.coveredKinds++
			}
		}
	}
}

// alone returns those of the strata that are not covered of which a responder
// should know. Where nearly all calls like them by others are covered, one caller
// goes beside a log that everyone else passes; where several do, that is how
// things are set up. Of a provider it is what succeeded beside a log that has
// most calls of that provider.
func (x *expectation) alone(keys []uint64) []uint64 {
	var out []uint64
	for _, key := range keys {
		st := x.from.strata[key]
		if x.ofProvider() {
			provider := st.words[dimProvider]
			if provider != "" && st.words[dimOutcome] == "success" && x.words[dimProvider][provider].part() >= expectedLeast {
				out = append(out, key)
			}
			continue
		}
		own := x.levels[0].shares[keyOf(st, x.levels[0].by)]
		others := x.levels[1].shares[keyOf(st, x.levels[1].by)]
		if own.calls >= minSupport && others.coveredKinds >= aloneAmong*others.uncoveredKinds {
			out = append(out, key)
		}
	}
	return out
}

// judge says what to make of the calls of a stratum that to does not show, and
// by which share of which calls: those of the finest level that has enough. Where
// the log does not say which provider was called, only the model can tell whether
// to covers it.
func (x *expectation) judge(st *stratum) (judgement, *share) {
	if d, ok := x.foreign(st); ok {
		return callsNotCovered, x.words[d][st.words[d]]
	}
	for _, l := range x.levels {
		c := l.shares[keyOf(st, l.by)]
		byModel := slices.Contains(l.by, dimModel)
		byProvider := slices.Contains(l.by, dimProvider) && st.words[dimProvider] != ""
		switch {
		case c.calls < minSupport, c.calls < partSupport && c.part() >= coveredLeast && c.part() < likely:
			continue
		case c.coveredKinds > 0 && c.uncoveredKinds > 0,
			!byModel && !byProvider && x.modelsDiffer && x.words[dimModel][st.words[dimModel]].calls < minSupport:
			return callsTooFew, c
		case c.part() < coveredLeast:
			return callsNotCovered, c
		case c.part() < expectedLeast && x.all.part() < expectedLeast:
			return callsSampled, c
		case c.part() < expectedLeast:
			return callsUnclear, c
		}
		return callsExpected, c
	}
	// Of very few calls that end like this, it is the only one that is missing.
	last := x.levels[len(x.levels)-1]
	if c := last.shares[keyOf(st, last.by)]; c.calls-c.covered == 1 && c.covered > 1 {
		return callsExpected, c
	}
	return callsTooFew, nil
}
