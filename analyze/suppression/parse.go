package suppression

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxSize bounds the text of a list, in bytes: some ten thousand entries.
const maxSize = 4 << 20

// Error says what is wrong in the text of a list.
type Error struct {
	Name string // of the file
	Line int    // from 1, or 0 when the whole text is meant
	Msg  string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("reading suppressions %s: %s", e.Name, e.Msg)
	}
	return fmt.Sprintf("reading suppressions %s:%d: %s", e.Name, e.Line, e.Msg)
}

// Parse reads a list. What it does not know is refused with an *[Error] that
// carries name, the file's name.
func Parse(name string, text []byte) (*List, error) {
	if len(text) > maxSize {
		return nil, &Error{Name: name, Msg: fmt.Sprintf("the file has more than %d bytes", maxSize)}
	}
	l, err := parse(text)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = &Error{Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
		}
		e.Name = name
		return nil, e
	}
	return l, nil
}

func wrong(at *yaml.Node, format string, args ...any) error {
	return &Error{Line: at.Line, Msg: fmt.Sprintf(format, args...)}
}

func parse(text []byte) (*List, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &Error{Msg: "the list is empty; it begins with version: 1"}
	} else if err != nil {
		return nil, err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, wrong(&more, "there is more than one document")
	}
	top, err := members(doc.Content[0], "version", "suppressions")
	if err != nil {
		return nil, err
	}
	if v := top["version"]; v == nil || v.Value != "1" {
		return nil, wrong(doc.Content[0], "want version: 1")
	}
	entries := top["suppressions"]
	if entries == nil || entries.Kind != yaml.SequenceNode {
		return nil, wrong(doc.Content[0], "want suppressions, a list")
	}
	l := &List{}
	for _, node := range entries.Content {
		e, err := readEntry(node)
		if err != nil {
			return nil, err
		}
		l.entries = append(l.entries, *e)
	}
	return l, nil
}

// members reads an object, whose members are among those allowed and there once.
func members(node *yaml.Node, allowed ...string) (map[string]*yaml.Node, error) {
	if node.Kind != yaml.MappingNode {
		return nil, wrong(node, "want an object with %s", strings.Join(allowed, ", "))
	}
	out := map[string]*yaml.Node{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		known := false
		for _, a := range allowed {
			known = known || key.Kind == yaml.ScalarNode && key.Value == a
		}
		switch {
		case !known:
			return nil, wrong(key, "%q is none of %s", key.Value, strings.Join(allowed, ", "))
		case out[key.Value] != nil:
			return nil, wrong(key, "%s is given twice", key.Value)
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			return nil, wrong(value, "anchors and aliases have no place here")
		}
		out[key.Value] = value
	}
	return out, nil
}

// findingForm is the form of the ids of findings.
var findingForm = regexp.MustCompile(`^f-[0-9a-f]{16}$`)

func readEntry(node *yaml.Node) (*entry, error) {
	m, err := members(node, "id", "detector", "subject", "reason", "expires", "who")
	if err != nil {
		return nil, err
	}
	e := &entry{line: node.Line}
	text := func(name string) string {
		v := m[name]
		if v == nil || err != nil {
			return ""
		}
		if v.Kind != yaml.ScalarNode || strings.TrimSpace(v.Value) == "" {
			err = wrong(v, "want a text for %s", name)
		}
		return v.Value
	}
	e.id, e.detector, e.subject = text("id"), text("detector"), text("subject")
	e.word.Reason, e.word.By = text("reason"), text("who")
	expires := text("expires")
	switch {
	case err != nil:
		return nil, err
	case (e.id == "") == (e.detector == ""), (e.detector == "") != (e.subject == ""):
		return nil, wrong(node, "want id, or detector and subject (* for every subject)")
	case e.id != "" && !findingForm.MatchString(e.id):
		return nil, wrong(m["id"], "%q is not the id of a finding, such as f-0123456789abcdef", e.id)
	case e.word.Reason == "" || e.word.By == "" || expires == "":
		return nil, wrong(node, "want reason, expires and who")
	}
	if e.word.Until, err = time.Parse(time.DateOnly, expires); err != nil {
		return nil, wrong(m["expires"], "%q is no day, such as 2026-12-31", expires)
	}
	return e, nil
}
