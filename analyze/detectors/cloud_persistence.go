package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// cloudPersistence looks for new ways into an account: the operations are those
// of the AWS techniques of Stratus Red Team for persistence and privilege
// escalation (stratus-red-team.cloud/attack-techniques/AWS), and their kin in the
// API of IAM.
func cloudPersistence() *cloud {
	return &cloud{
		grants: true,
		head: analyze.About{
			ID: "cloud.persistence", Version: 1, Severity: analyze.SeverityHigh,
			Title: "New ways into the account were made",
			Why: "Keys, logins, policies and trust that are made during an intrusion outlive the credential that it began with. " +
				"An hour of an actor is one finding; what failed and what the same actor did on at least 3 earlier days count less, and grants of policies of AWS that only let look at settings are only good to know. " +
				"Services that act by themselves are left out.",
			Tags:  []string{"attack.t1098", "attack.t1098.001", "attack.t1136.003", "attack.t1546", "atlas.aml.t0012"},
			Needs: []string{"act.operation", "act.actor"},
			FalsePositives: []string{
				"administrators and deployment tools that set up people and services; they do it on many days",
			},
			Triage: []string{
				"ask whether a change was planned, by a channel that the actor does not control",
				"read the requests: for whom is the key, the login, the policy or the trust; is it someone new",
				"look whether the new credential was used since, and from where: exhibit timeline with its id",
			},
			Collect: []string{
				"the policies and trust of what was changed, as they are now and as they were",
				"a list of all keys, logins and providers of the account (the credential report)",
			},
			Contain: []string{
				"deactivate the new key or login; that can be undone",
				"take the policy or trust back to what it was",
				"end the sessions of the actor and rotate its credentials",
			},
		},
		watched: []watched{
			{service: "iam", operation: "CreateAccessKey", severity: analyze.SeverityHigh},
			{service: "iam", operation: "CreateServiceSpecificCredential", severity: analyze.SeverityHigh}, // a Bedrock API key is one
			{service: "iam", operation: "CreateLoginProfile", severity: analyze.SeverityHigh},
			{service: "iam", operation: "UpdateLoginProfile", severity: analyze.SeverityHigh},
			{service: "iam", operation: "AttachUserPolicy", severity: analyze.SeverityHigh},
			{service: "iam", operation: "PutUserPolicy", severity: analyze.SeverityHigh},
			{service: "iam", operation: "AttachRolePolicy", severity: analyze.SeverityLow},
			{service: "iam", operation: "PutRolePolicy", severity: analyze.SeverityLow},
			{service: "iam", operation: "AttachGroupPolicy", severity: analyze.SeverityLow},
			{service: "iam", operation: "PutGroupPolicy", severity: analyze.SeverityLow},
			{service: "iam", operation: "AddUserToGroup", severity: analyze.SeverityMedium},
			{service: "iam", operation: "CreatePolicyVersion", severity: analyze.SeverityMedium},
			{service: "iam", operation: "SetDefaultPolicyVersion", severity: analyze.SeverityMedium},
			{service: "iam", operation: "UpdateAssumeRolePolicy", severity: analyze.SeverityHigh},
			{service: "iam", operation: "CreateSAMLProvider", severity: analyze.SeverityHigh},
			{service: "iam", operation: "UpdateSAMLProvider", severity: analyze.SeverityHigh},
			{service: "iam", operation: "CreateOpenIDConnectProvider", severity: analyze.SeverityHigh},
			{service: "iam", operation: "DeactivateMFADevice", severity: analyze.SeverityHigh},
			{service: "iam", operation: "DeleteVirtualMFADevice", severity: analyze.SeverityMedium},
			{service: "iam", operation: "CreateUser"},
			{service: "signin", operation: "ConsoleLogin"},
			{service: "iam", operation: "CreateRole"},
			{service: "rolesanywhere", operation: "CreateTrustAnchor", severity: analyze.SeverityHigh},
			{service: "rolesanywhere", operation: "CreateProfile", severity: analyze.SeverityMedium},
			{service: "sts", operation: "GetFederationToken", severity: analyze.SeverityMedium},
			{service: "lambda", operation: "UpdateFunctionCode", severity: analyze.SeverityMedium},
			{service: "lambda", operation: "UpdateFunctionConfiguration", severity: analyze.SeverityMedium},
			{service: "lambda", operation: "AddPermission", severity: analyze.SeverityMedium},
			{service: "lambda", operation: "CreateFunctionUrlConfig", severity: analyze.SeverityMedium},
		},
	}
}
