package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// boundKind says how a time bound was written.
type boundKind uint8

const (
	boundOpen    boundKind = iota // not given
	boundInstant                  // RFC 3339
	boundDate                     // a day in the zone of --tz
	boundSpan                     // back from the newest plausible event
)

// timeBound is one end of a time range as the user wrote it. Dates wait for
// the zone and spans for the newest plausible event of the case.
type timeBound struct {
	Kind boundKind
	At   time.Time     // instant, or the date at 00:00 UTC
	Span time.Duration // more than 0
	text string
}

// rangeOptions are the flags --from and --to. Together they mean the events
// with From <= ts < To; a date in --to includes that day.
type rangeOptions struct {
	From, To timeBound
}

func addRangeFlags(cmd *cobra.Command, o *rangeOptions) {
	cmd.Flags().Var(&o.From, "from", "events at or after this: RFC 3339, a date, or a span such as 24h or 7d back from the newest event")
	cmd.Flags().Var(&o.To, "to", "events before this; a date includes that day")
}

// Type is the word for the value in the help.
func (b *timeBound) Type() string { return "TIME" }

// String returns the bound as it was written.
func (b *timeBound) String() string { return b.text }

// Set parses a bound.
func (b *timeBound) Set(s string) error {
	parsed, err := parseTimeBound(s)
	if err != nil {
		return err
	}
	*b = parsed
	return nil
}

// parseTimeBound reads an RFC 3339 time, a date or a span. A time without
// offset is refused: it would have to be guessed.
func parseTimeBound(s string) (timeBound, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return timeBound{Kind: boundInstant, At: t.UTC(), text: s}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return timeBound{Kind: boundDate, At: t, text: s}, nil
	}
	if span, ok := parseSpan(s); ok {
		return timeBound{Kind: boundSpan, Span: span, text: s}, nil
	}
	if _, err := time.Parse(time.RFC3339Nano, s+"Z"); err == nil {
		return timeBound{}, fmt.Errorf("%q has no offset: add Z or one such as +02:00", s)
	}
	return timeBound{}, fmt.Errorf("%q is no time (2026-01-31T12:00:00Z), date (2026-01-31) or span (24h, 7d)", s)
}

// parseSpan reads whole numbers with the units w, d, h, m and s, larger ones
// first: 7d, 1d12h, 90m. A day has 24 hours.
func parseSpan(s string) (time.Duration, bool) {
	var total time.Duration
	last := time.Duration(math.MaxInt64)
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		n, err := strconv.ParseInt(s[:digits], 10, 64)
		if err != nil || digits == len(s) {
			return 0, false
		}
		unit := spanUnit(s[digits])
		if unit == 0 || unit >= last || n > int64((math.MaxInt64-total)/unit) {
			return 0, false
		}
		total += time.Duration(n) * unit
		last = unit
		s = s[digits+1:]
	}
	return total, total > 0
}

// spanUnit returns the length of a unit, or 0 for none.
func spanUnit(c byte) time.Duration {
	switch c {
	case 'w':
		return 7 * 24 * time.Hour
	case 'd':
		return 24 * time.Hour
	case 'h':
		return time.Hour
	case 'm':
		return time.Minute
	case 's':
		return time.Second
	}
	return 0
}

// errNoNewest is returned for a span in a case without any plausible time.
var errNoNewest = errors.New("a span needs an event with a time, and this case has none")

// relative says whether resolving the range needs the newest event.
func (o rangeOptions) relative() bool {
	return o.From.Kind == boundSpan || o.To.Kind == boundSpan
}

// resolve turns the range into instants; a zero time is an open end. Dates are
// days in zone. Newest is the time of the newest plausible event and only used
// for spans; zero when there is none.
func (o rangeOptions) resolve(newest time.Time, zone *time.Location) (from, to time.Time, err error) {
	if o.relative() && newest.IsZero() {
		return from, to, errNoNewest
	}
	from = o.From.instant(newest, zone, 0)
	to = o.To.instant(newest, zone, 1)
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return from, to, usagef("--from %s is not before --to %s", o.From.text, o.To.text)
	}
	return from, to, nil
}

// check refuses a range that is empty whatever the case holds. Ranges of a span
// and a time wait for resolve.
func (o rangeOptions) check(zone *time.Location) error {
	if o.From.Kind == boundOpen || o.To.Kind == boundOpen ||
		(o.From.Kind == boundSpan) != (o.To.Kind == boundSpan) {
		return nil
	}
	// Any instant will do for two spans: only their order counts.
	_, _, err := o.resolve(time.Unix(0, 0), zone)
	return err
}

// instant resolves one bound. A date means the start of the day that many days
// later.
func (b timeBound) instant(newest time.Time, zone *time.Location, days int) time.Time {
	switch b.Kind {
	case boundInstant:
		return b.At
	case boundDate:
		return time.Date(b.At.Year(), b.At.Month(), b.At.Day()+days, 0, 0, 0, 0, zone).UTC()
	case boundSpan:
		return newest.Add(-b.Span).UTC()
	}
	return time.Time{}
}
