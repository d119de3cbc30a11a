package indicator

import (
	"errors"
	"fmt"
	"strings"
)

// A pattern of STIX is read as a list of alternatives, each a list of what must
// hold of one event: the disjunctive normal form of its comparisons.

// comparison is a literal, or the reason why it cannot be one.
type comparison struct {
	Literal
	reason string
}

type conjunction []comparison

// reason says why an alternative cannot be matched, "" when it can.
func (c conjunction) reason() string {
	positive := false
	for _, x := range c {
		if x.reason != "" {
			return x.reason
		}
		positive = positive || !x.Not
	}
	if !positive {
		return "it says only what must not be there, and nearly every event is a hit then"
	}
	return ""
}

func (c conjunction) literals() []Literal {
	var out []Literal
	for _, x := range c {
		out = append(out, x.Literal)
	}
	return out
}

// patternParser reads the grammar of STIX 2.1, section 9.
type patternParser struct {
	tokens []patternToken
	depth  int
}

// maxPattern bounds the bytes of a pattern, maxPatternDepth its parentheses.
const (
	maxPattern      = 1 << 20
	maxPatternDepth = 64
)

var errManyAlternatives = fmt.Errorf("the pattern has more than %d alternatives", maxAlternatives)

// parsePattern reads a pattern.
func parsePattern(s string) ([]conjunction, error) {
	if len(s) > maxPattern {
		return nil, fmt.Errorf("a pattern longer than %d bytes", maxPattern)
	}
	tokens, err := patternTokens(s)
	if err != nil {
		return nil, fmt.Errorf("reading the pattern: %w", err)
	}
	p := &patternParser{tokens: tokens}
	out, err := p.observations()
	if err == nil && len(p.tokens) > 0 {
		err = p.leftover()
	}
	if err != nil {
		return nil, fmt.Errorf("reading the pattern: %w", err)
	}
	return out, nil
}

// leftover says what stands behind what can be read.
func (p *patternParser) leftover() error {
	switch t := p.tokens[0]; strings.ToUpper(t.text) {
	case "AND":
		return errors.New("several observations that must all be there (AND between brackets) are not put together")
	case "FOLLOWEDBY", "WITHIN", "REPEATS", "START":
		return fmt.Errorf("%s asks for several observations in time, which are not put together", strings.ToUpper(t.text))
	default:
		return fmt.Errorf("%s is not expected", quoted(t.text))
	}
}

// peek returns the next token in upper case if it is a word or a sign.
func (p *patternParser) peek() string {
	if len(p.tokens) == 0 || p.tokens[0].kind == tokenString {
		return ""
	}
	return strings.ToUpper(p.tokens[0].text)
}

