package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// disagreeCheck compares what sources say of the same call. What two sources always
// say differently, because they name or count things their own way, is learned
// and told as a note.
type disagreeCheck struct{}

var _ check = disagreeCheck{}

func (disagreeCheck) name() string { return "disagree" }

// maxToldPairs bounds the kinds of pairs of records that are held in memory, at
// about 100 bytes each.
const maxToldPairs = 500_000

func (k disagreeCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "pairs of records of one call"
	if len(s.sources) < 2 {
		r.NotApplicable = fmt.Sprintf("it needs two kinds of logs that show calls, and the case has %d", len(s.sources))
		return nil, nil
	}
	if err := s.exec(ctx, "told"); err != nil {
		return nil, err
	}
	c := &contradictions{survey: s, report: r, pairs: map[[2]int]*toldPair{}}
	if err := c.read(ctx); err != nil {
		return nil, err
	}
	if r.Compared == 0 {
		r.NotApplicable = "no call is shown by two kinds of logs"
		return nil, nil
	}
	var odd []*told
	for _, at := range c.order {
		odd = append(odd, c.pairs[at].judge()...)
	}
	r.Notes = append(r.Notes, c.notes()...)
	return c.tell(ctx, odd)
}

// field is what two records of a call are compared by.
type field struct {
	name   string
	column string    // of the events view
	word   dimension // of the strata, for fields that words are compared of
	digit  int       // in the code of told_pair, for the others; -1
}

// fields lists what is compared, in the order in which it is told. What the
// sources name in words of their own in general, such as operations, is not.
func fields() []field {
	return []field{
		{"principal", "principal", dimPrincipal, -1},
		{"account", "tenant", dimTenant, -1},
		{"model", "model", dimModel, -1},
		{"region", "region", dimRegion, -1},
		{"outcome", "outcome", dimOutcome, -1},
		{"error code", "error_code", dimErrorCode, -1},
		{"finish reason", "finish_reason", dimFinish, -1},
		{"session", "session_id", 0, 0},
		{"credential", "credential_id", 0, 1},
		{"system prompt", "system_prompt_hash", 0, 2},
		{"prompt", "prompt_hash", 0, 3},
		{"response", "response_hash", 0, 4},
		{"input tokens", "input_tokens", 0, 5},
		{"output tokens", "output_tokens", 0, 6},
		{"cache read tokens", "cache_read_tokens", 0, 7},
		{"cache write tokens", "cache_write_tokens", 0, 8},
	}
}

// told is calls of which two sources say the same two things.
type told struct {
	pair  *toldPair
	a, b  *stratum
	code  int64
	key   uint64 // in told_pair
	calls int64
	odd   []int // fields that contradict each other against their habit
}

// What a told says of a field.
const (
	saysNothing = iota // neither, or one of them only
	saysSame
	saysOther
)

// says compares a field.
func (t *told) says(f *field) int {
	if f.digit >= 0 {
		switch t.code >> (3 * f.digit) & 7 {
		case 1:
			return saysSame
		case 2:
			return saysOther
		}
		return saysNothing
	}
	switch a, b := t.a.words[f.word], t.b.words[f.word]; {
	case a == "" || b == "", f.word == dimOutcome && (a == "unknown" || b == "unknown"),
		f.word == dimFinish && (t.a.words[dimOutcome] == "blocked" || t.b.words[dimOutcome] == "blocked"):
		return saysNothing // why a blocked reply ends, each tells in its own way
	case a == b:
		return saysSame
	}
	return saysOther
}

// toldPair is all that two sources say of the calls that both show.
type toldPair struct {
	a, b  *source
	told  []*told
	calls int64
	habit map[int]int64 // calls that differ in a field by habit
	few   map[int]int64 // calls that differ, of which there are too few to know the habit
}

// contradictions is the working memory of one run of the check.
type contradictions struct {
	*survey
	report *CheckReport
	pairs  map[[2]int]*toldPair
	order  [][2]int
}

// read reads what the sources say of common calls.
func (c *contradictions) read(ctx context.Context) error {
	n := 0
	err := c.query(ctx, "told_read", []any{sql.Named("limit", maxToldPairs+1)}, func(r *sql.Rows) error {
		var at [2]int
		var strata [2]uint64
		var t told
		if err := r.Scan(&at[0], &at[1], &strata[0], &strata[1], &t.code, &t.key, &t.calls); err != nil {
			return err
		}
		if n++; n > maxToldPairs {
			return nil
		}
		p := c.pairs[at]
		if p == nil {
			p = &toldPair{a: &c.sources[at[0]], b: &c.sources[at[1]], habit: map[int]int64{}, few: map[int]int64{}}
			c.pairs[at] = p
			c.order = append(c.order, at)
		}
		t.pair, t.a, t.b = p, p.a.strata[strata[0]], p.b.strata[strata[1]]
		p.told = append(p.told, &t)
		p.calls += t.calls
		c.report.Compared += t.calls
		return nil
	})
	if n > maxToldPairs {
		c.report.Notes = append(c.report.Notes, fmt.Sprintf("there are more than %d kinds of pairs of records; only the first were compared", maxToldPairs))
	}
	return err
}

// notes says in which fields which sources differ by habit, and where too little
// is known to say.
func (c *contradictions) notes() []string {
	var out, rare []string
	for i, f := range fields() {
		var usual []string
		var few int64
		for _, at := range c.order {
			p := c.pairs[at]
			if p.habit[i] > 0 {
				usual = append(usual, p.a.name+" and "+p.b.name)
			}
			few += p.few[i]
		}
		if len(usual) > 0 {
			out = append(out, fmt.Sprintf("by convention, and so no finding, these differ in %s: %s", f.name, strings.Join(usual, ", ")))
		}
		if few > 0 {
			rare = append(rare, fmt.Sprintf("%s (%d)", f.name, few))
		}
	}
	if len(rare) > 0 {
		out = append(out, "these differ where too few records are alike to know whether they always do: "+strings.Join(rare, ", "))
	}
	return out
}

// judge finds which calls of the pair contradict its habits.
func (p *toldPair) judge() []*told {
	for i, f := range fields() {
		var is func(*told) habit
		if f.digit < 0 {
			is = newWording(p, &f).habit
		} else {
			is = newRate(p, &f).habit
		}
		for _, t := range p.told {
			if t.says(&f) != saysOther {
				continue
			}
			switch is(t) {
			case usual:
				p.habit[i] += t.calls
			case unknown:
				p.few[i] += t.calls
			case unusual:
				t.odd = append(t.odd, i)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(p.told), func(t *told) bool { return len(t.odd) == 0 })
}
