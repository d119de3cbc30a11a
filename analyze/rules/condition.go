package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of a condition. What "of" makes of it counts.
const (
	maxCondition = 16 << 10
	maxNesting   = 64
	maxItems     = 2_000
	maxValues    = 50_000
)

// detection is the named parts of a detection, in the order of the file.
type detection struct {
	names []string
	parts map[string]*expr
	used  map[string]bool
	// items and values of the expression that conditions became
	items, values int
}

// parseCondition reads a condition: not binds more than and, and more than or.
func (d *detection) parseCondition(n *yaml.Node) (*expr, error) {
	s, err := textOf(n, "condition")
	if err != nil {
		return nil, err
	}
	if len(s) > maxCondition {
		return nil, wrong(n, "the condition has more than %d characters", maxCondition)
	}
	p := conditionParser{d: d, words: conditionWords(s)}
	e, err := p.or(0)
	if err == nil && p.at < len(p.words) {
		err = p.unexpected()
	}
	if err != nil {
		return nil, wrong(n, "reading the condition %q: %v", s, err)
	}
	return e, nil
}

// conditionWords cuts a condition into words, parentheses and bars.
func conditionWords(s string) []string {
	for _, c := range []string{"(", ")", "|"} {
		s = strings.ReplaceAll(s, c, " "+c+" ")
	}
	return strings.Fields(s)
}

type conditionParser struct {
	d     *detection
	words []string
	at    int
}

// next takes the next word if it is one of these, in any case.
func (p *conditionParser) next(words ...string) bool {
	if p.at < len(p.words) && slices.Contains(words, strings.ToLower(p.words[p.at])) {
		p.at++
		return true
	}
	return false
}

func (p *conditionParser) unexpected() error {
	switch {
	case p.at >= len(p.words):
		return fmt.Errorf("it ends where a selection is expected")
	case p.words[p.at] == "|":
		return fmt.Errorf("aggregations behind | are no longer in Sigma; write a correlation")
	}
	return fmt.Errorf("%q is not expected here", p.words[p.at])
}

func (p *conditionParser) or(depth int) (*expr, error) {
	return p.joined(depth, opOr, "or", func() (*expr, error) {
		return p.joined(depth, opAnd, "and", func() (*expr, error) { return p.not(depth) })
	})
}

// joined reads parts with a word between them.
func (p *conditionParser) joined(depth int, o op, word string, part func() (*expr, error)) (*expr, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("more than %d parentheses or negations inside each other", maxNesting)
	}
	e, err := part()
	if err != nil {
		return nil, err
	}
	kids := []*expr{e}
	for p.next(word) {
		if e, err = part(); err != nil {
			return nil, err
		}
		kids = append(kids, e)
	}
	if len(kids) == 1 {
		return kids[0], nil
	}
	return &expr{op: o, kids: kids}, nil
}

func (p *conditionParser) not(depth int) (*expr, error) {
	negated := false
	for p.next("not") {
		negated = !negated
	}
	e, err := p.operand(depth)
	if err == nil && negated {
		e = &expr{op: opNot, kids: []*expr{e}}
	}
	return e, err
}

func (p *conditionParser) operand(depth int) (*expr, error) {
	if p.next("(") {
		e, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.next(")") {
			if p.at >= len(p.words) {
				return nil, fmt.Errorf("a parenthesis is not closed")
			}
			return nil, p.unexpected()
		}
		return e, nil
	}
	if p.at+1 < len(p.words) && strings.EqualFold(p.words[p.at+1], "of") {
		return p.of()
	}
	if p.at >= len(p.words) {
		return nil, p.unexpected()
	}
	name := p.words[p.at]
	e, ok := p.d.parts[name]
	if !ok {
		if slices.Contains([]string{"and", "or", "not", "of", ")", "|"}, strings.ToLower(name)) {
			return nil, p.unexpected()
		}
		return nil, fmt.Errorf("there is no selection %q; there are %s", name, strings.Join(p.d.names, ", "))
	}
	p.at++
	p.d.used[name] = true
	return e, p.count(e)
}

// of reads "1 of them" and its kin.
func (p *conditionParser) of() (*expr, error) {
	o := opOr
	switch strings.ToLower(p.words[p.at]) {
	case "1", "any":
	case "all":
		o = opAnd
	default:
		return nil, fmt.Errorf("%q of: want 1 of or all of", p.words[p.at])
	}
	if p.at += 2; p.at >= len(p.words) {
		return nil, fmt.Errorf("it ends behind of; want them or a name such as selection*")
	}
	pattern := p.words[p.at]
	p.at++
	out := &expr{op: o}
	for _, name := range p.d.names {
		fits := !strings.HasPrefix(name, "_")
		if !strings.EqualFold(pattern, "them") {
			fits = name == pattern
			if strings.Contains(pattern, "*") {
				fits, _ = path.Match(escapeMatch(pattern), name)
			}
		}
		if !fits {
			continue
		}
		p.d.used[name] = true
		out.kids = append(out.kids, p.d.parts[name])
		if err := p.count(p.d.parts[name]); err != nil {
			return nil, err
		}
	}
	if len(out.kids) == 0 {
		return nil, fmt.Errorf("no selection is called as in %q; there are %s", pattern, strings.Join(p.d.names, ", "))
	}
	return out, nil
}

// escapeMatch makes a pattern of [path.Match] in which only * is special. Names
// have no slash that * would stop at: those that do are matched by name only.
func escapeMatch(s string) string {
	return strings.NewReplacer(`\`, `\\`, "?", `\?`, "[", `\[`).Replace(s)
}

// count bounds what a condition makes of its selections.
func (p *conditionParser) count(e *expr) error {
	e.walk(func(i *item) { p.d.items, p.d.values = p.d.items+1, p.d.values+len(i.values) })
	if p.d.items > maxItems || p.d.values > maxValues {
		return fmt.Errorf("it comes to more than %d fields or %d values", maxItems, maxValues)
	}
	return nil
}
