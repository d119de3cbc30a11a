package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// claimTolerance is the part of the calls of an hour by which two logs may
// differ, beside the calls near its ends. Sessions are compared exactly.
const claimTolerance = 50

// differs compares what is claimed with what was seen.
func (w *claimWindow) differs() difference {
	slack := int64(0)
	if w.hour.Valid {
		slack = w.edge + max(w.claimed, w.seen)/claimTolerance
	}
	switch {
	case w.claimed > w.seen+slack:
		return differMore
	case w.claimed < w.seen-slack:
		return differFewer
	}
	return differNot
}

// judge says which windows differ. Where at least as many agree, each that does
// not is odd. Where most show more calls than the transcripts claim that is a
// habit: clients make calls of their own that stand in no transcript, such as
// those for titles. Where most claim more, that is said once.
func (p *claimPair) judge(windows []*claimWindow) (found []analyze.Finding, habit string) {
	slices.SortFunc(windows, func(a, b *claimWindow) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.who, b.who), cmp.Compare(a.model, b.model))
	})
	var more, fewer []*claimWindow
	for _, w := range windows {
		switch w.differs() {
		case differMore:
			more = append(more, w)
		case differFewer:
			fewer = append(fewer, w)
		}
	}
	agree := len(windows) - len(more) - len(fewer)
	if agree >= len(more) {
		for _, w := range more {
			found = append(found, p.odd(w, agree))
		}
	} else if len(more) > 0 && p.kind != "log" {
		found = append(found, p.all(more, len(windows)))
	} else if len(more) > 0 {
		habit = fmt.Sprintf("the transcript claims more calls in %s of %s: that they are of the same caller is not known", count(int64(len(more))), p.counted(int64(len(windows))))
	}
	if agree >= len(fewer) && agree > 0 {
		for _, w := range fewer {
			found = append(found, p.odd(w, agree))
		}
	} else if len(fewer) > 0 {
		habit = fmt.Sprintf("%s shows more calls than the transcript in %s of %s, as where a client makes calls that stand in no transcript", p.other, count(int64(len(fewer))), p.counted(int64(len(windows))))
	}
	return found, habit
}

// odd is the finding of one window that differs.
func (p *claimPair) odd(w *claimWindow, agree int) analyze.Finding {
	f := p.finding([]*claimWindow{w})
	f.Subject = p.who(w)
	f.Bucket = p.client + "/" + p.other + "/" + w.model
	if w.hour.Valid {
		f.Bucket += "/" + instant(w.hour.Int64)
	}
	f.Title = fmt.Sprintf("%s claims %s of %s in %s, and %s saw %s", p.client, counted(w.claimed, "call"), w.model, p.when(w), p.other, count(w.seen))
	f.Explanation = fmt.Sprintf("No ids join the two logs; they are compared by %s, and agree in %s. ", p.kind, counted(int64(agree), "other case"))
	if w.claimed > w.seen {
		f.Severity = analyze.SeverityMedium
		if over := w.claimed - w.seen; over >= 10 && over >= w.claimed/10 {
			f.Severity = analyze.SeverityHigh
		}
		f.Explanation += "Records were taken out of the log, or calls went past it; a client that kept a reply which never came explains single ones."
	} else {
		f.Severity = analyze.SeverityLow
		f.Explanation += "Lines were taken out of the transcript, or something else used the same " + p.kind + "; calls that a client tries again explain single ones."
	}
	f.ID = analyze.FindingID(f.Detector, claimsVersion, f.Subject, f.Bucket)
	return f
}

// all is the finding of windows of which most claim more than was seen.
func (p *claimPair) all(more []*claimWindow, compared int) analyze.Finding {
	f := p.finding(more)
	var claimed, seen int64
	for _, w := range more {
		claimed, seen = claimed+w.claimed, seen+w.seen
	}
	f.Severity, f.Subject, f.Bucket = analyze.SeverityMedium, p.client, p.client+"/"+p.other
	f.Title = fmt.Sprintf("%s claims %s in %s, and %s saw %s", p.client, counted(claimed, "call"), p.counted(int64(len(more))), p.other, count(seen))
	f.Explanation = fmt.Sprintf("No ids join the two logs; they are compared by %s, and differ in %s of %s. A part of the calls does not pass what %s logs, or its log is not whole.",
		p.kind, count(int64(len(more))), p.counted(int64(compared)), p.other)
	f.ID = analyze.FindingID(f.Detector, claimsVersion, f.Subject, f.Bucket)
	return f
}

func (p *claimPair) finding(of []*claimWindow) analyze.Finding {
	f := analyze.Finding{Detector: "reconcile.claims", First: time.UnixMicro(of[0].first).UTC()}
	var claimed, seen int64
	for _, w := range of {
		claimed, seen = claimed+w.claimed, seen+w.seen
		if last := time.UnixMicro(w.last).UTC(); last.After(f.Last) {
			f.Last = last
		}
		if room := maxUsageEvents - len(f.Events); room >= len(w.events) {
			f.Events = append(f.Events, w.events...)
		}
	}
	f.EventCount = claimed + seen
	f.Facts = []analyze.Fact{
		{Name: "calls_claimed", Value: claimed},
		{Name: "calls_seen", Value: seen},
		{Name: "transcript", Value: p.client},
		{Name: "log", Value: p.other},
		{Name: "compared_by", Value: p.kind},
	}
	return f
}

// who names what a window is of.
func (p *claimPair) who(w *claimWindow) string {
	if w.who == "" {
		return p.client
	}
	return w.who
}

// when names the window.
func (p *claimPair) when(w *claimWindow) string {
	switch {
	case !w.hour.Valid:
		return "session " + w.who
	case w.who == "":
		return "the hour from " + instant(w.hour.Int64)
	}
	return fmt.Sprintf("the hour from %s for %s %s", instant(w.hour.Int64), p.kind, w.who)
}
