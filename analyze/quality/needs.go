package quality

// This file holds what is asked of logs, a line each: what a log should say,
// what is wrong with logs, and the questions of a responder.

// class is a kind of thing that a need or fault is counted of.
type class struct {
	name string // its things, in the plural
	has  func(b bits) bool
}

func recordClass() class { return class{"records", nil} } // counted without signals, as are unique texts
func uniqueClass() class { return class{"unique texts", nil} }
func eventClass() class  { return class{"events", func(b bits) bool { return b.any(parsed) }} }
func accessClass() class { return class{"accesses", func(b bits) bool { return b.any(access) }} }
func callClass() class   { return class{"calls", func(b bits) bool { return b.any(isCall) }} }
func modelClass() class  { return class{"model calls", func(b bits) bool { return b.any(callsModel) }} }
func textClass() class   { return class{"generations", generates} }
func replyClass() class {
	return class{"replies", func(b bits) bool { return generates(b) && worked(b) }}
}

func servedClass() class {
	return class{"served calls", func(b bits) bool { return b.any(callsModel) && worked(b) }}
}

func streamClass() class {
	return class{"streamed replies", func(b bits) bool { return generates(b) && b.any(streamed) && worked(b) }}
}

// generates reports whether a call asks for text. Logs that do not see what is
// asked take an embedding for an inference, so that one which knows decides.
func generates(b bits) bool { return b.any(inference) && !b.any(embedding) }

// worked reports whether a call can have a reply. One that failed in a retry and
// then succeeded can; one that was blocked need not.
func worked(b bits) bool { return !b.any(blocked) && (b.any(succeeded) || !b.any(failed)) }

// expected says of what a need is missing where it is not there.
type expected string

const (
	// core is what every record of a call has to say. The score counts it.
	core expected = "core"
	// each is what each thing of the class has, so that its absence is a gap.
	each expected = "each"
	// some is what a thing need not have: a call without a system prompt has
	// none to log. A source that never shows one says nothing about it.
	some expected = "some"
)

// need is something that forensics needs of a log.
type need struct {
	name     string
	of       class
	expected expected
	signal   bits
	what     string
}

func needs() []need {
	return []need{
		{"time", eventClass(), core, hasTime, "an instant with a time zone"},
		{"millisecond", eventClass(), each, hasSubsecond, "time in milliseconds or finer"},
		{"microsecond", eventClass(), each, hasMicrosecond, "time in microseconds or finer"},
		{"principal", accessClass(), core, hasPrincipal | hasCredential | hasPerson, "an account, role, key or user"},
		{"credential", accessClass(), each, hasCredential, "the key or session that was used"},
		{"person", accessClass(), each, hasPerson, "a human being: end user, source identity, address of mail, or a list of users"},
		{"address", accessClass(), each, hasAddress, "source address"},
		{"client", accessClass(), each, hasClient, "user agent or client"},
		{"outcome", accessClass(), core, hasOutcome, "whether it was allowed and worked"},
		{"correlation id", callClass(), core, hasCorrelation, "request, response, trace or tool call id"},
		{"session id", callClass(), each, hasSession, "session, conversation or trace"},
		{"model", modelClass(), core, hasModel, "the model that was asked or that answered"},
		{"input", modelClass(), core, hasInput, "what was sent to the model"},
		{"whole input", modelClass(), each, hasWholeInput, "input that is neither cut nor moved elsewhere"},
		{"system prompt", textClass(), some, hasSystemPrompt, "system instructions"},
		{"documents", textClass(), some, hasRetrieved, "retrieved documents, with their names"},
		{"parameters", textClass(), some, hasParameters, "temperature, limits and other settings"},
		{"output", replyClass(), core, hasOutput, "what the model answered"},
		{"reasoning", replyClass(), some, hasReasoning, "the model's reasoning"},
		{"tool calls", replyClass(), some, hasToolCalls, "tools that the model asked for, with arguments"},
		{"ending", textClass(), each, hasEnding, "finish reason, verdict of a guardrail or error"},
		{"latency", callClass(), each, hasLatency, "how long it took"},
		{"first token", streamClass(), each, hasTTFT, "time to the first token"},
		{"tokens", servedClass(), each, hasTokens, "tokens in and out"},
		{"cost", servedClass(), each, hasCost, "what it cost, as logged or by a price list"},
	}
}

// fault is something that is wrong with a log. Either hit says of
// one thing of the class whether it has the fault, or count counts.
type fault struct {
	name  string
	what  string
	of    class
	hit   func(b bits) bool
	count func(s *Source) Count
}

