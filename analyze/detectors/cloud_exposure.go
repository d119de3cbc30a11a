package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// cloudExposure looks for data and hosts that are opened to others: the
// operations of Stratus Red Team's exfiltration techniques and their kin.
func cloudExposure() *cloud {
	return &cloud{
		head: analyze.About{
			ID: "cloud.exposure", Version: 1, Severity: analyze.SeverityMedium,
			Title: "Data or hosts of the account were opened to others",
			Why: "Sharing a snapshot, an image or a bucket takes data out of an account without moving a byte through it, " +
				"and leaving the organization takes an account out of its guard rails. " +
				"An hour of an actor is one finding; what failed, and what the same actor did on at least 3 earlier days, counts less.",
			Tags:  []string{"attack.t1537", "attack.t1530", "attack.t1578"},
			Needs: []string{"act.operation", "act.actor"},
			FalsePositives: []string{
				"deployment tools that set policies of buckets and rules of firewalls with every release",
				"the same operation also takes sharing back: the request says add or remove",
			},
			Triage: []string{
				"read the requests: shared with which account, opened to which addresses; is it one of yours",
				"find out what the snapshot, image or bucket holds: logs of prompts, data for training",
			},
			Collect: []string{
				"the permissions as they are now",
				"accesses to the bucket since then, from its data events or server access log",
			},
			Contain: []string{
				"take the permission or rule back",
				"forbid public sharing for the account (block public access)",
				"end the sessions of the actor and rotate its credentials",
			},
		},
		watched: []watched{
			{service: "ec2", operation: "ModifySnapshotAttribute", severity: analyze.SeverityHigh},
			{service: "ec2", operation: "ModifyImageAttribute", severity: analyze.SeverityHigh},
			{service: "rds", operation: "ModifyDBSnapshotAttribute", severity: analyze.SeverityHigh},
			{service: "rds", operation: "ModifyDBClusterSnapshotAttribute", severity: analyze.SeverityHigh},
			{service: "ec2", operation: "DisableSnapshotBlockPublicAccess", severity: analyze.SeverityHigh},
			{service: "ec2", operation: "DisableImageBlockPublicAccess", severity: analyze.SeverityHigh},
			{service: "s3", operation: "PutBucketPolicy", severity: analyze.SeverityMedium},
			{service: "s3", operation: "PutBucketAcl", severity: analyze.SeverityMedium},
			{service: "s3", operation: "PutBucketReplication", severity: analyze.SeverityMedium},
			{service: "s3", operation: "DeleteBucketPublicAccessBlock", severity: analyze.SeverityHigh},
			{service: "s3", operation: "DeleteAccountPublicAccessBlock", severity: analyze.SeverityHigh},
			{service: "secretsmanager", operation: "PutResourcePolicy", severity: analyze.SeverityMedium},
			{service: "kms", operation: "PutKeyPolicy", severity: analyze.SeverityMedium},
			{service: "ec2", operation: "AuthorizeSecurityGroupIngress", severity: analyze.SeverityMedium},
			{service: "organizations", operation: "LeaveOrganization", severity: analyze.SeverityHigh},
		},
	}
}
