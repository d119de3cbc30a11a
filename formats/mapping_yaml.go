package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// maxMapSize bounds the text of a map, in bytes. One line for every column
// takes a few thousand.
const maxMapSize = 1 << 20

// MapError says what is wrong in the text of a map.
type MapError struct {
	Name string // of the file
	Line int    // from 1, or 0 when the whole text is meant
	Msg  string
	Hint string // what would be right, or ""
}

func (e *MapError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("reading map %s: %s", e.Name, e.Msg)
	}
	return fmt.Sprintf("reading map %s:%d: %s", e.Name, e.Line, e.Msg)
}

// ParseMap reads a map from YAML: one entry for each column, with a path, a
// list of paths of which the first that fits is taken, or an object of path and
// unit, also in the list, or of value for a constant.
//
//	model: request.model
//	principal: [user.id, user]
//	latency_us: {path: duration_ms, unit: ms}
//	ts: [time, {path: epoch, unit: s}]
//	provider: {value: internal}
//	other_ids.batch_id: batch.id
//
// The units of times and durations are s, ms, us and ns, of costs usd. Besides
// the columns there are request_body and response_body for bodies as providers
// take and return them. Anything else is refused with a *[MapError], which
// carries name, the file's name.
func ParseMap(name string, text []byte) (*Map, error) {
	if len(text) > maxMapSize {
		return nil, &MapError{Name: name, Msg: fmt.Sprintf("the file has more than %d bytes", maxMapSize)}
	}
	p := mapParser{m: new(Map), lines: make(map[string]int)}
	if err := p.parse(text); err != nil {
		var e *MapError
		if !errors.As(err, &e) {
			e = &MapError{Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
		}
		e.Name = name
		return nil, e
	}
	p.m.sortRules()
	return p.m, nil
}

// mapParser builds a map from the nodes of a YAML document.
type mapParser struct {
	m     *Map
	lines map[string]int // of the targets so far
}

func (p *mapParser) parse(text []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return &MapError{Msg: "the map is empty"}
	} else if err != nil {
		return err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return &MapError{Line: more.Line, Msg: "there is more than one document"}
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return wrong(root, "want columns and their paths, not "+kindOf(root))
	}
	if len(root.Content) == 0 {
		return wrong(root, "the map is empty")
	}
	for i := 0; i < len(root.Content); i += 2 {
		if err := p.entry(root.Content[i], root.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// entry reads one column and what fills it.
func (p *mapParser) entry(key, value *yaml.Node) error {
	r, err := newRule(key)
	if err != nil {
		return err
	}
	if first, ok := p.lines[r.name]; ok {
		return wrong(key, fmt.Sprintf("%s is given twice, first in line %d", r.name, first))
	}
	p.lines[r.name] = key.Line
	if value.Kind == yaml.MappingNode {
		err = r.readObject(value)
	} else {
		err = r.readPaths(value)
	}
	if err != nil {
		return err
	}
	p.m.rules = append(p.m.rules, r)
	return nil
}

// newRule returns the rule for the target that a key names.
func newRule(key *yaml.Node) (mapRule, error) {
	if key.Kind != yaml.ScalarNode {
		return mapRule{}, wrong(key, "want the name of a column, not "+kindOf(key))
	}
	r := mapRule{name: key.Value}
	if kind, ok := idKind(key.Value); ok {
		r.to, r.other = targetOtherID, kind
		return r, nil
	}
	var ok bool
	if r.to, ok = targetByName(key.Value); !ok {
		return r, &MapError{
			Line: key.Line, Msg: fmt.Sprintf("unknown column %q", key.Value),
			Hint: "the columns are " + strings.Join(mapTargets(), ", "),
		}
	}
	if why := mappable(key.Value); why != "" {
		return r, wrong(key, fmt.Sprintf("%s cannot be mapped: %s", key.Value, why))
	}
	return r, nil
}

// mapTargets returns what a map can fill.
func mapTargets() []string {
	var names []string
	for i := range columns {
		if mappable(columns[i].Name) == "" {
			names = append(names, columns[i].Name)
		}
	}
	return append(names, namePrefixOther+"KIND", nameRequestBody, nameResponseBody)
}

// readPaths reads a path, or a list of paths, which may have units.
func (r *mapRule) readPaths(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return r.readPath(n, unitNone)
	}
	if len(n.Content) == 0 {
		return wrong(n, r.name+" has no path")
	}
	for _, n := range n.Content {
		u := unitNone
		if n.Kind == yaml.MappingNode {
			m, err := r.members(n)
			if err != nil {
				return err
			}
			if m.path == nil || m.value != nil {
				return wrong(n, "want a path for "+r.name+", not an object without one")
			}
			if u, err = r.readUnit(m.unit); err != nil {
				return err
			}
			n = m.path
		}
		if err := r.readPath(n, u); err != nil {
			return err
		}
	}
	return nil
}

// readPath reads one path.
func (r *mapRule) readPath(n *yaml.Node, u unit) error {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return wrong(n, fmt.Sprintf("want a path for %s, not %s", r.name, kindOf(n)))
	}
	if !validPath(n.Value) {
		return wrong(n, fmt.Sprintf("the path of %s is empty, longer than %d bytes, or deeper than %d names", r.name, maxNameLength, maxSegments))
	}
	r.paths = append(r.paths, mapPath{n.Value, u})
	return nil
}

// readObject reads {path: ..., unit: ...} or {value: ...}.
func (r *mapRule) readObject(n *yaml.Node) error {
	m, err := r.members(n)
	if err != nil {
		return err
	}
	if (m.path == nil) == (m.value == nil) {
		return wrong(n, r.name+" needs either a path or a value")
	}
	if m.value != nil {
		if m.unit != nil {
			return wrong(n, r.name+" is a constant and has no unit")
		}
		return r.readValue(m.value)
	}
	if err := r.readPaths(m.path); err != nil {
		return err
	}
	u, err := r.readUnit(m.unit)
	for i := range r.paths {
		if r.paths[i].unit == unitNone {
			r.paths[i].unit = u
		}
	}
	return err
}

// ruleMembers are the members of an object in a map, nil where absent.
type ruleMembers struct {
	path, unit, value *yaml.Node
}

// members reads the members of an object, each once and no others.
func (r *mapRule) members(n *yaml.Node) (m ruleMembers, err error) {
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		var to **yaml.Node
		switch key.Value {
		case "path":
			to = &m.path
		case "unit":
			to = &m.unit
		case "value":
			to = &m.value
		default:
			return m, &MapError{Line: key.Line, Msg: fmt.Sprintf("unknown word %q for %s", key.Value, r.name), Hint: "the words are path, unit and value"}
		}
		if *to != nil {
			return m, wrong(key, fmt.Sprintf("%q is given twice", key.Value))
		}
		*to = value
	}
	return m, nil
}

