package reconcile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// usageCheck holds the totals that a provider counted against the calls that
// the logs show: what was counted and no log shows was done behind the back of
// the logs, or taken out of them.
//
// A total agrees with the logs when it differs from them by at most a fiftieth
// and one, and the calls within a minute of the ends of its period, which may
// count in the next. Calls that failed may have been counted or not.
type usageCheck struct{}

var _ check = usageCheck{}

// usageVersion grows when other things become findings.
const usageVersion = 1

// usageTolerance is the part of a total by which it may differ.
const usageTolerance = 50

func (usageCheck) name() string { return "usage" }

func (usageCheck) run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error) {
	r.Noun = "totals"
	if err := s.exec(ctx, "usage_lines"); err != nil {
		return nil, err
	}
	if totals, err := s.countTotals(ctx, r); err != nil || totals == 0 {
		r.NotApplicable = "no totals of usage in this case that count calls of models"
		return nil, err
	}
	accounts, err := s.accounts(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 {
		r.NotApplicable = "no log shows calls, with their times, of the providers whose totals are in this case"
		return nil, nil
	}
	found := map[string]analyze.Finding{} // two reports of one total say it once
	for _, a := range accounts {
		if err := s.readAccount(ctx, a, r); err != nil {
			return nil, err
		}
		for _, f := range a.judge(r) {
			if _, ok := found[f.ID]; !ok {
				found[f.ID] = f
			}
		}
	}
	var out []analyze.Finding
	for _, f := range found {
		out = append(out, f)
	}
	return out, nil
}

// account is what a provider counted and the logs show of it.
type account struct {
	provider                      string
	tenant, credential, principal bool  // both name them alike
	first, last                   int64 // what time the logs cover, microseconds
	logs                          string
	series                        map[seriesKey]*series
}

// countTotals counts the totals that can be compared, and says which cannot.
func (s *survey) countTotals(ctx context.Context, r *CheckReport) (comparable int64, err error) {
	err = s.query(ctx, "usage_count", nil, func(rows *sql.Rows) error {
		var operation string
		var n int64
		var ok bool
		if err := rows.Scan(&operation, &ok, &n); err != nil {
			return err
		}
		if ok {
			comparable += n
			return nil
		}
		r.Notes = append(r.Notes, fmt.Sprintf("%s of %q count no calls of models, or not of a period: not compared", counted(n, "total"), operation))
		return nil
	})
	return comparable, err
}

// accounts returns the providers whose totals can be compared, of which logs
// show calls.
func (s *survey) accounts(ctx context.Context, r *CheckReport) ([]*account, error) {
	if err := s.exec(ctx, "usage_calls"); err != nil {
		return nil, err
	}
	by := map[string]*account{}
	var out []*account
	err := s.query(ctx, "usage_shared", nil, func(rows *sql.Rows) error {
		a := &account{series: map[seriesKey]*series{}}
		var calls, timeless int64
		if err := rows.Scan(&a.provider, &a.tenant, &a.credential, &a.principal, &calls, &timeless); err != nil {
			return err
		}
		if timeless > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("%s of %s have no time, so that no total of %s can be compared", counted(timeless, "call"), count(calls), a.provider))
			return nil
		}
		by[a.provider] = a
		out = append(out, a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.query(ctx, "usage_covered", nil, func(rows *sql.Rows) error {
		var provider, logs string
		var first, last int64
		err := rows.Scan(&provider, &first, &last, &logs)
		if a := by[provider]; a != nil {
			a.first, a.last, a.logs = first, last, logs
		}
		return err
	})
	out = slices.DeleteFunc(out, func(a *account) bool { return a.logs == "" })
	return out, err
}

// seriesKey is what totals are of, one period after the other.
type seriesKey struct{ report, kind, model, tenant, credential, principal string }

// series are the totals of one thing.
type series struct {
	seriesKey
	periods map[[2]int64]*total
}

// total is what was counted in one period, and what the logs show of it.
type total struct {
	begins, ends int64 // microseconds
	line         string
	lines        int64

	requests, input, output sql.NullInt64 // counted
	cached                  int64

	done, calls, edge, silent   int64 // shown: surely done, in all, near the ends, without tokens
	seenInput, seenOutput, most int64 // tokens of those done; of the largest
	seenCached                  int64
	firstCall, lastCall         string
}

func (a *account) at(k seriesKey, begins, ends int64) *total {
	x := a.series[k]
	if x == nil {
		x = &series{k, map[[2]int64]*total{}}
		a.series[k] = x
	}
	t := x.periods[[2]int64{begins, ends}]
	if t == nil {
		t = &total{begins: begins, ends: ends}
		x.periods[[2]int64{begins, ends}] = t
	}
	return t
}

// readAccount reads the totals, and the calls in their periods.
func (s *survey) readAccount(ctx context.Context, a *account, r *CheckReport) error {
	args := []any{sql.Named("provider", a.provider), sql.Named("tenant", a.tenant), sql.Named("credential", a.credential), sql.Named("principal", a.principal)}
	named := map[string]bool{}                // reports that say which model
	periods := map[string]map[[2]int64]bool{} // of each report
	err := s.query(ctx, "usage_billed", args, func(rows *sql.Rows) error {
		var k seriesKey
		var t total
		var model string
		if err := rows.Scan(&k.report, &k.kind, &t.begins, &t.ends, &model, &k.tenant, &k.credential, &k.principal,
			&t.requests, &t.input, &t.output, &t.cached, &t.line, &t.lines); err != nil {
			return err
		}
		k.model = modelFamily(model)
		named[k.report] = named[k.report] || k.model != ""
		if periods[k.report] == nil {
			periods[k.report] = map[[2]int64]bool{}
		}
		periods[k.report][[2]int64{t.begins, t.ends}] = true
		a.at(k, t.begins, t.ends).bill(&t)
		return nil
	})
	if err != nil {
		return err
	}
	a.dropUnnamed(named, r)
	// Calls that a period has and its total does not mention are more than nothing.
	for _, x := range a.series {
		for p := range periods[x.report] {
			a.at(x.seriesKey, p[0], p[1])
		}
	}
	return s.query(ctx, "usage_seen", args, func(rows *sql.Rows) error {
		var k seriesKey
		var t total
		var model, response string
		var first, last sql.NullString
		if err := rows.Scan(&k.kind, &t.begins, &t.ends, &model, &response, &k.tenant, &k.credential, &k.principal,
			&t.done, &t.calls, &t.edge, &t.silent, &t.seenInput, &t.seenOutput, &t.seenCached, &t.most, &first, &last); err != nil {
			return err
		}
		t.firstCall, t.lastCall = first.String, last.String
		if response == "" {
			response = model
		}
		for report := range periods {
			k.report, k.model = report, ""
			if named[report] {
				k.model = modelFamily(response)
			}
			x := a.series[k]
			if x == nil {
				continue
			}
			if have := x.periods[[2]int64{t.begins, t.ends}]; have != nil {
				have.see(&t)
			}
		}
		return nil
	})
}

// dropUnnamed leaves out the totals that do not say which model, project, key or
// user in a report that says it of others: nobody knows which calls they count.
func (a *account) dropUnnamed(named map[string]bool, r *CheckReport) {
	dropped := int64(0)
	for k := range a.series {
		if named[k.report] && k.model == "" || a.tenant && k.tenant == "" || a.credential && k.credential == "" || a.principal && k.principal == "" {
			dropped += int64(len(a.series[k].periods))
			delete(a.series, k)
		}
	}
	if dropped > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s of %s do not say of which model, project, key or user they are, as others do: not compared", counted(dropped, "total"), a.provider))
	}
}

func (t *total) bill(o *total) {
	if t.lines == 0 || o.line < t.line {
		t.line = o.line
	}
	t.lines += o.lines
	for _, x := range []struct{ to, from *sql.NullInt64 }{{&t.requests, &o.requests}, {&t.input, &o.input}, {&t.output, &o.output}} {
		x.to.Int64, x.to.Valid = x.to.Int64+x.from.Int64, x.to.Valid || x.from.Valid
	}
	t.cached += o.cached
}

func (t *total) see(o *total) {
	t.done, t.calls, t.edge, t.silent = t.done+o.done, t.calls+o.calls, t.edge+o.edge, t.silent+o.silent
	t.seenInput, t.seenOutput, t.seenCached, t.most = t.seenInput+o.seenInput, t.seenOutput+o.seenOutput, t.seenCached+o.seenCached, max(t.most, o.most)
	if o.firstCall != "" && (t.firstCall == "" || o.firstCall < t.firstCall) {
		t.firstCall = o.firstCall
	}
	t.lastCall = max(t.lastCall, o.lastCall)
}
