package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Most rules are about operations that a case has nothing of. Which operations it
// has is found once, and a rule that cannot match with any of these reads nothing.

// possible returns the rules that can match with some operation of the case.
func (r *runner) possible(ctx context.Context, src *Source, rules []*Rule) ([]*Rule, error) {
	if src.view != viewEvents {
		return rules, nil
	}
	q := &query{src: src, known: []string{"format", "operation"}}
	var when []string
	for _, x := range rules {
		s, err := q.weak(x.matches(), false)
		if err != nil {
			return nil, inFile(x.File, err)
		}
		if src.vendor() {
			s = joined(opAnd, []string{src.ofFormats(), s})
		}
		when = append(when, s)
	}
	if !r.words {
		text, err := statement("words", nil)
		if err != nil {
			return nil, err
		}
		if err := r.c.Keep(ctx, "sigma_word", text); err != nil {
			return nil, err
		}
		r.words = true
	}
	counts, err := r.tally(ctx, "sigma_word", rules, when)
	if err != nil {
		return nil, err
	}
	var out []*Rule
	for i, x := range rules {
		if counts[i] > 0 {
			out = append(out, x)
		}
	}
	return out, nil
}

// narrow lets a query read, instead of all calls, those of events that can make a
// rule match, where that can be said of each of its rules.
func (r *runner) narrow(ctx context.Context, q *query) error {
	var any []string
	for _, x := range q.rules {
		s, err := q.ofEvent(x.matches())
		if err != nil {
			return inFile(x.File, err)
		}
		any = append(any, s)
	}
	when := joined(opOr, any)
	if _, err := q.compile(); err != nil {
		return err
	}
	if when == always || slices.ContainsFunc(q.columns, func(c string) bool { return !isBase(c) && !casefile.ShownByEvent(c) }) {
		return nil
	}
	text, err := statement("events", map[string]string{"when": when})
	if err != nil {
		return err
	}
	if err := r.c.Keep(ctx, "sigma_event", text); err != nil {
		return err
	}
	if err := r.c.MakeSomeCalls(ctx, "sigma_event", q.columns); err != nil {
		return fmt.Errorf("choosing calls: %w", err)
	}
	q.from = casefile.SomeCalls
	return nil
}

func isBase(column string) bool { return slices.Contains(baseColumns(), column) }

// ofEvent is what must hold of one of the events of a call for a detection to be
// able to match the call, always where nothing can be said.
func (q *query) ofEvent(e *expr) (string, error) {
	if e.op == opNot {
		return always, nil
	}
	if e.op == opItem {
		return q.itemOfEvent(e.item)
	}
	var kids []string
	for _, k := range e.kids {
		s, err := q.ofEvent(k)
		if err != nil {
			return "", err
		}
		// Each part of a conjunction can hold of another event: one of them is enough.
		if e.op == opAnd && s != always {
			return s, nil
		}
		kids = append(kids, s)
	}
	if e.op == opAnd {
		return always, nil
	}
	return joined(opOr, kids), nil
}

func (q *query) itemOfEvent(it *item) (string, error) {
	missing := func(v value) bool {
		return v.kind == valueNull || v.kind == valueExists && !v.yes || v.kind == valueField
	}
	if it.field == "" || it.neq || strings.HasPrefix(it.field, rawPrefix) || !casefile.ShownByEvent(it.field) || slices.ContainsFunc(slices.Concat(it.values...), missing) {
		return always, nil
	}
	f, err := q.src.column(it.field)
	if err != nil {
		return "", wrongLine(it.line, "%v", err)
	}
	return q.compare(it, columnOperand(f), true)
}
