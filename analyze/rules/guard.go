package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Rules that look for words in one long text, as those about the arguments of
// tools do, need one of their words in it. Looking for all words of all such
// rules at once is one pass over the text instead of one for each word.

// guardedRules is from how many rules about one column on this is done.
const guardedRules = 2

// guard lists texts of which a column must contain one, in lower case, for
// something to be able to match. Without a column nothing is known.
type guard struct {
	column string
	words  []string
}

// guardOf finds what a detection needs in a column of text.
func (q *query) guardOf(e *expr) guard {
	switch e.op {
	case opItem:
		return q.guardOfItem(e.item)
	case opAnd:
		for _, k := range e.kids {
			if g := q.guardOf(k); g.column != "" {
				return g
			}
		}
	case opOr:
		var all guard
		for i, k := range e.kids {
			g := q.guardOf(k)
			if g.column == "" || i > 0 && g.column != all.column {
				return guard{}
			}
			all.column, all.words = g.column, append(all.words, g.words...)
		}
		return all
	}
	return guard{}
}

// guardOfItem knows items that want one of some words somewhere in a column, in
// letters whose lower case is the same everywhere.
func (q *query) guardOfItem(it *item) guard {
	if it.field == "" || it.neq || q.src.vendor() || strings.HasPrefix(it.field, rawPrefix) {
		return guard{}
	}
	if f, err := q.src.column(it.field); err != nil || f.typ != typeText {
		return guard{}
	}
	g := guard{column: it.field}
	for _, v := range slices.Concat(it.values...) {
		p := v.text
		if v.kind != valueText || v.cased || len(p) != 3 || p[0].wild != '*' || p[1].wild != 0 || p[2].wild != '*' || !isASCII(p[1].lit) {
			return guard{}
		}
		g.words = append(g.words, strings.ToLower(p[1].lit))
	}
	return g
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c > 0x7f }) < 0
}

// guarded joins the conditions of rules, those that need words in the same column
// behind one look for all of these.
func (q *query) guarded(conditions []string) string {
	var columns []string
	words, of := map[string][]string{}, map[string][]string{}
	var rest []string
	for i, r := range q.rules {
		g := q.guardOf(r.matches())
		if g.column == "" {
			rest = append(rest, conditions[i])
			continue
		}
		if of[g.column] == nil {
			columns = append(columns, g.column)
		}
		words[g.column], of[g.column] = append(words[g.column], g.words...), append(of[g.column], conditions[i])
	}
	for _, c := range columns {
		either := joined(opOr, of[c])
		if len(of[c]) >= guardedRules {
			list := slices.Compact(slices.Sorted(slices.Values(words[c])))
			for i, w := range list {
				list[i] = regexp.QuoteMeta(w)
			}
			look := "coalesce(regexp_matches(lower(e." + casefile.QuoteIdent(c) + "), " + casefile.QuoteText(strings.Join(list, "|")) + "), false)"
			either = joined(opAnd, []string{look, either})
		}
		rest = append(rest, either)
	}
	return joined(opOr, rest)
}
