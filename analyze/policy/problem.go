package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxProblems bounds the problems that are listed of one policy.
const maxProblems = 200

// maxProblem bounds the text of one, in bytes.
const maxProblem = 500

// Problem is something that is wrong in a policy, or looks as if it were not
// meant.
type Problem struct {
	Line, Column int  // from 1; 0 where it is not known
	Warning      bool // the policy can be used, but may not say what was meant
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

// Error says why a policy cannot be used.
type Error struct{ Problems []Problem }

// Error returns the first problem and how many there are beside it.
func (e *Error) Error() string {
	text := "reading a policy: " + e.Problems[0].String()
	if n := len(e.Problems) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more: exhibit policy lint lists them)", n)
	}
	return text
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

// place is where in the file something stands.
type place struct{ line, column int }

func (p *place) stand(line, column int) { p.line, p.column = line, column }

// problem says what is wrong at the place. What it quotes of the file may be of
// any length.
func (p place) problem(format string, args ...any) Problem {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxProblem {
		text = strings.ToValidUTF8(text[:maxProblem], "") + "..."
	}
	return Problem{Line: p.line, Column: p.column, Text: text}
}

func (p place) warning(format string, args ...any) Problem {
	problem := p.problem(format, args...)
	problem.Warning = true
	return problem
}
