package suite

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// Bounds of a suite. One over them is not one that people review.
const (
	MaxSize    = 8 << 20 // bytes of the file
	maxCases   = 1000
	maxSamples = 1000 // of one case
	maxParts   = 10_000
	maxName    = 200     // bytes of a name or title
	maxText    = 4 << 20 // bytes of a text of a request
)

// decoder reads the nodes of a file. It goes on after an error, so that all that
// is wrong is told at once, and it never goes deeper than the file format does.
type decoder struct{ problems []yamldoc.Problem }

// field is a key that a mapping can have, and what reads its value.
type field struct {
	key  string
	read func(n *yaml.Node)
}

// Parse reads the text of a suite. The error is a [*yamldoc.Error] with everything that
// is wrong.
func Parse(text []byte) (*Suite, error) {
	if len(text) > MaxSize {
		return nil, suiteError(yamldoc.Problem{Text: fmt.Sprintf("the file has more than %d bytes", MaxSize)})
	}
	root, problem := yamldoc.Parse(text, "suite")
	if problem != nil {
		return nil, suiteError(*problem)
	}
	var d decoder
	var s Suite
	d.suite(root, &s)
	if len(d.problems) > 0 {
		return nil, suiteError(yamldoc.Sort(d.problems)...)
	}
	return &s, nil
}

// suiteError says why a suite cannot be used.
func suiteError(problems ...yamldoc.Problem) error {
	return &yamldoc.Error{What: "a suite", Problems: problems}
}

func (d *decoder) wrong(n *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, yamldoc.ProblemAt(n.Line, n.Column, format, args...))
}

// keys reads a mapping by the keys that it can have.
func (d *decoder) keys(n *yaml.Node, what string, fields []field) (seen map[string]bool) {
	seen = map[string]bool{}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, "%s must be keys with values, not %s", what, yamldoc.Words(n))
		return seen
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		switch {
		case key.Kind != yaml.ScalarNode:
			d.wrong(key, "a key of %s must be a word, not %s", what, yamldoc.Words(key))
		case at < 0:
			d.wrong(key, "%s has no key %q; it has %s", what, key.Value, keyList(fields))
		case seen[key.Value]:
			d.wrong(key, "%q is given twice", key.Value)
		default:
			seen[key.Value] = true
			fields[at].read(value)
		}
	}
	return seen
}

func keyList(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	return strings.Join(names, ", ")
}

// need says which of some keys are missing.
func (d *decoder) need(n *yaml.Node, what string, seen map[string]bool, keys ...string) {
	for _, key := range keys {
		if !seen[key] && n.Kind == yaml.MappingNode {
			d.wrong(n, "%s has no %s", what, key)
		}
	}
}

// list reads the entries of a list.
func (d *decoder) list(n *yaml.Node, what string, most int, each func(*yaml.Node)) {
	switch {
	case n.Kind != yaml.SequenceNode:
		d.wrong(n, "%s must be a list, not %s", what, yamldoc.Words(n))
	case len(n.Content) == 0:
		d.wrong(n, "%s is an empty list: leave it out", what)
	case len(n.Content) > most:
		d.wrong(n, "%s has %d entries, more than %d", what, len(n.Content), most)
	default:
		for _, item := range n.Content {
			each(item)
		}
	}
}

// text reads a text of at most so many bytes.
func (d *decoder) text(into *string, what string, most int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		switch {
		case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str":
			hint := ""
			if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
				hint = fmt.Sprintf(": write %q", n.Value)
			}
			d.wrong(n, "%s must be a text, not %s%s", what, yamldoc.Words(n), hint)
		case len(n.Value) > most:
			d.wrong(n, "%s has %d bytes, more than %d", what, len(n.Value), most)
		default:
			*into = n.Value
		}
	}
}

// texts reads a list of texts.
func (d *decoder) texts(into *[]string, what string, most int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.list(n, what, maxCases, func(item *yaml.Node) {
			var s string
			d.text(&s, "an entry of "+what, most)(item)
			if s == "" && item.Kind == yaml.ScalarNode && item.ShortTag() == "!!str" {
				d.wrong(item, "an entry of %s is empty", what)
			}
			*into = append(*into, s)
		})
	}
}

// count reads a whole number.
func (d *decoder) count(into *int, what string, least, most int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || err != nil || v < least || v > most {
			d.wrong(n, "%s must be a whole number from %d to %d", what, least, most)
			return
		}
		*into = v
	}
}

// word reads one of a list of words.
func word[T ~string](d *decoder, into *T, what string, words []T) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var s string
		d.text(&s, what, maxName)(n)
		if s != "" && !slices.Contains(words, T(s)) {
			d.wrong(n, "%s: %q is none of %s", what, s, joined(words))
			return
		}
		*into = T(s)
	}
}

func joined[T ~string](words []T) string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

