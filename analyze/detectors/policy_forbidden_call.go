package detectors

import (
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policyForbiddenCall finds calls that their subject may not make.
func policyForbiddenCall() *against {
	return &against{
		head: analyze.About{
			ID: "policy.forbidden-call", Version: 1, Severity: analyze.SeverityHigh,
			Title: "Someone called what the policy does not allow",
			Why: "The policy says who may call which models, by which operations and in which regions. A call that a rule denies, or that is not on " +
				"the list of what its subject may do, is high where it went through, because what should have stopped it did not; an attempt that failed " +
				"is low. Calls within an approval do not count. Sensitivity is for policy.sensitivity.",
			Tags:           []string{"attack.t1078", "atlas.aml.t0012", "owasp.llm10"},
			Needs:          []string{"policy", "actor"},
			FalsePositives: []string{"a rule that is out of date: a new model or region that nobody has added", "a person who changed their role"},
			Triage:         []string{"read the rule, and who wrote it when", "ask the subject or the owner of the application whether it was them", "compare network and client with the subject's other calls"},
			Collect:        []string{"the calls with their texts: exhibit show EVENT", "the identity policies that let the call through"},
			Contain:        []string{"deny the model, operation or region in the identity policy as well", "end the session of the subject"},
		},
		reads: []string{"call"},
		asks: []policyAsk{{section: policy.SectionCalls, uses: "policy_use_call", ask: func(p *policy.Policy, u *policyUse) policyAnswer {
			a := callAnswer(p, u)
			if a.Outcome >= policy.Unlisted && p.TooSensitive(u.Subject, u.call()) {
				return policyAnswer{}
			}
			a.level = analyze.SeverityHigh
			return a
		}}},
		say: func(f *analyze.Finding, _ *policyGroup) {
			f.Title = f.Subject + " called what it may not"
		},
	}
}

// call is the call of a use of policy_use_call and policy_use_act.
func (u *policyUse) call() policy.Call {
	return policy.Call{Model: u.a, Operation: u.b, Region: u.c}
}

// callAnswer is what the section calls says of a use.
func callAnswer(p *policy.Policy, u *policyUse) policyAnswer {
	a := policyAnswer{Verdict: p.Allows(u.Subject, u.call())}
	if a.Outcome >= policy.Unlisted {
		a.approved, a.thing = p.Approvals(u.Subject, u.call()), callWords(u.call())
	}
	return a
}

// callWords says what a call is.
func callWords(c policy.Call) string {
	words := []string{orUnnamed(c.Operation)}
	if c.Model != "" {
		words = append(words, "of", c.Model)
	}
	if c.Region != "" {
		words = append(words, "in", c.Region)
	}
	return strings.Join(words, " ")
}
