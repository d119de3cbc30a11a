package verdict

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Assertion is an expectation of a reply, as a suite file writes it; only one
// that was read from YAML or JSON can be checked. It is a mapping
// with one kind and what it wants, and maybe a name, the part of the reply that
// it looks at, and ignore_case.
//
//   - contains: "refund"              # a text or a list, of which all must be there
//   - not_contains: [PWNED, "rm -rf"] # none of which may be
//     ignore_case: true
//   - regex: '^\{'                    # RE2: no backreferences, linear time
//   - not_regex: '\b\d{16}\b'
//     of: tool_arguments              # text, reasoning, tool_names or tool_arguments
//   - equals: "42"                    # but for white space at the ends
//   - json_schema: {type: object, required: [total]}
//   - expression: latency_ms < 2000 and not refused   # see [Expression]
//   - all: [...]                      # assertions; any and not likewise
//   - judge: {question: "Is it polite?", answers: [yes, no], accept: [yes]}
//
// There is no language of programs: all, any and not, with expressions on
// verdicts, say every condition that their parts can make, and always end.
// (google/cel-go and expr-lang/expr were looked at: the smaller of the two adds
// 3.7 MB to the program, and both bring loops over lists, whose cost needs limits
// of its own.)
type Assertion struct {
	Name       string // as told; made from the kind where the file gives none
	Kind       string // one of Kinds
	Of         string // the part of the reply; "" is text
	IgnoreCase bool
	Texts      []string        // of contains, not_contains, equals, regex, not_regex
	Schema     json.RawMessage // of json_schema
	Expression *Expression     // of expression
	Parts      []Assertion     // of all, any, not
	Judge      *JudgeQuestion  // of judge

	parsed  bool
	pattern *regexp.Regexp
	schema  *schema
}

// Kinds lists the kinds of assertions.
func Kinds() []string {
	return []string{"contains", "not_contains", "regex", "not_regex", "equals", "json_schema", "expression", "all", "any", "not", "judge"}
}

// Places lists the parts of a reply that an assertion can look at.
func Places() []string { return []string{"text", "reasoning", "tool_names", "tool_arguments"} }

// Bounds of assertions.
const (
	maxAssertions = 1000    // within one list
	maxLevels     = 8       // of all, any and not within each other
	maxText       = 1 << 20 // bytes of one text
)

// ParseAssertions reads a list of assertions, in YAML or JSON.
func ParseAssertions(data []byte) ([]Assertion, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("reading assertions: %w", err)
	}
	if len(doc.Content) != 1 {
		return nil, errors.New("reading assertions: there is no list of them")
	}
	return assertionsOf(doc.Content[0], 0)
}

// UnmarshalYAML reads an assertion that stands in another document.
func (a *Assertion) UnmarshalYAML(n *yaml.Node) error { return a.parse(n, 0) }

// wrong says where a file is not as it should be.
func wrong(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", n.Line, fmt.Errorf(format, args...))
}

func assertionsOf(n *yaml.Node, level int) ([]Assertion, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, wrong(n, "assertions are a list, each beginning with a hyphen")
	}
	if len(n.Content) > maxAssertions {
		return nil, wrong(n, "%d assertions are more than %d", len(n.Content), maxAssertions)
	}
	out := make([]Assertion, len(n.Content))
	for i, item := range n.Content {
		if err := out[i].parse(item, level); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// parse reads one assertion.
func (a *Assertion) parse(n *yaml.Node, level int) error {
	if n.Kind != yaml.MappingNode {
		return wrong(n, "an assertion is a kind and what it wants, as in contains: text; the kinds are %s", strings.Join(Kinds(), ", "))
	}
	if level >= maxLevels {
		return wrong(n, "assertions stand within each other in more than %d levels", maxLevels)
	}
	*a = Assertion{}
	var want *yaml.Node
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			return wrong(key, "%s is given twice", key.Value)
		}
		seen[key.Value] = true
		var err error
		switch {
		case key.Value == "name":
			a.Name, err = textOf(value)
		case key.Value == "of":
			a.Of, err = textOf(value)
		case key.Value == "ignore_case":
			if value.ShortTag() != "!!bool" || value.Decode(&a.IgnoreCase) != nil {
				err = wrong(value, "ignore_case is true or false")
			}
		case !slices.Contains(Kinds(), key.Value):
			err = wrong(key, "%q is no kind of assertion: one of %s", key.Value, strings.Join(Kinds(), ", "))
		case want != nil:
			err = wrong(key, "an assertion has one kind, and this one has %s and %s: make two of them", a.Kind, key.Value)
		default:
			a.Kind, want = key.Value, value
		}
		if err != nil {
			return err
		}
	}
	if want == nil {
		return wrong(n, "the assertion wants nothing: give it one of %s", strings.Join(Kinds(), ", "))
	}
	if err := a.parseWant(want, level); err != nil {
		return err
	}
	if a.Name == "" {
		a.Name = a.defaultName()
	}
	a.parsed = true
	return a.checkOptions(n)
}

// parseWant reads what the assertion wants.
func (a *Assertion) parseWant(n *yaml.Node, level int) (err error) {
	switch a.Kind {
	case "contains", "not_contains":
		a.Texts, err = textsOf(n)
	case "equals", "regex", "not_regex":
		var text string
		if text, err = textOf(n); err == nil {
			a.Texts = []string{text}
			err = a.compile(n)
		}
	case "json_schema":
		if a.Schema, err = jsonOf(n); err == nil {
			if a.schema, err = newSchema(a.Schema); err != nil {
				err = wrong(n, "reading a JSON schema: %w", err)
			}
		}
	case "expression":
		var text string
		if text, err = textOf(n); err == nil {
			if a.Expression, err = ParseExpression(text); err != nil {
				err = wrong(n, "%w", err)
			}
		}
	case "all", "any":
		if a.Parts, err = assertionsOf(n, level+1); err == nil && len(a.Parts) == 0 {
			err = wrong(n, "%s has no assertions", a.Kind)
		}
	case "not":
		a.Parts = make([]Assertion, 1)
		err = a.Parts[0].parse(n, level+1)
	case "judge":
		a.Judge, err = judgeOf(n)
	}
	return err
}

