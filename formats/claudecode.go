package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// claudeCode is the transcript that Claude Code keeps of a session, under
// ~/.claude/projects: what its user said, what the model answered, which tools
// ran. It is the client's own account and has neither a source address nor a
// credential.
//
// Anthropic publishes no schema. The members are those that public tools read
// (daaain/claude-code-log, oneryalcin/agent-schemas, ccusage) and that were
// seen in transcripts of versions 1.0 to 2.1.
type claudeCode struct{}

var (
	_ Format  = claudeCode{}
	_ Witness = claudeCode{}
)

func (claudeCode) Name() string { return "claude-code" }

func (claudeCode) Doc() string {
	return "Claude Code transcripts of sessions and sub-agents, JSON lines from ~/.claude/projects"
}

// Vantage says that a transcript is the client's own account.
func (claudeCode) Vantage() Vantage { return VantageClient }

// Detect accepts what begins with a line of a transcript.
func (claudeCode) Detect(s *Sample) error {
	v := s.First
	if v.Kind() != jsontape.Object {
		return errors.New("it does not begin with a JSON object")
	}
	text := func(key string) bool { return v.Get(key).Kind() == jsontape.String }
	switch string(v.Get("type").Text()) {
	case "user", "assistant", "system", "progress", "attachment":
		if text("uuid") && (text("sessionId") || v.Get("parentUuid").Exists()) {
			return nil
		}
	case "summary":
		if text("summary") && text("leafUuid") {
			return nil
		}
	case "file-history-snapshot":
		if text("messageId") {
			return nil
		}
	case "queue-operation", "permission-mode", "mode", "custom-title", "ai-title", "last-prompt", "agent-name",
		"agent-color", "agent-setting", "pr-link", "tag", "worktree-state", "cost-state":
		if text("sessionId") {
			return nil
		}
	}
	return errors.New("the first object has no type of a transcript line with uuid and sessionId")
}

func (claudeCode) Framing(s *Sample) Framing { return JSONFraming(s) }

// transcriptLine holds the members of a line that are used, found in one pass.
type transcriptLine struct {
	typ, subtype, operation                     Text
	time, uuid, parent, logicalParent           jsontape.Value
	session, agent, prompt, leaf, snapshotOf    jsontape.Value
	requestID, userType, mode, content          jsontape.Value
	message, result, attachment                 jsontape.Value
	apiError, failure, failureStatus, sourceUse jsontape.Value
}

func (l *transcriptLine) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "type":
			l.typ = m.Text()
		case "subtype":
			l.subtype = m.Text()
		case "operation":
			l.operation = m.Text()
		case "timestamp":
			l.time = m
		case "uuid":
			l.uuid = m
		case "parentUuid":
			l.parent = m
		case "logicalParentUuid":
			l.logicalParent = m
		case "sessionId":
			l.session = m
		case "agentId":
			l.agent = m
		case "promptId":
			l.prompt = m
		case "leafUuid":
			l.leaf = m
		case "messageId":
			l.snapshotOf = m
		case "requestId":
			l.requestID = m
		case "userType":
			l.userType = m
		case "permissionMode":
			l.mode = m
		case "content":
			l.content = m
		case "message":
			l.message = m
		case "toolUseResult":
			l.result = m
		case "sourceToolUseID":
			l.sourceUse = m
		case "attachment":
			l.attachment = m
		case "isApiErrorMessage":
			l.apiError = m
		case "error":
			l.failure = m
		case "apiErrorStatus":
			l.failureStatus = m
		}
	}
}

// Decode makes one event of a line. Replies are inferences, results of tools
// are of kind tool, what else the user said is of kind message; all other
// lines are of kind other.
func (claudeCode) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding transcript line: want an object, not %s", v.Kind())
	}
	var l transcriptLine
	l.read(v)
	e := d.Add()
	l.common(d, e)
	object := l.message.Kind() == jsontape.Object
	switch string(l.typ) {
	case "assistant":
		if object {
			l.reply(d, e)
		}
	case "user":
		if object {
			l.said(d, e)
		}
	case "system":
		l.system(d, e)
	case "queue-operation":
		setText(&e.Operation, l.operation)
		l.typed(d, e, l.content)
	case "attachment": // what the user typed while the model was at work
		l.typed(d, e, l.attachment.Get("prompt"))
	}
	setText(&e.Operation, l.typ)
	e.Summarise()
	if len(l.sourceUse.Text()) > 0 {
		e.addToolCall(l.sourceUse.Text(), nil)
	}
	return nil
}

// common fills the columns that every line can have.
func (l *transcriptLine) common(d *Decoder, e *Event) {
	e.Plane, e.Kind = PlaneAgent, KindOther
	e.Client = "claude-code"
	d.SetTime(e, "timestamp", l.time)
	e.NativeID = l.uuid.Text()
	e.MessageID = l.uuid.Text()
	for _, parent := range [...]jsontape.Value{l.parent, l.logicalParent, l.leaf, l.snapshotOf} {
		setName(&e.ParentMessageID, parent.Text())
	}
	setName(&e.SessionID, l.session.Text())
	setName(&e.PrincipalType, l.userType.Text())
	setName(&e.Approval, l.mode.Text())
	e.addID("agent_id", l.agent)
	e.addID("prompt_id", l.prompt)
}

