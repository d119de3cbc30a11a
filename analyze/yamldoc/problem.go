package yamldoc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	maxProblems = 200 // that are listed of one document
	maxProblem  = 500 // bytes of the text of one
)

// Problem is something that is wrong in a document, or looks as if it were not
// meant.
type Problem struct {
	Line, Column int  // from 1; 0 where it is not known
	Warning      bool // the document can be used, but may not say what was meant
	Text         string
}

// ProblemAt says what is wrong at a place. What it quotes of the document may be
// of any length.
func ProblemAt(line, column int, format string, args ...any) Problem {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxProblem {
		text = strings.ToValidUTF8(text[:maxProblem], "") + "..."
	}
	return Problem{Line: line, Column: column, Text: text}
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

// Error says why a document cannot be used.
type Error struct {
	What     string // is read, such as "a policy"
	Problems []Problem
}

// Error returns the first problem and how many there are beside it.
func (e *Error) Error() string {
	text := "reading " + e.What + ": " + e.Problems[0].String()
	if n := len(e.Problems) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// Sort puts problems in the order of the document, each once, and leaves out what
// is over the bound, saying so.
func Sort(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	list = slices.Compact(list)
	if more := len(list) - maxProblems; more > 0 {
		list = append(list[:maxProblems:maxProblems], Problem{Warning: list[maxProblems].Warning, Text: fmt.Sprintf("%d more problems are not listed", more)})
	}
	return list
}
