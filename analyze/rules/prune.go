package rules

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// prune takes out matches that no sweep needs: those of groups that have too few
// matches, or values, in the whole case for a correlation that counts, and those
// of groups in which what must be before a rule never was. What has no value to
// group by stays, for it is counted.
func (r *runner) prune(ctx context.Context) error {
	by := map[*Rule][]*Rule{}
	for _, x := range r.set.Rules {
		if x.Kind == KindCorrelation && r.needed[x] {
			for _, p := range x.correlation.rules {
				by[p] = append(by[p], x)
			}
		}
	}
	for _, p := range r.set.Rules {
		if p.Kind != KindRule || !p.silent || len(by[p]) != 1 || r.reports[p] == nil || r.reports[p].Matches == 0 {
			continue
		}
		fill := r.pruning(p, by[p][0].correlation)
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
	at := slices.Index(c.rules, p)
	group, known := r.places(p, c, at, c.groupBy)
	if len(c.groupBy) == 0 || group == "" {
		return nil
	}
	fill := map[string]string{"rule": strconv.Itoa(p.index), "group": group, "other": group, "known": known, "rules": strconv.Itoa(p.index)}
	switch {
	case len(c.rules) == 1 && c.kind == eventCount && c.least() > 1:
		fill["enough"] = "count(*) >= " + strconv.FormatInt(c.least(), 10)
		return fill
	case len(c.rules) == 1 && c.kind == valueCount && len(c.fields) == 1 && c.least() > 1:
		value, has := r.places(p, c, at, c.fields)
		fill["enough"] = "count(distinct " + value + ") >= " + strconv.FormatInt(c.least(), 10)
		fill["known"] += " and " + has
		return fill
	case c.kind == temporalOrdered && at > 0:
		return r.pruningBehind(fill, c)
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
		other, _ := r.places(b, own, 0, c.groupBy)
		if other == "" || fill["other"] != "" && fill["other"] != other {
			return nil
		}
		fill["other"] = other
		list = append(list, strconv.Itoa(b.index))
	}
	fill["rules"], fill["enough"] = strings.Join(list, ", "), always
	return fill
}

// places names the values of fields among those that are kept of a match, as one
// text, and says in SQL that they are there; "" when they are not kept.
func (r *runner) places(p *Rule, c *correlation, at int, names []string) (text, known string) {
	var list, has []string
	for _, name := range names {
		i := slices.Index(r.wanted[p], c.fieldOf(at, name))
		if i < 0 {
			return "", ""
		}
		field := "fields[" + strconv.Itoa(i+1) + "]"
		list, has = append(list, field), append(has, field+" is not null")
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
