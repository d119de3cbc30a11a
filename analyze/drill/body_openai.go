package drill

// openAIBody is the chat of OpenAI, and its embeddings. Gateways speak the
// language of the chat for all models.
type openAIBody struct{}

var _ body = openAIBody{}

func (openAIBody) input(dst []byte, d *dialog) []byte {
	dst = appendStrings(dst, `{"model":"`, d.model.id, `"`)
	if d.model.embeds {
		dst = d.appendField(dst, `,"input":"`, d.input[len(d.input)-1].text)
		return append(appendNumber(dst, `","encoding_format":"float","dimensions":`, dimensions), '}')
	}
	dst = d.appendChat(append(dst, `,"messages":`...))
	dst = appendNumber(dst, `,"max_completion_tokens":`, d.maxTokens)
	dst = d.appendTemperature(dst)
	if d.streamed {
		dst = append(dst, `,"stream":true,"stream_options":{"include_usage":true}`...)
	}
	if d.tools {
		dst = d.appendFunctions(append(dst, `,"tools":`...))
	}
	return append(dst, '}')
}

// appendFunctions appends the tools that models are offered.
func (d *dialog) appendFunctions(dst []byte) []byte {
	dst = append(dst, '[')
	for i, t := range d.kit {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendStrings(dst, `{"type":"function","function":{"name":"`, t.name, `","description":"`, t.description, `","parameters":`, t.schema, `}}`)
	}
	return append(dst, ']')
}

// appendChat appends the system prompt and the input as the messages of a chat.
func (d *dialog) appendChat(dst []byte) []byte {
	dst = append(dst, '[')
	comma := false
	if !d.system.empty() {
		dst = append(d.appendField(dst, `{"role":"system","content":"`, d.system), `"}`...)
		comma = true
	}
	for from := 0; from < len(d.input); {
		to := from + 1
		for to < len(d.input) && d.input[from].assistant && d.input[to].assistant {
			to++
		}
		if comma {
			dst = append(dst, ',')
		}
		dst = d.appendTurn(dst, d.input[from:to])
		from, comma = to, true
	}
	return append(dst, ']')
}

// appendTurn appends the message that parts by one speaker make: all that the
// assistant said at once, or one part by the user or a tool.
func (d *dialog) appendTurn(dst []byte, parts []part) []byte {
	p := &parts[0]
	switch {
	case p.assistant:
		return d.appendAnswer(dst, parts)
	case p.kind == partResult:
		dst = d.appendField(dst, `{"role":"tool","tool_call_id":"`, p.id)
		return append(d.appendField(dst, `","content":"`, p.text), `"}`...)
	default:
		return append(d.appendField(dst, `{"role":"user","content":"`, p.text), `"}`...)
	}
}

// appendAnswer appends a message of the assistant, with the tools that it calls.
func (d *dialog) appendAnswer(dst []byte, parts []part) []byte {
	dst = append(dst, `{"role":"assistant","content":"`...)
	calls := 0
	for i := range parts {
		if p := &parts[i]; p.kind == partCall {
			calls++
		} else {
			dst = append(dst, d.text(p.text)...)
		}
	}
	dst = append(dst, '"')
	if calls == 0 {
		return append(dst, '}')
	}
	dst = append(dst, `,"tool_calls":[`...)
	for i := range parts {
		if p := &parts[i]; p.kind == partCall {
			dst = append(d.appendFunctionCall(dst, p), ',')
		}
	}
	dst[len(dst)-1] = ']'
	return append(dst, '}')
}

// appendFunctionCall appends a call of a tool, whose arguments are a text.
func (d *dialog) appendFunctionCall(dst []byte, p *part) []byte {
	dst = d.appendField(dst, `{"id":"`, p.id)
	dst = appendStrings(dst, `","type":"function","function":{"name":"`, p.name, `","arguments":"`)
	return append(appendText(dst, d.text(p.text)), `"}}`...)
}

var chatStops = [...]string{stopEnd: "stop", stopTool: "tool_calls", stopLength: "length", stopGuardrail: "content_filter"}

