package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of a file of rules. The largest public one has a few hundred
// documents and some hundred kilobytes.
const (
	maxFileSize  = 4 << 20
	maxDocuments = 2_000
	maxNodes     = 100_000
	maxDepth     = 32
)

// Error says what is wrong in a file of rules.
type Error struct {
	File string
	Line int    // from 1, or 0 when the whole file is meant
	Msg  string // what is wrong, and what would be right
}

// Error begins with the place.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("reading rule %s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("reading rule %s:%d: %s", e.File, e.Line, e.Msg)
}

// wrong is an error at a node. The file is filled in by the reader.
func wrong(n *yaml.Node, format string, args ...any) error {
	return wrongLine(n.Line, format, args...)
}

func wrongLine(line int, format string, args ...any) error {
	return &Error{Line: line, Msg: fmt.Sprintf(format, args...)}
}

// inFile fills in the file of an error.
func inFile(file string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Msg: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	e.File = file
	return e
}

// documents reads the documents of a file. Aliases are refused: Sigma has no use
// for them, and a few lines of them can stand for gigabytes.
func documents(text []byte) ([]*yaml.Node, error) {
	if len(text) > maxFileSize {
		return nil, fmt.Errorf("the file has more than %d bytes", maxFileSize)
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var list []*yaml.Node
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		case len(list) == maxDocuments:
			return nil, fmt.Errorf("the file has more than %d documents", maxDocuments)
		case len(doc.Content) == 0:
			continue
		}
		nodes := 0
		if err := checkNode(doc.Content[0], 0, &nodes); err != nil {
			return nil, err
		}
		list = append(list, doc.Content[0])
	}
}

// checkNode bounds a document, and refuses aliases and keys that are there twice.
func checkNode(n *yaml.Node, depth int, nodes *int) error {
	if *nodes++; *nodes > maxNodes || depth > maxDepth {
		return wrong(n, "the document is larger than any rule: at most %d values, %d inside each other", maxNodes, maxDepth)
	}
	if n.Kind == yaml.AliasNode {
		return wrong(n, "aliases are not used in rules; write the value out")
	}
	if n.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode {
				return wrong(key, "a name must be a text, not %s", kindOf(key))
			}
			if seen[key.Value] {
				return wrong(key, "%q is there twice; put the values into one list", key.Value)
			}
			seen[key.Value] = true
		}
	}
	for _, child := range n.Content {
		if err := checkNode(child, depth+1, nodes); err != nil {
			return err
		}
	}
	return nil
}

// member returns a member of a mapping, nil where there is none.
func member(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// kindOf names what a node is.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "null"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	}
	return "a text"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// textOf reads a scalar as text, whatever it looks like.
func textOf(n *yaml.Node, name string) (string, error) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		return "", wrong(n, "%s must be a text, not %s", name, kindOf(n))
	}
	if err := checkText(n.Value); err != nil {
		return "", wrong(n, "%s: %v", name, err)
	}
	return n.Value, nil
}

// optionalText reads a member that may be missing.
func optionalText(n *yaml.Node, name string) (string, error) {
	m := member(n, name)
	if m == nil || isNull(m) {
		return "", nil
	}
	return textOf(m, name)
}

// textsOf reads a text or a list of texts.
func textsOf(n *yaml.Node, name string) ([]string, error) {
	if n.Kind != yaml.SequenceNode {
		s, err := textOf(n, name)
		return []string{s}, err
	}
	var list []string
	for _, x := range n.Content {
		s, err := textOf(x, name)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// optionalTexts reads a list that may be missing.
func optionalTexts(n *yaml.Node, name string) ([]string, error) {
	m := member(n, name)
	if m == nil || isNull(m) {
		return nil, nil
	}
	return textsOf(m, name)
}

// numberOf reads a finite number. What is too large for a number of 64 bits
// cannot be compared.
func numberOf(n *yaml.Node) (float64, error) {
	if n.Kind == yaml.ScalarNode {
		var i int64
		var f float64
		switch n.ShortTag() {
		case "!!int":
			if n.Decode(&i) == nil {
				return float64(i), nil
			}
		case "!!float":
			if n.Decode(&f) == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
				return f, nil
			}
		case "!!str":
			if f, err := strconv.ParseFloat(n.Value, 64); err == nil && isNumber(n.Value) && !math.IsInf(f, 0) {
				return f, nil
			}
		}
	}
	return 0, wrong(n, "want a number, not %s", kindOf(n))
}
