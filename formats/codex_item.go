package formats

import (
	"bytes"
	"strconv"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// item decodes something that went to the model or came from it.
func (l *rolloutLine) item(d *Decoder, e *Event) {
	p := l.payload
	setName(&e.MessageID, p.Get("id").Text())
	switch string(l.kind) {
	case "message":
		e.Kind, e.ContentState = KindMessage, ContentPresent
		list := &e.Input
		if string(p.Get("role").Text()) == "assistant" {
			list = &e.Output
		}
		addMessageValue(d, list, p)
	case "reasoning":
		l.reasoning(d, e)
	case "function_call", "custom_tool_call", "tool_search_call", "local_shell_call":
		e.Kind, e.ContentState = KindMessage, ContentPresent
		l.toolCall(d, e, p.Get("call_id"))
	case "function_call_output", "custom_tool_call_output", "tool_search_output", "local_shell_call_output", "mcp_tool_call_output":
		l.toolOutput(d, e)
	case "web_search_call", "image_generation_call": // run by the provider, within the reply
		e.Kind, e.ContentState = KindTool, ContentPartial
		l.toolCall(d, e, p.Get("id"))
		e.Outcome = itemOutcome(p.Get("status").Text())
	case "compaction", "compaction_summary", "context_compaction":
		if len(p.Get("encrypted_content").Text()) > 0 {
			e.ContentState = ContentEncrypted
		}
	}
}

// reasoning decodes what the model thought. The provider encrypts it; what can
// be read is a summary.
func (l *rolloutLine) reasoning(d *Decoder, e *Event) {
	e.Kind, e.ContentState = KindMessage, ContentPresent
	if len(l.payload.Get("encrypted_content").Text()) > 0 {
		e.ContentState = ContentEncrypted
	}
	m := e.AddOutput(word(d, "assistant"))
	for _, list := range [...]string{"summary", "content"} {
		for s := range l.payload.Get(list).Elements() {
			if t := s.Get("text").Text(); t != nil {
				m.Add(Part{Type: PartReasoning, Text: t})
			}
		}
	}
	if len(m.Parts) == 0 {
		e.Output = e.Output[:0]
	}
}

// toolCall adds the call of a tool: a function with its arguments, a free text,
// or an action.
func (l *rolloutLine) toolCall(d *Decoder, e *Event, id jsontape.Value) {
	l.approval(d, e)
	part := Part{Type: PartToolCall, ID: id.Text(), Name: l.kind}
	var detail jsontape.Value
	for key, v := range l.payload.Members() {
		switch string(key) {
		case "name":
			if t := v.Text(); len(t) > 0 {
				part.Name = t
			}
		case "arguments", "input":
			part.JSON = arguments(d, v)
			if detail = v; v.Kind() == jsontape.String && d.Nested.Parse(v.Text()) == nil {
				detail = d.Nested.Root()
			}
		case "action":
			part.JSON, detail = rawJSON(d, v), v
		}
	}
	e.AddOutput(word(d, "assistant")).Add(part)
	for key, v := range detail.Members() {
		switch string(key) {
		case "command", "cmd":
			setName(&e.Destination, commandLine(d, v))
		case "url", "path":
			setName(&e.Destination, v.Text())
		}
	}
}

// commandLine returns a command, its words joined by spaces where it is a list
// of them.
func commandLine(d *Decoder, v jsontape.Value) Text {
	if v.Kind() != jsontape.Array {
		return v.Text()
	}
	size := 0
	for w := range v.Elements() {
		size += len(w.Text()) + 1
	}
	line := d.Arena.Bytes(size)[:0]
	for w := range v.Elements() {
		line = append(append(line, w.Text()...), ' ')
	}
	return bytes.TrimSuffix(line, []byte{' '})
}

// toolOutput decodes what a tool gave back.
func (l *rolloutLine) toolOutput(d *Decoder, e *Event) {
	e.Kind, e.ContentState, e.Outcome = KindTool, ContentPartial, OutcomeUnknown
	l.approval(d, e)
	part := Part{Type: PartToolResponse, ID: l.payload.Get("call_id").Text()}
	output := l.payload.Get("output")
	part.Text, part.JSON = toolResult(d, output)
	e.AddInput(word(d, "tool")).Add(part)
	if t := part.Text; len(t) > 0 && t[0] == '{' {
		if d.Nested.Parse(t) == nil {
			readRun(e, d.Nested.Root().Get("metadata"))
		}
	} else {
		readRunText(e, t)
	}
	if ok, is := output.Get("success").Bool(); is {
		e.Outcome = endedAs(ok)
	}
}

// endedAs returns the outcome that a truth value stands for.
func endedAs(success bool) Outcome {
	if success {
		return OutcomeSuccess
	}
	return OutcomeError
}

// itemOutcome returns the outcome that a status of the Responses API stands
// for.
func itemOutcome(status []byte) Outcome {
	switch string(status) {
	case "completed":
		return OutcomeSuccess
	case "failed", "incomplete":
		return OutcomeError
	case "declined":
		return OutcomeDenied
	}
	return OutcomeUnknown
}

// readRun takes how a command ended from the members that say so.
func readRun(e *Event, v jsontape.Value) {
	if code, ok := v.Get("exit_code").Int(); ok {
		e.Outcome = endedAs(code == 0)
	}
	setDuration(&e.Latency, v.Get("duration_seconds").Raw(), 6)
}

// maxRunHead bounds how far the head of a command's output is looked for.
const maxRunHead = 512

// readRunText takes how a command ended from the head that Codex writes before
// its output: lines such as "Exit code: 0" or "Process exited with code 0", and
// "Wall time: 0.2 seconds", up to "Output:". What comes after is the command's
// own and proves nothing.
func readRunText(e *Event, text []byte) {
	head, _, ok := bytes.Cut(text[:min(len(text), maxRunHead)], []byte("\nOutput:"))
	if !ok {
		return
	}
	for line := range bytes.SplitSeq(head, []byte{'\n'}) {
		code, isCode := bytes.CutPrefix(line, []byte("Exit code: "))
		if !isCode {
			code, isCode = bytes.CutPrefix(line, []byte("Process exited with code "))
		}
		if isCode {
			if n, err := strconv.Atoi(string(code)); err == nil {
				e.Outcome = endedAs(n == 0)
			}
		}
		if wall, ok := bytes.CutPrefix(line, []byte("Wall time: ")); ok {
			seconds, _, _ := bytes.Cut(wall, []byte{' '})
			setDuration(&e.Latency, seconds, 6)
		}
	}
}

// event decodes what the interface showed. What was said is in an item as well,
// so that nothing of it is a message again.
func (l *rolloutLine) event(d *Decoder, e *Event) {
	p := l.payload
	switch string(l.kind) {
	case "token_count":
		l.tokenCount(d, e)
		return
	case "user_message":
		addShown(d, e, "user", PartText, p.Get("message"))
	case "agent_message":
		addShown(d, e, "assistant", PartText, p.Get("message"))
	case "agent_reasoning", "agent_reasoning_raw_content":
		addShown(d, e, "assistant", PartReasoning, p.Get("text"))
	case "error", "stream_error":
		e.Outcome = OutcomeError
		setText(&e.ErrorMessage, p.Get("message").Text())
	case "turn_aborted":
		setName(&e.ErrorCode, p.Get("reason").Text())
	case "item_completed":
		l.shownItem(d, e, p.Get("item"))
	}
	shownRun(d, e, p)
}

// addShown adds a text that was shown.
func addShown(d *Decoder, e *Event, role string, t PartType, v jsontape.Value) {
	text := v.Text()
	if len(text) == 0 {
		return
	}
	e.ContentState = ContentPresent
	if role == "user" {
		e.AddInput(word(d, role)).Add(Part{Type: t, Text: text})
	} else {
		e.AddOutput(word(d, role)).Add(Part{Type: t, Text: text})
	}
}

// shownItem decodes an item of a turn as the interface has it (TurnItem).
func (l *rolloutLine) shownItem(d *Decoder, e *Event, item jsontape.Value) {
	role := ""
	switch string(item.Get("type").Text()) {
	case "UserMessage":
		role = "user"
	case "AgentMessage":
		role = "assistant"
	case "CommandExecution", "McpToolCall", "FileChange":
		if id := item.Get("id").Text(); len(id) > 0 {
			e.addToolCall(id, nil)
		}
		shownRun(d, e, item)
	}
	if role == "" {
		return
	}
	for part := range item.Get("content").Elements() {
		addShown(d, e, role, PartText, part.Get("text"))
	}
}

// shownRun takes how a tool, a command or a turn went.
func shownRun(d *Decoder, e *Event, v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "call_id":
			if id := m.Text(); len(id) > 0 {
				e.addToolCall(id, nil)
			}
		case "command":
			setName(&e.Destination, commandLine(d, m))
		case "exit_code":
			if code, ok := m.Int(); ok {
				e.Outcome = endedAs(code == 0)
			}
		case "success":
			if ok, is := m.Bool(); is {
				e.Outcome = endedAs(ok)
			}
		case "duration":
			setDuration(&e.Latency, m.Get("secs").Raw(), 6)
			if ns, ok := m.Get("nanos").Int(); ok && e.Latency.OK && ns >= 0 && ns < 1e9 && e.Latency.V < 1<<62 {
				e.Latency.V += ns / 1e3
			}
		case "duration_ms":
			setDuration(&e.Latency, m.Raw(), 3)
		case "time_to_first_token_ms":
			setDuration(&e.TTFT, m.Raw(), 3)
		}
	}
}

// setDuration sets a column to a decimal number of a unit that is ten to the
// power of exp microseconds. What is no such number, or below zero, says
// nothing.
func setDuration(column *Int, number []byte, exp int) {
	if us, ok := scaled(number, exp, true); ok && us >= 0 {
		*column = IntOf(us)
	}
}
