package drill

import "time"

// cloudtrail writes the audit log of AWS. It sees every request, and nothing
// of what is said.
type cloudtrail struct{}

var _ source = cloudtrail{}

func (cloudtrail) name() string      { return "cloudtrail" }
func (cloudtrail) extension() string { return ".json" }
func (cloudtrail) period() int64     { return dayMS }

func (cloudtrail) framing() framing {
	return framing{`{"Records":[`, ",", "]}\n"}
}

func (cloudtrail) key(region string, ms int64, unique string) string {
	t := time.UnixMilli(ms).UTC()
	return "AWSLogs/" + account + "/CloudTrail/" + region + t.Format("/2006/01/02/") +
		account + "_CloudTrail_" + region + t.Format("_20060102T1504Z_") + unique + ".json"
}

func (cloudtrail) sees(e *event) bool { return e.model == nil || !e.model.openAI() }

func (cloudtrail) append(dst []byte, _ *scribe, e *event) []byte {
	dst = appendStrings(dst, `{"eventVersion":"1.11","userIdentity":`, e.Who.json, `,"eventTime":"`)
	dst = appendTime(dst, e.ms)
	dst = appendStrings(dst, `","eventSource":"`, e.Service, `","eventName":"`, e.Operation,
		`","awsRegion":"`, e.Region, `","sourceIPAddress":"`, e.Addr, `","userAgent":"`)
	dst = append(appendText(dst, e.UserAgent), '"')
	if e.ErrorCode != "" {
		dst = appendStrings(dst, `,"errorCode":"`, e.ErrorCode, `","errorMessage":"`)
		dst = append(appendText(dst, e.ErrorMessage), '"')
	}
	dst = append(dst, `,"requestParameters":`...)
	if e.model != nil && e.Request == "" {
		dst = appendStrings(dst, `{"modelId":"`, e.model.id, `"}`)
	} else {
		dst = appendOrNull(dst, e.Request)
	}
	dst = append(dst, `,"responseElements":`...)
	dst = appendOrNull(dst, e.Response)
	dst = cloudtrail{}.extra(dst, e)
	dst = e.requestID.append(append(dst, `,"requestID":"`...))
	dst = e.eventID.append(append(dst, `","eventID":"`...))
	if e.SharedEventID != "" {
		dst = appendStrings(dst, `","sharedEventID":"`, e.SharedEventID)
	}
	dst = append(dst, `","readOnly":`...)
	dst = appendBool(dst, e.ReadOnly)
	if e.Resources != "" {
		dst = appendStrings(dst, `,"resources":`, e.Resources)
	}
	dst = append(dst, `,"eventType":"`...)
	if e.Operation == "ConsoleLogin" {
		dst = append(dst, `AwsConsoleSignIn`...)
	} else {
		dst = append(dst, `AwsApiCall`...)
	}
	dst = append(dst, `","managementEvent":`...)
	dst = appendBool(dst, !e.Data)
	dst = appendStrings(dst, `,"recipientAccountId":"`+account+`","eventCategory":"`)
	if e.Data {
		dst = append(dst, `Data"`...)
	} else {
		dst = append(dst, `Management"`...)
	}
	return cloudtrail{}.tls(dst, e)
}

// extra appends additionalEventData.
func (cloudtrail) extra(dst []byte, e *event) []byte {
	switch {
	case e.Extra != "":
		return appendStrings(dst, `,"additionalEventData":`, e.Extra)
	case e.infer != "":
		return appendStrings(dst, `,"additionalEventData":{"inferenceRegion":"`, e.infer, `"}`)
	case e.model != nil && e.Who.Bearer:
		return append(dst, `,"additionalEventData":{"callWithBearerToken":true}`...)
	default:
		return dst
	}
}

// awsHost ends the name of every service.
const awsHost = ".amazonaws.com"

// tls appends tlsDetails, which requests by AWS itself have not.
func (cloudtrail) tls(dst []byte, e *event) []byte {
	if e.Who.Type == AWSService {
		return append(dst, '}')
	}
	service := e.Service
	if e.model != nil {
		service = "bedrock-runtime.amazonaws.com"
	}
	name := service[:len(service)-len(awsHost)]
	return appendStrings(dst, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`,
		name, `.`, e.Region, `.amazonaws.com"}}`)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}
