package suite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	maxProblems = 200 // that are listed of one suite
	maxProblem  = 500 // bytes of the text of one
)

// Problem is something that is wrong in a suite, or looks as if it were not
// meant.
type Problem struct {
	Line, Column int  // from 1; 0 where it is not known
	Warning      bool // the suite can be used, but may not test what was meant
	Text         string
}

// String returns the place and the text.
func (p Problem) String() string {
	switch {
	case p.Line == 0:
		return p.Text
	case p.Column == 0:
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	}
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Text)
}

// Error says why a suite cannot be used.
type Error struct{ Problems []Problem }

// Error returns the first problem and how many there are beside it.
func (e *Error) Error() string {
	text := "reading a suite: " + e.Problems[0].String()
	if n := len(e.Problems) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// problemAt says what is wrong at a place. What it quotes of the file may be of
// any length.
func problemAt(line, column int, format string, args ...any) Problem {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxProblem {
		text = strings.ToValidUTF8(text[:maxProblem], "") + "..."
	}
	return Problem{Line: line, Column: column, Text: text}
}

// sortProblems puts problems in the order of the file, and leaves out what is
// over the bound, saying so.
func sortProblems(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	list = slices.Compact(list)
	if more := len(list) - maxProblems; more > 0 {
		list = append(list[:maxProblems:maxProblems], Problem{Warning: list[maxProblems].Warning, Text: fmt.Sprintf("%d more problems are not listed", more)})
	}
	return list
}

// nodeWords says what a node is.
func nodeWords(n *yaml.Node) string {
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
	return "a value with the tag " + n.Tag
}
