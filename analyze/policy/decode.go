package policy

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"go.yaml.in/yaml/v3"
)

// Bounds of a policy. A file over one of them is not one that people review.
const (
	maxSize  = 1 << 20 // bytes of text
	maxNodes = 200_000 // values, those behind an alias each time that it is used
	maxRules = 2_000   // entries of one list
	maxText  = 4 << 10 // bytes of a text
)

// scalar is a value that reads its own text.
type scalar interface{ read(text string) error }

// tagged is a scalar that is not only written as a text: it says how, in words
// and by the tags of YAML.
type tagged interface{ tags() (string, []string) }

// placed is a value that knows where it stands.
type placed interface{ stand(line, column int) }

// decoder turns YAML into a document, going by its Go types. It does not
// recurse into what the types do not have, so that depth is bounded by them,
// and it goes on after an error.
type decoder struct {
	problems []yamldoc.Problem
	nodes    int
}

// decode reads the text of a policy into doc, and returns what is wrong.
func decode(text []byte, doc any) []yamldoc.Problem {
	var d decoder
	if len(text) > maxSize {
		return []yamldoc.Problem{{Text: fmt.Sprintf("the file has more than %d bytes", maxSize)}}
	}
	root, problem := yamldoc.Parse(text, "policy")
	if problem != nil {
		return []yamldoc.Problem{*problem}
	}
	d.value(root, reflect.ValueOf(doc).Elem(), "the policy")
	return d.problems
}

func (d *decoder) wrong(n *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, place{n.Line, n.Column}.problem(format, args...))
}

// resolve follows an alias, and counts what is visited: a few lines of aliases
// of aliases stand for more values than any memory holds.
func (d *decoder) resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && d.nodes <= maxNodes {
		d.nodes++
		n = n.Alias
	}
	if d.nodes++; d.nodes > maxNodes {
		if d.nodes == maxNodes+1 {
			d.wrong(n, "the file holds more than %d values, those of aliases included", maxNodes)
		}
		return nil
	}
	return n
}

// value reads a node into a value. what is how messages call it.
func (d *decoder) value(n *yaml.Node, into reflect.Value, what string) {
	if n = d.resolve(n); n == nil {
		return
	}
	if p, ok := into.Addr().Interface().(placed); ok {
		p.stand(n.Line, n.Column)
	}
	if s, ok := into.Addr().Interface().(scalar); ok {
		if text, ok := d.text(n, s, what); ok {
			if err := s.read(text); err != nil {
				d.wrong(n, "%s: %v", what, err)
			}
		}
		return
	}
	switch into.Kind() { //nolint:exhaustive // the kinds of the document's types
	case reflect.Struct:
		d.object(n, into, what)
	case reflect.Slice:
		d.list(n, into, what)
	case reflect.Map:
		d.table(n, into, what)
	default:
		d.plain(n, into, what)
	}
}

// text returns the text of a scalar, which must be of a kind that the value
// takes.
func (d *decoder) text(n *yaml.Node, s scalar, what string) (string, bool) {
	want, tags := "a text", []string{"!!str"}
	if t, ok := s.(tagged); ok {
		want, tags = t.tags()
	}
	if n.Kind == yaml.ScalarNode && slices.Contains(tags, n.Tag) {
		return n.Value, true
	}
	hint := ""
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && want == "a text" {
		hint = fmt.Sprintf(": write %q", n.Value)
	}
	d.wrong(n, "%s must be %s, not %s%s", what, want, yamldoc.Words(n), hint)
	return "", false
}

// keyed reads the pairs of a mapping, without the keys that are repeated.
func (d *decoder) keyed(n *yaml.Node, what string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, "%s must be keys with values, not %s", what, yamldoc.Words(n))
		return
	}
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := d.resolve(n.Content[i])
		if key == nil {
			return
		}
		if key.Tag == "!!merge" {
			d.wrong(key, "<< merges keys, which a policy does not have: write them out")
			continue
		}
		if key.Kind != yaml.ScalarNode {
			d.wrong(key, "a key of %s must be a word, not %s", what, yamldoc.Words(key))
			continue
		}
		if line, ok := seen[key.Value]; ok {
			d.wrong(key, "%q is given twice, first in line %d: put both into one", key.Value, line)
			continue
		}
		seen[key.Value] = key.Line
		each(key, n.Content[i+1])
	}
}

func (d *decoder) object(n *yaml.Node, into reflect.Value, what string) {
	fields := keysOf(into.Type())
	d.keyed(n, what, func(key, value *yaml.Node) {
		i := slices.IndexFunc(fields, func(f documentKey) bool { return f.name == key.Value })
		if i < 0 {
			d.wrong(key, "%s has no key %q; it has %s", what, key.Value, keyList(fields))
			return
		}
		d.value(value, into.FieldByIndex(fields[i].index), key.Value)
	})
}

// documentKey is a key that an object can have.
type documentKey struct {
	name  string
	index []int
}

// keysOf returns the keys of a type in order: the fields with a tag, and those
// of the embedded types.
func keysOf(t reflect.Type) []documentKey {
	var keys []documentKey
	for _, f := range reflect.VisibleFields(t) {
		if name, ok := f.Tag.Lookup("yaml"); ok {
			keys = append(keys, documentKey{name, f.Index})
		}
	}
	return keys
}

func keyList(keys []documentKey) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

func (d *decoder) list(n *yaml.Node, into reflect.Value, what string) {
	switch {
	case n.Kind != yaml.SequenceNode:
		d.wrong(n, "%s must be a list, such as [a, b], not %s", what, yamldoc.Words(n))
		return
	case len(n.Content) == 0:
		d.wrong(n, "%s is an empty list: leave it out", what)
		return
	case len(n.Content) > maxRules:
		d.wrong(n, "%s has %d entries, more than %d", what, len(n.Content), maxRules)
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.value(item, into.Index(i), "an entry of "+what)
	}
}

func (d *decoder) table(n *yaml.Node, into reflect.Value, what string) {
	into.Set(reflect.MakeMap(into.Type()))
	d.keyed(n, what, func(key, value *yaml.Node) {
		k := reflect.New(into.Type().Key())
		if s, ok := k.Interface().(scalar); ok {
			if err := s.read(key.Value); err != nil {
				d.wrong(key, "a key of %s: %v", what, err)
				return
			}
		}
		v := reflect.New(into.Type().Elem())
		d.value(value, v.Elem(), what+" "+key.Value)
		into.SetMapIndex(k.Elem(), v.Elem())
	})
}

// plain reads a number or a truth value.
func (d *decoder) plain(n *yaml.Node, into reflect.Value, what string) {
	switch into.Interface().(type) {
	case bool:
		if n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && (n.Value == "true" || n.Value == "false") {
			into.SetBool(n.Value == "true")
			return
		}
		d.wrong(n, "%s must be true or false, not %s", what, yamldoc.Words(n))
	case int:
		if v, err := strconv.ParseInt(n.Value, 10, 32); n.Kind == yaml.ScalarNode && n.Tag == "!!int" && err == nil {
			into.SetInt(v)
			return
		}
		d.wrong(n, "%s must be a whole number, not %s", what, yamldoc.Words(n))
	case float64:
		v, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float") && err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
			into.SetFloat(v)
			return
		}
		d.wrong(n, "%s must be a number, such as 10 or 0.5, not %s", what, yamldoc.Words(n))
	}
}
