package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// cloudRemoteCommand looks for commands and logins that reach hosts through the
// API of the provider.
func cloudRemoteCommand() *cloud {
	return &cloud{
		head: analyze.About{
			ID: "cloud.remote-command", Version: 1, Severity: analyze.SeverityMedium,
			Title: "Commands were sent to hosts through the account",
			Why: "Who holds a credential of the account can run commands on its hosts, past every firewall, and use the roles of the hosts. " +
				"An hour of an actor is one finding; what failed, and what the same actor did on at least 3 earlier days, counts less.",
			Tags:  []string{"attack.t1651", "attack.t1021.008", "attack.t1059"},
			Needs: []string{"act.operation", "act.actor"},
			FalsePositives: []string{
				"people and tools that run hosts by Systems Manager; they do it on many days",
			},
			Triage: []string{
				"find out what was run: the output of the command, and the host's own logs",
				"look at what the role of the host did since, in this case too",
			},
			Collect: []string{"the history and output of commands of Systems Manager", "an image of the disk and memory of the hosts"},
			Contain: []string{
				"take the hosts off the network, without stopping them",
				"take the right to send commands from the actor",
				"end the sessions of the actor and of the roles of the hosts",
			},
		},
		watched: []watched{
			{service: "ssm", operation: "SendCommand", severity: analyze.SeverityMedium},
			{service: "ssm", operation: "StartSession", severity: analyze.SeverityLow},
			{service: "ssm", operation: "CreateAssociation", severity: analyze.SeverityMedium},
			{service: "ec2-instance-connect", operation: "SendSSHPublicKey", severity: analyze.SeverityMedium},
			{service: "ec2-instance-connect", operation: "SendSerialConsoleSSHPublicKey", severity: analyze.SeverityHigh},
			{service: "ec2", operation: "EnableSerialConsoleAccess", severity: analyze.SeverityHigh},
			{service: "ec2", operation: "ModifyInstanceAttribute", severity: analyze.SeverityMedium}, // replaces user data, which runs at the next start
			{service: "ec2", operation: "StopInstances"},
			{service: "ec2", operation: "StartInstances"},
			{service: "ecs", operation: "ExecuteCommand", severity: analyze.SeverityMedium},
		},
	}
}
