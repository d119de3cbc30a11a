package rules

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Matches that no sweep needs are not kept: those of groups that have too few
// matches, or values, in the whole case for a correlation that counts, and those
// of groups in which what must be before a rule never was. What has no value to
// group by stays, for it is counted.

// grouped says in SQL which matches of a rule are in groups that have enough for
// the one correlation that counts them; always where nothing can be said, or where
// other rules are looked for near all of its matches.
func (r *runner) grouped(x *Rule, q *compiled, at int) (string, error) {
	of := r.of[x]
	if !x.silent || len(of) != 1 || r.leads[x] {
		return always, nil
	}
	fill := r.counting(x, of[0].correlation, func(i int) string { return q.fields[at][i] })
	if fill == nil {
		return always, nil
	}
	fill["when"] = q.when[at]
	return statement("grouped", fill)
}

// prune takes out matches when all rules were looked for.
func (r *runner) prune(ctx context.Context) error {
	for _, p := range r.set.Rules {
		if p.Kind != KindRule || !p.silent || len(r.of[p]) != 1 || r.reports[p] == nil || r.reports[p].Matches == 0 {
			continue
		}
		fill := r.pruning(p, r.of[p][0].correlation)
		if fill == nil {
			continue
		}
		text, err := statement("prune", fill)
		if err != nil {
			return err
		}
		if _, err := r.c.DB().ExecContext(ctx, text); err != nil {
			return fmt.Errorf("running prune.sql: %w", err)
		}
	}
	return nil
}

// pruning says what the one correlation of a rule needs of a group, nil when
// nothing can be said.
func (r *runner) pruning(p *Rule, c *correlation) map[string]string {
	if fill := r.counting(p, c, kept); fill != nil {
		if !r.leads[p] {
			return nil // see grouped
		}
		number := strconv.Itoa(p.index)
		fill["rule"], fill["other"], fill["rules"] = number, fill["group"], number
		return fill
	}
	at := slices.Index(c.rules, p)
	group, known := r.places(p, c, at, c.groupBy, kept)
	if len(c.groupBy) == 0 || group == "" || c.kind != temporalOrdered || at == 0 {
		return nil
	}
	return r.pruningBehind(map[string]string{"rule": strconv.Itoa(p.index), "group": group, "known": known}, c)
}

// counting says what a correlation that counts the matches of a rule, and of no
// other, needs of a group; nil when it is none.
func (r *runner) counting(p *Rule, c *correlation, place func(int) string) map[string]string {
	group, known := r.places(p, c, 0, c.groupBy, place)
	if len(c.groupBy) == 0 || group == "" || len(c.rules) != 1 || c.least() <= 1 {
		return nil
	}
	least := strconv.FormatInt(c.least(), 10)
	switch {
	case c.kind == eventCount:
		return map[string]string{"group": group, "known": known, "enough": "count(*) >= " + least}
	case c.kind == valueCount && len(c.fields) == 1:
		value, has := r.places(p, c, 0, c.fields, place)
		return map[string]string{"group": group, "known": known + " and " + has, "enough": "count(distinct " + value + ") >= " + least}
	}
	return nil
}

// pruningBehind asks that what must be first was there in the group. Where that
// is a correlation, what it is made of must group by the same names.
func (r *runner) pruningBehind(fill map[string]string, c *correlation) map[string]string {
	var list []string
	fill["other"] = ""
	for _, b := range c.rules[0].base(nil) {
		own := &correlation{names: c.names, aliases: c.aliases, groupBy: c.groupBy}
		if c.rules[0].Kind == KindCorrelation && (len(c.aliases) > 0 || len(c.rules[0].correlation.aliases) > 0) {
			return nil
		}
		other, _ := r.places(b, own, 0, c.groupBy, kept)
		if other == "" || fill["other"] != "" && fill["other"] != other {
			return nil
		}
		fill["other"] = other
		list = append(list, strconv.Itoa(b.index))
	}
	fill["rules"], fill["enough"] = strings.Join(list, ", "), always
	return fill
}

// kept is where a field is among those that are kept of a match.
func kept(i int) string { return "fields[" + strconv.Itoa(i+1) + "]" }

// places names the values of fields among those that are wanted of a match, as one
// text, and says in SQL that they are there; "" when they are not wanted.
func (r *runner) places(p *Rule, c *correlation, at int, names []string, place func(int) string) (text, known string) {
	var list, has []string
	for _, name := range names {
		i := slices.Index(r.wanted[p], c.fieldOf(at, name))
		if i < 0 {
			return "", ""
		}
		list, has = append(list, place(i)), append(has, place(i)+" is not null")
	}
	if len(list) == 1 {
		return list[0], has[0]
	}
	return "[" + strings.Join(list, ", ") + "]::varchar", strings.Join(has, " and ")
}

// least is how much there must be at least, 0 when there may be any number.
func (c *correlation) least() int64 {
	for _, l := range c.limits {
		switch l.op {
		case "gte", "eq":
			return int64(l.value)
		case "gt":
			return int64(l.value) + 1
		}
	}
	return 0
}
