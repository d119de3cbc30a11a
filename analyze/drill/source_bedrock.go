package drill

import "time"

// bedrock writes Bedrock's model-invocation log. It sees calls of models only,
// with what is said, while logging is on.
type bedrock struct{}

var _ source = bedrock{}

func (bedrock) name() string      { return "bedrock" }
func (bedrock) framing() framing  { return framing{"", "\n", "\n"} }
func (bedrock) extension() string { return ".jsonl" }
func (bedrock) period() int64     { return hourMS }

func (bedrock) key(region string, ms int64, unique string) string {
	t := time.UnixMilli(ms).UTC()
	return bedrockPrefix(region) + t.Format("2006/01/02/15/20060102T150405000Z_") + unique + ".json"
}

func bedrockPrefix(region string) string {
	return "AWSLogs/" + account + "/BedrockModelInvocationLogs/" + region + "/"
}

// maxBody is the size from which Bedrock moves a body to S3. Those objects
// are not generated.
const maxBody = 100 << 10

func (bedrock) sees(e *event) bool { return e.model != nil && !e.model.openAI() && e.logged }

func (bedrock) append(dst []byte, w *scribe, e *event) []byte {
	d := w.say(e)
	dst = appendTime(append(dst, `{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"`...), e.ms)
	dst = appendStrings(dst, `","accountId":"`+account+`","identity":{"arn":"`, e.Who.ARN, `"},"region":"`, e.Region, `","requestId":"`)
	dst = e.requestID.append(dst)
	dst = appendStrings(dst, `","operation":"`, e.Operation, `","modelId":"`, e.model.id, `"`)
	if e.ErrorCode != "" {
		dst = appendStrings(dst, `,"errorCode":"`, e.ErrorCode, `"`)
	}
	dst = bedrock{}.input(dst, d, e)
	if e.ErrorCode == "" {
		dst = bedrock{}.output(dst, d, e)
	}
	if e.infer != "" {
		dst = appendStrings(dst, `,"inferenceRegion":"`, e.infer, `"`)
	}
	if e.app != "" {
		dst = appendStrings(dst, `,"requestMetadata":{"app":"`, e.app, `","environment":"production"}`)
	}
	return append(dst, '}')
}

func (bedrock) input(dst []byte, d *dialog, e *event) []byte {
	dst = append(dst, `,"input":{"inputContentType":"application/json","inputBodyJson":`...)
	start := len(dst)
	dst = e.model.bodyOf(e.Operation).input(dst, d)
	if len(dst)-start > maxBody {
		dst = e.external(dst[:start-len(`"inputBodyJson":`)], "input")
	}
	if e.ErrorCode == "" {
		dst = appendNumber(dst, `,"inputTokenCount":`, d.tokensIn)
		if d.cacheRead > 0 {
			dst = appendNumber(dst, `,"cacheReadInputTokenCount":`, d.cacheRead)
			dst = appendNumber(dst, `,"cacheWriteInputTokenCount":`, d.cacheWrite)
		}
	}
	return append(dst, '}')
}

func (bedrock) output(dst []byte, d *dialog, e *event) []byte {
	dst = append(dst, `,"output":{"outputContentType":"application/json","outputBodyJson":`...)
	start := len(dst)
	b := e.model.bodyOf(e.Operation)
	if e.Operation == opInvokeStream {
		dst = b.stream(dst, d)
	} else {
		dst = b.output(dst, d)
	}
	if len(dst)-start > maxBody {
		dst = e.external(dst[:start-len(`"outputBodyJson":`)], "output")
	}
	return append(appendNumber(dst, `,"outputTokenCount":`, d.tokensOut), '}')
}

// external appends where a large body lies instead.
func (e *event) external(dst []byte, side string) []byte {
	dst = appendStrings(dst, `"`, side, `BodyS3Path":"s3://example-model-logs/`, bedrockPrefix(e.Region), `data/`)
	dst = e.requestID.append(dst)
	return appendStrings(dst, `_`, side, `.json.gz"`)
}
