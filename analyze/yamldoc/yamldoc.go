// Package yamldoc reads YAML files that people write and review, such as
// policies and suites, and says what is wrong in them and where.
package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse returns the one document of a text, in which nothing is expanded. what is
// what messages call it, such as "policy".
func Parse(text []byte, what string) (*yaml.Node, *Problem) {
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		return nil, &Problem{Line: 1, Column: 1, Text: "the " + what + " is empty: it begins with version: 1"}
	}
	if err != nil {
		return nil, syntaxProblem(err)
	}
	err = dec.Decode(&more)
	switch {
	case errors.Is(err, io.EOF):
		return doc.Content[0], nil
	case err != nil:
		return nil, syntaxProblem(err)
	}
	return nil, &Problem{Line: more.Line, Column: more.Column, Text: "a second document begins here: a " + what + " is one, without ---"}
}

// syntaxProblem takes the line out of an error of the YAML parser, which has no
// columns.
func syntaxProblem(err error) *Problem {
	p := Placed(strings.TrimPrefix(err.Error(), "yaml: "))
	p.Text = "this is not YAML: " + p.Text
	return &p
}

// linePrefix is where an error of the YAML parser says that it is.
var linePrefix = regexp.MustCompile(`^line (\d+): `)

// Placed takes the line out of a message that begins with it, as those of the
// YAML parser do.
func Placed(message string) Problem {
	line := 0
	if m := linePrefix.FindStringSubmatch(message); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			line, message = n, message[len(m[0]):]
		}
	}
	return ProblemAt(line, 0, "%s", message)
}

// Words say what a node is, for a message.
func Words(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias: write the value out"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!str":
		return "a text"
	case "!!timestamp":
		return "a date"
	}
	return fmt.Sprintf("a value with the tag %s", n.Tag)
}
