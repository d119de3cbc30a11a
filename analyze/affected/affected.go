// Package affected finds everyone and everything that met the same text,
// credential, address, session or other identifier, and what happened next.
//
// A thing is a text, known by its hash, or an identifier. A call meets a thing
// when any event that shows the call holds it; it counts once, however many do.
// An event that shows no call, such as a role that was assumed, counts for
// itself. Who met a thing is who made the call, as the view calls says it.
//
// The package says who met what and what came after. That one led to the other
// it does not say.
package affected

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Options say what to look for.
type Options struct {
	// Value is a finding id, an event id, an identifier of any kind, a
	// principal, an address, the hash of a text or at least 8 digits of its
	// beginning, or a text itself. "" when Text is given.
	Value string
	// Text is a text given as a file is: its last line may end with a line feed
	// that the text in the case does not have.
	Text []byte
	// Finding returns a finding by its id; nil when there is none.
	Finding func(ctx context.Context, id string) (*analyze.Finding, error)
	By      []string // [Groups] to look for; none means all

	From, To time.Time     // meetings from From and before To; zero is open
	Window   time.Duration // how long after a meeting things count as next; default 1 hour
	Limit    int           // principals told of; default 20
	Excerpt  int           // characters of a text; default 240
}

// Groups lists the groups of things, in the order in which they are told.
func Groups() []string {
	return []string{groupContent, groupCredential, groupSession, groupAddress, groupPrincipal, groupIdentifier}
}

const (
	groupContent    = "content"    // texts
	groupCredential = "credential" // used or issued
	groupSession    = "session"
	groupAddress    = "address"
	groupPrincipal  = "principal"  // and end users
	groupIdentifier = "identifier" // any other
)

func (o Options) withDefaults() Options {
	o.Window = cmp.Or(o.Window, time.Hour)
	o.Limit = cmp.Or(o.Limit, 20)
	o.Excerpt = cmp.Or(o.Excerpt, 240)
	return o
}

func (o *Options) check() error {
	switch {
	case (o.Value == "") == (o.Text == nil):
		return errors.New("looking for who is affected: want a value or a text")
	case o.Text != nil && len(o.Text) == 0:
		return errors.New("looking for who is affected: the text is empty")
	case o.Window < 0 || o.Limit < 0 || o.Excerpt < 0:
		return errors.New("looking for who is affected: window, limit and excerpt cannot be negative")
	}
	for _, by := range o.By {
		if !slices.Contains(Groups(), by) {
			return fmt.Errorf("looking for who is affected: no group %q; there are %s", by, strings.Join(Groups(), ", "))
		}
	}
	return nil
}

// Result says who met what. It is the same for every order in which the
// evidence was loaded.
type Result struct {
	Start Start
	// Things are those that were met, the most telling first and those that
	// distinguish nobody last.
	Things []Thing
	// Alone is how many things of the event or finding were met nowhere else.
	// They are not among Things.
	Alone int
	// Left is how many things were too many to look for.
	Left int
	// Population is how many principals of the case call models.
	Population int64

	Subjects     []Subject // who met the things that are told, those with most calls first
	MoreSubjects int64     // beyond the limit
	MoreCalls    int64     // calls of these
}

// StartKind says what was looked for.
type StartKind string

// The kinds of starts.
const (
	StartFinding StartKind = "finding"
	StartEvent   StartKind = "event"
	StartValue   StartKind = "value"
)

// Start says what was looked for.
type Start struct {
	Kind   StartKind
	Value  string   // as it was given; "" for a text of a file
	Title  string   // of a finding
	Events []string // that it starts from, as ids; none for a value
	Same   string   // the event that is looked at in place of one that repeats it, or ""
	Cut    int64    // events of a finding that were not looked at
	// Trimmed says that a text was found without the line feed at its end.
	Trimmed bool
}

// Thing is one text or identifier, and what met it.
type Thing struct {
	No    int    // from 1, in the order of [Result.Things]
	Kind  string // content, credential, session, address, principal ... or the kind of an identifier
	Value string // of a text its SHA-256
	Text  string // the beginning of a text
	Chars int64  // of the whole text

	Calls, Events                                int64 // calls, and events that show no call
	Elsewhere                                    int64 // calls and events that the search did not start from
	Principals, Sessions, Credentials, Addresses int64 // distinct
	First, Last                                  *int64
	FirstEvent                                   string
	FirstPrincipal                               string // "" when it is not known
	// Roles say as what it was seen, in the order in which it first was: of a
	// text system, user, assistant, reasoning, tool or document; of a
	// credential used or issued.
	Roles []Role
	// Common says that so many principals met it that it distinguishes nobody.
	Common bool
	// Told says that the subjects are those who met it, among others.
	Told bool
}

// Role says as what a thing was seen, and where first.
type Role struct {
	Role      string
	First     *int64 // microseconds since the epoch; nil without a time
	Event     string
	Principal string // "" when it is not known
	Format    string
	Units     int64 // calls, and events that show no call
}

// Subject is who met things.
type Subject struct {
	Principal     *string // nil when it is not known
	Things        []int   // their numbers
	Calls, Events int64
	First, Last   *int64
	FirstEvent    string

	Persons, Credentials, Addresses []Count
	Apps, Models, Sessions, Sources []Count

	Next Next
}

// Count is a value, and in how many calls and other events it stands.
type Count struct {
	Value string
	Units int64
}

// Next is what happened within the window after each meeting, by the same
// principal or in the same session. A call counts once.
type Next struct {
	Calls, Events                      int64
	Again                              int64 // of them, those that met a thing again
	Tools                              int64 // calls of tools, and calls of models that asked for tools
	Blocked, Denied, Throttled, Errors int64
	BytesOut                           *int64
	Models, Addresses                  []Count // that the principal had not used up to its first meeting
	Issued, Destinations               []Count
	Telling                            []Telling
}

// Telling is the first event of a kind that tells what happened next.
type Telling struct {
	Why                           string
	EventID                       string
	TS                            *int64
	Operation, ErrorCode          string
	Model, Address                string
	IssuedCredential, Destination string
	Units                         int64 // of this kind
}

// NotFoundError says that nothing of the case is or holds the value.
type NotFoundError struct{ Value string }

// Error names the value.
func (e *NotFoundError) Error() string {
	if e.Value == "" {
		return "looking for who is affected: no event of this case holds the text"
	}
	return fmt.Sprintf("looking for who is affected: nothing in this case is or holds %s", e.Value)
}

// AmbiguousError says that several texts have a hash that begins with the
// digits.
type AmbiguousError struct {
	Value  string
	Hashes []string // the first of them
}

// Error names the digits.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("looking for who is affected: the hashes of several texts begin with %s", e.Value)
}

// Find looks for who and what met the same things. It returns a
// [*NotFoundError] when there is nothing to look for, or nothing in the range
// of time met it.
func Find(ctx context.Context, c *casefile.Case, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &search{c: c, o: o.withDefaults()}
	if err := c.StoredViews(ctx); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	if len(s.things) == 0 {
		return nil, &NotFoundError{o.Value}
	}
	for _, step := range []func(context.Context) error{s.meet, s.readThings, s.readSubjects, s.readNext, s.name} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if len(s.r.Things) == 0 && s.r.Alone == 0 {
		return nil, &NotFoundError{o.Value}
	}
	return &s.r, nil
}
