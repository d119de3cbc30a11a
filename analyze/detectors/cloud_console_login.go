package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// cloudConsoleLogin looks for people who signed in with a password alone.
func cloudConsoleLogin() *cloud {
	return &cloud{
		head: analyze.About{
			ID: "cloud.console-login", Version: 1, Severity: analyze.SeverityMedium,
			Title: "A sign-in to the console without a second factor",
			Why: "A password alone is what attackers buy, guess or set for a user that they made. " +
				"Only users of the account and its root are looked at: a federated sign-in shows no second factor here even where there was one. " +
				"Who signs in so on at least 3 earlier days is a gap in the rules rather than an incident, and counts less.",
			Tags:           []string{"attack.t1078.004"},
			Needs:          []string{"act.operation", "act.actor", "act.mfa"},
			FalsePositives: []string{"accounts that never asked for a second factor"},
			Triage: []string{
				"look whether the login or its password is new: cloud.persistence",
				"compare the address with those of the same person before",
			},
			Collect: []string{"the credential report, for when the password was set", "failed sign-ins of the same user before"},
			Contain: []string{"ask the person; end the console session", "reset the password and ask for a second factor", "remove the login if it was made by the attacker"},
		},
		watched:        []watched{{service: "signin", operation: "ConsoleLogin", severity: analyze.SeverityMedium}},
		onlyWithoutMFA: true,
	}
}
