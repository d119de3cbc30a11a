package rules

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// modifiers are the modifiers of the specification's appendix, version 2.1.0,
// with the longer names that pySigma knows for the flags of expressions.
func modifiers() []string {
	return []string{
		"all", "startswith", "endswith", "contains", "exists", "cased", "neq", "windash",
		"re", "i", "m", "s", "base64", "base64offset", "utf16le", "utf16be", "utf16", "wide",
		"lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year", "cidr", "expand", "fieldref",
	}
}

// chain is what the modifiers behind a field ask for.
type chain struct {
	all, neq, cased, windash, exists, cidr, expand, fieldref, regex bool
	startswith, endswith, contains                                  bool
	flags                                                           string // of the expression
	encoding                                                        encoding
	base64                                                          string // base64, base64offset or ""
	compare                                                         string // lt, lte, gt, gte or ""
	part                                                            string // of a time
}

// parseChain reads the modifiers behind a field name.
func parseChain(n *yaml.Node, names []string) (*chain, error) {
	c := &chain{}
	longer := map[string]string{"ignorecase": "i", "multiline": "m", "dotall": "s"}
	for i, name := range names {
		if s, ok := longer[name]; ok {
			name = s
		}
		if !slices.Contains(modifiers(), name) {
			return nil, wrong(n, "no modifier %q; there are %s", name, strings.Join(modifiers(), ", "))
		}
		if slices.Contains(names[:i], name) {
			return nil, wrong(n, "the modifier %q is there twice", name)
		}
		if err := c.add(name); err != nil {
			return nil, wrong(n, "%v", err)
		}
	}
	if err := c.check(); err != nil {
		return nil, wrong(n, "%v", err)
	}
	return c, nil
}

func (c *chain) add(name string) error {
	switch name {
	case "all":
		c.all = true
	case "neq":
		c.neq = true
	case "cased":
		c.cased = true
	case "windash":
		if c.base64 != "" || c.encoding != encodeNone {
			return fmt.Errorf("windash must stand before what encodes the value")
		}
		c.windash = true
	case "exists":
		c.exists = true
	case "cidr":
		c.cidr = true
	case "expand":
		c.expand = true
	case "fieldref":
		c.fieldref = true
	case "re":
		c.regex = true
	case "i", "m", "s":
		if !c.regex {
			return fmt.Errorf("the modifier %q is a flag of re and stands behind it: field|re|%s", name, name)
		}
		c.flags += name
	case "startswith":
		c.startswith = true
	case "endswith":
		c.endswith = true
	case "contains":
		c.contains = true
	case "utf16le", "wide", "utf16be", "utf16":
		return c.addEncoding(name)
	case "base64", "base64offset":
		if c.base64 != "" {
			return fmt.Errorf("base64 and base64offset cannot both apply; base64offset finds the value at any place of the encoded text")
		}
		c.base64 = name
	case "lt", "lte", "gt", "gte":
		if c.compare != "" {
			return fmt.Errorf("%s and %s cannot both apply to one value; write the field twice, once with each", c.compare, name)
		}
		c.compare = name
	default:
		if c.part != "" {
			return fmt.Errorf("%s and %s cannot both apply to one value; write the field twice, once with each", c.part, name)
		}
		c.part = name
	}
	return nil
}

func (c *chain) addEncoding(name string) error {
	if c.encoding != encodeNone {
		return fmt.Errorf("only one of utf16le, utf16be, utf16 and wide can apply")
	}
	if c.base64 != "" {
		return fmt.Errorf("%s must stand before %s: field|%s|%s", name, c.base64, name, c.base64)
	}
	c.encoding = map[string]encoding{"utf16le": encodeUTF16LE, "wide": encodeUTF16LE, "utf16be": encodeUTF16BE, "utf16": encodeUTF16}[name]
	return nil
}