func (b openAIBody) output(dst []byte, d *dialog) []byte {
	if d.model.embeds {
		dst = d.appendVector(append(dst, `{"object":"list","data":[{"object":"embedding","index":0,"embedding":`...))
		dst = appendStrings(dst, `}],"model":"`, d.model.answers, `","usage":{"prompt_tokens":`)
		dst = appendInt(dst, d.tokensIn)
		return append(appendNumber(dst, `,"total_tokens":`, d.tokensIn), `}}`...)
	}
	dst = b.head(dst, d, "chat.completion")
	dst = append(dst, `"choices":[{"index":0,"message":`...)
	dst = d.appendAnswer(dst, d.reply)
	dst = appendStrings(dst, `,"logprobs":null,"finish_reason":"`, chatStops[d.stop], `"}],"usage":`)
	return append(d.appendChatUsage(dst), '}')
}

// head appends the members with which a reply begins, and each chunk of one.
func (b openAIBody) head(dst []byte, d *dialog, object string) []byte {
	dst = d.appendReplyID(append(dst, `{"id":"`...), b)
	dst = appendStrings(dst, `","object":"`, object, `","created":`)
	dst = appendInt(dst, int(d.created))
	return appendStrings(dst, `,"model":"`, d.model.answers, `","service_tier":"default",`)
}

// appendChatUsage appends the tokens. As OpenAI counts, those of the prompt
// include what a cache served.
func (d *dialog) appendChatUsage(dst []byte) []byte {
	dst = appendNumber(dst, `{"prompt_tokens":`, d.promptTokens())
	dst = appendNumber(dst, `,"completion_tokens":`, d.tokensOut)
	dst = appendNumber(dst, `,"total_tokens":`, d.promptTokens()+d.tokensOut)
	dst = appendNumber(dst, `,"prompt_tokens_details":{"cached_tokens":`, d.cacheRead)
	return append(dst, `},"completion_tokens_details":{"reasoning_tokens":0}}`...)
}

// stream appends the server-sent events that the reply came in.
func (b openAIBody) stream(dst []byte, d *dialog) []byte {
	dst = append(b.chunk(dst, d), `{"role":"assistant","content":""},"finish_reason":null}]}`...)
	calls := 0
	for i := range d.reply {
		if p := &d.reply[i]; p.kind == partCall {
			dst = b.streamCall(dst, d, p, calls)
			calls++
			continue
		}
		pieces(d.text(d.reply[i].text), 64, func(piece []byte) {
			dst = append(b.chunk(dst, d), `{"content":"`...)
			dst = append(append(dst, piece...), `"},"finish_reason":null}]}`...)
		})
	}
	dst = appendStrings(b.chunk(dst, d), `{},"finish_reason":"`, chatStops[d.stop], `"}]}`)
	dst = b.head(append(dst, "\n\ndata: "...), d, "chat.completion.chunk")
	dst = d.appendChatUsage(append(dst, `"choices":[],"usage":`...))
	return append(dst, "}\n\ndata: [DONE]\n\n"...)
}

// chunk begins the next event of a stream, as far as its delta.
func (b openAIBody) chunk(dst []byte, d *dialog) []byte {
	if n := len(dst); n > 0 && dst[n-1] == '}' {
		dst = append(dst, "\n\n"...)
	}
	dst = b.head(append(dst, "data: "...), d, "chat.completion.chunk")
	return append(dst, `"choices":[{"index":0,"delta":`...)
}

// streamCall appends the events in which a call of a tool came.
func (b openAIBody) streamCall(dst []byte, d *dialog, p *part, index int) []byte {
	dst = appendNumber(b.chunk(dst, d), `{"tool_calls":[{"index":`, index)
	dst = d.appendField(dst, `,"id":"`, p.id)
	dst = appendStrings(dst, `","type":"function","function":{"name":"`, p.name, `","arguments":""}}]},"finish_reason":null}]}`)
	pieces(d.text(p.text), 64, func(piece []byte) {
		dst = appendNumber(b.chunk(dst, d), `{"tool_calls":[{"index":`, index)
		dst = appendText(append(dst, `,"function":{"arguments":"`...), piece)
		dst = append(dst, `"}}]},"finish_reason":null}]}`...)
	})
	return dst
}
