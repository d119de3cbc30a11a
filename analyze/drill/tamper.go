package drill

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Tampering says what was done to the logs after they were written, by an
// attacker or by a broken exporter. Each record is one that shows a call of the
// population which another chosen source shows as well, so that it can be found;
// no call is tampered with twice, and none that a guardrail blocked, of which
// sources tell different things anyhow. Which records these are hangs on the
// seed and the chosen sources.
type Tampering struct {
	Removed    int // records that are not there
	Altered    int // records in which one field says something else
	Duplicated int // records that stand in the log again, up to 40 records later
	Shifts     []Shift
}

// Shift moves all times of a source, as a clock that is wrong does.
type Shift struct {
	Source string        // empty: the seed draws a source that no other shift names
	By     time.Duration // whole milliseconds; 0: the seed draws one second to two hours, either way
}

// maxShift is the largest shift: clocks that are wrong by more are no puzzle.
const maxShift = 30 * 24 * time.Hour

// TamperKind says what was done to a record or a source.
type TamperKind string

// The kinds of tampering.
const (
	Removed    TamperKind = "removed"
	Altered    TamperKind = "altered"
	Duplicated TamperKind = "duplicated"
	Shifted    TamperKind = "shifted"
)

// Tampered is the truth about one piece of tampering.
type Tampered struct {
	Kind   TamperKind `json:"tampered"`
	Source string     `json:"source"`
	// Of a record:
	RequestID string    `json:"request_id,omitempty"` // as the logs write it
	Time      time.Time `json:"time,omitzero"`        // of the call, by a clock that is right
	Field     string    `json:"field,omitempty"`      // the column of an event that was altered
	// ShiftUS is how far a source was moved, in microseconds.
	ShiftUS int64 `json:"shift_us,omitempty"`
}

func (t Tampering) records() int { return t.Removed + t.Altered + t.Duplicated }

func (t Tampering) check(sources []string, calls int64) error {
	counts := []int{t.Removed, t.Altered, t.Duplicated}
	switch {
	case slices.Min(counts) < 0 || slices.Max(counts) > 1<<30:
		return fmt.Errorf("records to tamper with must be from 0 to %d of a kind, not %v", 1<<30, counts)
	case int64(t.records()) > calls:
		return fmt.Errorf("%d calls are too few to tamper with %d", calls, t.records())
	case t.records() > 0 && len(sources) < 2:
		return errors.New("tampering needs two sources that show the same calls")
	case len(t.Shifts) > len(sources):
		return fmt.Errorf("%d shifts are more than there are sources", len(t.Shifts))
	}
	for i, s := range t.Shifts {
		switch {
		case s.Source != "" && !slices.Contains(sources, s.Source):
			return fmt.Errorf("source %q is to be shifted but not written", s.Source)
		case s.Source != "" && slices.ContainsFunc(t.Shifts[:i], func(o Shift) bool { return o.Source == s.Source }):
			return fmt.Errorf("source %q is shifted twice", s.Source)
		case s.By%time.Millisecond != 0 || s.By.Abs() > maxShift:
			return fmt.Errorf("a shift must be whole milliseconds and at most %v, not %v", maxShift, s.By)
		}
	}
	return nil
}

// drawShifts returns the shifts with what the seed draws of them, in the order
// of sources.
func (t Tampering) drawShifts(seed uint64, sources []string) []Shift {
	shifts := slices.Clone(t.Shifts)
	for i := range shifts {
		s := &shifts[i]
		r := newRNG(seed, streamTamper, 0, uint64(i))
		if s.Source == "" {
			free := slices.DeleteFunc(Sources(), func(name string) bool {
				return !slices.Contains(sources, name) || slices.ContainsFunc(shifts, func(o Shift) bool { return o.Source == name })
			})
			s.Source = free[r.below(len(free))]
		}
		if s.By == 0 {
			s.By = time.Duration(r.between(1_000, 7_200_000)) * time.Millisecond
			if r.chance(5000) {
				s.By = -s.By
			}
		}
	}
	slices.SortFunc(shifts, func(a, b Shift) int { return slices.Index(sources, a.Source) - slices.Index(sources, b.Source) })
	return shifts
}

