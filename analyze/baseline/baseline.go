// Package baseline holds what was normal in a span of logs: who called how much,
// when, and with what. It is a file to commit and compare, without any text that
// was said. What is read from a case comes from package observe.
package baseline

import (
	"fmt"
	"strings"
	"time"
)

// Schema is the version of the file. It changes when a member changes its meaning,
// is added or removed.
const Schema = 2

// Oldest is the first version that is read still. In files of version 1 covers, seen,
// refusals and the attribute looked_at are missing.
const Oldest = 1

// Kind says what the file is.
const Kind = "exhibit baseline"

// Bounds of what a baseline holds; of what is above them it holds how much.
const (
	MaxSubjects = 2_000 // of a dimension, those with the most calls
	MaxValues   = 200   // of an attribute of a subject, those with the most calls
	MaxSeenDays = 400   // of a subject, the last
	MaxCovers   = 50    // providers, those with the most calls and acts
)

// CoverHole is how many days without any call or act of a provider may lie between
// two on which its logs still tell of the time between: a weekend and a day.
const CoverHole = 3

// Dimensions are what subjects are of, in the order of the file.
func Dimensions() []string { return []string{"actor", "credential", "model", "app"} }

// Attributes are what values are of, in the order of the file. A network is the
// label that the case was enriched with, else the autonomous system, else an IPv4
// /16 or IPv6 /48. A tool_destination is a host that the arguments of a tool call
// name; then a use is a tool call. What an actor looked at are operations that list
// or describe models ("operation ListFoundationModels") and the models that they
// were asked about ("model X"); then a use is such a request, which is no call.
func Attributes() []string {
	return []string{"model", "network", "client", "region", "operation", "destination", "tool_destination", "country", LookedAt}
}

// LookedAt is an attribute of actors.
const LookedAt = "looked_at"

// Measures are what is counted, in the order of the file and of [Hour]. Tokens are
// those into a model and out of it; cost is in 1e-9 USD.
func Measures() []string { return []string{"calls", "tokens", "output_tokens", "cost"} }

// Baseline is what a span of logs shows.
type Baseline struct {
	Kind   string `json:"kind"`
	Schema int    `json:"schema"`
	Tool   string `json:"tool"`
	Case   string `json:"case_head"` // of the ledger
	// First and Last are the times of the first and the last call.
	First      Instant     `json:"first"`
	Last       Instant     `json:"last"`
	Calls      int64       `json:"calls"`
	Hours      int64       `json:"hours"` // with calls
	Days       int64       `json:"days"`  // with calls, of UTC
	Covers     []Cover     `json:"covers,omitempty"`
	Dimensions []Dimension `json:"dimensions"`
}

// Cover is the time of which the logs of a provider tell, up to their end in the
// span: days with calls or other acts of it, with no more than [CoverHole] days
// without any between two. The provider is "" where the logs name none.
type Cover struct {
	Provider string `json:"provider"`
	First    Day    `json:"first"`
	Last     Day    `json:"last"`
}

// Dimension holds the subjects of one kind.
type Dimension struct {
	Name     string    `json:"name"`
	Rest     Rest      `json:"rest"`
	Subjects []Subject `json:"subjects"` // by name
}

// Rest counts what a bound left out.
type Rest struct {
	Count int64 `json:"count"`
	Calls int64 `json:"calls"`
}

// Subject is what one actor, credential, model or application did.
type Subject struct {
	Name    string      `json:"name"`
	Calls   int64       `json:"calls"`
	Hours   int64       `json:"hours"` // with calls
	Days    int64       `json:"days"`
	First   Day         `json:"first"`
	Last    Day         `json:"last"`
	Week    []Hour      `json:"week"`    // hours of the week with calls, in order
	Volumes []Volume    `json:"volumes"` // in the order of [Measures], by hour and by day
	Values  []Attribute `json:"values"`  // in the order of [Attributes]
	// Seen is on which days an actor called or did something else; of actors only.
	Seen *Seen `json:"seen,omitempty"`
	// Refusals is nil where the logs do not say how most calls were answered.
	Refusals *Refusals `json:"refusals,omitempty"`
}

// Seen is a run of days, at most the last [MaxSeenDays]: a 1 for each on which
// somebody was there, from the first to the last, and a 0 for each other.
type Seen struct {
	First Day    `json:"first"`
	Days  string `json:"days"`
}

// Last returns the last day.
func (s *Seen) Last() Day { return s.First + Day(len(s.Days)) - 1 }

// Each hands over the days in order.
func (s *Seen) Each(visit func(Day)) {
	for i := range s.Days {
		if s.Days[i] == '1' {
			visit(s.First + Day(i))
		}
	}
}

// Pause returns how many days lie between two days at most: 1 where none is left out
// or there is only one.
func (s *Seen) Pause() int64 {
	pause, last := Day(1), s.First
	s.Each(func(d Day) { pause, last = max(pause, d-last), d })
	return int64(pause)
}

