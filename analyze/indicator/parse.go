package indicator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Options say what of a list counts.
type Options struct {
	All bool // also attributes of MISP that are not for detection
}

// ErrNoList means that a file holds no list of indicators.
var ErrNoList = errors.New("no list of indicators")

// Parse reads a list of indicators. Its form is known by its content:
//
//   - plain: a value a line, also defanged (hxxp://, [.], (at)); what it is shows
//     in its looks or is said before it ("model: m-1"); # begins a comment;
//   - CSV: with a row of names that has one for the value (value, indicator, ioc
//     ...) and perhaps the type, or rows of type and value;
//   - STIX 2.1: a bundle with indicators in the STIX patterning language;
//   - MISP JSON: events, attributes and objects.
//
// It is an error when the file is none of these, is larger than [MaxSize], or
// has more than [MaxIndicators].
func Parse(data []byte, o Options) (*List, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("larger than %d bytes: split the list", MaxSize)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%w: not UTF-8 text", ErrNoList)
	}
	p := &parser{o: o, seen: map[Term]bool{}}
	body := bytes.TrimLeft(data, " \t\r\n")
	var err error
	switch {
	case len(body) == 0:
		err = fmt.Errorf("%w: the file is empty", ErrNoList)
	case body[0] == '{' || body[0] == '[' && json.Valid(body):
		err = p.document(body)
	default:
		if table := newTable(data); table != nil {
			err = p.table(table)
		} else {
			err = p.plain(string(data))
		}
	}
	if err == nil && len(p.list.Indicators)+len(p.list.Problems) == 0 && p.list.NotForDetection+p.list.Deleted == 0 {
		err = fmt.Errorf("%w: there is nothing to match in it", ErrNoList)
	}
	list := p.list // without the parser
	return &list, err
}

// parser collects a list.
type parser struct {
	o        Options
	list     List
	seen     map[Term]bool // in lower case
	literals int           // of all indicators
}

// maxAlternatives bounds the alternatives of a pattern, and what one of them
// puts together.
const maxAlternatives = 1024

// maxLiterals bounds what all indicators of a list put together.
const maxLiterals = 2 * MaxIndicators

// add adds an indicator, unless the list has it already.
func (p *parser) add(in Indicator) error {
	if in.Type != Pattern {
		key := Term{in.Type, string(appendFold(nil, []byte(in.Value)))}
		if p.seen[key] {
			p.list.Repeated++
			return nil
		}
		p.seen[key] = true
	}
	for _, all := range in.Any {
		p.literals += len(all)
	}
	if len(p.list.Indicators) == MaxIndicators || p.literals > maxLiterals {
		return fmt.Errorf("more than %d indicators: split the list", MaxIndicators)
	}
	p.list.Indicators = append(p.list.Indicators, in)
	return nil
}

// value adds a value of a type, or of the type that it looks like.
func (p *parser) value(t Type, written, label, place string) error {
	in, err := one(t, written)
	if err != nil {
		return p.problem(place, written, err.Error())
	}
	in.Label, in.Place = label, place
	return p.add(in)
}

// maxShown bounds what is shown of an entry that cannot be matched.
const maxShown = 200

func (p *parser) problem(place, what, reason string) error {
	if len(p.list.Problems) == MaxIndicators {
		return fmt.Errorf("more than %d entries that cannot be matched: this is no list of indicators", MaxIndicators)
	}
	p.list.Problems = append(p.list.Problems, Problem{place, shortened(what), reason})
	return nil
}

// plain reads a value a line.
func (p *parser) plain(text string) error {
	p.list.Form = "plain"
	n := 0
	for line := range strings.Lines(text) {
		n++
		value, label := cutComment(strings.TrimSpace(line))
		if value == "" {
			continue
		}
		if err := p.line(value, label, fmt.Sprintf("line %d", n)); err != nil {
			return err
		}
	}
	return nil
}

// cutComment splits a line at a # that begins it or stands behind a space.
func cutComment(line string) (value, comment string) {
	if strings.HasPrefix(line, "#") {
		return "", ""
	}
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			return strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:])
		}
	}
	return line, ""
}

func (p *parser) line(value, label, place string) error {
	if t, rest, ok := typed(value); ok {
		return p.value(t, rest, label, place)
	}
	t, _ := guess(value)
	if t != Text {
		return p.value(t, value, label, place)
	}
	// A list of columns without their names: the first is what it looks like.
	if i := strings.IndexAny(value, ",;\t|"); i > 0 {
		first := strings.TrimSpace(value[:i])
		if t, _ := guess(first); t != Text {
			if label == "" {
				label = strings.TrimSpace(value[i+1:])
			}
			return p.value(t, first, label, place)
		}
	}
	return p.value(Text, value, label, place)
}