// check refuses modifiers that have no meaning together.
func (c *chain) check() error {
	places := c.startswith || c.endswith || c.contains
	encodes := c.windash || c.base64 != "" || c.encoding != encodeNone
	kinds := 0
	for _, k := range []bool{c.regex, c.cidr, c.exists, c.fieldref, c.compare != "" || c.part != "", encodes} {
		if k {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return fmt.Errorf("re, cidr, exists, fieldref, comparisons with numbers and encodings of text cannot apply to one value together; use a field of the selection for each")
	case c.startswith && c.endswith || c.contains && (c.startswith || c.endswith):
		return fmt.Errorf("only one of startswith, endswith and contains can apply; contains finds the value anywhere")
	case places && (c.cidr || c.exists || c.compare != "" || c.part != ""):
		return fmt.Errorf("startswith, endswith and contains are for text only")
	case c.regex && places:
		return fmt.Errorf("re finds its expression anywhere in the text; begin it with ^ or end it with $ instead of startswith and endswith")
	case c.regex && c.cased:
		return fmt.Errorf("re looks at case already; re|i does not")
	case c.cased && (c.cidr || c.exists || c.compare != "" || c.part != ""):
		return fmt.Errorf("cased is for text only")
	case c.encoding != encodeNone && c.base64 == "":
		return fmt.Errorf("what utf16 makes of a value has NUL characters, which no text of a log holds; add base64 or base64offset behind it")
	case c.expand && (c.exists || c.compare != "" || c.part != "" || c.fieldref):
		return fmt.Errorf("expand is for text only")
	case c.exists && (c.all || c.neq):
		return fmt.Errorf("exists takes true or false alone; turn the value around instead of neq")
	}
	return nil
}

// value turns one value of a rule into what is compared.
func (c *chain) value(n *yaml.Node, o *Options) ([]value, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, wrong(n, "want a value, not %s", kindOf(n))
	}
	switch {
	case c.exists:
		if n.ShortTag() != "!!bool" {
			return nil, wrong(n, "exists takes true or false, not %s", kindOf(n))
		}
		return []value{{kind: valueExists, yes: isTrue(n)}}, nil
	case c.compare != "" || c.part != "":
		return c.numeric(n)
	}
	if v, ok, err := c.scalar(n); ok || err != nil {
		return v, err
	}
	if err := checkText(n.Value); err != nil {
		return nil, wrong(n, "%v", err)
	}
	texts, err := c.expanded(n, o)
	if err != nil {
		return nil, err
	}
	var out []value
	for _, t := range texts {
		v, err := c.textual(t)
		if err != nil {
			return nil, wrong(n, "%v", err)
		}
		out = append(out, v...)
	}
	return out, nil
}

func isTrue(n *yaml.Node) bool {
	var b bool
	return n.Decode(&b) == nil && b
}

// numeric makes a comparison with a number.
func (c *chain) numeric(n *yaml.Node) ([]value, error) {
	f, err := numberOf(n)
	if err != nil {
		return nil, err
	}
	v := value{kind: valueCompare, number: f, part: c.part, compare: map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "": "="}[c.compare]}
	if c.part != "" {
		v.kind = valuePart
		if f != float64(int64(f)) {
			return nil, wrong(n, "%s is a whole number", c.part)
		}
	}
	return []value{v}, nil
}

// scalar makes what YAML has as something else than text. Where a modifier needs
// text, it is not ok, and what was written is the text.
func (c *chain) scalar(n *yaml.Node) (v []value, ok bool, err error) {
	textOnly := c.regex || c.cidr || c.fieldref || c.windash || c.base64 != "" || c.expand
	places := c.startswith || c.endswith || c.contains
	switch n.ShortTag() {
	case "!!null":
		if textOnly || places || c.cased {
			return nil, false, wrong(n, "null cannot have modifiers other than neq and all; want a text")
		}
		return []value{{kind: valueNull}}, true, nil
	case "!!bool":
		if textOnly || places {
			return nil, false, wrong(n, "want a text, not true or false; put it into quotes")
		}
		return []value{{kind: valueBool, yes: isTrue(n)}}, true, nil
	case "!!int", "!!float":
		if textOnly {
			return nil, false, wrong(n, "want a text, not a number; put it into quotes")
		}
		if places || c.cased {
			return nil, false, nil
		}
		f, err := numberOf(n)
		if err != nil {
			return nil, false, err
		}
		v := value{kind: valueNumber, number: f}
		var i int64
		if n.ShortTag() == "!!int" && n.Decode(&i) == nil {
			v.whole = strconv.FormatInt(i, 10)
		}
		return []value{v}, true, nil
	}
	return nil, false, nil
}

// placeholder matches a placeholder in a value with expand.
var placeholder = regexp.MustCompile(`%[0-9A-Za-z_.-]+%`)