func faults() []fault {
	return []fault{
		{name: "unparsed", what: "records that could not be read", of: recordClass(), count: func(s *Source) Count { return s.unparsed }},
		{name: "unknown", what: "events of an unknown kind: load with --map, see exhibit formats infer", of: eventClass(), hit: unmapped.in},
		{name: "duplicates", what: "events that repeat another", of: eventClass(), count: func(s *Source) Count { return s.duplicates }},
		{name: "conflicts", what: "events with the id of another and a different content", of: eventClass(), count: func(s *Source) Count { return s.conflicts }},
		{name: "no time", what: "events without a time", of: eventClass(), hit: func(b bits) bool { return !b.any(hasTime | noZone | noTime) }},
		{name: "no zone", what: "times without a zone, which are left out: load with --assume-tz", of: eventClass(), hit: noZone.in},
		{name: "bad time", what: "times that cannot be read", of: eventClass(), hit: noTime.in},
		{name: "implausible time", what: "times in the future or before 2000", of: eventClass(), hit: implausible.in},
		{name: "backwards time", what: "things that end before they begin", of: eventClass(), hit: backwards.in},
		{name: "whole seconds", what: "times in whole seconds: no order within a second", of: eventClass(), hit: func(b bits) bool { return b.any(hasTime) && !b.any(hasSubsecond) }},
		{name: "no correlation id", what: "calls that nothing joins with other logs", of: callClass(), hit: func(b bits) bool { return !b.any(hasCorrelation) }},
		{name: "response only", what: "replies without what was asked", of: replyClass(), hit: func(b bits) bool { return b.any(hasOutput) && !b.any(hasInput) }},
		{name: "request only", what: "calls that worked, without the reply", of: replyClass(), hit: func(b bits) bool { return b.any(hasInput) && !b.any(hasOutput) }},
		{name: "not logged", what: "calls in a log of contents, without content", of: modelClass(), hit: func(b bits) bool { return b.any(unlogged) && !b.any(hasInput|hasOutput) }},
		{name: "truncated", what: "texts that the logger cut", of: modelClass(), hit: cut(truncated)},
		{name: "external", what: "texts that were moved elsewhere: load what they refer to", of: modelClass(), hit: cut(external)},
		{name: "redacted", what: "texts that were removed or masked", of: modelClass(), hit: cut(redacted)},
		{name: "encrypted", what: "texts that are encrypted", of: modelClass(), hit: cut(encrypted)},
		{name: "loose texts", what: "messages that no identifier ties to a call", of: eventClass(), hit: loose.in},
		{name: "sampled", what: "calls of another log that are left out, evenly", of: callClass(), count: func(s *Source) Count { return s.sampled }},
		{name: "secrets in texts", what: "unique texts with a key or token in clear", of: uniqueClass(), count: func(s *Source) Count { return s.secretTexts }},
		{name: "secrets in records", what: "raw records with a key or token in clear", of: recordClass(), count: func(s *Source) Count { return s.secretRecords }},
	}
}

// in reports whether of has a signal of b.
func (b bits) in(of bits) bool { return of.any(b) }

// cut is a fault of the texts, which is none where the call has them whole from
// another piece or source.
func cut(signal bits) func(b bits) bool {
	return func(b bits) bool { return b.any(signal) && !b.any(hasWholeInput) }
}

// question is what a responder asks. It is answered of a thing of the class
// when the needs that apply to it are met.
type question struct {
	what  string
	of    class
	needs []string
	help  string // what would answer it
}

func questions() []question {
	return []question{
		{"when did it happen", eventClass(), []string{"time"}, "load again with --assume-tz, if the times have no zone"},
		{"in which order within a second", eventClass(), []string{"millisecond"}, "a gateway log or trace, which have finer times"},
		{"which account, role or key was it", accessClass(), []string{"principal"}, "the provider's audit log"},
		{"who was the person behind the key", accessClass(), []string{"person"}, "exhibit enrich --users with who has which key or role; services have no person"},
		{"which key or session was used", accessClass(), []string{"credential"}, "the provider's audit log, or a gateway log"},
		{"from where", accessClass(), []string{"address"}, "the provider's audit log, or an access log of the gateway"},
		{"with which program", accessClass(), []string{"client"}, "the provider's audit log, or an access log of the gateway"},
		{"was it allowed, and did it work", accessClass(), []string{"outcome"}, "the provider's audit log"},
		{"which model was asked", modelClass(), []string{"model"}, "an invocation or gateway log"},
		{"what was said to the model", modelClass(), []string{"input"}, "an invocation log, a gateway log or traces with content"},
		{"what was the model told to be", textClass(), []string{"system prompt"}, "no call shows a system prompt: a log of whole requests, or the application's source"},
		{"which documents did it see", textClass(), []string{"documents"}, "traces with retrieval steps; documents that stand in the input have no names there"},
		{"with which settings", textClass(), []string{"parameters"}, "an invocation or gateway log of whole requests"},
		{"what came back", replyClass(), []string{"output"}, "an invocation log, a gateway log or traces with content"},
		{"how did it reason", replyClass(), []string{"reasoning"}, "a log of whole replies, of a model that shows its reasoning"},
		{"which tools did it ask for, and with what", replyClass(), []string{"tool calls"}, "a log of whole replies, or the transcript of the agent"},
		{"was the reply blocked or cut short", textClass(), []string{"ending"}, "a log of whole replies, or of the guardrail"},
		{"how long did it take", callClass(), []string{"latency"}, "a gateway log or traces"},
		{"how much was used", servedClass(), []string{"tokens"}, "an invocation or gateway log"},
		{"what did it cost", servedClass(), []string{"cost"}, "exhibit enrich --prices, where tokens are known; else a gateway log"},
		{"which conversation was it part of", callClass(), []string{"session id"}, "traces, or the application's own log"},
		{"can it be joined with other logs", callClass(), []string{"correlation id"}, "a log with request, response or trace ids"},
		{"could this be replayed", modelClass(), []string{"model", "whole input", "parameters"}, "an invocation or gateway log of whole requests"},
	}
}