// compile makes the regular expression of an assertion.
func (a *Assertion) compile(n *yaml.Node) error {
	if a.Kind == "equals" {
		return nil
	}
	pattern := a.Texts[0]
	if len(pattern) > maxPattern {
		return wrong(n, "a regular expression of %d bytes is longer than %d", len(pattern), maxPattern)
	}
	var err error
	if a.pattern, err = regexp.Compile(pattern); err != nil {
		return wrong(n, "reading a regular expression: %w", err)
	}
	return nil
}

// checkOptions refuses options that the kind does not have, and puts in place
// those that change what it wants.
func (a *Assertion) checkOptions(n *yaml.Node) error {
	looks := slices.Contains([]string{"contains", "not_contains", "regex", "not_regex", "equals", "json_schema"}, a.Kind)
	if a.Of != "" && !looks {
		return wrong(n, "of says where to look, and %s looks nowhere", a.Kind)
	}
	if a.Of != "" && !slices.Contains(Places(), a.Of) {
		return wrong(n, "%q is no part of a reply: one of %s", a.Of, strings.Join(Places(), ", "))
	}
	if !a.IgnoreCase {
		return nil
	}
	if !looks || a.Kind == "json_schema" {
		return wrong(n, "%s does not know ignore_case", a.Kind)
	}
	if a.pattern != nil {
		var err error
		if a.pattern, err = regexp.Compile("(?i:" + a.Texts[0] + ")"); err != nil {
			return wrong(n, "reading a regular expression: %w", err)
		}
	}
	return nil
}

// defaultName tells an assertion that has no name.
func (a *Assertion) defaultName() string {
	switch a.Kind {
	case "expression":
		return a.Expression.String()
	case "judge":
		return "judge: " + a.Judge.Question
	case "all", "any", "not":
		var parts []string
		for i := range a.Parts {
			parts = append(parts, a.Parts[i].Name)
		}
		return a.Kind + " (" + strings.Join(parts, "; ") + ")"
	case "json_schema":
		return a.Kind
	}
	return a.Kind + " " + strings.Join(a.Texts, ", ")
}

// textOf reads a text. Numbers and words such as yes are texts here: what a file
// says is what is looked for.
func textOf(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return "", wrong(n, "a text is wanted")
	}
	if len(n.Value) > maxText {
		return "", wrong(n, "a text of %d bytes is longer than %d", len(n.Value), maxText)
	}
	return n.Value, nil
}

// textsOf reads a text or a list of texts, none empty.
func textsOf(n *yaml.Node) ([]string, error) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	if len(list) == 0 || len(list) > maxAssertions {
		return nil, wrong(n, "1 to %d texts are wanted", maxAssertions)
	}
	var out []string
	for _, item := range list {
		text, err := textOf(item)
		if err != nil {
			return nil, err
		}
		if text == "" {
			return nil, wrong(item, "an empty text stands in every reply")
		}
		out = append(out, text)
	}
	return out, nil
}

// maxNodes bounds the values of a schema in a file.
const maxNodes = 10_000

// jsonOf turns a value of YAML into JSON. What YAML takes for a date is a text.
func jsonOf(n *yaml.Node) (json.RawMessage, error) {
	nodes := 0
	for open := []*yaml.Node{n}; len(open) > 0; {
		last := open[len(open)-1]
		open = append(open[:len(open)-1], last.Content...)
		if nodes++; nodes > maxNodes {
			return nil, wrong(n, "a value of more than %d parts is too large", maxNodes)
		}
		switch {
		case last.Kind == yaml.AliasNode:
			return nil, wrong(last, "an alias is not known here: write the value out")
		case last.Kind == yaml.ScalarNode && last.ShortTag() == "!!timestamp":
			last.Tag = "!!str"
		}
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, wrong(n, "reading a value: %w", err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, wrong(n, "writing a value as JSON: %w", err)
	}
	return raw, nil
}

// MarshalYAML writes an assertion as a file has it.
func (a Assertion) MarshalYAML() (any, error) {
	n := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value any) error {
		var v yaml.Node
		if err := v.Encode(value); err != nil {
			return fmt.Errorf("writing the assertion %s: %w", a.Name, err)
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, &v)
		return nil
	}
	var err error
	if a.Name != "" && a.Name != a.defaultName() {
		err = add("name", a.Name)
	}
	err = errors.Join(err, add(a.Kind, a.want()))
	if a.Of != "" {
		err = errors.Join(err, add("of", a.Of))
	}
	if a.IgnoreCase {
		err = errors.Join(err, add("ignore_case", true))
	}
	return n, err
}

// want returns what an assertion wants, as a file has it.
func (a *Assertion) want() any {
	switch a.Kind {
	case "json_schema":
		var v any
		if json.Unmarshal(a.Schema, &v) != nil {
			return nil // parse refuses it
		}
		return v
	case "expression":
		return a.Expression.String()
	case "all", "any":
		return a.Parts
	case "not":
		return a.Parts[0]
	case "judge":
		return a.Judge
	}
	if len(a.Texts) == 1 {
		return a.Texts[0]
	}
	return a.Texts
}
