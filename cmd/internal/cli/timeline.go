package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type timelineOptions struct {
	Case   caseOptions
	IDs    []string
	Start  startOptions
	Around time.Time
	Window time.Duration // 0 when not given
	Range  rangeOptions
	Time   string // logged, corrected, or "" for the one that suits the case
	Depth  int64
	Limit  int
	Wide   bool
	Output outputOptions
}

const timelineLong = `timeline follows ID through all sources of the case and shows what belongs to it, in the
order of time. ID is any identifier of a log (a request, a session, a response, a tool
call, a credential ...) or the id of an event. From each event that is found, identifiers
lead to further events: the same request in another log, the session, the tool call and
its result, the credential that AssumeRole issued and the calls made with it. For each
event it is said which identifier led to it, and from which event.

What implausibly many unrelated events share (placeholders, a label, an account) is
listed and not followed. Events that only their time, principal and model join are
listed apart, as probable. A call that should be in another log too and is not is said.

--principal, --ip and --credential start from the events that have them and have to hold
together; each has to name one, in full or with * where only one fits. With --around or
--from and --to alone, all events of that time are shown; beside anything else, times
limit what is shown. --depth bounds the steps from the start.

Where enrich --clock has corrected clocks, order, distances and all limits of time go by the
corrected times, and an entry whose time is corrected says what was logged; --time logged
goes by the times as logged.

In text every block of lines begins with a time and lines are dated from it; each line
has a mark for its source and the id that exhibit show takes. --wide shows whole names and
more of each text. json and jsonl hold everything; csv the events; timesketch is csv as
Timesketch imports it (message, datetime, timestamp_desc, timestamp and all else), so
without events that have no time.

`

