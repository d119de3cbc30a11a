package correlation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

// Options say where a timeline starts and how far it goes. The zero value of
// each is its default.
type Options struct {
	// Start lists identifiers of any kind and event ids.
	Start []string
	// Principal, IP and Credential select events by their columns, besides those
	// of Start: the events for which all that are given hold.
	Principal, IP, Credential string
	// Around and Window keep the timeline to the time from Window before Around
	// to Window after it. Without anything else to start from, all events of
	// that time are selected. The zero Around is no limit.
	Around time.Time
	Window time.Duration // default 10 minutes
	// Clock says by which time events are ordered, selected and compared.
	Clock casefile.Clock
	// Depth bounds the steps from the start. Within that many steps, issued
	// credentials are followed to their uses from every event. 0 sets no bound
	// and follows them from the start and along the chain of roles alone.
	Depth int
	Limit int // events shown; default 10,000

	Weak    Thresholds
	Near    time.Duration // how close in time a probable join has to be; default 5 s
	Excerpt int           // characters of prompts, replies and messages; default 240
}

// Thresholds say when an identifier is shared by implausibly many events. They
// are set well above what one call or one session leaves in several sources.
type Thresholds struct {
	// Events is how many events may share an identifier of one call: a request,
	// a response, a span, a message, a tool call. Default 1,000.
	Events int64
	// Principals is how many principals may share one, as counted within one
	// format, because sources name the same principal differently. Default 3.
	Principals int
	// SessionEvents and SessionPrincipals are the same for sessions and traces,
	// which hold many calls. Defaults 10,000 and 8.
	SessionEvents     int64
	SessionPrincipals int
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	o.Window = cmp.Or(o.Window, 10*time.Minute)
	o.Limit = cmp.Or(o.Limit, 10_000)
	o.Near = cmp.Or(o.Near, 5*time.Second)
	o.Excerpt = cmp.Or(o.Excerpt, 240)
	o.Weak.Events = cmp.Or(o.Weak.Events, 1_000)
	o.Weak.Principals = cmp.Or(o.Weak.Principals, 3)
	o.Weak.SessionEvents = cmp.Or(o.Weak.SessionEvents, 10_000)
	o.Weak.SessionPrincipals = cmp.Or(o.Weak.SessionPrincipals, 8)
	return o
}

// check refuses what makes no sense.
func (o *Options) check() error {
	switch {
	case len(o.Start) == 0 && o.Principal == "" && o.IP == "" && o.Credential == "" && o.Around.IsZero():
		return errors.New("making a timeline: nothing to start from: give an identifier, an event id, a principal, an address, a credential or a time")
	case slices.Contains(o.Start, ""):
		return errors.New("making a timeline: an identifier to start from is empty")
	case o.Depth < 0 || o.Limit < 0 || o.Window < 0 || o.Near < 0 || o.Excerpt < 0:
		return errors.New("making a timeline: depth, limit, window, nearness and excerpt cannot be negative")
	}
	return nil
}

// Result is a timeline. It is the same for every order in which its evidence
// was loaded.
type Result struct {
	Clock casefile.Clock // by which time it goes
	// Corrections are those that the case has, whichever Clock is.
	Corrections []enrich.Correction

	Starts   []StartMatch
	Entries  []Entry // in the order of time, those without one last
	Probable []Entry // events that only their time, principal and model join to an entry
	Weak     []Weak  // identifiers of entries that were not followed, by kind and value
	Absences []Absence
	Sources  []casefile.SourceSpan // what the case has, by format and plane, with times as logged
	Lanes    []string              // the formats of the entries, in the order in which they appear

	WithoutTime int   // entries without a time
	Duplicates  int64 // events hidden because an entry shows the same
	Outside     int   // events that an identifier reaches outside the window
	Cut         *Cut  // nil when nothing was left out for the limit
	// ProbableCut says that there were too many events to compare for probable joins.
	ProbableCut bool
}

// StartMatch says what was found for one of [Options.Start].
type StartMatch struct {
	Value  string
	Kinds  []string // as what it was found, sorted: event_id, request, session ...; empty when it was not
	Events int64
	// Weak says that it is shared by implausibly many events. They are shown,
	// but nothing is followed from them.
	Weak bool
	// Same is the event that is shown in place of an event id whose event
	// repeats it, or "".
	Same string
}

// Cut says that the limit left something out.
type Cut struct {
	Limit int
	// Unread is how many events are known to be left out. One that several
	// identifiers lead to can count more than once; what they lead to is not known.
	Unread int64
}

// NotFoundError says that no event has any of the identifiers, or that nothing
// was selected.
type NotFoundError struct{ Values []string }

// Error names the identifiers.
func (e *NotFoundError) Error() string {
	if len(e.Values) == 0 {
		return "making a timeline: no event was selected"
	}
	return fmt.Sprintf("making a timeline: no event of this case has the identifier %s", strings.Join(e.Values, " or "))
}

// Timeline follows the strong identifiers of the start through all sources of
// the case. It returns a [*NotFoundError] when there is nothing to show.
func Timeline(ctx context.Context, c *casefile.Case, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	w := newWalk(c, o.withDefaults())
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	if err := w.follow(ctx); err != nil {
		return nil, err
	}
	if len(w.nodes) == 0 {
		return nil, &NotFoundError{Values: slices.Clone(o.Start)}
	}
	return w.result(ctx)
}

// result renders what the walk found as plain data.
func (w *walk) result(ctx context.Context) (*Result, error) {
	r := &Result{Clock: w.o.Clock, Starts: w.starts, Outside: len(w.outside)}
	if w.unread > 0 {
		r.Cut = &Cut{Limit: w.o.Limit, Unread: w.unread}
	}
	var err error
	if r.Corrections, err = w.c.Corrections(); err != nil {
		return nil, err
	}
	if r.Sources, err = w.c.SourceSpans(ctx); err != nil {
		return nil, err
	}
	if r.Entries, err = w.entries(ctx, w.sorted()); err != nil {
		return nil, err
	}
	if err := w.findMissing(ctx, r); err != nil {
		return nil, err
	}
	if r.Probable, err = w.findProbable(ctx, r); err != nil {
		return nil, err
	}
	made, err := w.toolCallsMade(ctx, r.Entries)
	if err != nil {
		return nil, err
	}
	setParents(r.Entries, made)
	setTimes(r.Entries)
	setTimes(r.Probable)
	r.Weak = w.weakOf(slices.Concat(r.Entries, r.Probable))
	for i := range r.Entries {
		e := &r.Entries[i]
		r.Duplicates += e.Duplicates
		if e.At == nil {
			r.WithoutTime++
		}
		if !slices.Contains(r.Lanes, e.Lane) {
			r.Lanes = append(r.Lanes, e.Lane)
		}
	}
	return r, nil
}
