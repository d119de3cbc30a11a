package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// skewCheck compares the clocks of sources by the calls that they share.
type skewCheck struct{}

var _ check = skewCheck{}

// skewVersion is part of the ids of its findings.
const skewVersion = 1

// skewSample is about how many calls are read. Differences that whole seconds
// blur have a standard deviation of 0.3 s, so that 300 calls give 0.05 s as
// three standard errors, and thousands find when a clock was changed.
const skewSample = 10_000

func (skewCheck) name() string { return "skew" }

func (skewCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "calls that several sources show"
	if len(s.sources) < 2 {
		r.NotApplicable = "fewer than two sources show calls: clocks can only be compared with each other"
		return nil, nil
	}
	shared, total, err := s.sharedCalls(ctx)
	if err != nil {
		return nil, err
	}
	if total == 0 {
		r.NotApplicable = "no call is shown by two sources"
		return nil, nil
	}
	sightings, err := s.sightings(ctx)
	if err != nil {
		return nil, err
	}
	for i := range sightings {
		if i == 0 || sightings[i].call != sightings[i-1].call {
			r.Compared++
		}
	}
	if r.Compared < total {
		r.Notes = append(r.Notes, fmt.Sprintf("of %s calls that several sources show, %s were read", count(total), count(r.Compared)))
	}
	list := s.comparisons(sightings, shared)
	r.Notes = append(r.Notes, s.skewNotes(list)...)
	var out []analyze.Finding
	for _, a := range blame(s.sources, list) {
		// Changes are best dated by the clock that is right.
		if c := compare(sightings, a.by.reference, a.by.subject, a.by.calls); c.verdict == a.by.verdict {
			a.by = c
		}
		f, err := s.skewFinding(ctx, a)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// sharedCalls counts the calls of each pair of sources, and those that several
// show.
func (s *survey) sharedCalls(ctx context.Context) (shared map[[2]int]int64, total int64, err error) {
	shared = map[[2]int]int64{}
	err = s.query(ctx, "skew_shared", nil, func(r *sql.Rows) error {
		var mask uint64
		var calls int64
		err := r.Scan(&mask, &calls)
		total += calls
		for a := mask; a != 0; a &= a - 1 {
			for b := a & (a - 1); b != 0; b &= b - 1 {
				shared[[2]int{bits.TrailingZeros64(a), bits.TrailingZeros64(b)}] += calls
			}
		}
		return err
	})
	return shared, total, err
}

// sightings reads a sample of the calls that several sources show.
func (s *survey) sightings(ctx context.Context) ([]sighting, error) {
	var out []sighting
	err := s.query(ctx, "skew_sample", []any{sql.Named("calls", skewSample)}, func(r *sql.Rows) error {
		var x sighting
		var precision string
		err := r.Scan(&x.call, &x.bit, &x.at, &precision, &x.latency, &x.ttft)
		x.unit = unitOf(precision)
		for _, d := range []*int64{&x.latency, &x.ttft} {
			if *d < 0 || *d > (7*24*time.Hour).Microseconds() {
				*d = -1 // no call takes a week
			}
		}
		out = append(out, x)
		return err
	})
	widen(out, len(s.sources))
	for i := range out {
		out[i].at += out[i].unit / 2
	}
	return out, err
}

// unitOf returns the microseconds that a precision stands for.
func unitOf(precision string) int64 {
	switch precision {
	case "s":
		return 1_000_000
	case "ms":
		return 1000
	default:
		return 1
	}
}

// widen gives the times of a source the unit that they are all multiples of:
// some logs write digits that they do not have.
func widen(list []sighting, sources int) {
	const enough = 20 // times that are multiples by chance with less than 1000^-20
	units := []int64{60_000_000, 1_000_000, 1000}
	multiples := make([][]int, sources)
	times := make([]int, sources)
	for i := range multiples {
		multiples[i] = make([]int, len(units))
	}
	for _, x := range list {
		times[x.bit]++
		for i, u := range units {
			if x.at%u == 0 {
				multiples[x.bit][i]++
			}
		}
	}
	for i := range list {
		x := &list[i]
		for j, u := range units {
			if n := times[x.bit]; n >= enough && multiples[x.bit][j] == n {
				x.unit = max(x.unit, u)
			}
		}
	}
}

// comparisons compares all pairs of sources that share calls, in order.
func (s *survey) comparisons(sightings []sighting, shared map[[2]int]int64) []*comparison {
	var list []*comparison
	for a := range s.sources {
		for b := a + 1; b < len(s.sources); b++ {
			if n := shared[[2]int{a, b}]; n > 0 {
				list = append(list, compare(sightings, a, b, n))
			}
		}
	}
	return list
}

// skewNotes says what is a habit and what could not be known.
func (s *survey) skewNotes(list []*comparison) []string {
	var notes []string
	for i := range s.sources {
		by := map[string][]string{}
		for _, c := range list {
			if c.late == i {
				other := c.reference + c.subject - i
				by[c.moment.words] = append(by[c.moment.words], s.sources[other].name)
			}
		}
		for _, m := range moments() {
			if others := by[m.words]; others != nil {
				notes = append(notes, fmt.Sprintf("%s writes %s, as its distance from %s says; that is a habit and no clock", s.sources[i].name, m.words, sequence(others)))
				delete(by, m.words)
			}
		}
	}
	for _, c := range list {
		a, b := s.sources[c.reference].name, s.sources[c.subject].name
		switch c.verdict {
		case tooFew:
			notes = append(notes, fmt.Sprintf("%s and %s share %s with a time: too few to compare their clocks, which needs %d", a, b, counted(c.calls, "call"), sharedCalls))
		case unclear:
			w := c.worst()
			notes = append(notes, fmt.Sprintf("the times of %s and %s differ by %s, but single calls by %s more or less: no clock does that, and none was estimated",
				a, b, micros(abs(w.level.center)), micros(w.level.spread)))
		}
	}
	return notes
}

// skewFinding says that a clock is off, and how to correct it.
func (s *survey) skewFinding(ctx context.Context, a accusation) (analyze.Finding, error) {
	c := a.by
	subject, reference := &s.sources[a.subject], &s.sources[a.reference]
	w := c.worst()
	skew := level{center: a.through.center + w.level.center, err: a.through.err + w.level.err}
	if c.drift != 0 {
		skew = level{center: a.through.center + c.level.center, err: a.through.err + c.level.err}
	}
	f := analyze.Finding{
		Detector: "reconcile.skew", Severity: severityOfSkew(c, skew), Subject: subject.name,
		ID:    analyze.FindingID("reconcile.skew", skewVersion, subject.name, ""),
		First: time.UnixMicro(c.times[w.from]).UTC(), Last: time.UnixMicro(c.times[w.to-1]).UTC(),
	}
	kind, title := s.skewTitle(a, skew)
	f.Title = title
	f.Explanation = s.skewExplanation(a, kind, skew)
	f.Facts = []analyze.Fact{
		{Name: "skew_us", Value: skew.center},
		{Name: "error_us", Value: skew.err},
		{Name: "calls", Value: c.calls},
		{Name: "reference", Value: reference.name},
		{Name: "reference_known", Value: a.known},
		{Name: "kind", Value: kind},
	}
	if c.drift != 0 {
		f.Facts = append(f.Facts, analyze.Fact{Name: "drift_us_per_day", Value: c.drift})
	}
	var err error
	f.Events, err = s.skewEvents(ctx, c, w)
	f.EventCount = 2 * c.calls
	return f, err
}

// severityOfSkew is low where order is still to be had within a minute.
func severityOfSkew(c *comparison, skew level) analyze.Severity {
	if abs(skew.center) >= time.Minute.Microseconds() || len(c.stretches) > 1 || c.drift != 0 {
		return analyze.SeverityMedium
	}
	return analyze.SeverityLow
}

// skewTitle returns the kind of a skew and a line that claims it.
func (s *survey) skewTitle(a accusation, skew level) (kind, title string) {
	c, subject, reference := a.by, s.sources[a.subject].name, s.sources[a.reference].name
	switch {
	case c.drift != 0:
		kind, title = "drift", fmt.Sprintf("the clock of %s drifts by %s a day against %s", subject, signed(c.drift), reference)
	case len(c.stretches) > 1:
		kind, title = "step", fmt.Sprintf("the clock of %s was changed: for a time it is %s that of %s", subject, ahead(skew.center), reference)
	default:
		kind, title = "constant", fmt.Sprintf("the clock of %s is %s that of %s", subject, ahead(skew.center), reference)
	}
	if !a.known {
		title += "; which of the two is wrong is not known"
	}
	return kind, title
}

// skewExplanation says what was seen, whose clock it is, what could be harmless
// and what to type.
func (s *survey) skewExplanation(a accusation, kind string, skew level) string {
	c := a.by
	subject, reference, between := s.sources[a.subject], s.sources[a.reference].name, s.sources[c.reference].name
	text := []string{fmt.Sprintf("%s and %s share %s.", between, subject.name, counted(c.calls, "call"))}
	if n := int64(len(c.values)); n < c.calls {
		text[0] += fmt.Sprintf(" Of these, %s were compared.", count(n))
	}
	if c.late >= 0 {
		text = append(text, fmt.Sprintf("%s writes %s, which was taken into account.", s.sources[c.late].name, c.moment.words))
	}
	switch kind {
	case "constant":
		text = append(text, fmt.Sprintf("The distance is the same throughout: %s, give or take %s.", signed(skew.center), micros(skew.err)))
		if c.timed {
			text = append(text, "It does not depend on how long calls took.")
		} else {
			text = append(text, "How long calls took is not known: if all took about as long, a log that writes when they ended looks the same.")
		}
	case "drift":
		text = append(text, fmt.Sprintf("The distance grows by %s a day; it is %s on average.", signed(c.drift), signed(skew.center)))
	case "step":
		for _, x := range c.stretches {
			text = append(text, fmt.Sprintf("From %s to %s it is %s, give or take %s.", instant(c.times[x.from]), instant(c.times[x.to-1]),
				signed(a.through.center+x.level.center), micros(a.through.err+x.level.err)))
		}
	}
	if c.reference != a.reference {
		text = append(text, fmt.Sprintf("%s itself is %s %s.", between, ahead(a.through.center), reference))
	}
	text = append(text, s.whoseClock(a), harmlessSkew(kind, skew))
	if kind == "constant" {
		to := time.Duration(-skew.center) * time.Microsecond
		text = append(text, fmt.Sprintf("To correct the times of %s by it: exhibit enrich --clock %s=%s", subject.name, subject.format, plus(to.Round(time.Millisecond))))
	} else {
		text = append(text, "No single correction is right for all of its records.")
	}
	return strings.Join(text, " ")
}

// whoseClock says why this clock is taken to be the wrong one.
func (s *survey) whoseClock(a accusation) string {
	var others []string
	for _, b := range a.with {
		others = append(others, s.sources[b].name)
	}
	switch {
	case a.known:
		return fmt.Sprintf("%s agree with each other, and no smaller set of wrong clocks explains all pairs.", sequence(others))
	case len(a.with) > 1:
		return fmt.Sprintf("%s agree with each other, but as many sources do not: whose clock is wrong cannot be said.", sequence(others))
	case s.sources[a.reference].plane == "access":
		return fmt.Sprintf("No majority of sources says whose clock is wrong; %s is the provider's own log and more likely right.", others[0])
	default:
		return "No majority of sources says whose clock is wrong."
	}
}

// harmlessSkew says what could explain it without anybody having changed times.
func harmlessSkew(kind string, skew level) string {
	const quarter = int64(15 * 60 * 1_000_000)
	nearest := (abs(skew.center) + quarter/2) / quarter * quarter
	switch {
	case nearest > 0 && abs(abs(skew.center)-nearest) <= skewThreshold+skew.err:
		return "It is close to a whole number of quarter hours: local times that were read as UTC look so."
	case kind == "constant":
		return "A host whose clock is not set by the network looks so."
	case kind == "drift":
		return "A clock that nobody sets looks so."
	default:
		return "A clock that was set, or a host that was exchanged, looks so; so do records whose times were altered."
	}
}

// skewEvents names the events of some calls, evenly chosen from a stretch.
func (s *survey) skewEvents(ctx context.Context, c *comparison, w stretch) ([]string, error) {
	const examples = 5
	n := min(examples, w.to-w.from)
	var calls []string
	for i := range n {
		at := w.from
		if n > 1 {
			at += i * (w.to - w.from - 1) / (n - 1)
		}
		calls = append(calls, strconv.FormatInt(c.ids[at], 10))
	}
	found := map[string][]int64{}
	args := []any{sql.Named("calls", strings.Join(calls, ",")), sql.Named("reference", c.reference), sql.Named("subject", c.subject)}
	err := s.query(ctx, "skew_events", args, func(r *sql.Rows) error {
		var call, eid int64
		err := r.Scan(&call, &eid)
		key := strconv.FormatInt(call, 10)
		found[key] = append(found[key], eid)
		return err
	})
	if err != nil {
		return nil, err
	}
	var events []string
	for _, call := range calls {
		rows, err := s.c.Events(ctx, found[call], nil)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			events = append(events, rows[i].EventID)
		}
	}
	return slices.Compact(events), nil
}
