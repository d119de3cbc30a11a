package correlation

import (
	"slices"
	"strings"
)

// The kinds of identifiers as a timeline names them. Kinds of the index that
// can match each other are one kind here, see [KindOf]; identifiers of other
// kinds keep their own name.
const (
	kindEventID    = "event_id" // not an identifier of the log: exhibit's own
	kindEvent      = "event"    // the log's own id of the record
	kindRequest    = "request"
	kindResponse   = "response"
	kindShared     = "shared_event_id"
	kindToolCall   = "tool_call"
	kindMessage    = "message"
	kindSpan       = "span"
	kindSession    = "session"
	kindTrace      = "trace"
	kindCredential = "credential"
	kindIssued     = "issued_credential"
	kindIdentity   = "source_identity"
)

// KindOf returns the kind of a timeline for a kind of the index. Whether a
// request is one of a call of a model is a matter of the event, not of the id.
func KindOf(index string) string {
	switch index {
	case "call_request":
		return kindRequest
	case "call_response":
		return kindResponse
	case "session_id": // a second session of an event
		return kindSession
	case "message_id": // further messages
		return kindMessage
	case "linked_span_id":
		return kindSpan
	case "linked_trace_id":
		return kindTrace
	}
	return index
}

// IndexKinds returns the kinds of the index that are a kind of a timeline.
func IndexKinds(kind string) []string {
	switch kind {
	case kindRequest:
		return []string{"request", "call_request"}
	case kindResponse:
		return []string{"response", "call_response"}
	case kindSession:
		return []string{"session", "session_id"}
	case kindMessage:
		return []string{"message", "message_id"}
	case kindSpan:
		return []string{"span", "linked_span_id"}
	case kindTrace:
		return []string{"trace", "linked_trace_id"}
	}
	return []string{kind}
}

// rank orders kinds by how closely they join: of several identifiers that two
// events share, the link names the first.
func rank(kind string) int {
	order := []string{
		kindRequest, kindResponse, kindEvent, kindShared, kindToolCall, kindMessage, kindSpan, kindIssued, kindCredential, kindSession, kindTrace,
	}
	if i := slices.Index(order, kind); i >= 0 {
		return i
	}
	return len(order)
}

// isAttribute reports whether identifiers of a kind name a person, an account, a
// thing that many use or a label that somebody attached, and so no single
// activity: they are shown, never followed.
func isAttribute(kind string) bool {
	switch kind {
	case kindIdentity,
		"user_id", "email", "invited_email", "principal_id", "service_account_id", "role_id",
		"account_uuid", "organization_uuid", "workspace_id", "project_id", "openai_project", "claude_project_id", "experiment_id",
		"mlflow_experiment", "connector_id", "identity_provider_id",
		"api_key_id", "admin_api_key_id", "service_key_id",
		"host", "server_ip", "forwarded_for", "type", "source_type", "feedback_key", "model_id", "prompt_id", "vector_store_id", "resource_id", "object_id",
		"custom_id": // numbered anew in every batch
		return true
	}
	for _, suffix := range []string{"_name", "_slug", "_source", "_table", "_url", "_ref"} {
		if strings.HasSuffix(kind, suffix) {
			return true
		}
	}
	return strings.HasPrefix(kind, "request_metadata.")
}

// isSession reports whether identifiers of a kind hold many calls together.
func isSession(kind string) bool { return kind == kindSession || kind == kindTrace }

// IsPlaceholder reports whether a value stands for the lack of one: a word for
// nothing, or one of the characters 0, f, x, * or - all through.
func IsPlaceholder(value string) bool {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "null", "nil", "none", "undefined", "unknown", "n/a", "na", "nan", "empty", "missing", "default", "test", "redacted",
		"(null)", "<nil>", "hidden_due_to_security_reasons":
		return true
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_:. /{}", r) {
			return -1
		}
		return r
	}, strings.ToLower(value))
	if digits == "" {
		return true
	}
	return strings.Trim(digits, digits[:1]) == "" && strings.Contains("0fx*?", digits[:1])
}
