package reconcile

import (
	"slices"
	"strings"
)

// habit says whether two sources differ in a field as they always do.
type habit int

const (
	unknown habit = iota // too few calls are alike to tell
	usual
	unusual
)

// What two sources do is known from habitCalls calls that are alike. They are
// taken to differ by habit when they do in more than habitShare of them, and in
// more than the one at hand and another. Of fewer calls, habitFew that are a
// fifth of them make it likely that there is a habit.
const (
	habitCalls = 20
	habitShare = 0.05
	habitFew   = 3
)

// Of calls of one model and operation, habitAlone are enough when no other
// differs. habitModels is how many of the kinds tell models apart.
const (
	habitAlone  = 6
	habitModels = 2
)

// rateOf counts calls that both sources say a field of.
type rateOf struct {
	calls, other int64
	mixed        bool // of some of the kinds one level finer the sources differ by habit
}

// isHabit reports whether the sources differ in calls like these by habit.
func (r *rateOf) isHabit() bool {
	if r.calls < habitCalls {
		return r.other >= habitFew && r.other*5 > r.calls
	}
	return r.other > 2 && float64(r.other-1) > habitShare*float64(r.calls)
}

// rate knows how often two sources differ in a field whose values are compared
// only, such as a text or a number: by what kind of call it is, from fine to
// coarse. Whether one of them keeps the system prompt in a text of its own
// matters to what the prompt is.
type rate struct {
	levels []map[string]*rateOf
}

// rateKeys returns the kinds that a told is of, from fine to coarse.
func rateKeys(t *told) []string {
	join := func(words ...string) string { return strings.Join(words, "\x00") }
	operations := join(t.a.words[dimOperation], t.b.words[dimOperation])
	models := join(operations, t.a.words[dimModel], t.b.words[dimModel])
	system := &field{digit: 2}
	digit := string(rune('0' + t.code>>(3*system.digit)&7))
	return []string{
		join(models, t.a.words[dimKind], t.b.words[dimKind], t.a.words[dimOutcome], t.b.words[dimOutcome], digit),
		models,
		operations,
		"",
	}
}

// newRate counts how often the two sources of a pair differ in a field.
func newRate(p *toldPair, f *field) *rate {
	r := &rate{}
	for range 4 {
		r.levels = append(r.levels, map[string]*rateOf{})
	}
	for _, t := range p.told {
		says := t.says(f)
		if says == saysNothing {
			continue
		}
		for i, key := range rateKeys(t) {
			c := r.levels[i][key]
			if c == nil {
				c = &rateOf{}
				r.levels[i][key] = c
			}
			c.calls += t.calls
			if says == saysOther {
				c.other += t.calls
			}
		}
	}
	for _, t := range p.told {
		if t.says(f) == saysNothing {
			continue
		}
		keys := rateKeys(t)
		for i := 1; i < len(keys); i++ {
			finer := r.levels[i-1][keys[i-1]]
			if c := r.levels[i][keys[i]]; finer.mixed || finer.isHabit() {
				c.mixed = true
			}
		}
	}
	return r
}

// habit says whether the sources usually differ in calls like these, by the
// finest kind of which there are enough. Where they do in some calls of a
// kind only, nothing is known of those that are too rare to tell.
func (r *rate) habit(t *told) habit {
	for i, key := range rateKeys(t) {
		c := r.levels[i][key]
		switch {
		case c.isHabit():
			return usual
		case c.mixed:
			return unknown // what the finer kinds do differs
		case c.calls >= habitCalls, i < habitModels && c.calls >= habitAlone && c.other == 1:
			return unusual
		}
	}
	return unknown
}

// Words that two sources have for the same are known when the one that most
// calls have, of at least habitCalls, stands in wordShare of them. Of fewer
// calls, it must stand in wordTimes as many as the word at hand, where the
// sources have such words in general, or the same ones.
const (
	wordShare = 0.9
	wordTimes = 2
)

// wording knows which words of two sources stand for each other.
type wording struct {
	field     *field
	rows      [2]map[string]*wordRow // by the word of a, and of b
	same, all int64
	settled   int64 // calls that have the most usual word for that of a
}

// wordRow is one word of a source: the words of the other that stand with it.
type wordRow struct {
	calls  int64
	others map[string]int64
	most   int64 // calls of the most usual of them
}

func newWording(p *toldPair, f *field) *wording {
	w := &wording{field: f, rows: [2]map[string]*wordRow{{}, {}}}
	for _, t := range p.told {
		says := t.says(f)
		if says == saysNothing {
			continue
		}
		a, b := t.a.words[f.word], t.b.words[f.word]
		w.all += t.calls
		if says == saysSame {
			w.same += t.calls
		}
		w.add(0, a, b, t.calls)
		w.add(1, b, a, t.calls)
	}
	for _, rows := range w.rows {
		for _, r := range rows {
			for _, n := range r.others {
				r.most = max(r.most, n)
			}
		}
	}
	for _, r := range w.rows[0] {
		w.settled += r.most
	}
	return w
}

func (w *wording) add(side int, own, other string, calls int64) {
	r := w.rows[side][own]
	if r == nil {
		r = &wordRow{others: map[string]int64{}}
		w.rows[side][own] = r
	}
	r.calls += calls
	r.others[other] += calls
}

// habit says whether the two words of a told usually stand together. A word that
// never stands for itself, but for another, is a name of its own; else it is
// enough when one of the two has another word by far more often.
func (w *wording) habit(t *told) habit {
	a, b := t.a.words[w.field.word], t.b.words[w.field.word]
	if w.field.word == dimOutcome && (a == "blocked" && w.rows[1][a] == nil || b == "blocked" && w.rows[0][b] == nil) {
		return usual // a guardrail that steps in is a success to a log that does not know of guardrails
	}
	one, two := w.rows[0][a], w.rows[1][b]
	if one.named(a, b) || two.named(b, a) {
		return usual
	}
	sides := []habit{w.side(one, b), w.side(two, a)}
	switch {
	case slices.Contains(sides, unusual):
		return unusual
	case slices.Contains(sides, usual):
		return usual
	}
	return unknown
}

// named reports whether a word is a source's own name for what the other source
// calls by another.
func (r *wordRow) named(own, other string) bool {
	return r.calls >= habitCalls && r.others[own] == 0 && r.others[other] == r.most && float64(r.most) > habitShare*float64(r.calls)
}

// side says whether a word usually stands with another of the other source.
func (w *wording) side(r *wordRow, other string) habit {
	n := r.others[other]
	settled := float64(w.settled) >= (1-habitShare)*float64(w.all)
	same := float64(w.same) >= (1-habitShare)*float64(w.all)
	switch {
	case r.calls >= habitCalls && float64(n) > habitShare*float64(r.calls),
		r.calls >= habitCalls && float64(r.most) < wordShare*float64(r.calls): // it has many counterparts
		return usual
	case r.calls < habitCalls && w.all >= habitCalls && settled && n == r.most && n > 1:
		return usual // it stands for one word, as others do
	case r.calls >= habitCalls,
		w.all >= habitCalls && settled && r.most >= wordTimes*n,
		w.all >= habitCalls && same && (n == 1 || r.most > n):
		return unusual
	}
	return unknown
}
