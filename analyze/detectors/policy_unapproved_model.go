package detectors

import (
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policyUnapprovedModel finds models that are used without somebody's approval.
func policyUnapprovedModel() *against {
	return &against{
		head: analyze.About{
			ID: "policy.unapproved-model", Version: 1, Severity: analyze.SeverityMedium,
			Title: "A model is used that nobody approved",
			Why: "The policy lists the models with their owners and whether they are approved. Use of a model that was refused is high, for each subject and day. A model that " +
				"the policy does not have, or whose approval nobody has stated, is one finding of the whole case, with everybody who used it: medium and low. One without an owner is info.",
			Tags:           []string{"atlas.aml.t0040", "owasp.llm03"},
			Needs:          []string{"policy", "model"},
			FalsePositives: []string{"a new version of an approved model whose id the patterns of the policy do not fit"},
			Triage:         []string{"see who used it first, and for what: exhibit show EVENT", "ask for its owner, and for the review that it had"},
			Collect:        []string{"the agreement or subscription by which the model was opened, and by whom"},
			Contain:        []string{"add the model to the policy with an owner, or deny it to the account"},
		},
		reads: []string{"call"},
		asks:  []policyAsk{{section: policy.SectionModels, uses: "policy_use_model", ask: askModel}},
		say: func(f *analyze.Finding, g *policyGroup) {
			f.Title = g.title
			if !g.whole {
				f.Title = f.Subject + " used a model that was not approved"
			}
		},
	}
}

func askModel(p *policy.Policy, u *policyUse) policyAnswer {
	m, ok := p.ModelOf(u.a)
	a := policyAnswer{Verdict: policy.Verdict{Outcome: policy.Unlisted, Section: policy.SectionModels, Rule: m.Name, Line: m.Line}}
	switch {
	case !ok:
		a.why = "The list of models does not have it"
		a.subject, a.whole, a.level, a.thing = u.a, true, analyze.SeverityMedium, u.a
		a.title = "The policy does not know the model " + u.a
	case m.Approved == policy.No:
		a.Outcome, a.level, a.thing, a.why = policy.Forbidden, analyze.SeverityHigh, u.a, fmt.Sprintf("Line %d says that it is not approved", m.Line)
	case m.Approved != policy.Yes:
		a.subject, a.whole, a.level, a.thing = u.a, true, analyze.SeverityLow, u.a
		a.title = "Nobody has approved the model " + u.a
		a.why = fmt.Sprintf("Line %d does not say whether it is approved", m.Line)
	case m.Owner == "":
		a.subject, a.whole, a.level, a.thing = u.a, true, analyze.SeverityInfo, u.a
		a.title = "The model " + u.a + " has no owner"
		a.why = fmt.Sprintf("Line %d names no owner", m.Line)
	default:
		return policyAnswer{}
	}
	return a
}
