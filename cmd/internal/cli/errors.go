package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// The exit codes. Where several apply, [exitCode] chooses.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitFindings    = 3
	exitVerify      = 4
	exitPartial     = 5
	exitInterrupted = 130
)

// exitMeaning is the line for a code in the EXIT STATUS section of the help.
func exitMeaning(code int) string {
	switch code {
	case exitDone:
		return "done"
	case exitError:
		return "error"
	case exitUsage:
		return "wrong use of the command"
	case exitFindings:
		return "findings at or above --fail-on, a score below --fail-under, or cases of a suite that fail"
	case exitVerify:
		return "evidence does not verify"
	case exitPartial:
		return "partial: more records unreadable than --allow-unparsed"
	case exitInterrupted:
		return "interrupted"
	}
	return ""
}

// exitStatus returns the EXIT STATUS section that ends the Long text of every
// command. Codes 0, 1, 2 and 130 apply to all; special are the others, in
// ascending order.
func exitStatus(special ...int) string {
	codes := []int{exitDone, exitError, exitUsage}
	codes = append(append(codes, special...), exitInterrupted)
	var b strings.Builder
	b.WriteString("EXIT STATUS")
	for _, code := range codes {
		fmt.Fprintf(&b, "\n  %-4d %s", code, exitMeaning(code))
	}
	if len(special) > 0 {
		b.WriteString("\nWhere several apply, the first of 130, 2, 4, 1, 3, 5 is returned and all are named.")
	}
	return b.String()
}

// errInterrupted is the cause of a context that a signal cancelled.
var errInterrupted = errors.New("interrupted")

// UsageError is a command line that cannot be carried out as written. It is
// found before any work.
type UsageError struct {
	Err   error
	Hints []string // what to do instead, a line each
}

// Error returns the message without the hints.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *UsageError) Unwrap() error { return e.Err }

func (e *UsageError) hints() []string { return e.Hints }

// usagef makes a [UsageError] without hints.
func usagef(format string, args ...any) *UsageError {
	return &UsageError{Err: fmt.Errorf(format, args...)}
}

// hint adds lines that say what to do instead.
func (e *UsageError) hint(lines ...string) *UsageError {
	e.Hints = append(e.Hints, lines...)
	return e
}

// HintError is any other error together with what to do about it.
type HintError struct {
	Err   error
	Hints []string
}

// Error returns the message without the hints.
func (e *HintError) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *HintError) Unwrap() error { return e.Err }

func (e *HintError) hints() []string { return e.Hints }

// VerifyError says that evidence or the case is not what it was. The problems
// themselves are output of the command, not part of the error.
type VerifyError struct{ Problems int }

// Error counts the problems.
func (e *VerifyError) Error() string {
	return "evidence does not verify: " + plural(int64(e.Problems), "problem")
}

// PartialError says that more records could not be read than were allowed.
type PartialError struct{ Unparsed, Allowed int64 }

// Error gives both numbers.
func (e *PartialError) Error() string {
	return fmt.Sprintf("partial: %s unreadable, %d allowed", plural(e.Unparsed, "record"), e.Allowed)
}

// FindingsError says that there are findings at or above the level of
// --fail-on.
type FindingsError struct {
	Count int
	Level string
}

// Error counts the findings.
func (e *FindingsError) Error() string {
	return fmt.Sprintf("%s at or above %s", plural(int64(e.Count), "finding"), e.Level)
}

// SuiteError says that cases of a suite fail: an incident is back.
type SuiteError struct{ Failed, Of int }

// Error counts the cases.
func (e *SuiteError) Error() string {
	return fmt.Sprintf("%d of %s failed", e.Failed, plural(int64(e.Of), "case"))
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(noun, "ey") && !strings.HasSuffix(noun, "ay") {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// exitCode chooses the code for all that err says.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	has := map[int]bool{}
	for _, part := range parts(err) {
		has[codeOf(part)] = true
	}
	for _, code := range []int{exitInterrupted, exitUsage, exitVerify, exitError, exitFindings} {
		if has[code] {
			return code
		}
	}
	return exitPartial
}

// codeOf returns the code of one part of an error.
func codeOf(err error) int {
	var (
		usage    *UsageError
		verify   *VerifyError
		findings *FindingsError
		quality  *QualityError
		suite    *SuiteError
		partial  *PartialError
	)
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &verify):
		return exitVerify
	case errors.As(err, &findings), errors.As(err, &quality), errors.As(err, &suite):
		return exitFindings
	case errors.As(err, &partial):
		return exitPartial
	}
	return exitError
}

// parts takes an error of [errors.Join] apart. An error that adds a text to
// joined errors stays one part, with the code that [codeOf] finds first.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}

// report prints each part of err on a line of stderr, hints on lines of their
// own. After an interrupt, the errors that only say so again are left out.
func report(f *factory, err error) {
	if err == nil {
		return
	}
	interrupted := errors.Is(err, errInterrupted)
	for _, part := range parts(err) {
		if interrupted && errors.Is(part, context.Canceled) {
			continue
		}
		if casefile.OutOfMemory(part) {
			// What DuckDB advises below its first line are settings that nobody can make here.
			text, _, _ := strings.Cut(part.Error(), "\n")
			f.say(text)
			f.say("hint: --memory lets the command use more, such as --memory 4GiB")
			continue
		}
		f.say(part.Error())
		var hinted interface{ hints() []string }
		if errors.As(part, &hinted) {
			for _, line := range hinted.hints() {
				f.say("hint: " + line)
			}
		}
	}
}

// say writes one line to stderr. Text of logs may be in it, so it is escaped.
func (f *factory) say(text string) {
	f.status.print("exhibit: " + render.Terminal(text) + "\n")
}