// Refusals is how many conversations a subject had in pieces of six hours, and in how
// many a model or a guardrail refused something: of an actor without those of
// applications.
type Refusals struct {
	Talks   int64 `json:"talks"`
	Refused int64 `json:"refused"`
	Days    int64 `json:"days"` // with conversations
	Last    Day   `json:"last"`
}

// Hour is one hour of the week: its number from Monday 00:00 UTC, in how many
// such hours the subject called, how many calls those had, and what the most was of
// each of [Measures] in one of them; null where no call says it.
type Hour [3 + 4]*int64

// Of returns the number of the hour.
func (h *Hour) Of() int64 { return *h[0] }

// Seen returns in how many such hours there were calls.
func (h *Hour) Seen() int64 { return *h[1] }

// Calls returns how many calls those had.
func (h *Hour) Calls() int64 { return *h[2] }

// Most returns the most of a measure in one such hour, by its place in [Measures].
func (h *Hour) Most(measure int) *int64 { return h[3+measure] }

// Volume is how much a subject did in hours or days with calls that say so. Centre
// and scale are robust estimates (median, and the median of absolute deviations as
// a standard deviation) of log(1 + x), to six digits; see [statistic.RobustOf].
//
// [statistic.RobustOf]: https://pkg.go.dev/github.com/exhibit-forensics/exhibit/analyze/statistic#RobustOf
type Volume struct {
	Measure string  `json:"measure"`
	Per     string  `json:"per"` // hour or day
	N       int64   `json:"n"`
	Centre  float64 `json:"centre"`
	Scale   float64 `json:"scale"`
	Most    int64   `json:"most"`
}

// Attribute holds the values that a subject used.
type Attribute struct {
	Name  string  `json:"attribute"`
	Rest  Rest    `json:"rest"`
	Known []Value `json:"known"` // by value
}

// Value is one of them, with the first and last day and the hours in which it was
// used.
type Value struct {
	Value string `json:"value"`
	Calls int64  `json:"calls"`
	Hours int64  `json:"hours"`
	First Day    `json:"first"`
	Last  Day    `json:"last"`
}

// Instant is a time in microseconds since 1970.
type Instant int64

const instantForm = "2006-01-02T15:04:05.000000Z"

// Time returns the time.
func (t Instant) Time() time.Time { return time.UnixMicro(int64(t)).UTC() }

// MarshalText writes a time in UTC with microseconds.
func (t Instant) MarshalText() ([]byte, error) { return []byte(t.Time().Format(instantForm)), nil }

// UnmarshalText reads what MarshalText writes.
func (t *Instant) UnmarshalText(text []byte) error {
	at, err := time.Parse(instantForm, string(text))
	if err != nil {
		return fmt.Errorf("%q is no time such as 2026-01-31T12:00:00.000000Z", text)
	}
	*t = Instant(at.UnixMicro())
	return nil
}

// Day is a day of UTC, in days since 1970.
type Day int64

// DaySeconds is how long a day is.
const DaySeconds = 24 * 60 * 60

// Time returns the beginning of the day.
func (d Day) Time() time.Time { return time.Unix(int64(d)*DaySeconds, 0).UTC() }

// MarshalText writes a day such as 2026-01-31.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.Time().Format(time.DateOnly)), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Day) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return fmt.Errorf("%q is no day such as 2026-01-31", text)
	}
	*d = Day(at.Unix() / DaySeconds)
	return nil
}

// Subject returns a subject of a dimension, nil where it is not in the baseline,
// or there is none.
func (b *Baseline) Subject(dimension, name string) *Subject {
	if b == nil {
		return nil
	}
	for i := range b.Dimensions {
		if b.Dimensions[i].Name != dimension {
			continue
		}
		return find(b.Dimensions[i].Subjects, func(s *Subject) int { return strings.Compare(s.Name, name) })
	}
	return nil
}

// Attribute returns the values of an attribute, nil where there are none.
func (s *Subject) Attribute(name string) *Attribute {
	if s == nil {
		return nil
	}
	for i := range s.Values {
		if s.Values[i].Name == name {
			return &s.Values[i]
		}
	}
	return nil
}

// Volume returns a volume, nil where there is none.
func (s *Subject) Volume(measure, per string) *Volume {
	for i := range s.Volumes {
		if v := &s.Volumes[i]; v.Measure == measure && v.Per == per {
			return v
		}
	}
	return nil
}

// Find returns a value, nil where it was not seen.
func (a *Attribute) Find(value string) *Value {
	if a == nil {
		return nil
	}
	return find(a.Known, func(v *Value) int { return strings.Compare(v.Value, value) })
}

// find is a binary search that returns a pointer.
func find[T any](list []T, compare func(*T) int) *T {
	lo, hi := 0, len(list)
	for lo < hi {
		mid := (lo + hi) / 2
		switch c := compare(&list[mid]); {
		case c == 0:
			return &list[mid]
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return nil
}
