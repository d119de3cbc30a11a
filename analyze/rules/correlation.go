package rules

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// The types of correlations.
const (
	eventCount      = "event_count"
	valueCount      = "value_count"
	temporal        = "temporal"
	temporalOrdered = "temporal_ordered"
	valueSum        = "value_sum"
	valueAvg        = "value_avg"
	valuePercentile = "value_percentile"
)

func correlationTypes() []string {
	return []string{eventCount, valueCount, temporal, temporalOrdered, valueSum, valueAvg, valuePercentile}
}

// correlation says when matches of other rules are one.
type correlation struct {
	line       int
	kind       string
	names      []string // as they were written
	rules      []*Rule  // what they name
	groupBy    []string
	timespan   int64 // microseconds
	limits     []limit
	fields     []string // of values
	percentile float64  // 0 where there is none
	aliases    map[string]map[string]string
	generate   bool
}

// limit is one operator of a condition.
type limit struct {
	op    string
	value float64
}

// holds reports whether a number is within a limit.
func (l limit) holds(v float64) bool {
	switch l.op {
	case "gt":
		return v > l.value
	case "gte":
		return v >= l.value
	case "lt":
		return v < l.value
	case "lte":
		return v <= l.value
	case "eq":
		return v == l.value
	}
	return v != l.value
}

// within reports whether a number is within all limits.
func (c *correlation) within(v float64) bool {
	for _, l := range c.limits {
		if !l.holds(v) {
			return false
		}
	}
	return true
}

// describe writes the condition as one reads it.
func (c *correlation) describe() string {
	var parts []string
	words := map[string]string{"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most", "eq": "exactly", "neq": "not"}
	for _, l := range c.limits {
		parts = append(parts, words[l.op]+" "+strconv.FormatFloat(l.value, 'f', -1, 64))
	}
	return strings.Join(parts, " and ")
}

// span is the timespan as one reads it.
func (c *correlation) span() string {
	d := time.Duration(c.timespan) * time.Microsecond
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

// takesValues reports whether the condition is about the values of a field.
func (c *correlation) takesValues() bool {
	return slices.Contains([]string{valueCount, valueSum, valueAvg, valuePercentile}, c.kind)
}

func (r *Rule) parseCorrelation(n *yaml.Node) (err error) {
	if n.Kind != yaml.MappingNode {
		return wrong(n, "a correlation must be a map with type, rules, timespan and condition, not %s", kindOf(n))
	}
	c := &correlation{line: n.Line}
	r.correlation = c
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; !contains([]string{"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}, key.Value) {
			return wrong(key, "a correlation has no member %q; there are type, rules, group-by, timespan, condition, aliases and generate", key.Value)
		}
	}
	if c.kind, err = optionalText(n, "type"); err != nil {
		return err
	}
	if !contains(correlationTypes(), c.kind) {
		return wrong(n, "the type %q of the correlation is none of %s", c.kind, strings.Join(correlationTypes(), ", "))
	}
	for _, f := range []struct {
		name string
		into *[]string
	}{{"rules", &c.names}, {"group-by", &c.groupBy}} {
		if *f.into, err = optionalTexts(n, f.name); err != nil {
			return err
		}
	}
	if len(c.names) == 0 {
		return wrong(n, "the correlation names no rules")
	}
	for _, list := range [][]string{c.names, c.groupBy} {
		for i, name := range list {
			if slices.Contains(list[:i], name) {
				return wrong(n, "the correlation names %q twice", name)
			}
		}
	}
	if g := member(n, "generate"); g != nil {
		if g.Kind != yaml.ScalarNode || g.ShortTag() != "!!bool" {
			return wrong(g, "generate is true or false, not %s", kindOf(g))
		}
		c.generate = isTrue(g)
	}
	if err := c.parseTimespan(n); err != nil {
		return err
	}
	if err := c.parseAliases(member(n, "aliases")); err != nil {
		return err
	}
	return c.parseLimits(n, member(n, "condition"))
}

// parseTimespan reads a number and its unit.
func (c *correlation) parseTimespan(n *yaml.Node) error {
	m := member(n, "timespan")
	if m == nil {
		return wrong(n, "the correlation has no timespan, such as timespan: 15m")
	}
	s, err := textOf(m, "timespan")
	if err != nil {
		return err
	}
	units := map[string]int64{"s": 1, "m": 60, "h": 3600, "d": 86400}
	if len(s) > 1 {
		count, err := strconv.ParseUint(s[:len(s)-1], 10, 31)
		unit := units[s[len(s)-1:]]
		// Ten years are more than any log is kept.
		if seconds := int64(count) * unit; err == nil && seconds > 0 && seconds <= 10*366*86400 { //nolint:gosec // below 2^31
			c.timespan = seconds * 1e6
			return nil
		}
	}
	return wrong(m, "the timespan %q is no whole number and unit (s, m, h or d), such as 90m, of at most ten years", s)
}

// parseAliases reads which field of which rule a name stands for.
func (c *correlation) parseAliases(n *yaml.Node) error {
	if n == nil || isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return wrong(n, "aliases must be a map of names, not %s", kindOf(n))
	}
	c.aliases = map[string]map[string]string{}
	for i := 0; i < len(n.Content); i += 2 {
		name, body := n.Content[i].Value, n.Content[i+1]
		if body.Kind != yaml.MappingNode || len(body.Content) == 0 {
			return wrong(body, "the alias %q must be a map of rules and their fields", name)
		}
		c.aliases[name] = map[string]string{}
		for k := 0; k < len(body.Content); k += 2 {
			field, err := textOf(body.Content[k+1], "a field of the alias "+name)
			if err != nil {
				return err
			}
			if !contains(c.names, body.Content[k].Value) {
				return wrong(body.Content[k], "the alias %q is for the rule %q, which the correlation does not name", name, body.Content[k].Value)
			}
			c.aliases[name][body.Content[k].Value] = field
		}
	}
	return nil
}

