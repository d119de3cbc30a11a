package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policyHours finds calls of people outside of their working hours. A day of the
// calendar's zone is one finding.
type policyHours struct{}

func (policyHours) about() *analyze.About {
	return &analyze.About{
		ID: "policy.off-hours", Version: 1, Severity: analyze.SeverityLow,
		Title: "A person called models outside of their working hours",
		Why: "The policy says when people work. Who uses a stolen account often lives in another part of the world, or waits until nobody looks. " +
			"A calendar of everybody is held against people only: against those whom enrich knows, and principals of a type that is a user; one that names somebody is held against them. " +
			"On a holiday of the calendar it is medium.",
		Tags:  []string{"attack.t1078", "atlas.aml.t0012"},
		Needs: []string{"policy", "actor"},
		Thresholds: []analyze.Threshold{
			{Name: "calls", Default: 1, Unit: "calls", What: "outside of the hours on a day, from which on they are a finding"},
		},
		FalsePositives: []string{"on-call duty, a deadline, travel", "a job that runs under a person's account"},
		Triage:         []string{"compare network and client with those of the person's working hours", "ask the person"},
		Collect:        []string{"the sign-ins of the person on that day"},
		Contain:        []string{"end the sessions of the person where they did not work"},
	}
}

// kept is a subject with the calendar that is held against it.
type kept struct {
	subject string
	hours   policy.Hours
}

