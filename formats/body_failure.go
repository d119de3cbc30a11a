package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// addFailure sets the error columns of a body that is nothing but an error, and
// reports whether it is one.
func (r *responseBody) addFailure(d *Decoder, e *Event, body jsontape.Value) bool {
	switch {
	case r.failure.Exists():
		readFailure(d, e, r.failure)
		r.guard.readFilteredError(d, e, r.failure)
	case r.message.Kind() == jsontape.String: // AWS, Mistral, Cohere: the body is the error
		readFailure(d, e, body)
	case r.detail.Kind() == jsontape.String:
		setText(&e.ErrorMessage, r.detail.Text())
	case r.detail.Exists():
		setText(&e.ErrorMessage, rawJSON(d, r.detail))
	case r.guard.prompt:
		return true // Gemini refuses a prompt without a word of reply
	default:
		return false
	}
	return true
}

// readFailure sets the error columns from an error object (OpenAI, Anthropic,
// Google, Bedrock exceptions) or text.
func readFailure(d *Decoder, e *Event, v jsontape.Value) {
	switch v.Kind() {
	case jsontape.String:
		setText(&e.ErrorMessage, v.Text())
	case jsontape.Object:
		var typ, code, status Text
		for key, m := range v.Members() {
			switch string(key) {
			case "type", "__type":
				typ = m.Text()
			case "code":
				code = scalar(m)
			case "status":
				status = m.Text() // Google: the code in words; its number is that of HTTP
			case "message", "Message":
				setText(&e.ErrorMessage, m.Text())
			}
		}
		switch {
		case len(status) > 0:
			code = status
		case len(code) == 0:
			code = typ
		}
		setName(&e.ErrorCode, code)
		if e.ErrorCode == nil && e.ErrorMessage == nil {
			e.ErrorMessage = rawJSON(d, v)
		}
	}
}

// providerOutcome sorts an error code of a model provider, or of AWS. Azure
// writes the HTTP status as code.
func providerOutcome(code []byte) Outcome {
	switch string(code) {
	case "rate_limit_error", "overloaded_error", "rate_limit_exceeded", "insufficient_quota", "RESOURCE_EXHAUSTED":
		return OutcomeThrottled
	case "permission_error", "authentication_error", "invalid_api_key", "PERMISSION_DENIED", "UNAUTHENTICATED":
		return OutcomeDenied
	case "content_filter", "contentFilter", "ResponsibleAIPolicyViolation", "content_policy_violation":
		return OutcomeBlocked
	}
	if n, ok := digits(code); ok && len(code) == 3 {
		if o := outcomeOfStatus(n); o != "" && o != OutcomeSuccess {
			return o
		}
		return OutcomeError
	}
	return awsOutcome(code)
}
