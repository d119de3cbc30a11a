// Package analyze holds what the analyses of a case have in common: what they
// yield is a [Finding]. The analyses themselves are in the folders below.
package analyze

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Severity says how much a finding matters to a responder.
type Severity uint8

// The severities, in ascending order.
const (
	SeverityInfo     Severity = iota + 1 // to know when reading the rest; nothing to do
	SeverityLow                          // odd; look when there is time
	SeverityMedium                       // look today
	SeverityHigh                         // look now
	SeverityCritical                     // evidence was destroyed or an incident goes on
)

// Severities returns the words for the severities, in ascending order.
func Severities() []string { return []string{"info", "low", "medium", "high", "critical"} }

// String returns the word for s.
func (s Severity) String() string {
	if s < SeverityInfo || s > SeverityCritical {
		return fmt.Sprintf("severity(%d)", uint8(s))
	}
	return Severities()[s-SeverityInfo]
}

// ParseSeverity returns the severity that a word stands for.
func ParseSeverity(word string) (Severity, error) {
	i := slices.Index(Severities(), word)
	if i < 0 {
		return 0, fmt.Errorf("reading a severity: %q is none of %s", word, strings.Join(Severities(), ", "))
	}
	return SeverityInfo + Severity(i), nil //nolint:gosec // i is below the number of severities
}

// Finding is a claim with its evidence.
type Finding struct {
	// ID is that of [FindingID]. It survives runs, so that what was said of a
	// finding can be found again.
	ID       string
	Detector string // what found it, in lower case words such as reconcile.record-missing
	Severity Severity
	// Subject is who or what it is about; Bucket tells apart the findings of one
	// detector about one subject: an hour, a pair of sources, an identifier.
	Subject, Bucket string
	Title           string // one line: what is claimed
	Explanation     string // what was seen, what was expected, and what could explain it harmlessly
	First, Last     time.Time
	Facts           []Fact // the numbers behind the claim, in the order in which they are shown
	// Events are the ids of the events that show it, in order, at most
	// [MaxFindingEvents]; EventCount is how many there are.
	Events     []string
	EventCount int64

	// Actor is the person or principal behind the events, "" where there is
	// none or more than one.
	Actor string
	// Test is the statistic behind a finding that was found by one, nil for
	// others.
	Test *Test
	// Tags name techniques, as in [About].
	Tags []string
	// Parts are the ids of the findings that a story is made of, the earliest
	// first; nil for a finding that is none.
	Parts []string
	// Score ranks a finding: the negative decimal logarithm of how often what it
	// shows would be seen without an incident, capped. 0 where nothing was
	// ranked.
	Score float64
	// Suppressed says by whose word nobody is to act on it, nil for most.
	Suppressed *Suppression
}

// Suppression is the word of somebody that a finding is known and needs no
// action.
type Suppression struct {
	By, Reason string
	Until      time.Time // the day on which it ends
}

// Test is how a finding stands among all tests that were made in a run.
type Test struct {
	P float64 // how probable so much, or more, is where nothing happened
	// Q is the least share of false findings at which it counts, among the tests of
	// its detector and its detector among all that made tests; Benjamini and Bogomolov
	// 2014.
	Q     float64
	Tests int64 // tests of its detector in the run
}

// Expected is how many tests of the detector would show so much, or more, in a run in
// which nothing happened.
func (t *Test) Expected() float64 { return t.P * float64(t.Tests) }

// MaxFindingEvents bounds the events that a finding lists. A finding with more
// says so by its count.
const MaxFindingEvents = 10_000

// Fact is one number or word behind a finding.
type Fact struct {
	Name  string // lower case, with its unit: skew_ms, calls_expected
	Value any    // string, int64, float64 or bool
}

// FindingID is the hash of what makes a finding the same in every run: its
// detector with the major version of it, its subject and its bucket.
func FindingID(detector string, version int, subject, bucket string) string {
	h := sha256.New()
	var size [8]byte
	for _, part := range []string{detector, fmt.Sprint(version), subject, bucket} {
		binary.BigEndian.PutUint64(size[:], uint64(len(part))) // so that no two lists of parts read the same
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return "f-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// SortFindings puts findings in their order: the severest first, then by time,
// those without one last, then by detector, subject and bucket.
func SortFindings(list []Finding) {
	slices.SortFunc(list, func(a, b Finding) int {
		if c := cmp.Compare(b.Severity, a.Severity); c != 0 {
			return c
		}
		if c := compareTimes(a.First, b.First); c != 0 {
			return c
		}
		return cmp.Or(
			cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.Subject, b.Subject),
			cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.ID, b.ID),
		)
	})
}

// compareTimes orders times, the zero time last.
func compareTimes(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		return compareBool(a.IsZero(), b.IsZero())
	}
	return a.Compare(b)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
