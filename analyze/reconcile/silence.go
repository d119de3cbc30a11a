package reconcile

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// silenceCheck looks for times in which a source wrote nothing although it
// always does at such hours. It compares a source with itself; other sources
// only say whether calls went on.
type silenceCheck struct{}

var _ check = silenceCheck{}

// silenceVersion is part of the ids of its findings.
const silenceVersion = 1

func (silenceCheck) name() string { return "silence" }

func (silenceCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "runs of empty minutes"
	list, err := s.rhythms(ctx)
	if err != nil {
		return nil, err
	}
	w, err := s.watch(ctx)
	if err != nil {
		return nil, err
	}
	r.Notes = append(r.Notes, w.ends(s.sources)...)
	var regular []*writer
	for _, x := range list {
		if why := x.irregular(); why != "" {
			r.Notes = append(r.Notes, why)
			continue
		}
		regular = append(regular, x)
		r.Compared += x.runs
	}
	if len(regular) == 0 {
		r.NotApplicable = fmt.Sprintf("no source has enough history to have a rhythm: at least %d minutes with events, on %d days and on every second day", leastMinutes, leastDays)
		return nil, nil
	}
	var found []quiet
	for _, x := range regular {
		for _, y := range x.silences(r.Compared) {
			q := quiet{silence: y, by: []*writer{x}}
			if err := s.surround(ctx, &q, w); err != nil {
				return nil, err
			}
			found = append(found, q)
		}
	}
	var out []analyze.Finding
	for _, q := range together(found) {
		out = append(out, q.finding(s.sources))
	}
	return out, nil
}

// writer is a source with its rhythm. Logs that show no calls have one too.
type writer struct {
	rhythm
	format, plane string
	name          string
	bit           int // -1 where it shows no calls
}

// irregular says why a source cannot be tested, or "".
func (x *writer) irregular() string {
	longest := gap{}
	for _, g := range x.gaps {
		if g.to-g.from > longest.to-longest.from {
			longest = g
		}
	}
	n := x.minutes()
	all, active := x.days(longest)
	switch {
	case n < leastMinutes || active < leastDays:
		return fmt.Sprintf("not enough history of %s: events in %s, on %s; %d minutes on %d days are needed", x.name, counted(n, "minute"), counted(int64(active), "day"), leastMinutes, leastDays)
	case float64(active) < leastShare*float64(all):
		return fmt.Sprintf("%s has no rhythm: it has events on %d of %d days", x.name, active, all)
	}
	return ""
}