// reply decodes a line of the model's. One reply is written as a line for each
// of its blocks, all with the reply's id and its usage: they are pieces of one
// call, whose order is that of the log, so that its tokens count once.
func (l *transcriptLine) reply(d *Decoder, e *Event) {
	if string(l.message.Get("model").Text()) == "<synthetic>" {
		l.synthetic(d, e)
		return
	}
	e.Kind, e.Sequence, e.ContentState = KindInference, IntOf(1), ContentPartial
	setName(&e.RequestID, l.requestID.Text())
	decodeResponseBody(d, e, l.message)
	e.Kind = KindInference
	// The transcript does not say which model was asked for, but which answered.
	e.Model = e.ModelResponse
	switch {
	case bytes.HasPrefix(e.RequestID, []byte("req_")):
		e.Provider = word(d, "anthropic")
	case bytes.HasPrefix(e.ResponseID, []byte("msg_bdrk_")):
		e.Provider = word(d, "aws")
	case bytes.HasPrefix(e.ResponseID, []byte("msg_vrtx_")):
		e.Provider = word(d, "google")
	}
	if e.Outcome == "" {
		e.Outcome = OutcomeSuccess
	}
	l.failed(e)
}

// synthetic decodes a reply that Claude Code made up itself. When the API gave
// an error it says so, and shows a call that failed; its zeros for usage are no
// usage, and it has no model. Otherwise it is no call.
func (l *transcriptLine) synthetic(d *Decoder, e *Event) {
	e.Kind, e.ContentState = KindMessage, ContentPresent
	addMessageValue(d, &e.Output, l.message)
	if failed, _ := l.apiError.Bool(); failed {
		e.Kind, e.ContentState = KindInference, ContentNotLogged
		setName(&e.RequestID, l.requestID.Text())
		e.ErrorMessage, _ = toolResult(d, l.message.Get("content"))
		e.Output = e.Output[:0]
		e.Outcome = OutcomeError
	}
	l.failed(e)
}

// failed reads the error of a reply: a word of Claude Code's own, as its SDK
// documents them (SDKAssistantMessageError), and the status of the API.
func (l *transcriptLine) failed(e *Event) {
	if n, ok := statusCode(l.failureStatus); ok {
		e.HTTPStatus = IntOf(n)
	}
	e.ErrorCode = l.failure.Text()
	switch string(e.ErrorCode) {
	case "":
	case "rate_limit":
		e.Outcome = OutcomeThrottled
	case "authentication_failed", "oauth_org_not_allowed", "billing_error":
		e.Outcome = OutcomeDenied
	default:
		e.Outcome = OutcomeError
	}
}

// said decodes a line of the user's: what was typed, or what tools gave back.
func (l *transcriptLine) said(d *Decoder, e *Event) {
	e.Kind, e.ContentState = KindMessage, ContentPresent
	addMessageValue(d, &e.Input, l.message)
	for b := range l.message.Get("content").Elements() {
		if string(b.Get("type").Text()) == "tool_result" {
			l.toolResult(e, b)
		}
	}
	if e.Kind == KindTool {
		l.toolDetail(d, e)
	}
}

// toolResult decodes the result of a tool. The API takes a result without
// is_error for a success.
func (l *transcriptLine) toolResult(e *Event, block jsontape.Value) {
	e.Kind, e.ContentState = KindTool, ContentPartial
	e.Operation = block.Get("type").Text()
	if failed, _ := block.Get("is_error").Bool(); failed {
		e.Outcome = OutcomeError
		setText(&e.ErrorMessage, block.Get("content").Text())
	} else if e.Outcome == "" {
		e.Outcome = OutcomeSuccess
	}
	if t := l.result.Text(); string(t) == "User rejected tool use" {
		e.Outcome, e.Approval = OutcomeDenied, t
	}
}

// toolDetail takes what Claude Code itself notes about the run of a tool: the
// file that was read or written, the address that was fetched, the sub-agent.
func (l *transcriptLine) toolDetail(d *Decoder, e *Event) {
	var code jsontape.Value
	for key, v := range l.result.Members() {
		switch string(key) {
		case "filePath", "url", "command":
			setName(&e.Destination, v.Text())
		case "file":
			setName(&e.Destination, v.Get("filePath").Text())
		case "agentId":
			e.addID("agent_id", v)
		case "code":
			code = v
		case "bytes":
			e.BytesOut = intOf(v)
		case "durationMs":
			setDuration(&e.Latency, v.Raw(), 3)
		case "interrupted":
			if stopped, _ := v.Bool(); stopped {
				e.Outcome = OutcomeError
				setText(&e.ErrorCode, word(d, "interrupted"))
			}
		}
	}
	if n, ok := statusCode(code); ok && e.Destination != nil {
		e.HTTPStatus = IntOf(n)
	}
}

// system decodes a line of Claude Code's own. A call that will be tried again
// is one of them, with the status of the API.
func (l *transcriptLine) system(d *Decoder, e *Event) {
	setText(&e.Operation, l.subtype)
	if string(l.subtype) != "api_error" {
		return
	}
	e.Outcome = OutcomeError
	if n, ok := statusCode(l.failure.Get("status")); ok {
		e.HTTPStatus = IntOf(n)
	}
	setName(&e.RequestID, l.failure.Get("requestID").Text())
	setText(&e.ErrorMessage, l.failure.Get("message").Text())
	readFailure(d, e, l.failure.Path("error", "error"))
}

// typed keeps a text that the user typed ahead.
func (l *transcriptLine) typed(d *Decoder, e *Event, text jsontape.Value) {
	if text.Kind() == jsontape.String {
		e.ContentState = ContentPresent
		addUser(d, e, text)
	}
}
