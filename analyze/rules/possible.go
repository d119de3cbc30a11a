package rules

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Most rules are about operations that a case has nothing of. Which wordings it has,
// the operations with what else has few values, is found once, and a rule that cannot
// match with any of these reads nothing.

// wordedColumns are the columns of a wording.
func wordedColumns() []string {
	return []string{"format", "operation", "service", "plane", "kind", "outcome"}
}

// sparseColumns are columns that many logs say nothing in; in a wording they are NULL
// where no event of the case does.
func sparseColumns() []string {
	return append(longTexts(), "guardrail_policies", "guardrail_action", "approval", "parameters", "finish_reason", "data_format", "error_message")
}

// possible returns the rules that can match with some operation of the case.
func (r *runner) possible(ctx context.Context, src *Source, rules []*Rule) ([]*Rule, error) {
	if src.view != viewEvents {
		return rules, nil
	}
	if err := r.wordings(ctx); err != nil {
		return nil, err
	}
	q := &query{src: src, known: r.worded}
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

// wordings makes the table of wordings, once.
func (r *runner) wordings(ctx context.Context) error {
	if r.worded != nil {
		return nil
	}
	said := map[string]bool{}
	if err := r.query(ctx, "said", nil, func(rows *sql.Rows) error {
		var column string
		err := rows.Scan(&column)
		said[column] = true
		return err
	}); err != nil {
		return err
	}
	r.worded = wordedColumns()
	columns := strings.Join(r.worded, ", ")
	for _, c := range sparseColumns() {
		if !said[c] {
			r.worded, columns = append(r.worded, c), columns+", null::varchar as "+c
		}
	}
	text, err := statement("words", map[string]string{"columns": columns})
	if err != nil {
		return err
	}
	return r.c.Keep(ctx, "sigma_word", text)
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
