package rules

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseDetection reads the selections and the condition of a detection, and lists
// the selections that it does not use. Members of skip are none.
func parseDetection(n *yaml.Node, o *Options, skip ...string) (when *expr, unused []string, err error) {
	if n.Kind != yaml.MappingNode {
		return nil, nil, wrong(n, "a detection must be a map of selections and a condition, not %s", kindOf(n))
	}
	d := &detection{parts: map[string]*expr{}, used: map[string]bool{}}
	var condition *yaml.Node
	for i := 0; i < len(n.Content); i += 2 {
		key, body := n.Content[i], n.Content[i+1]
		switch {
		case key.Value == "condition":
			condition = body
			continue
		case key.Value == "timeframe":
			continue // of the aggregations of Sigma 1; lint says so
		case contains(skip, key.Value):
			continue
		}
		if strings.ContainsAny(key.Value, " \t()|*/") || key.Value == "" {
			return nil, nil, wrong(key, "%q cannot be named in a condition: use letters, digits and _", key.Value)
		}
		e, err := parseSelection(body, o)
		if err != nil {
			return nil, nil, err
		}
		d.names, d.parts[key.Value] = append(d.names, key.Value), e
	}
	switch {
	case condition == nil:
		return nil, nil, wrong(n, "the detection has no condition, such as condition: selection")
	case len(d.names) == 0:
		return nil, nil, wrong(n, "the detection has no selection")
	case condition.Kind != yaml.SequenceNode:
		when, err = d.parseCondition(condition)
		return when, d.unused(), err
	case len(condition.Content) == 0:
		return nil, nil, wrong(condition, "the list of conditions is empty")
	}
	any := &expr{op: opOr}
	for _, c := range condition.Content {
		e, err := d.parseCondition(c)
		if err != nil {
			return nil, nil, err
		}
		any.kids = append(any.kids, e)
	}
	return any, d.unused(), nil
}

// unused lists the selections that no condition names. A name that begins with _
// says that it is not meant to be found by "them".
func (d *detection) unused() []string {
	var list []string
	for _, name := range d.names {
		if !d.used[name] {
			list = append(list, name)
		}
	}
	return list
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// parseSelection reads one selection: a map, all of which must match, or a list
// of maps and keywords, one of which must.
func parseSelection(n *yaml.Node, o *Options) (*expr, error) {
	switch n.Kind {
	case yaml.MappingNode:
		if len(n.Content) == 0 {
			return nil, wrong(n, "the selection is empty")
		}
		all := &expr{op: opAnd}
		for i := 0; i < len(n.Content); i += 2 {
			e, err := parseItem(n.Content[i], n.Content[i+1], o)
			if err != nil {
				return nil, err
			}
			all.kids = append(all.kids, e)
		}
		return all, nil
	case yaml.SequenceNode:
		if len(n.Content) == 0 {
			return nil, wrong(n, "the selection is empty")
		}
		any := &expr{op: opOr}
		for _, x := range n.Content {
			e, err := parseSelection(x, o)
			if err != nil {
				return nil, err
			}
			any.kids = append(any.kids, e)
		}
		return any, nil
	}
	return keywords(n, &chain{}, []*yaml.Node{n}, o)
}

// parseItem reads a field with its modifiers and values.
func parseItem(key, body *yaml.Node, o *Options) (*expr, error) {
	names := strings.Split(key.Value, "|")
	c, err := parseChain(key, names[1:])
	if err != nil {
		return nil, err
	}
	if err := checkText(key.Value); err != nil {
		return nil, wrong(key, "%v", err)
	}
	list := []*yaml.Node{body}
	switch body.Kind {
	case yaml.MappingNode:
		return nil, wrong(body, "%s: want a value or a list of values, not a map; name a member of it as %s.MEMBER", names[0], names[0])
	case yaml.SequenceNode:
		list = body.Content
	}
	switch {
	case len(list) == 0:
		return nil, wrong(body, "%s has an empty list of values", key.Value)
	case c.all && len(list) == 1:
		return nil, wrong(key, "all needs a list of more than one value")
	case names[0] == "":
		return keywords(key, c, list, o)
	}
	return newItem(key.Line, names[0], c, list, o)
}

// keywords makes an item that looks at whole records.
func keywords(n *yaml.Node, c *chain, list []*yaml.Node, o *Options) (*expr, error) {
	if c.exists || c.fieldref || c.cidr || c.compare != "" || c.part != "" || c.startswith || c.endswith {
		return nil, wrong(n, "keywords are looked for anywhere in a record: only all, neq, cased, contains, re, windash, expand and encodings can apply")
	}
	for _, x := range list {
		if isNull(x) || x.Kind == yaml.ScalarNode && strings.Trim(x.Value, "*?") == "" {
			return nil, wrong(x, "a keyword must be a text; this one is in every record")
		}
	}
	k := *c
	k.contains = !c.regex
	return newItem(n.Line, "", &k, list, o)
}

// newItem makes an item of the values of a list.
func newItem(line int, field string, c *chain, list []*yaml.Node, o *Options) (*expr, error) {
	it := &item{field: field, line: line, all: c.all, neq: c.neq}
	for _, x := range list {
		v, err := c.value(x, o)
		if err != nil {
			return nil, err
		}
		it.values = append(it.values, v)
	}
	return &expr{op: opItem, item: it}, nil
}
