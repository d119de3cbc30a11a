package rules

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// What is known of every row.
const (
	always = "true"
	never  = "false"
)

// expr compiles a detection. What is below not is true or false, never NULL, so
// that it is turned around also where a field is missing. Elsewhere, where top
// holds, NULL does as well as false.
func (q *query) expr(e *expr, top bool) (string, error) {
	if e.op == opItem {
		return q.item(e.item, top)
	}
	var kids []string
	for _, k := range e.kids {
		s, err := q.expr(k, top && e.op != opNot)
		if err != nil {
			return "", err
		}
		kids = append(kids, s)
	}
	return joined(e.op, kids), nil
}

// joined joins conditions, leaving out what decides nothing.
func joined(o op, kids []string) string {
	if o == opNot {
		switch kids[0] {
		case always:
			return never
		case never:
			return always
		}
		return "not " + kids[0]
	}
	idle, word := always, " and "
	if o == opOr {
		idle, word = never, " or "
	}
	decided := map[string]string{always: never, never: always}[idle]
	var list []string
	for _, k := range kids {
		switch {
		case k == decided:
			return decided
		case k != idle && !slices.Contains(list, k):
			list = append(list, k)
		}
	}
	switch len(list) {
	case 0:
		return idle
	case 1:
		return list[0]
	}
	return "(" + strings.Join(list, word) + ")"
}

// weak is what must hold of the columns for a detection to be able to match.
// With least, it is what of the columns is enough for it.
func (q *query) weak(e *expr, least bool) (string, error) { return q.weakly(e, least, true) }

func (q *query) weakly(e *expr, least, top bool) (string, error) {
	if e.op == opItem {
		return q.weakItem(e.item, least, top)
	}
	var kids []string
	for _, k := range e.kids {
		s, err := q.weakly(k, least != (e.op == opNot), top && e.op != opNot)
		if err != nil {
			return "", err
		}
		kids = append(kids, s)
	}
	return joined(e.op, kids), nil
}

func (q *query) weakItem(it *item, least, top bool) (string, error) {
	unknown := always
	if least {
		unknown = never
	}
	column := it.field
	switch {
	case it.field == "" || !q.src.vendor() && strings.HasPrefix(it.field, rawPrefix), q.src.vendor() && least, refers(it):
		return unknown, nil
	case q.src.vendor():
		if column = q.src.columns[it.field]; column == "" {
			return unknown, nil
		}
	}
	if q.known != nil && !slices.Contains(q.known, column) {
		return unknown, nil
	}
	f, err := q.src.column(column)
	if err != nil {
		return "", wrongLine(it.line, "%v", err)
	}
	o := columnOperand(f)
	s, err := q.compare(it, o, top)
	if err == nil && q.src.vendor() {
		// Where the decoder found no such member, the record may have an odd one.
		s = joined(opOr, []string{s, o.typed + " is null"})
	}
	return s, err
}

// refers reports whether an item names another field.
func refers(it *item) bool {
	return slices.ContainsFunc(it.values, func(v []value) bool { return v[0].kind == valueField })
}

func (q *query) item(it *item, top bool) (string, error) {
	if it.field != "" {
		o, err := q.field(it.field, it.line)
		if err != nil {
			return "", err
		}
		return q.compare(it, o, top)
	}
	if q.src.view != viewEvents {
		return "", wrongLine(it.line, "keywords are looked for in records, and a call may have several; use category: genai without service: call")
	}
	q.raw = true
	return q.compare(it, operand{text: `e."sigma_raw"`}, top)
}

// compare compiles an item over an operand; at the top it may be NULL for false.
func (q *query) compare(it *item, o operand, top bool) (string, error) {
	var parts []string
	top = top && !it.neq
	if it.all {
		for _, forms := range it.values {
			s, err := q.any(it, o, forms, top)
			if err != nil {
				return "", err
			}
			parts = append(parts, s)
		}
	} else {
		s, err := q.any(it, o, slices.Concat(it.values...), top)
		if err != nil {
			return "", err
		}
		parts = append(parts, s)
	}
	out := joined(opAnd, parts)
	if it.neq {
		out = joined(opNot, []string{out})
	}
	return out, nil
}

// any compiles that the operand has one of the values.
func (q *query) any(it *item, o operand, values []value, top bool) (string, error) {
	var list, each, same, cased []string
	x := o
	if o.list {
		x = operand{text: "v"}
	}
	for _, v := range values {
		switch v.kind {
		case valueExists:
			list = append(list, exists(o, v.yes))
		case valueNull:
			list = append(list, empty(o))
		case valueField:
			s, err := q.sameAs(it, o, v)
			if err != nil {
				return "", err
			}
			list = append(list, s)
		case valueText:
			plain, ok := v.text.plain()
			switch {
			case ok && v.cased:
				cased = append(cased, casefile.QuoteText(plain))
			case ok:
				same = append(same, "lower("+casefile.QuoteText(plain)+")")
			default:
				each = append(each, textLike(x.text, v))
			}
		default:
			each = append(each, scalar(x, v))
		}
	}
	if len(same) > 0 {
		each = append(each, oneOf("lower("+x.text+")", same))
	}
	if len(cased) > 0 {
		each = append(each, oneOf(x.text, cased))
	}
	if len(each) > 0 {
		s := strings.Join(each, " or ")
		if o.list {
			s = "len(list_filter(" + o.text + ", lambda v: " + s + ")) > 0"
		}
		if top {
			list = append(list, "("+s+")")
		} else {
			list = append(list, "coalesce("+s+", false)")
		}
	}
	return joined(opOr, list), nil
}

