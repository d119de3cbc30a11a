package quality

import (
	"fmt"
	"strings"
)

// bits are the signals of what one source shows of a call, or of an event that
// is no call. SQL sets them; see units.sql for what each means.
type bits uint64

// The signals, in the order of [signals].
const (
	parsed bits = 1 << iota
	access
	isCall
	callsModel
	inference
	embedding
	succeeded
	failed
	blocked
	streamed

	hasTime
	hasSubsecond
	hasMicrosecond
	hasPrincipal
	hasCredential
	hasPerson
	hasAddress
	hasClient
	hasModel
	hasOutcome
	hasEnding
	hasCorrelation
	hasSession
	hasInput
	hasWholeInput
	hasSystemPrompt
	hasRetrieved
	hasParameters
	hasOutput
	hasReasoning
	hasToolCalls
	hasLatency
	hasTTFT
	hasTokens
	hasCost

	noZone
	noTime
	implausible
	backwards
	unmapped
	unlogged
	truncated
	external
	redacted
	encrypted
	loose
)

// signals names the columns of units.sql that become the bits, in their order.
func signals() []string {
	return []string{
		"parsed", "access", "is_call", "calls_model", "inference", "embedding", "succeeded", "failed", "blocked", "streamed",

		"time", "subsecond", "microsecond", "principal", "credential", "person", "address", "client", "model", "outcome",
		"ending", "correlation", "session", "input", "whole_input", "system_prompt", "retrieved", "parameters", "output",
		"reasoning", "tool_calls", "latency", "ttft", "tokens", "cost",

		"no_zone", "no_time", "implausible", "backwards", "unmapped", "unlogged", "truncated", "external", "redacted",
		"encrypted", "loose",
	}
}

// any reports whether b has one of the given signals.
func (b bits) any(of bits) bool { return b&of != 0 }

// mask is the SQL that makes the bits of a row.
func mask(template string) string {
	var terms []string
	for i, name := range signals() {
		r := strings.NewReplacer("{{signal}}", name, "{{value}}", fmt.Sprint(uint64(1)<<i))
		terms = append(terms, strings.TrimSpace(r.Replace(template)))
	}
	return strings.Join(terms, "\n    + ")
}
