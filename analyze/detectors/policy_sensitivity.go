package detectors

import (
	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policySensitivity finds calls of models that are more sensitive than their
// subject may use.
func policySensitivity() *against {
	return &against{
		head: analyze.About{
			ID: "policy.sensitivity", Version: 1, Severity: analyze.SeverityHigh,
			Title: "Someone called a model that is too sensitive for them",
			Why: "The policy says how sensitive a model is, and up to which sensitivity, or from which on, somebody may or may not call it. Found are calls that " +
				"would be in order were the model public: high where the model is confidential or restricted, medium where it is internal, low where the call failed.",
			Tags:           []string{"attack.t1078", "atlas.aml.t0012", "owasp.llm02"},
			Needs:          []string{"policy", "actor", "model"},
			FalsePositives: []string{"a person who changed their role and is not in the group yet", "a model whose sensitivity was raised without telling its users"},
			Triage:         []string{"read what was asked and what the model answered: exhibit show EVENT", "ask the owner of the model who should have access"},
			Collect:        []string{"the conversations", "the list of those who have access to the model"},
			Contain:        []string{"take the right to call the model from the role", "tell the owner of the data what was read"},
		},
		reads: []string{"call"},
		asks: []policyAsk{{section: policy.SectionCalls, uses: "policy_use_call", ask: func(p *policy.Policy, u *policyUse) policyAnswer {
			a := callAnswer(p, u)
			if a.Outcome < policy.Unlisted || !p.TooSensitive(u.Subject, u.call()) {
				return policyAnswer{}
			}
			m, _ := p.ModelOf(u.a)
			a.thing += " (" + m.Sensitivity.String() + ")"
			a.level = analyze.SeverityMedium
			if m.Sensitivity >= policy.Confidential {
				a.level = analyze.SeverityHigh
			}
			return a
		}}},
		say: func(f *analyze.Finding, _ *policyGroup) {
			f.Title = f.Subject + " called a model that is too sensitive"
		},
	}
}
