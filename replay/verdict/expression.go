package verdict

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Expression is a condition on verdicts, such as
//
//	latency_ms < 2000 and not refused
//	answered and (similarity >= 0.5 or groundedness > 0.8)
//
// The words are the names of [Definitions], numbers, the comparisons < <= > >=
// == != of a number verdict with a number, and, or, not and brackets; not binds
// before and, and before or. It is no programming language: it has no variables,
// calls or loops, reads nothing but verdicts and ends after as many steps as it
// has words. Where a verdict is unknown so is what depends on it (Kleene's logic
// of three values): "refused or cut" is true if either is, whatever the other.
type Expression struct {
	text  string
	steps []step // in postfix order
}

// step is one step of an expression, on a stack of values.
type step struct {
	does   string // a comparison, and, or, not; "" takes a verdict
	name   string // of the verdict
	number float64
}

// maxExpression bounds an expression, in bytes.
const maxExpression = 4 << 10

// ParseExpression reads an expression.
func ParseExpression(text string) (*Expression, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("reading an expression: it is longer than %d bytes", maxExpression)
	}
	p := expressionParser{text: text}
	if err := p.parse(); err != nil {
		return nil, fmt.Errorf("reading the expression %q: at byte %d: %w", text, p.from+1, err)
	}
	return &Expression{text, p.steps}, nil
}

// String returns the expression as it was written.
func (e *Expression) String() string { return e.text }

// Names returns the verdicts that the expression reads, each once, in their
// order there.
func (e *Expression) Names() []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range e.steps {
		if s.name != "" && !seen[s.name] {
			seen[s.name] = true
			out = append(out, s.name)
		}
	}
	return out
}

// Eval returns whether the verdicts of a reply meet the expression.
func (e *Expression) Eval(list []Verdict) Value {
	stack := make([]Value, 0, len(e.steps))
	for _, s := range e.steps {
		n := len(stack)
		switch s.does {
		case "":
			v, _ := Find(list, s.name)
			stack = append(stack, v.Value)
		case "not":
			stack[n-1] = stack[n-1].not()
		case "and":
			stack = append(stack[:n-2], stack[n-2].and(stack[n-1]))
		case "or":
			stack = append(stack[:n-2], stack[n-2].not().and(stack[n-1].not()).not())
		default:
			stack[n-1] = hold(stack[n-1], s.does, s.number)
		}
	}
	return stack[0]
}

func (v Value) not() Value {
	if v.Kind == Truth {
		return TruthOf(!v.Yes)
	}
	return Value{}
}

func (v Value) and(w Value) Value {
	no := func(v Value) bool { return v.Kind == Truth && !v.Yes }
	switch {
	case no(v) || no(w):
		return TruthOf(false)
	case v.Kind == Truth && w.Kind == Truth:
		return TruthOf(true)
	}
	return Value{}
}

// hold holds a number against another.
func hold(v Value, how string, number float64) Value {
	if v.Kind != Number {
		return Value{}
	}
	switch how {
	case "<":
		return TruthOf(v.Number < number)
	case "<=":
		return TruthOf(v.Number <= number)
	case ">":
		return TruthOf(v.Number > number)
	case ">=":
		return TruthOf(v.Number >= number)
	case "==":
		return TruthOf(v.Number == number)
	}
	return TruthOf(v.Number != number)
}

// expressionParser turns an expression into postfix order with a stack of the
// operators that wait (Dijkstra's shunting yard), so that brackets need no
// recursion.
type expressionParser struct {
	text    string
	at      int
	from    int // of the last token
	steps   []step
	waiting []string
}

// next returns the next token: a word, a number, a sign; "" at the end.
func (p *expressionParser) next() string {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	p.from = p.at
	if p.at == len(p.text) {
		return ""
	}
	switch c := p.text[p.at]; {
	case isWordByte(c) || c == '.' || c == '-':
		for p.at++; p.at < len(p.text) && (isWordByte(p.text[p.at]) || p.text[p.at] == '.' || exponentSign(p.text, p.at)); {
			p.at++
		}
	case p.at+1 < len(p.text) && p.text[p.at+1] == '=' && strings.IndexByte("<>=!", c) >= 0:
		p.at += 2
	default:
		p.at++
	}
	return p.text[p.from:p.at]
}

// exponentSign reports whether a sign stands in a number such as 1e-3.
func exponentSign(text string, at int) bool {
	return (text[at] == '-' || text[at] == '+') && at >= 2 && text[at-1]|0x20 == 'e' && (text[at-2] >= '0' && text[at-2] <= '9' || text[at-2] == '.')
}

func (p *expressionParser) parse() error {
	for {
		if err := p.operand(); err != nil {
			return err
		}
		again, err := p.operator()
		if err != nil || !again {
			return err
		}
	}
}

// operand reads what can begin an operand, and the operand.
func (p *expressionParser) operand() error {
	for {
		switch word := p.next(); word {
		case "not", "(":
			p.waiting = append(p.waiting, word)
		case "":
			return errors.New("the name of a verdict is missing")
		default:
			return p.verdict(word)
		}
	}
}

// verdict reads a verdict, and the comparison of one that is a number.
func (p *expressionParser) verdict(name string) error {
	d, ok := DefinitionOf(name)
	if !ok {
		return fmt.Errorf("%q is no verdict: one of %s", name, strings.Join(names(), ", "))
	}
	p.steps = append(p.steps, step{name: name})
	if !d.IsNumber() {
		return nil
	}
	how := p.next()
	switch how {
	case "<", "<=", ">", ">=", "==", "!=":
	default:
		return fmt.Errorf("%s is a number: compare it, as in %s < 1", name, name)
	}
	text := p.next()
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || NumberOf(number).Kind != Number {
		return fmt.Errorf("%q is no number to compare %s with", text, name)
	}
	p.steps = append(p.steps, step{does: how, number: number})
	return nil
}

// operator reads what stands behind an operand, and whether another follows.
func (p *expressionParser) operator() (more bool, err error) {
	for {
		word := p.next()
		switch word {
		case ")":
			p.release("not", "and", "or")
			if len(p.waiting) == 0 {
				return false, errors.New("a bracket is closed that was not opened")
			}
			p.waiting = p.waiting[:len(p.waiting)-1]
		case "and":
			p.release("not", "and")
			p.waiting = append(p.waiting, word)
			return true, nil
		case "or":
			p.release("not", "and", "or")
			p.waiting = append(p.waiting, word)
			return true, nil
		case "":
			p.release("not", "and", "or")
			if len(p.waiting) > 0 {
				return false, errors.New("a bracket is not closed")
			}
			return false, nil
		case "<", "<=", ">", ">=", "==", "!=":
			return false, fmt.Errorf("only a number is compared, and %s is true or false", p.steps[len(p.steps)-1].name)
		default:
			return false, fmt.Errorf("%q stands where and, or or the end is expected", word)
		}
	}
}

// release takes the operators that bind before the next one from those that
// wait.
func (p *expressionParser) release(words ...string) {
	for n := len(p.waiting); n > 0; n-- {
		last := p.waiting[n-1]
		found := false
		for _, w := range words {
			found = found || w == last
		}
		if !found {
			return
		}
		p.steps = append(p.steps, step{does: last})
		p.waiting = p.waiting[:n-1]
	}
}

// names lists the names of all verdicts.
func names() []string {
	var out []string
	for _, d := range Definitions() {
		out = append(out, d.Name)
	}
	return out
}
