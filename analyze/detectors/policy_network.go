package detectors

import (
	"fmt"
	"strconv"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// policyNetwork finds calls and acts from networks that their subject is not to
// use.
func policyNetwork() *against {
	return &against{
		head: analyze.About{
			ID: "policy.network", Version: 1, Severity: analyze.SeverityHigh,
			Title: "Someone came from a network that the policy does not allow",
			Why: "The policy says from which addresses, countries and autonomous systems somebody may come. What came from another, or from one that is denied, is high " +
				"where it went through and low where it failed: a stolen key is used from elsewhere.",
			Tags:           []string{"attack.t1078.004", "atlas.aml.t0012"},
			Needs:          []string{"policy"},
			FalsePositives: []string{"travel, or a tunnel of the organization that the policy does not have", "a service of the provider that calls on behalf of the subject"},
			Triage:         []string{"find out whose the address is: exhibit enrich", "compare client and hours with the subject's other calls", "ask the person where they were"},
			Collect:        []string{"the logs of the tunnel and of sign-ins"},
			Contain:        []string{"end the sessions and rotate the credentials of the subject", "deny the network in the identity policy"},
		},
		reads: []string{"call", "act"},
		asks: []policyAsk{
			{section: policy.SectionNetworks, uses: "policy_use_network", ask: askNetwork},
			{section: policy.SectionNetworks, uses: "policy_use_network_act", ask: askNetwork},
		},
		say: func(f *analyze.Finding, _ *policyGroup) {
			f.Title = f.Subject + " came from a network that it may not use"
		},
	}
}

func askNetwork(p *policy.Policy, u *policyUse) policyAnswer {
	n := policy.Network{Country: u.b}
	thing := u.a
	if a, ok := enrich.ParseAddress(u.a); ok {
		n.Addr = a
	}
	if asn, err := strconv.ParseInt(u.c, 10, 64); err == nil {
		n.ASN = asn
		thing += fmt.Sprintf(" (AS%d)", asn)
	}
	if u.b != "" {
		thing += " " + u.b
	}
	return policyAnswer{Verdict: p.NetworkAllowed(u.Subject, n), thing: thing, level: analyze.SeverityHigh}
}
