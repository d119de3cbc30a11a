package formats

import (
	"bytes"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// readHeader takes one header of a request or a reply, by its name in any case.
// Columns that are set are kept, so that headers of the reply, whose ids are
// the provider's, are best read before those of the request. Of what carries a
// secret (Authorization, API keys) only the kind of the credential is kept, and
// the key id that a signature of AWS names; cookies are not looked at. The
// tokens that Bedrock counts in headers are added to u.
func readHeader(d *Decoder, e *Event, u *usage, name, value Text) {
	var low [64]byte
	if len(name) > len(low) || len(value) == 0 {
		return
	}
	switch key := string(appendLower(low[:0], name)); key {
	case "x-request-id", "request-id", "x-amzn-requestid", "x-amzn-request-id", "mistral-correlation-id":
		setRequestID(e, value)
	case "apim-request-id":
		e.OtherIDs = append(e.OtherIDs, ID{"apim_request_id", value})
	case "x-ms-request-id":
		e.OtherIDs = append(e.OtherIDs, ID{"x_ms_request_id", value})
	case "x-ms-client-request-id", "x-client-request-id":
		e.OtherIDs = append(e.OtherIDs, ID{"client_request_id", value})
	case "cf-ray":
		e.OtherIDs = append(e.OtherIDs, ID{"cf_ray", value})
	case "x-kong-request-id":
		e.OtherIDs = append(e.OtherIDs, ID{"kong_request_id", value})
	case "x-debug-trace-id": // Cohere
		e.OtherIDs = append(e.OtherIDs, ID{"debug_trace_id", value})
	case "x-cloud-trace-context":
		e.OtherIDs = append(e.OtherIDs, ID{"cloud_trace_context", value})
	case "openai-project":
		e.OtherIDs = append(e.OtherIDs, ID{"openai_project", value})
	case "openai-organization", "anthropic-organization-id":
		setName(&e.Tenant, value)
	case "openai-model":
		setName(&e.ModelResponse, value)
	case "x-ms-deployment-name":
		setName(&e.Deployment, value)
	case "x-ms-region":
		setName(&e.Region, value)
	case "openai-processing-ms", "x-amzn-bedrock-invocation-latency":
		if ms, ok := scaled(value, 3, true); ok {
			fillInt(&e.Latency, IntOf(ms))
		}
	case "x-amzn-bedrock-input-token-count":
		u.input = headerInt(value)
	case "x-amzn-bedrock-output-token-count":
		u.output = headerInt(value)
	case "x-amzn-bedrock-cache-read-input-token-count":
		u.cacheRead, u.amazon, u.cacheNames = headerInt(value), true, true
	case "x-amzn-bedrock-cache-write-input-token-count":
		u.cacheWrite, u.amazon, u.cacheNames = headerInt(value), true, true
	case "user-agent":
		if e.UserAgent == nil {
			e.UserAgent, e.Client = value, d.clientOf(value)
		}
	case "traceparent":
		readTraceParent(e, value)
	case "authorization", "x-api-key", "api-key", "x-goog-api-key":
		readCredential(d, e, key, value)
	}
}

// setRequestID sets the request id, and keeps a second one under other_ids:
// proxies on the way give their own.
func setRequestID(e *Event, id Text) {
	switch {
	case e.RequestID == nil:
		e.RequestID = id
	case !bytes.Equal(e.RequestID, id):
		e.OtherIDs = append(e.OtherIDs, ID{"request_id", id})
	}
}

func headerInt(value Text) Int {
	n, ok := scaled(value, 0, false)
	return Int{n, ok}
}

// readTraceParent takes the trace and the caller's span of a W3C trace context,
// VERSION-TRACE-SPAN-FLAGS.
func readTraceParent(e *Event, value Text) {
	if len(value) < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-' || !isHex(value[3:35]) || !isHex(value[36:52]) {
		return
	}
	setName(&e.TraceID, value[3:35])
	setName(&e.ParentSpanID, value[36:52])
}

// readCredential says what kind of credential a request carried. A signature
// of AWS names its key in clear: Credential=KEY/DATE/REGION/SERVICE/....
func readCredential(d *Decoder, e *Event, name string, value Text) {
	if e.CredentialKind != nil {
		return
	}
	if name != "authorization" {
		e.CredentialKind = word(d, "api_key")
		return
	}
	scheme, rest, _ := bytes.Cut(value, []byte{' '})
	switch {
	case bytes.HasPrefix(scheme, []byte("AWS4-")):
		e.CredentialKind = word(d, "sigv4")
		_, scope, _ := bytes.Cut(rest, []byte("Credential="))
		key, scope, ok := bytes.Cut(scope, []byte{'/'})
		if _, scope, _ = bytes.Cut(scope, []byte{'/'}); ok && len(key) <= 128 {
			setName(&e.CredentialID, key)
			region, _, _ := bytes.Cut(scope, []byte{'/'})
			setName(&e.Region, region)
		}
	case bytes.EqualFold(scheme, []byte("bearer")):
		e.CredentialKind = word(d, "bearer")
	case bytes.EqualFold(scheme, []byte("basic")):
		e.CredentialKind = word(d, "basic")
	}
}

// setHTTPDate sets the time from a Date header (RFC 9110, section 5.6.7), in
// the one form that is written today; other values are read as any time is.
func (d *Decoder) setHTTPDate(e *Event, field string, v jsontape.Value) {
	text := v.Text()
	t, ok := parseHTTPDate(text)
	if !ok {
		d.SetTime(e, field, v)
		return
	}
	e.TS, e.TSPrecision, e.TSSource = t, PrecisionS, field
}

// parseHTTPDate reads a Date header.
func parseHTTPDate(b []byte) (Time, bool) {
	const form = "Mon, 02 Jan 2006 15:04:05 GMT"
	if len(b) != len(form) || string(b[3:5]) != ", " || b[7] != ' ' || b[11] != ' ' || b[16] != ' ' || string(b[25:]) != " GMT" {
		return Time{}, false
	}
	month := monthOf(b[8:11])
	if !isWeekday(b[:3]) || month == 0 || b[23] > '5' { // a leap second is refused
		return Time{}, false
	}
	iso := [...]byte{
		b[12], b[13], b[14], b[15], '-', '0' + byte(month/10), '0' + byte(month%10), '-', b[5], b[6], 'T',
		b[17], b[18], b[19], b[20], b[21], b[22], b[23], b[24], 'Z',
	}
	w, _, ok := parseWall(iso[:])
	if !ok {
		return Time{}, false
	}
	return w.in(time.UTC)
}

// isWeekday reports whether three letters are those of a day.
func isWeekday(b []byte) bool {
	const days = "MonTueWedThuFriSatSun"
	i := strings.Index(days, string(b))
	return i >= 0 && i%3 == 0
}