func (p *patternParser) take() (patternToken, error) {
	if len(p.tokens) == 0 {
		return patternToken{}, errors.New("it ends too early")
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t, nil
}

func (p *patternParser) skip(sign string) bool {
	if p.peek() != sign {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *patternParser) want(sign string) error {
	if p.skip(sign) {
		return nil
	}
	if len(p.tokens) > 0 {
		return p.leftover()
	}
	return fmt.Errorf("%s is missing", sign)
}

// nested counts how deep parentheses are.
func (p *patternParser) nested(read func() ([]conjunction, error)) ([]conjunction, error) {
	if p.depth++; p.depth > maxPatternDepth {
		return nil, fmt.Errorf("parentheses more than %d deep", maxPatternDepth)
	}
	out, err := read()
	p.depth--
	if err == nil {
		err = p.want(")")
	}
	return out, err
}

// observations reads observations with OR between them.
func (p *patternParser) observations() ([]conjunction, error) {
	return p.either(func() ([]conjunction, error) {
		if p.skip("(") {
			return p.nested(p.observations)
		}
		if err := p.want("["); err != nil {
			return nil, err
		}
		out, err := p.comparisons()
		if err == nil {
			err = p.want("]")
		}
		return out, err
	})
}

func (p *patternParser) either(read func() ([]conjunction, error)) ([]conjunction, error) {
	out, err := read()
	for err == nil && p.skip("OR") {
		var more []conjunction
		more, err = read()
		if out = append(out, more...); len(out) > maxAlternatives {
			return nil, errManyAlternatives
		}
	}
	return out, err
}

// comparisons reads comparisons; AND binds closer than OR.
func (p *patternParser) comparisons() ([]conjunction, error) {
	return p.either(func() ([]conjunction, error) {
		out, err := p.comparison()
		for err == nil && p.skip("AND") {
			var more []conjunction
			if more, err = p.comparison(); err == nil {
				out, err = both(out, more)
			}
		}
		return out, err
	})
}

// both returns the alternatives of two lists that must both hold.
func both(a, b []conjunction) ([]conjunction, error) {
	if len(a)*len(b) > maxAlternatives {
		return nil, errManyAlternatives
	}
	var out []conjunction
	for _, x := range a {
		for _, y := range b {
			if len(x)+len(y) > maxAlternatives {
				return nil, errManyAlternatives
			}
			out = append(out, append(x[:len(x):len(x)], y...))
		}
	}
	return out, nil
}

// comparison reads one comparison of a property with a value.
func (p *patternParser) comparison() ([]conjunction, error) {
	if p.skip("(") {
		return p.nested(p.comparisons)
	}
	not := p.skip("NOT")
	if p.peek() == "EXISTS" {
		return nil, errors.New("EXISTS asks whether a property is there, which says nothing here")
	}
	path, err := p.take()
	if err != nil {
		return nil, err
	}
	if path.kind != tokenPath {
		return nil, fmt.Errorf("%s is no property such as url:value", quoted(path.text))
	}
	if p.skip("NOT") {
		not = !not
	}
	op, err := p.take()
	if err != nil {
		return nil, err
	}
	values, err := p.values(strings.ToUpper(op.text))
	if err != nil {
		return nil, err
	}
	return compare(path.text, strings.ToUpper(op.text), values, not)
}

// values reads a value, or the list of IN.
func (p *patternParser) values(op string) ([]string, error) {
	if op != "IN" {
		t, err := p.take()
		return []string{t.text}, err
	}
	if err := p.want("("); err != nil {
		return nil, err
	}
	var out []string
	for {
		t, err := p.take()
		if err != nil {
			return nil, err
		}
		if out = append(out, t.text); len(out) > maxAlternatives {
			return nil, errManyAlternatives
		}
		if !p.skip(",") {
			return out, p.want(")")
		}
	}
}

// compare makes the alternatives of a comparison.
func compare(path, op string, values []string, not bool) ([]conjunction, error) {
	switch op {
	case "!=":
		op, not = "=", !not
	case "=", "IN", "LIKE", "ISSUBSET":
	case "MATCHES":
		return single(comparison{reason: "MATCHES is a regular expression: exhibit events --regex looks for one"}), nil
	case "<", "<=", ">", ">=", "ISSUPERSET":
		return single(comparison{reason: "values are not compared by " + op}), nil
	default:
		return nil, fmt.Errorf("%s is no way to compare", quoted(op))
	}
	var list []comparison
	for _, v := range values {
		c := comparison{Literal: Literal{Not: not}}
		if t, err := property(path, op, v); err != nil {
			c.reason = err.Error()
		} else {
			c.Term = t
		}
		list = append(list, c)
	}
	if not {
		return []conjunction{list}, nil // none of them
	}
	var out []conjunction
	for _, c := range list {
		out = append(out, conjunction{c})
	}
	return out, nil
}

func single(c comparison) []conjunction { return []conjunction{{c}} }

// property makes a term of a property and its value.
func property(path, op, value string) (Term, error) {
	t, ok := propertyType(path)
	if !ok {
		return Term{}, fmt.Errorf("nothing in a case is a %s", path)
	}
	switch {
	case op == "LIKE":
		plain := strings.Trim(value, "%")
		if strings.ContainsAny(plain, "%_") {
			return Term{}, errors.New("LIKE with a wildcard inside is not compared: exhibit events --regex looks for such a text")
		}
		if plain != value {
			t = Text // a part of a value
		}
		value = plain
	case t == Address && (strings.Contains(value, "/") || op == "ISSUBSET"):
		t = Network
		if !strings.Contains(value, "/") {
			t = Address
		}
	case op == "ISSUBSET":
		return Term{}, errors.New("ISSUBSET is for addresses")
	}
	if t == Address {
		if looks, _ := guess(value); looks == Domain { // a reference to either
			t = Domain
		}
	}
	v, err := normalise(t, value)
	return Term{t, v}, err
}

// propertyType says what a property of an object of STIX 2.1, section 6, is.
func propertyType(path string) (Type, bool) {
	switch path {
	case "ipv4-addr:value", "ipv6-addr:value", "network-traffic:src_ref.value", "network-traffic:dst_ref.value":
		return Address, true
	case "domain-name:value":
		return Domain, true
	case "url:value", "artifact:url":
		return URL, true
	case "email-addr:value", "email-message:from_ref.value", "email-message:sender_ref.value", "email-message:to_refs.value":
		return Email, true
	case "email-message:subject", "email-message:body", "process:command_line":
		return Text, true
	case "user-account:user_id", "user-account:account_login", "user-account:display_name":
		return Principal, true
	case "user-account:credential":
		return Key, true
	case "file:name", "process:name":
		return File, true
	case "software:name":
		return UserAgent, true
	case "network-traffic:extensions.http-request-ext.request_header.user-agent":
		return UserAgent, true
	case "network-traffic:extensions.http-request-ext.request_value":
		return URL, true
	}
	object, rest, _ := strings.Cut(path, ":")
	if object == "file" || object == "artifact" {
		switch rest {
		case "hashes.md5":
			return MD5, true
		case "hashes.sha-1":
			return SHA1, true
		case "hashes.sha-256":
			return SHA256, true
		}
	}
	return "", false
}
