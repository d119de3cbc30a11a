package detectors

import (
	"cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policyDestination finds data that went to where, or in formats in which, it
// should not.
func policyDestination() *against {
	return &against{
		head: analyze.About{
			ID: "policy.destination", Version: 1, Severity: analyze.SeverityHigh,
			Title: "Data went to a destination, or had a format, that the policy does not allow",
			Why: "The policy says to which hosts and buckets somebody may send data, and in which formats. Looked at are the destinations and formats of calls and other acts, and the URLs and mail " +
				"addresses that the tools of agents were given: high where it went through, low where it failed.",
			Tags:           []string{"attack.t1567", "atlas.aml.t0086", "owasp.llm02", "owasp.asi02"},
			Needs:          []string{"policy"},
			FalsePositives: []string{"a new integration that nobody has added to the policy", "a URL in an argument that the tool did not open"},
			Triage:         []string{"read what was sent: exhibit show EVENT", "see what asked for it: the user, or a text that the model read"},
			Collect:        []string{"the conversation, the log of the tool, and logs of the network for the destination"},
			Contain:        []string{"block the destination for the tools of the agent; then see who else reached it: exhibit affected"},
		},
		reads: []string{"call", "act", "tool_call"},
		asks: []policyAsk{
			{section: policy.SectionDestinations, uses: "policy_use_data", ask: askDestination},
			{section: policy.SectionDestinations, uses: "policy_use_data_act", ask: askDestination},
			{section: policy.SectionDestinations, uses: "policy_use_destination", ask: askDestination},
			{section: policy.SectionFormats, uses: "policy_use_data", ask: func(p *policy.Policy, u *policyUse) policyAnswer {
				if u.b == "" {
					return policyAnswer{}
				}
				return policyAnswer{Verdict: p.FormatAllowed(u.Subject, u.b), thing: "format " + u.b, level: analyze.SeverityMedium}
			}},
		},
		say: func(f *analyze.Finding, g *policyGroup) {
			f.Title = f.Subject + " sent data to where it may not"
			if g.Section == policy.SectionFormats {
				f.Title = f.Subject + " used a data format that it may not"
			}
		},
	}
}

// askDestination shows only the host or bucket of a destination: the rest of a
// URL can hold secrets.
func askDestination(p *policy.Policy, u *policyUse) policyAnswer {
	if u.a == "" {
		return policyAnswer{}
	}
	d := policy.ParseDestination(u.a)
	thing := cmp.Or(d.Host, d.Bucket, d.Name)
	if d.Bucket != "" {
		thing = "bucket " + d.Bucket
	}
	if u.c != "" {
		thing += " by " + u.c
	}
	return policyAnswer{Verdict: p.DestinationAllowed(u.Subject, u.a), thing: thing, level: analyze.SeverityHigh}
}