func newTimeline(f *factory) *cobra.Command {
	var o timelineOptions
	cmd := &cobra.Command{
		Use:   "timeline [ID...]",
		Short: "Follow an identifier through all sources",
		Long:  timelineLong + exitStatus(),
		Example: `  # Everything that belongs to a request, with the session and the role behind it
  $ exhibit timeline 890e6442-2cde-4c44-93b8-650cb9f255d1

  # What a credential did within ten minutes of a time
  $ exhibit timeline --credential AKIAIOSFODNN7EXAMPLE --around 2026-03-03T02:05:00Z --window 10m

  # For Timesketch
  $ exhibit timeline -f timesketch --limit all -o incident.csv 890e6442-2cde-4c44-93b8-650cb9f255d1`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeEvents(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.IDs = args
			return runTimeline(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addStartFlags(cmd, &o.Start)
	flags := cmd.Flags()
	flags.Var(aroundValue{&o.Around}, "around", "only events near this time, RFC 3339; see --window")
	addWindowFlag(cmd, &o.Window)
	addRangeFlags(cmd, &o.Range)
	clocks := []string{casefile.ClockCorrected.String(), casefile.ClockLogged.String()}
	flags.Var(&choiceValue{&o.Time, clocks}, "time", "go by corrected times, or by those as logged (default corrected where a clock is corrected)")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("time", cobra.FixedCompletions(clocks, cobra.ShellCompDirectiveNoFileComp))
	flags.Var((*wholeValue)(&o.Depth), "depth", "steps from the start at most; 0 is no bound")
	addLimitFlag(cmd, &o.Limit, 1000)
	flags.BoolVar(&o.Wide, "wide", false, "in text, whole names and more of each text")
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, append(render.Formats(), render.FormatTimesketch)...)
	return cmd
}

// addWindowFlag adds --window. Its help says what it means for every command
// that has it.
func addWindowFlag(cmd *cobra.Command, window *time.Duration) {
	cmd.Flags().Var(windowValue{window}, "window",
		"how near, such as 30s, 10m or 1h30m: timeline, to --around, before and after (default 10m); affected, after a meeting (default 1h)")
}

// check refuses what cannot be meant, before any work.
func (o *timelineOptions) check() error {
	ranged := o.Range.From.Kind != boundOpen || o.Range.To.Kind != boundOpen
	switch {
	case len(o.IDs) == 0 && !o.filtered():
		return usagef("timeline needs something to start from").
			hint("an ID: a request, session, credential or event id; or --principal, --ip, --credential, --around, --from")
	case !o.Around.IsZero() && ranged:
		return usagef("--around and --from or --to are two ways to choose a time: use one")
	case o.Around.IsZero() && o.Window != 0:
		return usagef("--window needs --around")
	}
	for _, id := range o.IDs {
		if strings.TrimSpace(id) == "" {
			return usagef("an ID is empty")
		}
		if !utf8.ValidString(id) {
			return usagef("%q is not UTF-8, and so in no event", id)
		}
	}
	return o.Range.check(o.Output.Zone)
}

func runTimeline(ctx context.Context, f *factory, o timelineOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	// Patterns and spans need the views of the case, which cost time.
	lookup := !o.Start.patterns() && !o.Range.relative()
	return f.withCase(ctx, o.Case, lookup, func(c *casefile.Case) error {
		if err := o.Start.resolve(ctx, c); err != nil {
			return err
		}
		if o.Time == "" && c.Corrected() {
			o.Time = casefile.ClockCorrected.String()
		}
		config := export.Config(c, o.params())
		timesketch := o.Output.Format == render.FormatTimesketch
		if timesketch {
			o.Output.Format = render.FormatCSV
		}
		return f.emit(o.Output, config, func(r *render.Renderer) error {
			result, err := o.follow(ctx, c)
			if err != nil {
				return o.unfound(ctx, c, err)
			}
			t := render.Timeline{Title: o.title(), Result: result, Wide: o.Wide}
			if o.Time == casefile.ClockCorrected.String() && !c.Corrected() {
				err = r.Write(note("no clock is corrected in this case: all times are as logged (exhibit enrich --clock corrects one)"))
			}
			if timesketch {
				return errors.Join(err, r.WriteTimesketch(t))
			}
			return errors.Join(err, r.WriteTimeline(t))
		})
	})
}

// follow asks for the timeline.
func (o *timelineOptions) follow(ctx context.Context, c *casefile.Case) (*correlation.Result, error) {
	co := correlation.Options{
		Start: o.IDs, Principal: o.Start.one("principal"), IP: o.Start.one("ip"), Credential: o.Start.one("credential"),
		Around: o.Around, Window: o.Window, Clock: o.clock(),
		Depth: int(min(o.Depth, math.MaxInt32)), Limit: o.Limit, Excerpt: excerptLength,
	}
	if o.Limit == 0 {
		co.Limit = math.MaxInt32
	}
	if err := o.window(ctx, c, &co); err != nil {
		return nil, err
	}
	return correlation.Timeline(ctx, c, co)
}

// clock is by which time the timeline goes.
func (o *timelineOptions) clock() casefile.Clock {
	if o.Time == casefile.ClockCorrected.String() {
		return casefile.ClockCorrected
	}
	return casefile.ClockLogged
}

// excerptLength is how many characters of a text a timeline has: exhibit show
// has them all.
const excerptLength = 1000

// longest is the longest time between two instants that a [time.Duration] can
// say, halved: what is open at one end spans 290 years.
const longest = time.Duration(math.MaxInt64 / 2)

// window turns --from and --to into the middle of a time and the distance to
// its ends. Both are exact: times have microseconds, halves nanoseconds.
func (o *timelineOptions) window(ctx context.Context, c *casefile.Case, co *correlation.Options) error {
	from, to, err := resolveRangeBy(ctx, c, o.Range, co.Clock, o.Output.Zone)
	if err != nil || from.IsZero() && to.IsZero() {
		return err
	}
	to = to.Add(-time.Microsecond) // --to is not part of the range
	switch {
	case from.IsZero():
		from = to.Add(-2 * longest)
	case o.Range.To.Kind == boundOpen:
		to = from.Add(2 * longest)
	}
	co.Window = to.Sub(from) / 2
	co.Around = from.Add(co.Window)
	return nil
}

// title says what the timeline is of.
func (o *timelineOptions) title() string {
	parts := o.IDs
	for _, fl := range startFlags() {
		if v := o.Start.one(fl.name); v != "" {
			parts = append(parts, fl.name+" "+v)
		}
	}
	if !o.Around.IsZero() {
		parts = append(parts, "around "+aroundValue{&o.Around}.String())
	}
	for _, b := range []struct {
		word  string
		bound timeBound
	}{{"from ", o.Range.From}, {"to ", o.Range.To}} {
		if b.bound.Kind != boundOpen {
			parts = append(parts, b.word+b.bound.text)
		}
	}
	return "Timeline: " + strings.Join(parts, ", ")
}

// params are the parameters that shaped the result.
func (o *timelineOptions) params() map[string]any {
	params := map[string]any{
		"ids": o.IDs, "around": o.Around, "window": windowValue{&o.Window}.String(), "from": o.Range.From.text, "to": o.Range.To.text, "time": o.Time,
		"depth": int(o.Depth), "limit": (*limitValue)(&o.Limit).String(), "wide": o.Wide,
	}
	for _, fl := range startFlags() {
		params[fl.name] = o.Start.one(fl.name)
	}
	if o.Range.From.Kind == boundDate || o.Range.To.Kind == boundDate {
		params["tz"] = (&zoneValue{&o.Output.Zone}).String()
	}
	return params
}

// unfound adds to the error of a timeline of nothing where else the values
// that were asked for stand.
func (o *timelineOptions) unfound(ctx context.Context, c *casefile.Case, err error) error {
	var none *correlation.NotFoundError
	if !errors.As(err, &none) {
		return err
	}
	hinted := &HintError{Err: err}
	for _, id := range o.IDs {
		for _, as := range []struct {
			flag   string
			filter casefile.EventFilter
		}{{"--principal", casefile.EventFilter{Principal: id}}, {"--ip", casefile.EventFilter{SrcIP: id}}} {
			_, n, err := c.FindEvents(ctx, as.filter, 1)
			if err != nil {
				return err
			}
			if n > 0 {
				hinted.Hints = append(hinted.Hints, fmt.Sprintf("%s it there: exhibit timeline %s %s", have(n, "event"), as.flag, shellWord(id)))
			}
		}
	}
	if len(o.IDs) > 0 && len(hinted.Hints) == 0 {
		hinted.Hints = append(hinted.Hints, "identifiers are compared whole, and upper and lower case differ",
			"exhibit events --contains TEXT looks for a part of a text")
	}
	if o.filtered() {
		hinted.Hints = append(hinted.Hints, "filters and times have to hold together, and are compared whole: leave one out; exhibit inventory lists the principals")
	}
	return hinted
}

// filtered reports whether more than identifiers say what is asked for.
func (o *timelineOptions) filtered() bool {
	return len(o.Start.values) > 0 && slices.ContainsFunc(o.Start.values, func(v []string) bool { return len(v) > 0 }) ||
		!o.Around.IsZero() || o.Range.From.Kind != boundOpen || o.Range.To.Kind != boundOpen
}

// aroundValue is an instant. A date is refused: it is no time to be near to.
type aroundValue struct{ at *time.Time }

func (v aroundValue) Type() string { return "TIME" }

func (v aroundValue) String() string {
	if v.at == nil || v.at.IsZero() {
		return ""
	}
	return v.at.Format(time.RFC3339Nano)
}

func (v aroundValue) Set(s string) error {
	bound, err := parseTimeBound(s)
	switch {
	case err == nil && bound.Kind == boundInstant:
		*v.at = bound.At.Truncate(time.Microsecond)
		return nil
	case err == nil:
		return fmt.Errorf("%q is no time of a day such as 2026-01-31T12:00:00Z", s)
	}
	return err
}

// windowValue is a length of time of at least a second.
type windowValue struct{ length *time.Duration }

func (v windowValue) Type() string { return "SPAN" }

func (v windowValue) String() string {
	if v.length == nil || *v.length == 0 {
		return ""
	}
	return v.length.String()
}

func (v windowValue) Set(s string) error {
	span, ok := parseSpan(s)
	if !ok || span > longest {
		return fmt.Errorf("%q is no span such as 30s, 10m or 1h30m", s)
	}
	*v.length = span
	return nil
}