// parseLimits reads the condition.
func (c *correlation) parseLimits(parent, n *yaml.Node) error {
	if n == nil {
		if c.kind == temporal || c.kind == temporalOrdered {
			return nil
		}
		return wrong(parent, "the correlation has no condition, such as condition: {gte: 10}")
	}
	if n.Kind != yaml.MappingNode {
		return wrong(n, "the condition of a correlation is a map such as {gte: 10}, not %s", kindOf(n))
	}
	for i := 0; i < len(n.Content); i += 2 {
		key, body := n.Content[i], n.Content[i+1]
		var err error
		switch key.Value {
		case "field":
			c.fields, err = textsOf(body, "field")
		case "percentile":
			if c.percentile, err = numberOf(body); err == nil && (c.percentile <= 0 || c.percentile > 100) {
				err = wrong(body, "a percentile is more than 0 and at most 100")
			}
		case "gt", "gte", "lt", "lte", "eq", "neq":
			var v float64
			v, err = numberOf(body)
			c.limits = append(c.limits, limit{key.Value, v})
		default:
			err = wrong(key, "a condition of a correlation has no %q; there are gt, gte, lt, lte, eq, neq and field", key.Value)
		}
		if err != nil {
			return err
		}
	}
	if err := c.checkLimits(); err != nil {
		return wrong(n, "%v", err)
	}
	return nil
}

// checkLimits refuses conditions that no window can answer.
func (c *correlation) checkLimits() error {
	values := c.takesValues()
	switch {
	case len(c.limits) == 0:
		return fmt.Errorf("the condition has no operator, such as gte: 10")
	case len(c.limits) > 2:
		return fmt.Errorf("the condition has more than two operators; two are enough for a range")
	case values && len(c.fields) == 0:
		return fmt.Errorf("%s needs the field whose values it takes: condition: {field: NAME, ...}", c.kind)
	case !values && len(c.fields) > 0:
		return fmt.Errorf("%s counts matches and takes no field; value_count counts values", c.kind)
	case c.kind != valueCount && len(c.fields) > 1:
		return fmt.Errorf("%s takes the values of one field", c.kind)
	case c.percentile != 0 && c.kind != valuePercentile:
		return fmt.Errorf("percentile is for value_percentile only")
	case c.kind == temporalOrdered && c.limits[0] != (limit{"gte", float64(len(c.names))}) && c.limits[0] != (limit{"eq", float64(len(c.names))}):
		return fmt.Errorf("temporal_ordered needs all of its rules, in their order; leave the condition out")
	}
	for _, l := range c.limits {
		if values || l.value == math.Trunc(l.value) && l.value >= 0 {
			continue
		}
		return fmt.Errorf("a number of matches is a whole number that is not negative")
	}
	if c.kind != valueAvg && c.kind != valuePercentile && c.within(0) {
		return fmt.Errorf("the condition (%s) holds when nothing happened. A log that is silent does not say that it was watching, so absence cannot be claimed from it; exhibit reconcile shows where logs fall silent. Add gte: 1 to mean little but something", c.describe())
	}
	return nil
}