func (d *decoder) suite(n *yaml.Node, s *Suite) {
	version := 0
	seen := d.keys(n, "the suite", []field{
		{"version", d.count(&version, "version", Version, Version)},
		{"name", d.text(&s.Name, "name", maxName)},
		{"from", func(n *yaml.Node) { d.origin(n, &s.From) }},
		{"target", func(n *yaml.Node) { d.target(n, &s.Target) }},
		{"cases", func(n *yaml.Node) {
			d.list(n, "cases", maxCases, func(item *yaml.Node) { s.Cases = append(s.Cases, d.oneCase(item)) })
		}},
	})
	d.need(n, "the suite", seen, "version", "name", "cases")
	first := map[string]int{}
	for i := range s.Cases {
		c := &s.Cases[i]
		if line, twice := first[c.ID]; twice && c.ID != "" {
			d.problems = append(d.problems, yamldoc.ProblemAt(c.line, c.column, "another case with the id %q stands in line %d", c.ID, line))
			continue
		}
		first[c.ID] = c.line
	}
}

func (d *decoder) origin(n *yaml.Node, o *Origin) {
	d.keys(n, "from", []field{
		{"case", d.text(&o.Case, "case", maxName)},
		{"head", d.text(&o.Head, "head", maxName)},
		{"tool", d.text(&o.Tool, "tool", maxName)},
		{"findings", d.texts(&o.Findings, "findings", maxName)},
	})
}

func (d *decoder) target(n *yaml.Node, t *Target) {
	d.keys(n, "target", []field{
		{"protocol", word(d, &t.Protocol, "protocol", replay.Protocols())},
		{"model", d.text(&t.Model, "model", maxName)},
		{"samples", d.count(&t.Samples, "samples", 1, maxSamples)},
		{"parameters", d.parameters(&t.Parameters)},
	})
}

// idPattern is what the id of a case looks like: it is a word in shells, JUnit
// and links.
const idPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`

func (d *decoder) id(into *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.text(into, "id", maxName)(n)
		if ok, err := regexp.MatchString(idPattern, *into); err != nil || !ok {
			d.wrong(n, "id: %q is no id: want up to 100 letters, digits and ._-, the first a letter or digit", *into)
		}
	}
}

func (d *decoder) oneCase(n *yaml.Node) Case {
	c := Case{line: n.Line, column: n.Column, Fidelity: replay.GradeExact}
	r := &requestDocument{}
	var fidelity, event, model string
	seen := d.keys(n, "a case", []field{
		{"id", d.id(&c.ID)},
		{"title", d.text(&c.Title, "title", 10*maxName)},
		{"finding", d.text(&c.Finding, "finding", maxName)},
		{"detector", d.text(&c.Detector, "detector", maxName)},
		{"event", d.text(&event, "event", maxName)},
		{"model", d.text(&model, "model", maxName)},
		{"fidelity", word(d, &fidelity, "fidelity", grades())},
		{"masked", func(n *yaml.Node) { c.Masked = new(int); d.count(c.Masked, "masked", 0, 1<<30)(n) }},
		{"then", word(d, &c.Then, "then", Standings())},
		{"request", func(n *yaml.Node) { d.request(n, r) }},
		{"canaries", d.texts(&c.Canaries, "canaries", maxText)},
		{"markers", d.texts(&c.Markers, "markers", maxText)},
		{"injected", d.texts(&c.Injected, "injected", maxText)},
		{"expect", func(n *yaml.Node) { d.expect(n, &c.Expect) }},
		{"min_rate", d.rate(&c.MinRate)},
	})
	d.need(n, "a case", seen, "id", "request", "expect")
	if fidelity != "" {
		c.Fidelity = gradeOf(fidelity)
	}
	if seen["request"] {
		c.Request = d.replayRequest(n, r)
		c.Request.Event, c.Request.Model = event, model
	}
	return c
}

func grades() []string {
	var out []string
	for g := replay.GradeIncomplete; g <= replay.GradeExact; g++ {
		out = append(out, g.String())
	}
	return out
}

func gradeOf(word string) replay.Grade { return replay.Grade(max(0, slices.Index(grades(), word))) } //nolint:gosec // one of four

// expect reads the assertions, each by itself, so that each that is wrong is
// told.
func (d *decoder) expect(n *yaml.Node, into *[]verdict.Assertion) {
	d.list(n, "expect", maxCases, func(item *yaml.Node) {
		var a verdict.Assertion
		if err := a.UnmarshalYAML(item); err != nil {
			d.problems = append(d.problems, yamldoc.Placed(err.Error()))
		}
		*into = append(*into, a)
	})
}

func (d *decoder) rate(into *float64) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.ParseFloat(n.Value, 64)
		number := n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!float" || n.ShortTag() == "!!int")
		if !number || err != nil || !(v > 0 && v <= 1) {
			d.wrong(n, "min_rate must be a number above 0 and at most 1, not %s", n.Value)
			return
		}
		*into = v
	}
}
