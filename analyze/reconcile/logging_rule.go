package reconcile

import (
	"encoding/json"
	"slices"
	"strings"
)

// loggingRule reads the changes that some operations make.
type loggingRule struct {
	operations []string
	read       func(s *loggingState, c *loggingChange, v *trailRequest) bool
}

// loggingState is where logs were written to so far, so that a change of the
// place is known for one of the log.
type loggingState struct {
	places map[string][]string     // formats whose logs lie in a bucket or log group, by its name
	put    map[[2]string]modelLogs // by account and region
}

// maxPlaces bounds the places that are remembered.
const maxPlaces = 10_000

func newLoggingState() *loggingState {
	return &loggingState{places: map[string][]string{}, put: map[[2]string]modelLogs{}}
}

// remember notes that the logs of a format lie in a bucket or log group.
func (s *loggingState) remember(place, format string) {
	if place != "" && len(s.places) < maxPlaces && !slices.Contains(s.places[place], format) {
		s.places[place] = append(s.places[place], format)
	}
}

// loggingRules lists what changes logs. Sources: the API references of Amazon
// Bedrock (ModelInvocationLogging), AWS CloudTrail, Amazon S3 and Amazon
// CloudWatch Logs; Azure Monitor diagnostic settings; Google Cloud Logging
// (ConfigServiceV2) and Cloud Audit Logs (SetIamPolicy with auditConfigs); and
// the audit logs of OpenAI (organization.updated, settings.api_call_logging).
func loggingRules() []loggingRule {
	return []loggingRule{
		{[]string{"PutModelInvocationLoggingConfiguration"}, (*loggingState).putModelLogs},
		{[]string{"DeleteModelInvocationLoggingConfiguration"}, func(s *loggingState, c *loggingChange, _ *trailRequest) bool {
			delete(s.put, [2]string{c.tenant, c.region})
			c.logs, c.effect, c.what = []string{"bedrock"}, switchedOff, "model invocation logging was deleted"
			return true
		}},
		{[]string{"StopLogging", "DeleteTrail"}, trailEffect(switchedOff)},
		{[]string{"UpdateTrail", "PutEventSelectors", "PutInsightSelectors"}, trailEffect(changed)},
		{[]string{"StartLogging"}, trailEffect(switchedOn)},
		{[]string{"CreateTrail"}, func(s *loggingState, _ *loggingChange, v *trailRequest) bool {
			s.remember(v.S3BucketName, "cloudtrail")
			return false // it logs once StartLogging was called
		}},
		{[]string{"DeleteBucket", "DeleteLogGroup", "DeleteLogStream"}, placeEffect(switchedOff)},
		{[]string{
			"PutBucketPolicy", "DeleteBucketPolicy", "PutBucketLifecycle", "PutBucketLifecycleConfiguration", "PutBucketLogging",
			"PutRetentionPolicy", "DeleteSubscriptionFilter",
		}, placeEffect(changed)},
		{[]string{
			"google.logging.v2.ConfigServiceV2.DeleteSink", "google.logging.v2.ConfigServiceV2.UpdateSink",
			"google.logging.v2.ConfigServiceV2.CreateExclusion", "google.logging.v2.ConfigServiceV2.UpdateExclusion",
			"google.logging.v2.ConfigServiceV2.DeleteBucket", "google.logging.v2.ConfigServiceV2.UpdateBucket",
		}, func(_ *loggingState, c *loggingChange, _ *trailRequest) bool {
			c.logs, c.effect, c.what = []string{"google-audit"}, changed, "a sink, an exclusion or a bucket of the log was changed"
			return true
		}},
		// Read from their formats; see read.
		{[]string{"SetIamPolicy", "google.iam.v1.IAMPolicy.SetIamPolicy", "organization.updated"}, nil},
	}
}

// read fills in what a change does, from its raw record, and reports whether it
// is about a log.
func (s *loggingState) read(c *loggingChange, raw []byte) bool {
	switch {
	case c.format == "openai-audit":
		return readOpenAILogging(c, raw)
	case c.format == "google-audit" && strings.HasSuffix(c.operation, "SetIamPolicy"):
		return readGoogleAuditConfig(c, raw)
	case strings.Contains(strings.ToLower(c.operation), "insights/diagnosticsettings/"):
		return readDiagnosticSetting(c)
	}
	for _, rule := range loggingRules() {
		if rule.read != nil && slices.Contains(rule.operations, c.operation) {
			return rule.read(s, c, readTrailRequest(raw))
		}
	}
	return false
}

// trailRequest is what a request to AWS says of logs.
type trailRequest struct {
	LoggingConfig *modelLogs `json:"loggingConfig"`
	S3BucketName  string     `json:"s3BucketName"` // of trails
	BucketName    string     `json:"bucketName"`   // of S3
	LogGroupName  string     `json:"logGroupName"`
}

// modelLogs is Bedrock's loggingConfig. A flag that is not there leaves its kind
// of data as it is by default, which is on.
type modelLogs struct {
	CloudWatch struct {
		LogGroup string `json:"logGroupName"`
	} `json:"cloudWatchConfig"`
	S3 struct {
		Bucket string `json:"bucketName"`
		Prefix string `json:"keyPrefix"`
	} `json:"s3Config"`
	Text    *bool `json:"textDataDeliveryEnabled"`
	Image   *bool `json:"imageDataDeliveryEnabled"`
	Vectors *bool `json:"embeddingDataDeliveryEnabled"`
	Video   *bool `json:"videoDataDeliveryEnabled"`
}

