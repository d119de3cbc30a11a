package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// manySecrets is from how many reads in an hour on an actor without history is
// said to collect secrets; with history it is also three times its busiest hour.
// Stratus Red Team's technique reads 20.
const manySecrets = 10

// cloudCredentialAccess looks for secrets that are collected.
func cloudCredentialAccess() *cloud {
	return &cloud{
		head: analyze.About{
			ID: "cloud.credential-access", Version: 1, Severity: analyze.SeverityHigh,
			Title: "Secrets of the account were collected",
			Why: "Programs read the few secrets that they use; who reads many, or asks for passwords of hosts, collects them. " +
				"Reads count from 10 in an hour on, where that is more than three times the busiest earlier hour of the same actor. " +
				"Refused requests count too: they are how a stolen credential finds out what it may do.",
			Tags:  []string{"attack.t1555.006", "attack.t1552.005", "attack.t1552", "atlas.aml.t0055"},
			Needs: []string{"act.operation", "act.actor"},
			FalsePositives: []string{
				"tools that back up, rotate or move secrets",
				"the first start of a service with many secrets, where the log begins with it",
			},
			Triage: []string{
				"list the secrets that were read; are there keys of model providers among them",
				"look where those credentials were used since: exhibit timeline with their ids",
			},
			Collect: []string{"the list of secrets with their last use", "logs of the systems that the secrets open"},
			Contain: []string{
				"rotate the secrets that were read, those of model providers first",
				"take the right to read them from the actor",
				"end the sessions of the actor and rotate its credentials",
			},
		},
		watched: []watched{
			{service: "secretsmanager", operation: "GetSecretValue", severity: analyze.SeverityHigh, least: manySecrets},
			{service: "secretsmanager", operation: "BatchGetSecretValue", severity: analyze.SeverityHigh},
			{service: "secretsmanager", operation: "ListSecrets"},
			{service: "ssm", operation: "GetParameter", severity: analyze.SeverityMedium, least: 2 * manySecrets},
			{service: "ssm", operation: "GetParameters", severity: analyze.SeverityMedium, least: 2 * manySecrets},
			{service: "ec2", operation: "GetPasswordData", severity: analyze.SeverityHigh},
			{service: "ec2", operation: "DescribeInstanceAttribute", severity: analyze.SeverityMedium, least: manySecrets}, // user data holds credentials
		},
	}
}
