package detectors

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// approvable lists the detectors whose findings are about what an approval of the
// policy can be for: who began to use what, and who changed rights.
func approvable() []string {
	return []string{
		"identity.new-model", "identity.privilege-gained", "identity.denied-then-allowed", "recon.restricted-tests", "cloud.persistence",
	}
}

// approvedUse is an event of a finding, as a policy is asked about it.
type approvedUse struct {
	policy.Subject
	actor string
	call  policy.Call
	at    time.Time
}

// approve lowers findings whose events are all in order by approvals of the policy:
// all that the actor did, or all where the finding is of no one actor. It names the
// approvals. What somebody approved stays to be seen, as low: an approval of a change
// is none of what an intruder makes of it.
func (r *run) approve(ctx context.Context, about *analyze.About, list []found) error {
	p := r.options.Policy
	if p == nil || !p.Covers(policy.SectionApprovals) || !slices.Contains(approvable(), about.ID) {
		return nil
	}
	var eids []int64
	for i := range list {
		if len(list[i].eids) < analyze.MaxFindingEvents { // else some are not listed
			eids = append(eids, list[i].eids...)
		}
	}
	uses, err := r.approvedUses(ctx, eids)
	if err != nil {
		return err
	}
	for i := range list {
		f := &list[i]
		if f.eids == nil || len(f.eids) >= analyze.MaxFindingEvents {
			continue
		}
		by, ok := approvals(p, f, uses)
		if !ok {
			continue
		}
		f.Severity = min(f.Severity, analyze.SeverityLow)
		for _, a := range by[:min(len(by), shownKinds)] {
			f.Explanation += fmt.Sprintf(" It was approved: %s (%s).", approvalWords(a), a.Reason)
		}
		f.Facts = append(f.Facts, analyze.Fact{Name: "approved_by_policy_line", Value: int64(by[0].Line)})
	}
	return nil
}

// approvals returns the approvals that what a finding is about needs, each once, and
// whether there is one for everything.
func approvals(p *policy.Policy, f *found, uses map[int64]*approvedUse) ([]policy.Approval, bool) {
	var by []policy.Approval
	for _, eid := range f.eids {
		u := uses[eid]
		if u == nil {
			return nil, false
		}
		if f.Actor != "" && u.actor != f.Actor {
			continue
		}
		a, ok := p.ApprovalFor(u.Subject, u.call, u.at)
		if !ok {
			return nil, false
		}
		if !slices.ContainsFunc(by, func(b policy.Approval) bool { return b.Line == a.Line }) {
			by = append(by, a)
		}
	}
	return by, len(by) > 0
}

// approvedUses reads who did what in some events.
func (r *run) approvedUses(ctx context.Context, eids []int64) (map[int64]*approvedUse, error) {
	if len(eids) == 0 {
		return nil, nil
	}
	if err := r.need(ctx, "call", "act"); err != nil {
		return nil, err
	}
	slices.Sort(eids)
	list, err := json.Marshal(slices.Compact(eids))
	if err != nil {
		return nil, fmt.Errorf("writing the events to look up: %w", err)
	}
	out := map[int64]*approvedUse{}
	return out, r.query(ctx, "approved_uses", []any{sql.Named("eids", string(list))}, func(rows *sql.Rows) error {
		var u approvedUse
		var eid, us int64
		err := rows.Scan(&eid, &us, &u.actor, &u.Principal, &u.Role, &u.Person, &u.Credential, &u.App, &u.call.Model, &u.call.Operation, &u.call.Region)
		u.at = time.UnixMicro(us).UTC()
		out[eid] = &u
		return err
	})
}