// manyTexts is from how many texts on DuckDB would join with a table of them, which
// it does for every row, whatever else there is to decide about it.
const manyTexts = 5

// oneOf is the comparison with one or several texts.
func oneOf(x string, list []string) string {
	switch {
	case len(list) == 1:
		return x + " = " + list[0]
	case len(list) >= manyTexts:
		return "list_contains([" + strings.Join(list, ", ") + "], " + x + ")"
	}
	return x + " in (" + strings.Join(list, ", ") + ")"
}

// exists compiles that a field is there. A column that is NULL is not.
func exists(o operand, yes bool) string {
	if o.typed != "" {
		o.text = o.typed
	}
	if yes {
		return o.text + " is not null"
	}
	return o.text + " is null"
}

// empty compiles that a field has no value.
func empty(o operand) string {
	if !o.list {
		return exists(o, false)
	}
	return "coalesce(len(list_filter(" + o.text + ", lambda v: v is not null)), 0) = 0"
}

// sameAs compiles the comparison with another field: any value with any value.
func (q *query) sameAs(it *item, o operand, v value) (string, error) {
	other, err := q.field(v.name, it.line)
	if err != nil {
		return "", err
	}
	a, b := "lower(v)", "lower(w)"
	if v.cased {
		a, b = "v", "w"
	}
	s := a + " = " + b
	switch {
	case v.before && v.behind:
		s = "contains(" + a + ", " + b + ")"
	case v.behind:
		s = "starts_with(" + a + ", " + b + ")"
	case v.before:
		s = "ends_with(" + a + ", " + b + ")"
	}
	return fmt.Sprintf("coalesce(len(list_filter(%s, lambda v: len(list_filter(%s, lambda w: %s)) > 0)) > 0, false)", o.values(), other.values(), s), nil
}

// textLike compiles a pattern with wildcards.
func textLike(x string, v value) string {
	lit := casefile.QuoteText
	if !v.cased {
		x = "lower(" + x + ")"
		lit = func(s string) string { return "lower(" + casefile.QuoteText(s) + ")" }
	}
	p := v.text
	star := func(i int) bool { return p[i].wild == '*' }
	switch {
	case len(p) == 1 && star(0):
		return x + " is not null"
	case len(p) == 2 && p[0].wild == 0 && star(1):
		return "starts_with(" + x + ", " + lit(p[0].lit) + ")"
	case len(p) == 2 && star(0) && p[1].wild == 0:
		return "ends_with(" + x + ", " + lit(p[1].lit) + ")"
	case len(p) == 3 && star(0) && p[1].wild == 0 && star(2):
		return "contains(" + x + ", " + lit(p[1].lit) + ")"
	}
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for _, part := range p {
		switch part.wild {
		case '*':
			b.WriteByte('%')
		case '?':
			b.WriteByte('_')
		default:
			b.WriteString(escape.Replace(part.lit))
		}
	}
	// Without escape, DuckDB takes a backslash as it is.
	return x + " like " + lit(b.String()) + ` escape '\'`
}

// scalar compiles the comparison of one value.
func scalar(x operand, v value) string {
	switch v.kind {
	case valueBool:
		return "lower(" + x.text + ") = '" + strconv.FormatBool(v.yes) + "'"
	case valueRegex:
		// DuckDB's ~ matches the whole text; this searches.
		return "regexp_matches(" + x.text + ", " + casefile.QuoteText(v.name) + ")"
	case valueNetwork:
		return inNetwork(x.text, v.network)
	case valuePart:
		at := "sigma_time(" + x.text + ")"
		if x.typ == typeTime {
			at = "(" + x.typed + " at time zone 'UTC')"
		}
		return fmt.Sprintf("date_part('%s', %s) %s %s", v.part, at, v.compare, formatNumber(v.number))
	}
	n, op := formatNumber(v.number), v.compare
	if v.kind == valueNumber {
		op = "="
	}
	if x.typ == typeNumber {
		return x.typed + " " + op + " " + n
	}
	s := "sigma_number(" + x.text + ") " + op + " " + n
	if v.whole != "" {
		if v.number >= 1<<53 || v.number <= -1<<53 { // beyond it, numbers of 64 bits are not told apart
			return x.text + " = " + casefile.QuoteText(v.whole)
		}
		s = "(" + x.text + " = " + casefile.QuoteText(v.whole) + " or " + s + ")"
	}
	return s
}

// formatNumber writes a number for SQL.
func formatNumber(f float64) string {
	return "try_cast('" + strconv.FormatFloat(f, 'g', -1, 64) + "' as double)"
}

// inNetwork compiles that a text is an address of a network, by the number that
// the address is.
func inNetwork(x string, p netip.Prefix) string {
	name, typ := "sigma_ipv4", "bigint"
	if p.Addr().Is6() {
		name, typ = "sigma_ipv6", "uhugeint"
	}
	first, last := bounds(p)
	s := fmt.Sprintf("%s(%s) between '%s'::%s and '%s'::%s", name, x, first, typ, last, typ)
	if p.Addr().Is6() {
		s = "(" + s + " and sigma_ipv4(" + x + ") is null)"
	}
	return s
}

// bounds are the first and the last address of a network, as decimal numbers.
func bounds(p netip.Prefix) (first, last string) {
	raw := p.Addr().AsSlice()
	low := new(big.Int).SetBytes(raw)
	size := new(big.Int).Lsh(big.NewInt(1), uint(len(raw)*8-p.Bits())) //nolint:gosec // from 0 to 128
	high := new(big.Int).Add(low, size)
	return low.String(), high.Sub(high, big.NewInt(1)).String()
}