// readUnit reads the unit of the number at a path; there need not be one.
func (r *mapRule) readUnit(n *yaml.Node) (unit, error) {
	if n == nil {
		return unitNone, nil
	}
	u, ok := unitByName(n.Value)
	if !ok || n.Kind != yaml.ScalarNode {
		return unitNone, &MapError{Line: n.Line, Msg: fmt.Sprintf("unknown unit %q", n.Value), Hint: "the units are s, ms, us, ns and usd"}
	}
	if r.to >= targetRequest || !u.fits(columns[r.to].Type) {
		return unitNone, wrong(n, fmt.Sprintf("%s has no unit %s", r.name, u))
	}
	return u, nil
}

// readValue reads a constant and tries it on an event.
func (r *mapRule) readValue(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return wrong(n, fmt.Sprintf("want a text, a number or a truth value for %s, not %s", r.name, kindOf(n)))
	}
	r.value = appendString(nil, Text(n.Value))
	switch n.Tag {
	case "!!int", "!!float", "!!bool":
		var doc jsontape.Doc
		if doc.Parse([]byte(n.Value)) == nil { // else it is YAML's own, such as 0x1f
			r.value = []byte(n.Value)
		}
	}
	d := NewDecoder()
	a := assignment{d: d, e: d.Add()}
	if r.to == targetRequest || r.to == targetResponse || !r.setConstant(&a) {
		e := &MapError{Line: n.Line, Msg: fmt.Sprintf("%s cannot be %q", r.name, n.Value)}
		if r.to < targetRequest {
			if w := words(columns[r.to].Name); w != nil {
				e.Hint = "the words are " + strings.Join(w, ", ")
			}
		}
		return e
	}
	return nil
}

func wrong(n *yaml.Node, msg string) error { return &MapError{Line: n.Line, Msg: msg} }

// kindOf names what a node is.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return "a value"
}

// WriteYAML writes the map in the form that [ParseMap] reads, with comments for
// whoever edits it. What is only suggested is written as a comment.
func (m *Map) WriteYAML(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# Which column is filled from which place of a record.\n")
	b.WriteString("# COLUMN: path, or [path, other path], {path: path, unit: s|ms|us|ns|usd}, {value: constant}\n")
	for i := range m.rules {
		r := &m.rules[i]
		if r.off {
			b.WriteString("# ")
		}
		b.WriteString(r.name + ": " + r.yaml())
		if r.note != "" {
			b.WriteString("  # " + r.note)
		}
		b.WriteByte('\n')
	}
	_, err := w.Write(b.Bytes())
	return err
}

// yaml returns what fills the target.
func (r *mapRule) yaml() string {
	if r.value != nil {
		var doc jsontape.Doc
		if doc.Parse(r.value) == nil && doc.Root().Kind() == jsontape.String {
			return "{value: " + quoteYAML(string(doc.Root().Text())) + "}"
		}
		return "{value: " + string(r.value) + "}"
	}
	quoted := make([]string, len(r.paths))
	for i, p := range r.paths {
		if quoted[i] = quoteYAML(p.path); p.unit != unitNone {
			quoted[i] = "{path: " + quoted[i] + ", unit: " + p.unit.String() + "}"
		}
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quoteYAML returns s as it is where YAML takes that for a plain text, else in
// double quotes, all but ASCII escaped: names in logs are an attacker's text.
func quoteYAML(s string) string {
	plain := s != "" && strings.IndexByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", s[0]) >= 0
	for i := 0; i < len(s) && plain; i++ {
		c := s[i]
		plain = c == '_' || c == '.' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		plain = false
	}
	if plain {
		return s
	}
	return strconv.QuoteToASCII(s)
}