// rhythms reads what each source wrote when.
func (s *survey) rhythms(ctx context.Context) ([]*writer, error) {
	newest, err := s.c.Newest(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.exec(ctx, "silence_busy", sql.Named("newest", newest)); err != nil {
		return nil, err
	}
	if err := s.exec(ctx, "silence_quiet"); err != nil {
		return nil, err
	}
	var list []*writer
	find := func(format, plane string) *writer {
		i, _ := slices.BinarySearchFunc(list, [2]string{format, plane}, func(x *writer, key [2]string) int {
			return cmp.Or(strings.Compare(x.format, key[0]), strings.Compare(x.plane, key[1]))
		})
		return list[i]
	}
	var last *writer
	err = s.query(ctx, "silence_hours", nil, func(r *sql.Rows) error {
		var format, plane string
		var hour, minutes int64
		err := r.Scan(&format, &plane, &hour, &minutes)
		if last == nil || last.format != format || last.plane != plane {
			last = &writer{format: format, plane: plane, bit: -1, rhythm: rhythm{start: hour}}
			list = append(list, last)
		}
		last.counts = append(last.counts, make([]int64, hour-last.start+1-int64(len(last.counts)))...)
		last.counts[hour-last.start] = minutes
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.query(ctx, "silence_gaps", nil, func(r *sql.Rows) error {
		var format, plane string
		var runs int64
		err := r.Scan(&format, &plane, &runs)
		find(format, plane).runs = runs
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.query(ctx, "silence_long", []any{sql.Named("least", leastSilence)}, func(r *sql.Rows) error {
		var format, plane string
		var g gap
		err := r.Scan(&format, &plane, &g.from, &g.to)
		x := find(format, plane)
		x.gaps = append(x.gaps, g)
		return err
	})
	s.nameWriters(list)
	return list, err
}

// nameWriters names them as the survey names its sources.
func (s *survey) nameWriters(list []*writer) {
	planes := map[string]int{}
	for _, x := range list {
		planes[x.format]++
	}
	for _, x := range list {
		if x.name = x.format; planes[x.format] > 1 {
			x.name += "/" + x.plane
		}
		for _, y := range s.sources {
			if y.format == x.format && y.plane == x.plane {
				x.name, x.bit = y.name, y.bit
			}
		}
	}
}

// quiet is a silence with what others did meanwhile.
type quiet struct {
	silence
	by          []*writer // that were silent
	first, last int64     // the events before and after it
	events      []string
	comparable  bool    // other sources show calls that this one shows
	shown       int64   // calls that those sources show during it, and this one does not
	moved       int64   // calls that those sources show during it, and this one at another time
	missing     float64 // calls of those that this one would have shown
	loudest     int     // bit of the source by which most are missing
}

// surround finds the events around a silence, and what others showed during it.
func (s *survey) surround(ctx context.Context, q *quiet, w *watched) error {
	x := q.by[0]
	args := []any{sql.Named("format", x.format), sql.Named("plane", x.plane), sql.Named("from", q.from), sql.Named("to", q.to)}
	err := s.query(ctx, "silence_edges", args, func(r *sql.Rows) error {
		var id string
		var at int64
		err := r.Scan(&id, &at)
		if q.events = append(q.events, id); len(q.events) == 1 {
			q.first = at
		}
		q.last = at
		return err
	})
	if err != nil || x.bit < 0 {
		return err
	}
	for a := range s.sources {
		q.comparable = q.comparable || a != x.bit && w.share(a, x.bit) > 0
	}
	args = []any{sql.Named("bit", x.bit), sql.Named("from", q.from), sql.Named("to", q.to)}
	return s.query(ctx, "silence_others", args, func(r *sql.Rows) error {
		var bit int
		var moved, shown int64
		err := r.Scan(&bit, &moved, &shown)
		share := w.share(bit, x.bit)
		if share == 0 {
			return err
		}
		q.moved, q.shown = max(q.moved, moved), max(q.shown, shown)
		if m := share * float64(shown); m > q.missing {
			q.missing, q.loudest = m, bit
		}
		return err
	})
}

// alone says whether other sources went on: calls are missing.
func (q *quiet) alone() bool { return q.missing >= 3 }

// all says whether all that could have gone on fell silent as well.
func (q *quiet) all() bool { return q.comparable && q.shown == 0 && q.moved == 0 }

// together makes one of silences that fell on all sources at once.
func together(list []quiet) []quiet {
	slices.SortStableFunc(list, func(a, b quiet) int { return cmp.Compare(a.from, b.from) })
	var out []quiet
	for _, q := range list {
		i := slices.IndexFunc(out, func(o quiet) bool { return o.all() && q.all() && q.from < o.to })
		if i < 0 {
			out = append(out, q)
			continue
		}
		o := &out[i]
		o.by = append(o.by, q.by...)
		o.from, o.to = max(o.from, q.from), min(o.to, q.to)
		o.first, o.last = min(o.first, q.first), max(o.last, q.last)
		o.expected, o.logP = max(o.expected, q.expected), min(o.logP, q.logP)
		o.events = append(o.events, q.events...)
	}
	return out
}

// finding says what was silent, how unlikely that is, and what others did.
func (q *quiet) finding(sources []source) analyze.Finding {
	var names []string
	for _, x := range q.by {
		names = append(names, x.name)
	}
	subject := strings.Join(names, ",")
	bucket := time.UnixMicro(q.from).UTC().Format(time.RFC3339)
	f := analyze.Finding{
		Detector: "reconcile.silence", Subject: subject, Bucket: bucket,
		ID:    analyze.FindingID("reconcile.silence", silenceVersion, subject, bucket),
		First: time.UnixMicro(q.first).UTC(), Last: time.UnixMicro(q.last).UTC(),
		Title:  fmt.Sprintf("%s wrote nothing for %s, at hours in which it has events in about %s otherwise", sequence(names), micros(q.to-q.from), counted(int64(math.Round(q.expected)), "minute")),
		Events: q.events, EventCount: int64(len(q.events)),
	}
	var meanwhile string
	f.Severity, meanwhile = q.meanwhile(sources)
	f.Explanation = fmt.Sprintf("From %s to %s there is no event. The chance of that is %s: learnt from the same hours of other days, without this time, and corrected for all silences that were looked at. %s",
		instant(q.first), instant(q.last), chance(q.logP), meanwhile)
	f.Facts = []analyze.Fact{
		{Name: "silent_us", Value: q.to - q.from},
		{Name: "minutes_expected", Value: int64(math.Round(q.expected))},
		{Name: "probability", Value: max(math.Exp(q.logP), leastChance)},
		{Name: "calls_of_others", Value: q.shown},
		{Name: "calls_expected", Value: int64(math.Round(q.missing))},
	}
	return f
}

// leastChance is the smallest probability that is stated: no model of a source
// is so good that smaller ones mean anything.
const leastChance = 1e-12

// chance words a probability.
func chance(logP float64) string {
	if p := math.Exp(logP); p > leastChance {
		return fmt.Sprintf("%.0e", p)
	}
	return fmt.Sprintf("below %.0e", leastChance)
}

// meanwhile judges a silence by what others did.
func (q *quiet) meanwhile(sources []source) (analyze.Severity, string) {
	name := q.by[0].name
	switch {
	case q.alone():
		return analyze.SeverityHigh, fmt.Sprintf("Meanwhile %s shows %s that %s does not; about %s of them it would have shown. Its records were not written, not delivered or removed.",
			sources[q.loudest].name, counted(q.shown, "call"), name, count(int64(math.Round(q.missing))))
	case q.all():
		return analyze.SeverityLow, "All sources that show its calls were silent too: it may be that nothing was called, or that nothing was logged anywhere."
	case q.moved > 0 && q.shown == 0:
		return analyze.SeverityLow, fmt.Sprintf("The %s that others show meanwhile it shows at other times: its clock was off or set; see skew.", counted(q.moved, "call"))
	case q.comparable:
		return analyze.SeverityMedium, fmt.Sprintf("Meanwhile others show %s that it does not: too few to say that it missed any.", counted(q.shown, "call"))
	default:
		return analyze.SeverityMedium, "No other source shows the same calls, so that it cannot be said whether any are missing. An outage, a pause, or an export in pieces looks the same."
	}
}
