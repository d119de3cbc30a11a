package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// regressionCheck looks for times that go back within one evidence, against
// the order in which its records were written. Many logs are in no strict
// order, so that each is compared with its own habit.
type regressionCheck struct{}

var _ check = regressionCheck{}

// regressionVersion is part of the ids of its findings.
const regressionVersion = 1

const (
	// orderRecords is how many records an evidence needs to have a habit.
	orderRecords = 50
	// leastStep is the smallest step back that is reported, in microseconds.
	// Records that are written side by side are often seconds out of order.
	leastStep = 30_000_000
	// beyondHabit is how many times as large as the next smaller one a step
	// back must be to be no habit.
	beyondHabit = 10
	// mostSteps is how many such steps an evidence may have: with more they
	// are the habit.
	mostSteps = 3
	// mostPlaces bounds the steps of a case that are looked at.
	mostPlaces = 60
)

func (regressionCheck) name() string { return "regression" }

func (regressionCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "records with a time, in evidence that has an order"
	var odd []order
	var small int64
	err := s.query(ctx, "regression_steps", nil, func(rows *sql.Rows) error {
		o, err := scanOrder(rows)
		switch {
		case o.steps+1 < orderRecords:
			small++
		default:
			r.Compared += o.steps + 1
			if o.size = o.beyond(); o.size > 0 {
				odd = append(odd, o)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if small > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s with fewer than %d records: too few to know in which order they are written", plural(small, "file or archive member", "files or archive members"), orderRecords))
	}
	if r.Compared == 0 {
		r.NotApplicable = fmt.Sprintf("no evidence has %d records with a time", orderRecords)
	}
	places, err := s.places(ctx, odd)
	if err != nil {
		return nil, err
	}
	if n := len(places); n > mostPlaces {
		r.Notes = append(r.Notes, fmt.Sprintf("times go back in %d places; the first %d were looked at", n, mostPlaces))
		places = places[:mostPlaces]
	}
	var out []analyze.Finding
	for i := range places {
		f, note, err := s.judgePlace(ctx, &places[i])
		switch {
		case err != nil:
			return nil, err
		case note != "":
			r.Notes = append(r.Notes, note)
		default:
			out = append(out, f)
		}
	}
	return out, nil
}

// order says how the times of an evidence go on from record to record.
type order struct {
	evidence                 string
	steps, back, forward     int64
	farthestBack, farthestOn []int64 // the largest steps, in microseconds, descending
	size                     int64   // from which on steps back are beyond the habit
}

func scanOrder(rows *sql.Rows) (order, error) {
	var o order
	var back, on string
	if err := rows.Scan(&o.evidence, &o.steps, &o.back, &o.forward, &back, &on); err != nil {
		return o, err
	}
	var err error
	if o.farthestBack, err = integers(back); err != nil {
		return o, err
	}
	o.farthestOn, err = integers(on)
	return o, err
}

// integers reads a list of numbers.
func integers(list string) ([]int64, error) {
	var out []int64
	for word := range strings.SplitSeq(list, ",") {
		if word == "" {
			continue
		}
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// direction is 1 where times ascend, and -1 where the evidence is written newest
// first, as answers of interfaces are: then going back is going forward.
func (o *order) direction() int64 {
	if o.back > o.forward {
		return -1
	}
	return 1
}

// beyond returns the size from which on a step back is no habit; 0 where none
// is: as many as three steps that are ten times as large as all others.
func (o *order) beyond() int64 {
	sizes := o.farthestBack
	if o.direction() < 0 {
		sizes = o.farthestOn
	}
	for k := min(mostSteps, len(sizes)); k > 0; k-- {
		next := int64(0)
		if k < len(sizes) {
			next = sizes[k]
		}
		if sizes[k-1] >= max(leastStep, beyondHabit*next) {
			return sizes[k-1]
		}
	}
	return 0
}

// place is where times go back.
type place struct {
	evidence     string
	direction    int64
	before, at   int64 // eids of the records before and after the step
	beforeTS, ts int64
}

// size is how far times go back.
func (p *place) size() int64 { return p.direction * (p.beforeTS - p.ts) }

// places finds where times go back beyond the habit.
func (s *survey) places(ctx context.Context, odd []order) ([]place, error) {
	if len(odd) == 0 {
		return nil, nil
	}
	var evidences, sizes, directions []string
	direction := map[string]int64{}
	for _, o := range odd {
		evidences = append(evidences, o.evidence)
		sizes = append(sizes, strconv.FormatInt(o.size, 10))
		directions = append(directions, strconv.FormatInt(o.direction(), 10))
		direction[o.evidence] = o.direction()
	}
	args := []any{
		sql.Named("evidences", strings.Join(evidences, ",")), sql.Named("sizes", strings.Join(sizes, ",")), sql.Named("directions", strings.Join(directions, ",")),
	}
	var out []place
	err := s.query(ctx, "regression_places", args, func(r *sql.Rows) error {
		var p place
		err := r.Scan(&p.evidence, &p.before, &p.at, &p.beforeTS, &p.ts)
		p.direction = direction[p.evidence]
		out = append(out, p)
		return err
	})
	return out, err
}

// line is a record near a step.
type line struct {
	eid, ts, record int64
	event           string
}

// judgePlace says what a step back is: that of the clock, or of single records.
func (s *survey) judgePlace(ctx context.Context, p *place) (f analyze.Finding, note string, err error) {
	var near []line
	var path string
	args := []any{sql.Named("evidence", p.evidence), sql.Named("before", p.before), sql.Named("at", p.at)}
	err = s.query(ctx, "regression_near", args, func(r *sql.Rows) error {
		var l line
		err := r.Scan(&l.eid, &l.event, &l.ts, &l.record, &path)
		near = append(near, l)
		return err
	})
	if err != nil {
		return f, "", err
	}
	var a aftermath
	args = append(args, sql.Named("before_ts", p.beforeTS), sql.Named("direction", p.direction))
	err = s.query(ctx, "regression_after", args, func(r *sql.Rows) error {
		return r.Scan(&a.records, &a.last, &a.resumes, &a.earliest)
	})
	if err != nil {
		return f, "", err
	}
	k := p.kind(near, a)
	if k == joined {
		return f, fmt.Sprintf("%s holds several logs one after the other: from %s on its times are all before the earlier ones", path, lineAt(near, p.at).event), nil
	}
	return p.finding(near, k, a, path), "", nil
}

// aftermath is how an evidence goes on after a step back. Times are negative
// where it is written newest first.
type aftermath struct {
	records  int64 // until it is where it was before
	last     int64 // time of the last of them
	resumes  bool
	earliest int64 // time before the step
}

// lapse is what a step back is.
type lapse uint8

const (
	setBack     lapse = iota // the clock: times go on from where they went back to
	recordBack               // one record is back behind those around it
	recordAhead              // one is ahead of them, and those after it are not
	recordsBack              // several records in a row are back
	joined                   // another log begins, with times before all others
)

// kind tells apart records with an odd time from a level that changed. A record
// is ahead if the one after it is not behind the one before it. A record or two
// are back if those after them are where it was before, and more are if it jumps
// there: a clock that was set back comes there step by step.
func (p *place) kind(near []line, a aftermath) lapse {
	const few = 2
	var prior []int64 // before the record from which times go back
	for _, l := range near {
		if l.eid < p.before {
			prior = append(prior, p.direction*l.ts)
		}
	}
	ts, before := p.direction*p.ts, p.direction*p.beforeTS
	switch {
	case len(prior) == 0 || ts >= prior[len(prior)-1]:
		return recordAhead
	case a.records <= few:
		return recordBack
	case a.resumes && a.last < before-p.size()/2:
		return recordsBack
	case !a.resumes && ts < a.earliest:
		return joined
	}
	return setBack
}

// lineAt returns the record with an id.
func lineAt(near []line, eid int64) line {
	for _, l := range near {
		if l.eid == eid {
			return l
		}
	}
	return line{}
}

// finding says where times go back, and what that can be.
func (p *place) finding(near []line, k lapse, a aftermath, path string) analyze.Finding {
	before, at := lineAt(near, p.before), lineAt(near, p.at)
	bucket := fmt.Sprintf("record %d", at.record)
	f := analyze.Finding{
		Detector: "reconcile.regression", Severity: analyze.SeverityLow, Subject: p.evidence, Bucket: bucket,
		ID:    analyze.FindingID("reconcile.regression", regressionVersion, p.evidence, bucket),
		First: time.UnixMicro(min(p.ts, p.beforeTS)).UTC(), Last: time.UnixMicro(max(p.ts, p.beforeTS)).UTC(),
		Events: []string{before.event, at.event}, EventCount: 2,
	}
	step := micros(p.size())
	way, back, ahead := "back", "earlier", "later"
	if p.direction < 0 {
		way, back, ahead = "forward, in a log that is written newest first,", "later", "earlier"
	}
	seen := fmt.Sprintf("From %s to %s times go %s by %s; the ordinary steps of that kind in this evidence are less than a tenth as large.", f.Events[0], f.Events[1], way, step)
	records, kind := int64(1), ""
	switch k {
	case setBack:
		f.Severity, records, kind = analyze.SeverityMedium, a.records, "set_back"
		f.Title = fmt.Sprintf("the times of %s go %s by %s and go on from there", path, way, step)
		f.Explanation = seen + " The clock was set, or records of another time were put in. Where other sources show the same calls, skew says whose clock it was."
	case recordsBack:
		records, kind = a.records, "records_"+back
		f.Title = fmt.Sprintf("%s in %s are %s %s than those around them", counted(records, "record"), path, step, back)
		f.Explanation = seen + " Then they go on where they were. Records that were delivered late look so, and records that were put in."
	case recordAhead:
		kind = "record_" + ahead
		f.Title = fmt.Sprintf("a record in %s is %s %s than those around it", path, step, ahead)
		f.Explanation = seen + " The record before the step is the odd one: its time was altered, or it is that of another clock."
	default:
		kind = "record_" + back
		f.Title = fmt.Sprintf("a record in %s is %s %s than those around it", path, step, back)
		f.Explanation = seen + " A record that was delivered late, or stands for something that took so long, looks so; its time may have been altered."
	}
	f.Facts = []analyze.Fact{
		{Name: "back_us", Value: p.size()},
		{Name: "kind", Value: kind},
		{Name: "records", Value: records},
		{Name: "path", Value: path},
	}
	return f
}
