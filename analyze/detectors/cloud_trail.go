package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// cloudTrail looks for attempts on the logs of an account and on what watches
// it. Logs of what is said to models are for anti-forensics.logging-off.
func cloudTrail() *cloud {
	return &cloud{
		head: analyze.About{
			ID: "cloud.trail", Version: 1, Severity: analyze.SeverityHigh,
			Title: "Logging or watching of the account was stopped, or someone tried to",
			Why: "Who stops a trail means to do what it would show. A failed attempt says the same of the actor, and counts a little less. " +
				"An hour of an actor is one finding. What the logs lack since then is not in this case.",
			Tags:  []string{"attack.t1685.002", "attack.t1685", "attack.t1070"},
			Needs: []string{"act.operation", "act.actor"},
			FalsePositives: []string{
				"taking down an account or an environment that is no longer used",
				"deployment tools that set event selectors and lifecycles with every release",
			},
			Triage: []string{
				"find out whether the trail runs now, in every region, and since when it did not",
				"list what the actor did before and after: exhibit timeline",
				"exhibit reconcile says from other sources what happened in the gap",
			},
			Collect: []string{
				"the event history of each region, which shows 90 days even without a trail",
				"the digest files of the trail; exhibit verify --digests checks them",
			},
			Contain: []string{
				"start the trail again, to a bucket in another account",
				"forbid StopLogging and DeleteTrail by a policy of the organization",
				"end the sessions of the actor and rotate its credentials",
			},
		},
		watched: []watched{
			{service: "cloudtrail", operation: "StopLogging", severity: analyze.SeverityHigh},
			{service: "cloudtrail", operation: "DeleteTrail", severity: analyze.SeverityHigh},
			{service: "cloudtrail", operation: "UpdateTrail", severity: analyze.SeverityMedium},
			{service: "cloudtrail", operation: "PutEventSelectors", severity: analyze.SeverityMedium},
			{service: "cloudtrail", operation: "StopEventDataStoreIngestion", severity: analyze.SeverityHigh},
			{service: "cloudtrail", operation: "DeleteEventDataStore", severity: analyze.SeverityHigh},
			{service: "ec2", operation: "DeleteFlowLogs", severity: analyze.SeverityHigh},
			{service: "s3", operation: "PutBucketLifecycle", severity: analyze.SeverityMedium},
			{service: "s3", operation: "PutBucketLifecycleConfiguration", severity: analyze.SeverityMedium},
			{service: "s3", operation: "PutBucketLogging", severity: analyze.SeverityLow},
			{service: "logs", operation: "DeleteLogGroup", severity: analyze.SeverityMedium},
			{service: "logs", operation: "DeleteLogStream", severity: analyze.SeverityMedium},
			{service: "logs", operation: "PutRetentionPolicy", severity: analyze.SeverityLow},
			{service: "config", operation: "StopConfigurationRecorder", severity: analyze.SeverityHigh},
			{service: "config", operation: "DeleteConfigurationRecorder", severity: analyze.SeverityHigh},
			{service: "config", operation: "DeleteDeliveryChannel", severity: analyze.SeverityHigh},
			{service: "guardduty", operation: "DeleteDetector", severity: analyze.SeverityHigh},
			{service: "guardduty", operation: "UpdateDetector", severity: analyze.SeverityMedium},
			{service: "guardduty", operation: "StopMonitoringMembers", severity: analyze.SeverityHigh},
			{service: "securityhub", operation: "DisableSecurityHub", severity: analyze.SeverityHigh},
			{service: "route53resolver", operation: "DeleteResolverQueryLogConfig", severity: analyze.SeverityMedium},
		},
	}
}