// maxExpanded bounds what the placeholders of one value stand for together.
const maxExpanded = 10_000

// text is a text of a rule as it was written, or with its placeholders filled.
type text struct {
	raw     string
	pattern pattern
}

// expanded fills the placeholders of a value. What they stand for is taken as it
// is: it has no wildcards.
func (c *chain) expanded(n *yaml.Node, o *Options) ([]text, error) {
	if !c.expand {
		return []text{{n.Value, parsePattern(n.Value)}}, nil
	}
	list := []text{{}}
	rest := n.Value
	for _, m := range append(placeholder.FindAllStringIndex(n.Value, -1), []int{len(n.Value), len(n.Value)}) {
		from := len(n.Value) - len(rest)
		before, name := n.Value[from:m[0]], strings.Trim(n.Value[m[0]:m[1]], "%")
		rest = n.Value[m[1]:]
		for i := range list {
			list[i] = text{list[i].raw + before, append(list[i].pattern, parsePattern(before)...)}
		}
		if name == "" {
			continue
		}
		values, ok := o.Placeholders[name]
		if !ok {
			return nil, wrong(n, "nothing is known for the placeholder %%%s%%; give it with --placeholder %s=VALUE or in a file", name, name)
		}
		if len(list)*len(values) > maxExpanded {
			return nil, wrong(n, "the placeholders stand for more than %d values", maxExpanded)
		}
		var filled []text
		for _, t := range list {
			for _, v := range values {
				if err := checkText(v); err != nil {
					return nil, wrong(n, "the placeholder %s: %v", name, err)
				}
				filled = append(filled, text{t.raw + regexp.QuoteMeta(v), append(pattern{}, t.pattern...).literal(v)})
			}
		}
		list = filled
	}
	return list, nil
}

// textual makes what modifiers of text make of one.
func (c *chain) textual(t text) ([]value, error) {
	switch {
	case c.regex:
		return c.expression(t.raw)
	case c.cidr:
		return network(t.raw)
	case c.fieldref:
		name, ok := t.pattern.plain()
		if !ok || name == "" {
			return nil, fmt.Errorf("fieldref takes the name of a field, without wildcards")
		}
		return []value{{kind: valueField, name: name, cased: c.cased, before: c.endswith || c.contains, behind: c.startswith || c.contains}}, nil
	}
	forms := []pattern{t.pattern}
	if c.windash {
		var err error
		if forms, err = t.pattern.windash(); err != nil {
			return nil, err
		}
	}
	var out []value
	for _, p := range forms {
		encoded := []pattern{p}
		if c.base64 != "" {
			plain, ok := p.plain()
			if !ok {
				return nil, errWild
			}
			data := c.encoding.encode(plain)
			if encoded = []pattern{base64Of(data)}; c.base64 == "base64offset" {
				encoded = base64Offsets(data)
			}
			if len(data) == 0 || len(encoded) < 3 && c.base64 == "base64offset" {
				return nil, fmt.Errorf("the value is too short to be found in Base64")
			}
		}
		for _, e := range encoded {
			out = append(out, value{kind: valueText, cased: c.cased, text: e.around(c.endswith || c.contains, c.startswith || c.contains)})
		}
	}
	return out, nil
}

// expression makes a regular expression. RE2, which runs it, has everything that
// the specification allows and nothing that takes more than linear time.
func (c *chain) expression(expr string) ([]value, error) {
	if c.flags != "" {
		expr = "(?" + c.flags + ")" + expr
	}
	if _, err := syntax.Parse(expr, syntax.Perl); err != nil {
		return nil, fmt.Errorf("reading the regular expression: %w; look-around and references back are not in Sigma", err)
	}
	return []value{{kind: valueRegex, name: expr}}, nil
}

// network reads a network. Its address must be that of the network, so that no
// host is taken for one.
func network(s string) ([]value, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return nil, fmt.Errorf("%q is no network such as 198.51.100.0/24 or 2001:db8::/32", s)
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if p.Addr().Is4In6() {
		return nil, fmt.Errorf("%q is an IPv4 network written as IPv6; write it as IPv4", s)
	}
	if p.Masked() != p {
		return nil, fmt.Errorf("%q has bits behind its length; the network is %s", s, p.Masked())
	}
	return []value{{kind: valueNetwork, network: p}}, nil
}
