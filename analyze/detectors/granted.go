package detectors

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxGrants bounds the grants whose records are read for whom they are for.
const maxGrants = 2000

// grantTarget is whom or what a grant is for, as its record says.
type grantTarget struct {
	EID    int64  `json:"eid"`
	Kind   string `json:"kind,omitempty"` // user, role or policy
	Name   string `json:"name,omitempty"`
	Policy string `json:"policy,omitempty"` // what is granted
	Looks  bool   `json:"looks,omitempty"`  // it only lets look at settings; see [looksOnly]
}

// grants makes the tables granted and granted_to. Whom a grant is for stands in
// its record alone.
func (r *run) grants(ctx context.Context) error {
	if r.granted {
		return nil
	}
	if err := r.features.Need(ctx, "call", "act"); err != nil {
		return err
	}
	targets := []grantTarget{}
	var trails []bool
	err := r.query(ctx, "grants", nil, func(rows *sql.Rows) error {
		var t grantTarget
		var format string
		if err := rows.Scan(&t.EID, &format); err != nil {
			return err
		}
		targets, trails = append(targets, t), append(trails, format == "cloudtrail")
		return nil
	})
	if err != nil {
		return err
	}
	read := 0
	for i := range targets {
		if !trails[i] || read == maxGrants {
			continue
		}
		rec, err := r.c.Raw(ctx, targets[i].EID)
		if err != nil {
			return err
		}
		readTarget(rec.Raw, &targets[i])
		read++
	}
	text, err := json.Marshal(targets)
	if err != nil {
		return fmt.Errorf("writing the targets of grants: %w", err)
	}
	if err := r.exec(ctx, "granted_make", sql.Named("targets", string(text))); err != nil {
		return err
	}
	r.granted = true
	return r.exec(ctx, "granted_to_make")
}

// looksOnly reports whether a policy is one of AWS itself, whose names nobody else can
// take, that lets look at settings and neither read data nor call a model nor change
// anything: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
func looksOnly(arn string) bool {
	owner, name, ok := strings.Cut(arn, ":iam::aws:policy/")
	if !ok || !strings.HasPrefix(owner, "arn:aws") {
		return false
	}
	return slices.Contains([]string{
		"AmazonBedrockReadOnly", "IAMReadOnlyAccess", "job-function/ViewOnlyAccess",
	}, name)
}

// trailRequest is what a CloudTrail record says of whom a grant is for; in the
// envelopes of EventBridge and of lookup-events it stands one level deeper.
type trailRequest struct {
	Detail *trailRequest `json:"detail"`
	Lookup string        `json:"CloudTrailEvent"`
	// Members of no interest may have any type, so each is read by itself.
	Request map[string]json.RawMessage `json:"requestParameters"`
}

// readTarget reads whom a grant is for from its record. What it does not say
// stays empty, and so does everything of a record that is not as AWS writes it.
func readTarget(raw []byte, t *grantTarget) {
	var rec trailRequest
	if json.Unmarshal(raw, &rec) != nil {
		return
	}
	if rec.Lookup != "" {
		if json.Unmarshal([]byte(rec.Lookup), &rec) != nil {
			return
		}
	}
	if rec.Detail != nil {
		rec = *rec.Detail
	}
	text := func(name string) (s string) {
		if json.Unmarshal(rec.Request[name], &s) != nil {
			return ""
		}
		return s
	}
	for _, x := range [...]struct{ member, kind string }{
		{"userName", "user"}, {"roleName", "role"}, {"groupName", "policy"}, {"policyArn", "policy"},
	} {
		if name := text(x.member); name != "" {
			t.Kind, t.Name = x.kind, name
			break
		}
	}
	if policy := text("policyArn"); policy != "" {
		t.Policy = policy[strings.LastIndexByte(policy, '/')+1:]
		t.Looks = looksOnly(policy)
	} else {
		t.Policy = text("policyName")
	}
}
