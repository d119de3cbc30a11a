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
	"github.com/exhibit-forensics/exhibit/analyze/reconcile"
)

// loggingOff finds changes of what is logged, and whether those who made them
// then called models.
type loggingOff struct{}

func (loggingOff) about() *analyze.About {
	return &analyze.About{
		ID: "anti-forensics.logging-off", Version: 1, Severity: analyze.SeverityHigh,
		Title: "A log of model calls was switched off or weakened",
		Why: "What happens after this is in no log, or not in the one that people look at. It is critical where whoever did it " +
			"called models within a day.",
		Needs: []string{"act.operation"},
		Tags:  []string{"attack.t1685.002", "atlas.aml.t0054"},
		FalsePositives: []string{
			"those who run the account move a log to another bucket, or set up an environment anew",
			"infrastructure code that writes the same configuration again",
		},
		Triage: []string{
			"read the request: was the log deleted, or its destination or the kinds of its data changed",
			"list what the same principal did in the hours before and after: exhibit timeline EVENT",
			"see whether gateways or clients show calls that the log does not: exhibit reconcile",
		},
		Collect: []string{
			"the configuration before and after, from the configuration history of the account",
			"the logs of gateways, applications and networks for the time without a log",
			"the provider's usage and billing for that time",
		},
		Contain: []string{
			"switch the log on again, to a destination that the principal cannot change",
			"take the permission to change logging from the principal",
			"end the sessions of the principal and rotate its keys where the change was not planned",
		},
	}
}

// loggingUse is what the one who changed a log did then.
type loggingUse struct {
	actor   string
	calls   int64
	eids    []int64 // the first of them
	earlier int64   // days before, on which the same actor changed a log
}

func (loggingOff) detect(ctx context.Context, r *run) (*result, error) {
	changes, more, err := reconcile.LoggingChanges(ctx, r.c)
	if err != nil {
		return nil, err
	}
	res := &result{}
	if more {
		res.notes = append(res.notes, "there are more changes of what is logged than are read; only the first count")
	}
	if len(changes) == 0 {
		return res, nil
	}
	uses, err := loggingUses(ctx, r, changes)
	if err != nil {
		return nil, err
	}
	at := map[[2]string]int{}
	for i := range changes {
		f := loggingFinding(&changes[i], uses[changes[i].EID])
		key := [2]string{f.Subject, f.Bucket}
		k, again := at[key] // the same change in the same second: one finding
		if !again {
			at[key] = len(res.found)
			res.found = append(res.found, f)
			continue
		}
		first := &res.found[k]
		first.eids = slices.Compact(slices.Sorted(slices.Values(append(first.eids, f.eids...))))
		first.EventCount++
		first.Severity = max(first.Severity, f.Severity)
	}
	return res, nil
}

func loggingUses(ctx context.Context, r *run, changes []reconcile.LoggingChange) (map[int64]loggingUse, error) {
	if err := r.features.Need(ctx, "act", "call"); err != nil {
		return nil, err
	}
	var eids []int64
	for i := range changes {
		eids = append(eids, changes[i].EID)
	}
	list, err := json.Marshal(eids)
	if err != nil {
		return nil, fmt.Errorf("writing numbers of events: %w", err)
	}
	uses := map[int64]loggingUse{}
	err = r.query(ctx, "logging_used", []any{sql.Named("changes", string(list))}, func(rows *sql.Rows) error {
		var eid int64
		var u loggingUse
		var calls any
		if err := rows.Scan(&eid, &u.actor, &u.calls, &calls, &u.earlier); err != nil {
			return err
		}
		if list, ok := calls.([]any); ok {
			for _, v := range list {
				if n, ok := v.(int64); ok {
					u.eids = append(u.eids, n)
				}
			}
		}
		uses[eid] = u
		return nil
	})
	return uses, err
}

// loggingFinding tells one change. Switching off weighs more than changing, use
// of models after it more than none, and someone who changed logs on earlier days
// too less than someone who never did.
func loggingFinding(c *reconcile.LoggingChange, u loggingUse) found {
	severity, verb := analyze.SeverityMedium, "changed"
	if c.Off {
		severity, verb = analyze.SeverityHigh, "switched off"
	}
	switch {
	case u.calls > 0:
		severity++
	case u.earlier >= usualChanges:
		severity--
	}
	actor := cmp.Or(u.actor, c.Principal)
	where := strings.Join(c.Logs, ", ")
	f := found{eids: append([]int64{c.EID}, u.eids...)}
	f.Finding = analyze.Finding{
		Severity: severity, Subject: cmp.Or(actor, "nobody known"), Actor: actor,
		Bucket: fmt.Sprintf("%s %s %s", c.Operation, c.Region, c.At.Format(time.RFC3339)),
		Title:  fmt.Sprintf("%s was %s by %s", where, verb, cmp.Or(actor, "someone whom the log does not name")),
		Explanation: fmt.Sprintf("%s at %s, from %s%s. Within a day after it the same actor called models %d times.",
			c.Operation, c.At.Format(time.RFC3339), cmp.Or(c.Address, "an address that is not known"), about(c.What), u.calls),
		First: c.At, Last: c.At, EventCount: 1 + u.calls,
		Facts: []analyze.Fact{
			{Name: "operation", Value: c.Operation},
			{Name: "logs", Value: where},
			{Name: "region", Value: c.Region},
			{Name: "calls_within_a_day", Value: u.calls},
			{Name: "earlier_days_with_changes", Value: u.earlier},
		},
	}
	if u.calls > 0 {
		f.Explanation += " They are in the events of this finding, up to 100 of them."
	}
	return f
}

// usualChanges is on how many earlier days an actor must have changed a log for
// another change to weigh less.
const usualChanges = 3

// about puts what is known of a change in brackets.
func about(what string) string {
	if what == "" {
		return ""
	}
	return " (" + what + ")"
}
