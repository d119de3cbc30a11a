package ledger

import (
	"fmt"
)

// A Problem is one thing found wrong, or worth a warning, in the ledger or its checkpoints.
type Problem struct {
	// Path is the file relative to the case, with forward slashes.
	Path string `json:"path"`
	// Line counts from 1; 0 means the file as a whole.
	Line int64 `json:"line,omitempty"`
	// What says what is wrong. It never holds bytes of the ledger unquoted.
	What string `json:"what"`
}

// String returns "path:line: what", or "path: what" for a whole file.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Path + ": " + p.What
	}
	return fmt.Sprintf("%s:%d: %s", p.Path, p.Line, p.What)
}

// A TamperError says that the ledger is not as it was written, and where. No interrupted append can have caused it.
type TamperError struct {
	Problem
}

// Error names the file, the line and what is wrong.
func (e *TamperError) Error() string {
	return "reading the ledger: " + e.String()
}

// maxProblems bounds the list a hostile ledger can make us hold; the rest is counted.
const maxProblems = 10_000

// collector gathers problems and warnings up to maxProblems each.
type collector struct {
	problems, warnings         []Problem
	moreProblems, moreWarnings int64
}

func (c *collector) problem(path string, line int64, format string, args ...any) {
	if len(c.problems) >= maxProblems {
		c.moreProblems++
		return
	}
	c.problems = append(c.problems, Problem{path, line, fmt.Sprintf(format, args...)})
}

func (c *collector) warn(path string, line int64, format string, args ...any) {
	if len(c.warnings) >= maxProblems {
		c.moreWarnings++
		return
	}
	c.warnings = append(c.warnings, Problem{path, line, fmt.Sprintf(format, args...)})
}

// finish appends the count of what did not fit.
func (c *collector) finish() {
	if c.moreProblems > 0 {
		c.problems = append(c.problems, Problem{Path: fileName, What: fmt.Sprintf("and %d more problems", c.moreProblems)})
		c.moreProblems = 0
	}
	if c.moreWarnings > 0 {
		c.warnings = append(c.warnings, Problem{Path: fileName, What: fmt.Sprintf("and %d more warnings", c.moreWarnings)})
		c.moreWarnings = 0
	}
}

// first returns the first problem as an error, or nil.
func (c *collector) first() error {
	if len(c.problems) == 0 {
		return nil
	}
	return &TamperError{c.problems[0]}
}
