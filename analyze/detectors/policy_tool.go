package detectors

import (
	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policyTool finds agents that used a tool, or wrote a file, that they may not.
func policyTool() *against {
	return &against{
		head: analyze.About{
			ID: "policy.tool", Version: 1, Severity: analyze.SeverityHigh,
			Title: "An agent used a tool, or wrote to a place, that the policy does not allow",
			Why: "The policy says which tools an agent may use and where it may write. Looked at are the tools that models asked for and those that logs show at work, and the paths that " +
				"tools which change files were given; what a command of a shell writes cannot be seen. High where the call went through, low where it failed. Relative paths are not compared.",
			Tags:           []string{"attack.t1546", "atlas.aml.t0053", "owasp.asi02", "owasp.llm06"},
			Needs:          []string{"policy", "actor"},
			FalsePositives: []string{"a tool that a model asked for and that the application then refused", "a new tool that nobody has added to the policy"},
			Triage:         []string{"read who asked for the tool: the user, or a text that the agent read", "see what the tool returned, and what the agent did next: exhibit timeline EVENT"},
			Collect:        []string{"the conversation with its tool results", "the files that were written, and their history"},
			Contain:        []string{"take the tool from the agent, or ask for approval of its use", "restore the files"},
		},
		reads: []string{"call", "tool_call"},
		asks: []policyAsk{
			{section: policy.SectionTools, uses: "policy_use_tool", ask: func(p *policy.Policy, u *policyUse) policyAnswer {
				a := policyAnswer{Verdict: p.ToolAllowed(u.Subject, u.a), thing: "tool " + u.a, level: analyze.SeverityHigh}
				if a.Outcome >= policy.Unlisted {
					a.approved = p.Approvals(u.Subject, policy.Call{Operation: u.a})
				}
				return a
			}},
			{section: policy.SectionWrites, uses: "policy_use_write", ask: func(p *policy.Policy, u *policyUse) policyAnswer {
				if !writers.MatchString(u.c) {
					return policyAnswer{}
				}
				return policyAnswer{Verdict: p.WriteAllowed(u.Subject, u.a), thing: u.a + " by " + orUnnamed(u.c), level: analyze.SeverityHigh}
			}},
		},
		say: func(f *analyze.Finding, g *policyGroup) {
			f.Title = f.Subject + " used a tool that it may not"
			if g.Section == policy.SectionWrites {
				f.Title = f.Subject + " wrote to where it may not"
			}
		},
	}
}