// readTrailRequest reads the request parameters of a CloudTrail record, bare,
// from EventBridge or from lookup-events. What cannot be read says nothing.
func readTrailRequest(raw []byte) *trailRequest {
	var v struct {
		Request *trailRequest `json:"requestParameters"`
		Detail  struct {
			Request *trailRequest `json:"requestParameters"`
		} `json:"detail"`
		Lookup string `json:"CloudTrailEvent"`
	}
	// A member of another type leaves the others readable: the error is of no use.
	_ = json.Unmarshal(raw, &v)
	if v.Lookup != "" {
		_ = json.Unmarshal([]byte(v.Lookup), &v)
	}
	switch {
	case v.Request != nil:
		return v.Request
	case v.Detail.Request != nil:
		return v.Detail.Request
	}
	return &trailRequest{}
}

// putModelLogs reads a new configuration of Bedrock's invocation log: off when
// nothing is delivered any more, or nowhere, changed when it goes elsewhere.
func (s *loggingState) putModelLogs(c *loggingChange, v *trailRequest) bool {
	c.logs, c.effect = []string{"bedrock"}, switchedOn
	if v.LoggingConfig == nil {
		c.effect, c.what = changed, "the record does not say how"
		return true
	}
	now := *v.LoggingConfig
	at := [2]string{c.tenant, c.region}
	before, known := s.put[at]
	s.put[at] = now
	s.remember(now.S3.Bucket, "bedrock")
	s.remember(now.CloudWatch.LogGroup, "bedrock")
	off := func(flag *bool) bool { return flag != nil && !*flag }
	switch {
	case off(now.Text) && off(now.Vectors):
		c.effect, c.what = switchedOff, "text and embedding data are not delivered any more"
	case off(now.Text):
		c.effect, c.what, c.sparesVectors = switchedOff, "text data is not delivered any more", true
	case off(now.Vectors):
		c.effect, c.what, c.sparesText = switchedOff, "embedding data is not delivered any more", true
	case now.S3.Bucket == "" && now.CloudWatch.LogGroup == "":
		c.effect, c.what = switchedOff, "it names no place to deliver to"
	case known && (before.S3 != now.S3 || before.CloudWatch != now.CloudWatch):
		c.effect, c.what = changed, "the log goes to another place"
	}
	return true
}

// trailEffect reads a change of a trail. A trail may be of all regions.
func trailEffect(e effect) func(*loggingState, *loggingChange, *trailRequest) bool {
	return func(s *loggingState, c *loggingChange, v *trailRequest) bool {
		s.remember(v.S3BucketName, "cloudtrail")
		c.logs, c.effect, c.everywhere = []string{"cloudtrail"}, e, true
		return true
	}
}

// placeEffect reads a change of a bucket or log group, where a log is known to
// be written to it.
func placeEffect(e effect) func(*loggingState, *loggingChange, *trailRequest) bool {
	return func(s *loggingState, c *loggingChange, v *trailRequest) bool {
		c.logs, c.effect, c.everywhere = s.places[v.BucketName], e, true
		if len(c.logs) == 0 {
			c.logs = s.places[v.LogGroupName]
		}
		c.what = "of the bucket or log group that the log is written to"
		return len(c.logs) > 0
	}
}

// readDiagnosticSetting reads a change of an Azure Monitor diagnostic setting.
// Which resource it is of is not compared: one of them may have several.
func readDiagnosticSetting(c *loggingChange) bool {
	c.logs, c.effect, c.everywhere = []string{"azure-openai", "apim-gateway", "apim-llm"}, changed, true
	if strings.HasSuffix(strings.ToLower(c.operation), "/delete") {
		c.effect = switchedOff
	}
	c.what = "a diagnostic setting"
	return true
}

// readGoogleAuditConfig reads whether a new policy takes audit configurations
// away, https://cloud.google.com/logging/docs/audit/configure-data-access.
func readGoogleAuditConfig(c *loggingChange, raw []byte) bool {
	type delta struct {
		Deltas []struct {
			Action string `json:"action"`
		} `json:"auditConfigDeltas"`
	}
	var v struct {
		Payload struct {
			Service struct {
				Delta delta `json:"policyDelta"`
			} `json:"serviceData"`
			Metadata struct {
				Delta delta `json:"policyDelta"`
			} `json:"metadata"`
		} `json:"protoPayload"`
	}
	_ = json.Unmarshal(raw, &v) // what cannot be read says nothing
	c.logs, c.everywhere, c.effect, c.what = []string{"google-audit"}, true, switchedOn, "audit configurations were added"
	deltas := slices.Concat(v.Payload.Service.Delta.Deltas, v.Payload.Metadata.Delta.Deltas)
	for _, d := range deltas {
		if d.Action == "REMOVE" {
			c.effect, c.what = switchedOff, "audit configurations were removed"
		}
	}
	return len(deltas) > 0
}

// readOpenAILogging reads whether the logging of API calls was changed,
// https://platform.openai.com/docs/api-reference/audit-logs/object.
func readOpenAILogging(c *loggingChange, raw []byte) bool {
	var v struct {
		Updated struct {
			Changes struct {
				Settings struct {
					Logging string `json:"api_call_logging"`
				} `json:"settings"`
			} `json:"changes_requested"`
		} `json:"organization.updated"`
	}
	_ = json.Unmarshal(raw, &v) // what cannot be read says nothing
	c.logs, c.everywhere, c.effect = []string{"openai-stored"}, true, switchedOn
	switch v.Updated.Changes.Settings.Logging {
	case "":
		return false
	case "disabled":
		c.effect = switchedOff
	case "enabled_for_all_projects":
	default:
		c.effect = changed
	}
	c.what = "logging of API calls: " + clip(v.Updated.Changes.Settings.Logging)
	return true
}