func (d policyHours) detect(ctx context.Context, r *run) (*result, error) {
	p := r.options.Policy
	if !p.Covers(policy.SectionCalendars) {
		return &result{lacks: "the policy says nothing of calendars"}, nil
	}
	least, err := r.threshold(d.about(), "calls")
	if err != nil {
		return nil, err
	}
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	list, err := r.policyUses(ctx, "policy_use_who")
	if err != nil {
		return nil, err
	}
	type hit struct {
		N int64 `json:"n"`
		G int64 `json:"g"`
		K int64 `json:"k"` // line of the calendar
	}
	hits := []hit{}
	var by []kept
	groups, calendars := map[policyKey]int64{}, map[int]policy.Hours{}
	res := &result{}
	seen := int64(0)
	for i := range list {
		u := &list[i]
		hours, ok := p.BusinessHours(u.Subject)
		if !ok || hours.Everybody() && !u.isPerson() {
			continue
		}
		if !hours.Confirmed() {
			seen += u.uses
			continue
		}
		key := policyKey{subject: u.actor, line: hours.Line()}
		g, ok := groups[key]
		if !ok {
			g = int64(len(by))
			groups[key], by, calendars[hours.Line()] = g, append(by, kept{u.actor, hours}), hours
		}
		hits = append(hits, hit{u.n, g, int64(hours.Line())})
	}
	if seen > 0 {
		res.notes = append(res.notes, "by people whose hours the policy only notes as seen: "+counted(int(seen), "call"))
	}
	if len(hits) == 0 {
		return res, nil
	}
	closed, err := r.closed(ctx, calendars)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(hits)
	if err != nil {
		return nil, fmt.Errorf("writing whose hours to look up: %w", err)
	}
	args := []any{sql.Named("hits", string(text)), sql.Named("closed", closed), sql.Named("calls", least)}
	err = r.query(ctx, "policy_closed", args, func(rows *sql.Rows) error {
		var g, calls, firstUS, lastUS int64
		var day string
		var eids any
		if err := rows.Scan(&g, &day, &calls, &firstUS, &lastUS, &eids); err != nil {
			return err
		}
		f := by[g].found(day, calls, time.UnixMicro(firstUS), time.UnixMicro(lastUS))
		if f.eids, err = eidList(eids); err != nil {
			return err
		}
		res.found = append(res.found, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var note string
	if res.found, note = fewer(res.found); note != "" {
		res.notes = append(res.notes, note)
	}
	return res, nil
}

// isPerson says whether a subject is known to be a person: by a list of people
// (exhibit enrich), or by a type of principal that is a user. An assumed role can
// be anyone.
func (u *policyUse) isPerson() bool {
	typ := strings.ToLower(u.principalType)
	return u.Person != "" || typ == "root" || strings.Contains(typ, "user")
}

// found makes the finding of a day.
func (k *kept) found(day string, calls int64, first, last time.Time) found {
	h := k.hours
	clock := func(t time.Time) string { return t.In(h.Zone()).Format("15:04") }
	f := found{Finding: analyze.Finding{
		Subject: k.subject, Actor: k.subject, Bucket: day + " " + cmp.Or(h.Name(), "calendar"),
		Severity: analyze.SeverityLow,
		Title:    fmt.Sprintf("%s called models outside of working hours on %s", k.subject, day),
		First:    first.UTC(), Last: last.UTC(), EventCount: calls,
		Facts: []analyze.Fact{
			{Name: "calls", Value: calls},
			{Name: "calendar", Value: cmp.Or(h.Name(), "without a name")},
			{Name: "policy_line", Value: int64(h.Line())},
			{Name: "zone", Value: h.Zone().String()},
			{Name: "first_there", Value: clock(first)},
			{Name: "last_there", Value: clock(last)},
		},
	}}
	f.Explanation = fmt.Sprintf("%s from %s to %s by the clock of %s, when the calendar in line %d is closed.",
		upperFirst(counted(int(calls), "call")), clock(first), clock(last), h.Zone(), h.Line())
	if h.Holiday(first) {
		f.Severity = analyze.SeverityMedium
		f.Explanation += " The day is a holiday."
	}
	return f
}

// closedSpan is a time in which a calendar is closed, within a day of its zone.
type closedSpan struct {
	K   int64  `json:"k"`
	F   int64  `json:"f"`
	T   int64  `json:"t"`
	Day string `json:"day"`
}

// closed lists, as JSON, when calendars are closed on the days on which there are
// calls.
func (r *run) closed(ctx context.Context, calendars map[int]policy.Hours) (string, error) {
	var days []int64
	err := r.query(ctx, "policy_days", nil, func(rows *sql.Rows) error {
		var day int64
		err := rows.Scan(&day)
		days = append(days, day)
		return err
	})
	if err != nil {
		return "", err
	}
	spans := []closedSpan{}
	for _, line := range sortedLines(calendars) {
		for _, day := range days {
			spans = closedOn(spans, calendars[line], day)
		}
	}
	text, err := json.Marshal(spans)
	if err != nil {
		return "", fmt.Errorf("writing when calendars are closed: %w", err)
	}
	return string(text), nil
}

func sortedLines(calendars map[int]policy.Hours) []int {
	var lines []int
	for line := range calendars {
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// closedOn adds the times of a day (UTC, since 1970) in which a calendar is closed.
// A quarter of an hour that is alike at its begin and its end is taken as one:
// zones differ by whole quarters, and hours rarely begin within one.
func closedOn(spans []closedSpan, h policy.Hours, day int64) []closedSpan {
	const quarter, minute = 900, 60
	add := func(from, to int64) {
		local := time.Unix(from, 0).In(h.Zone()).Format(time.DateOnly)
		f, t := from*1_000_000, to*1_000_000
		if n := len(spans); n > 0 && spans[n-1].K == int64(h.Line()) && spans[n-1].T == f && spans[n-1].Day == local {
			spans[n-1].T = t
			return
		}
		spans = append(spans, closedSpan{int64(h.Line()), f, t, local})
	}
	for at := day * 86400; at < (day+1)*86400; at += quarter {
		open := h.Open(time.Unix(at, 0))
		switch {
		case open != h.Open(time.Unix(at+quarter-minute, 0)):
			for m := at; m < at+quarter; m += minute {
				if !h.Open(time.Unix(m, 0)) {
					add(m, m+minute)
				}
			}
		case !open:
			add(at, at+quarter)
		}
	}
	return spans
}
