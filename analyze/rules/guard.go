package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Rules that look for words in one text, as those about the arguments of tools
// do, or for some of the operations that there are, need one of these in it.
// Looking for those of all such rules at once is one pass over a column instead
// of one for each, and few rows are left for the rules themselves.

// guardedRules is from how many rules about one column on this is done.
const guardedRules = 2

// commonWords is the rank from which on a guard leaves too many rows to be of use.
const commonWords = 3

// guard lists texts of which a column must be one, or contain one, in lower case,
// for something to be able to match. Without a column nothing is known.
type guard struct {
	guardKey
	words []string
}

type guardKey struct {
	column string
	exact  bool
}

// rank orders guards by how few rows they are likely to leave, the fewest first.
func (g guard) rank() int {
	switch {
	case g.column == "":
		return 5
	case !g.exact:
		return 0
	}
	switch g.column {
	case "kind", "plane", "format":
		return 4
	case "outcome", "service", "credential_kind":
		return 3
	case "operation", "error_code":
		return 1
	}
	return 2
}

// guardOf finds what a detection needs in a column of text.
func (q *query) guardOf(e *expr) guard {
	switch e.op {
	case opItem:
		return q.guardOfItem(e.item)
	case opAnd:
		var best guard
		for _, k := range e.kids {
			if g := q.guardOf(k); g.rank() < best.rank() {
				best = g
			}
		}
		return best
	case opOr:
		var all guard
		for i, k := range e.kids {
			g := q.guardOf(k)
			if g.column == "" || i > 0 && g.guardKey != all.guardKey {
				return guard{}
			}
			all.guardKey, all.words = g.guardKey, append(all.words, g.words...)
		}
		return all
	}
	return guard{}
}

// guardOfItem knows items that want a column to be one of some words, or one of
// them somewhere in it, in letters whose lower case is the same everywhere.
func (q *query) guardOfItem(it *item) guard {
	if it.field == "" || it.neq || q.src.vendor() || strings.HasPrefix(it.field, rawPrefix) {
		return guard{}
	}
	if f, err := q.src.column(it.field); err != nil || f.typ != typeText {
		return guard{}
	}
	g := guard{guardKey: guardKey{column: it.field}}
	for i, v := range slices.Concat(it.values...) {
		if v.kind != valueText || v.cased {
			return guard{}
		}
		word, exact := v.text.plain()
		if p := v.text; len(p) == 3 && p[0].wild == '*' && p[1].wild == 0 && p[2].wild == '*' {
			word = p[1].lit
		} else if !exact {
			return guard{}
		}
		if !isASCII(word) || i > 0 && exact != g.exact {
			return guard{}
		}
		g.exact = exact
		g.words = append(g.words, strings.ToLower(word))
	}
	return g
}

// formatsOf lists the formats that a rule about columns wants, nil when it does
// not say.
func (q *query) formatsOf(e *expr) []string {
	if e.op == opAnd {
		for _, k := range e.kids {
			if list := q.formatsOf(k); list != nil {
				return list
			}
		}
	}
	if g := q.guardOf(e); g.column == "format" && g.exact {
		return g.words
	}
	return nil
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c > 0x7f }) < 0
}

// guarded joins the conditions of rules, those that need words in the same column
// behind one look for all of these.
func (q *query) guarded(conditions []string) string {
	var keys []guardKey
	words, of := map[guardKey][]string{}, map[guardKey][]string{}
	var rest []string
	for i, r := range q.rules {
		g := q.guardOf(r.matches())
		if g.column == "" {
			rest = append(rest, conditions[i])
			continue
		}
		if of[g.guardKey] == nil {
			keys = append(keys, g.guardKey)
		}
		words[g.guardKey], of[g.guardKey] = append(words[g.guardKey], g.words...), append(of[g.guardKey], conditions[i])
	}
	for _, k := range keys {
		either := joined(opOr, of[k])
		if len(of[k]) >= guardedRules && (guard{guardKey: k}).rank() < commonWords {
			either = joined(opAnd, []string{k.look(words[k]), either})
		}
		rest = append(rest, either)
	}
	return joined(opOr, rest)
}

// look says in SQL that a column is one of some words, or contains one.
func (k guardKey) look(words []string) string {
	column := "lower(e." + casefile.QuoteIdent(k.column) + ")"
	list := slices.Compact(slices.Sorted(slices.Values(words)))
	for i, w := range list {
		if k.exact {
			list[i] = casefile.QuoteText(w)
		} else {
			list[i] = regexp.QuoteMeta(w)
		}
	}
	look := "regexp_matches(" + column + ", " + casefile.QuoteText(strings.Join(list, "|")) + ")"
	if k.exact {
		look = oneOf(column, list)
	}
	return "(" + look + ")"
}