// tampered is what is done to the record that one source has of a call.
type tampered struct {
	kind   TamperKind
	source string
	who    *Identity // that an altered record can name instead; nil: nobody else is there
	field  field     // of an altered record; chosen by who writes it
	rand   rng
}

// tamperer chooses what is tampered with, while the planner runs.
type tamperer struct {
	seed    uint64
	left    Tampering // records still to be chosen
	sources []source  // chosen ones, in the order of all
	blamed  []*Identity
}

func newTamperer(c Config, actors []*actor) *tamperer {
	t := &tamperer{seed: c.Seed, left: c.Tampering}
	for _, s := range all() {
		if slices.Contains(c.Sources, s.name()) {
			t.sources = append(t.sources, s)
		}
	}
	for _, a := range actors {
		if a.base.KeyID != "" {
			t.blamed = append(t.blamed, a.base)
		}
	}
	return t
}

// choose decides whether one of the sources' records of a call is tampered with.
// Of the calls that are still to come, this one included, each is as likely.
func (t *tamperer) choose(e *event, toCome uint64) {
	left := t.left.records()
	if left == 0 || e.outcome == blocked {
		return
	}
	var seen []string
	for _, s := range t.sources {
		if s.sees(e) {
			seen = append(seen, s.name())
		}
	}
	r := newRNG(t.seed, streamTamper, binary.BigEndian.Uint64(e.requestID[:8]), binary.BigEndian.Uint64(e.requestID[8:]))
	if len(seen) < 2 || !r.of(uint64(left), toCome) {
		return
	}
	x := &tampered{source: seen[r.below(len(seen))]}
	switch n := r.below(left); {
	case n < t.left.Removed:
		x.kind = Removed
		t.left.Removed--
	case n < t.left.Removed+t.left.Altered:
		x.kind, x.who = Altered, t.blame(e.Who, &r)
		t.left.Altered--
	default:
		x.kind = Duplicated
		t.left.Duplicated--
	}
	x.rand = r
	e.tampered = x
}

// blame returns somebody else with a key, or nil when there is nobody.
func (t *tamperer) blame(who *Identity, r *rng) *Identity {
	if len(t.blamed) == 0 {
		return nil
	}
	first := r.below(len(t.blamed))
	for i := range t.blamed {
		if id := t.blamed[(first+i)%len(t.blamed)]; id.Name != who.Name {
			return id
		}
	}
	return nil
}

// finished returns an error when calls ran out before all was done.
func (t *tamperer) finished() error {
	if n := t.left.records(); n > 0 {
		return fmt.Errorf("tampering: %d records are left to do, but no more calls are shown by two sources", n)
	}
	return nil
}

// WriteTruth writes what happened and what was tampered with: a JSON object a
// line, of a [Truth], an [IncidentTruth], a [LookAlikeTruth] or a [Tampered].
func (r *Report) WriteTruth(w io.Writer) error {
	to := json.NewEncoder(w)
	for _, t := range r.Truth {
		if err := to.Encode(t); err != nil {
			return fmt.Errorf("writing the truth: %w", err)
		}
	}
	for _, t := range r.Incidents {
		if err := to.Encode(t); err != nil {
			return fmt.Errorf("writing the truth: %w", err)
		}
	}
	for _, t := range r.LookAlikes {
		if err := to.Encode(t); err != nil {
			return fmt.Errorf("writing the truth: %w", err)
		}
	}
	for _, t := range r.Tampered {
		if err := to.Encode(t); err != nil {
			return fmt.Errorf("writing the truth: %w", err)
		}
	}
	return nil
}

// truth returns what was done to a record of the event.
func (e *event) truth() Tampered {
	t := Tampered{
		Kind: e.tampered.kind, Source: e.tampered.source,
		RequestID: string(e.appendRequestID(nil)), Time: time.UnixMilli(e.ms).UTC(),
	}
	if t.Kind == Altered {
		t.Field = e.tampered.field.String()
	}
	return t
}
