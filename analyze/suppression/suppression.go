// Package suppression reads the list of findings that need no action, and marks
// them. A suppressed finding is not gone: it is counted and shown as such.
//
// The list is a committed YAML file:
//
//	version: 1
//	suppressions:
//	  - id: f-0123456789abcdef
//	    reason: nightly evaluation, agreed with its owner
//	    expires: 2026-12-31
//	    who: ana@example.com
//	  - detector: volume.calls
//	    subject: "arn:aws:iam::111122223333:role/batch-*"
//	    reason: quarterly batch
//	    expires: 2026-10-01
//	    who: ana@example.com
//
// An entry names one finding by its id, or findings by their detector and
// subject, in which * stands for any characters and ? for one. Everything is
// required: what is silenced is silenced for a reason, by somebody, until a day.
package suppression

import (
	"fmt"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// List is a list of what needs no action.
type List struct{ entries []entry }

// entry silences findings.
type entry struct {
	id                string
	detector, subject string // patterns
	word              analyze.Suppression
	line              int
}

// name says which entry it is.
func (e *entry) name() string {
	what := e.id
	if what == "" {
		what = e.detector + " " + e.subject
	}
	return fmt.Sprintf("line %d (%s, until %s, by %s)", e.line, what, e.word.Until.Format(time.DateOnly), e.word.By)
}

// Outcome says what came of a list.
type Outcome struct {
	Suppressed int
	Expired    []string // entries whose day has passed, by line
	Unused     []string // entries that fit no finding, by line
}

// Apply marks the findings that the list names. An entry holds until the end of
// its day, in UTC. Stories are marked by their own entries only.
func (l *List) Apply(list []analyze.Finding, today time.Time) Outcome {
	var out Outcome
	used := make([]bool, len(l.entries))
	var live []int
	for i := range l.entries {
		if e := &l.entries[i]; today.Before(e.word.Until.AddDate(0, 0, 1)) {
			live = append(live, i)
		} else {
			out.Expired = append(out.Expired, e.name())
		}
	}
	for i := range list {
		for _, k := range live {
			if !l.entries[k].fits(&list[i]) {
				continue
			}
			used[k] = true
			if list[i].Suppressed == nil {
				word := l.entries[k].word
				list[i].Suppressed = &word
				out.Suppressed++
			}
		}
	}
	for _, k := range live {
		if !used[k] {
			out.Unused = append(out.Unused, l.entries[k].name())
		}
	}
	return out
}

func (e *entry) fits(f *analyze.Finding) bool {
	if e.id != "" {
		return e.id == f.ID
	}
	return matches(e.detector, f.Detector) && matches(e.subject, f.Subject)
}

// matches reports whether a text fits a pattern, in which * stands for any bytes
// and ? for one. It goes back to the last * only, so that it takes at most the
// product of both lengths.
func matches(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
