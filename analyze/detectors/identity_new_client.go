package detectors

import (
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// byHand reports whether a client, in the words of formats.ClientOf, sends requests
// by hand or by a script without an SDK, or was made for attacks.
func byHand(client string) bool {
	return slices.Contains([]string{
		"curl", "wget", "postman", "insomnia", "python-requests", "httpx", "aiohttp", "urllib", "go-http-client", "powershell",
		"pacu", "trufflehog", "scoutsuite", "nuclei", "sqlmap", "stratus-red-team",
	}, client)
}

// identityNewClient finds who calls with a program that they never used, where
// that is rare. The column client is the family of the SDK or tool, so a new
// version of one is not new.
func identityNewClient() *novelty {
	return &novelty{
		attribute: "client", thing: "A new client",
		family: func(client string) string {
			if client == "aws-internal" || client == "other" {
				return "" // a service on behalf of someone, and what says nothing
			}
			return client
		},
		telling: byHand,
		head: analyze.About{
			ID: "identity.new-client", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "A credential was used by a program that is new to it",
			Why: "An application calls with the SDK that it was built with. The same credential from another program is another holder, or a new build. " +
				"Tested is each day of each actor after 20 hours with calls on 3 days, against how often it and its peers began to use another client. " +
				"Tools to send requests by hand and tools of attackers are told whatever the test says. " +
				"A client is what the caller claims to be.",
			Tags:           []string{"atlas.aml.t0012", "atlas.aml.t0091.000", "attack.t1550.001"},
			Needs:          []string{"client", "actor"},
			FalsePositives: []string{"an application that moves to another SDK", "a person who tries a tool"},
			Triage: []string{
				"look whether both clients are used side by side: then two hold the credential",
				"compare the addresses and models of the two clients",
			},
			Collect: []string{"the full user agents of both: exhibit events --columns ts,src_ip,user_agent", "releases of the application at that time"},
			Contain: []string{"rotate the credential", "bind it to the networks of the application"},
		},
	}
}
