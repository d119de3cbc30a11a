package drill

import "encoding/binary"

// passage is what the caller's side knows of a call that the provider does not:
// the ids that the gateway and the instrumentation made up, when each of them
// saw the call begin and end, and what the gateway took it to cost.
type passage struct {
	trace        [16]byte
	span         [8]byte
	gateway      uuid
	conversation uuid // zero when the call stands alone
	caller       interval
	proxy        interval
	cost         int64 // in billionths of a US dollar
}

// interval is a time with a begin and an end, in microseconds since 1970, and
// when the first piece of the reply came. That is the end, or later, when it
// came in one.
type interval struct{ from, first, to int64 }

func (i interval) took() int64 { return i.to - i.from }

// pass follows a call. What is drawn hangs on the id of the request alone.
func (t *teller) pass(d *dialog, e *event) passage {
	r := newRNG(t.seed, streamPassage, binary.BigEndian.Uint64(e.requestID[:8]), binary.BigEndian.Uint64(e.requestID[8:]))
	var p passage
	binary.BigEndian.PutUint64(p.trace[:8], r.uint64())
	binary.BigEndian.PutUint64(p.trace[8:], r.uint64())
	binary.BigEndian.PutUint64(p.span[:], r.uint64())
	p.gateway = r.uuid()
	if e.talk.turns > 1 {
		first := newRNG(t.seed, streamTalk, e.talk.session, 4<<32)
		p.conversation = first.uuid() // what converse puts into the metadata of coding assistants
	}
	// Everybody sees the call in the millisecond in which the provider does,
	// and its reply a little later than the provider sends it.
	latency := int64(d.latency) * 1000
	if e.ErrorCode != "" {
		latency = int64(r.between(20_000, 90_000)) // refused before the model was asked
	}
	at := e.ms * 1000
	p.caller.from = at + int64(r.between(0, 399))
	p.proxy.from = at + int64(r.between(400, 999))
	p.proxy.to = p.proxy.from + latency + int64(r.between(300, 4000))
	p.caller.to = p.proxy.to + int64(r.between(200, 900))
	p.proxy.first, p.caller.first = p.proxy.to, p.caller.to
	if d.streamed && e.ErrorCode == "" {
		p.proxy.first = min(p.proxy.to, p.proxy.from+int64(d.firstByte())*1000)
		p.caller.first = min(p.caller.to, p.proxy.first+int64(r.between(200, 900)))
	}
	if e.ErrorCode == "" {
		// What a cache serves costs a tenth of other input, what it takes a
		// quarter more.
		p.cost = int64(d.tokensIn*100+d.cacheRead*10+d.cacheWrite*125)*e.model.price.in/100 + int64(d.tokensOut)*e.model.price.out
	}
	return p
}

// appendSession appends the id of the conversation, or nothing when the call
// stands alone.
func (p *passage) appendSession(dst []byte, d *dialog) []byte {
	if !d.session.empty() {
		return append(dst, d.text(d.session)...)
	}
	if p.conversation != (uuid{}) {
		return p.conversation.append(dst)
	}
	return dst
}

// appendRequestID appends the id that the provider gave the request.
func (e *event) appendRequestID(dst []byte) []byte {
	if e.model.openAI() {
		return appendHexes(append(dst, `req_`...), e.requestID[:])
	}
	return e.requestID.append(dst)
}

// requestHeader is the header of a reply that has this id.
func (e *event) requestHeader() string {
	if e.model.openAI() {
		return "x-request-id"
	}
	return "x-amzn-requestid"
}

// host is where the call went to.
func (e *event) host() string {
	if e.model.openAI() {
		return "api.openai.com"
	}
	return "bedrock-runtime." + e.Region + awsHost
}

// application is the word for the program that called: people call from their
// workbench.
func (e *event) application() string {
	if e.app != "" {
		return e.app
	}
	return "workbench"
}

// environment is where that program runs.
func (e *event) environment() string {
	if e.app != "" {
		return "production"
	}
	return "development"
}

// failure is what is said of an error: by OpenAI, and by the libraries that
// speak its language.
type failure struct {
	status  int
	class   string // of the exception
	typ     string
	code    string // may be empty
	message string
}

// failures are those of the outcomes that are no success.
var failures = [...]failure{
	throttled: {429, "RateLimitError", "tokens", "rate_limit_exceeded", "Rate limit reached in organization " + organization + " on tokens per min (TPM). Please try again later."},
	denied:    {403, "PermissionDeniedError", "invalid_request_error", "model_not_found", "Project " + project + " does not have access to this model."},
	invalid:   {400, "BadRequestError", "invalid_request_error", "context_length_exceeded", "This model's maximum context length is exceeded. Please reduce the length of the messages."},
	failed:    {500, "InternalServerError", "server_error", "", "The server had an error while processing your request. Sorry about that!"},
}

// organization and project are those of the company at OpenAI.
const (
	organization = "org-example"
	project      = "proj_example"
)

// message is what the provider said of a failure.
func (e *event) message() string {
	if e.model.openAI() {
		return failures[e.outcome].message
	}
	return e.ErrorMessage
}

// errorType is the class of the exception that the caller's library for the
// provider raises, without its package.
func (e *event) errorType() string {
	if e.model.openAI() {
		return failures[e.outcome].class
	}
	return e.ErrorCode
}
