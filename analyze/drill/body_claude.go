package drill

// claudeBody is the Messages API of Anthropic, as InvokeModel takes it.
type claudeBody struct{}

var _ body = claudeBody{}

func (claudeBody) input(dst []byte, d *dialog) []byte {
	dst = appendNumber(dst, `{"anthropic_version":"bedrock-2023-05-31","max_tokens":`, d.maxTokens)
	dst = d.appendTemperature(dst)
	if !d.system.empty() {
		dst = append(d.appendField(dst, `,"system":"`, d.system), '"')
	}
	dst = append(dst, `,"messages":`...)
	dst = d.appendMessages(dst, d.input, claudeBody{}.part)
	if d.tools {
		dst = append(dst, `,"tools":[`...)
		for i, t := range d.kit {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendStrings(dst, `{"name":"`, t.name, `","description":"`, t.description, `","input_schema":`, t.schema, `}`)
		}
		dst = append(dst, ']')
	}
	if !d.session.empty() {
		dst = append(dst, `,"metadata":{"user_id":"user_`...)
		for i := range uint64(4) { // a hash of the account, the same in all sessions
			h := mix(d.user*4 + i + 1)
			for range 8 {
				dst = appendHex(dst, byte(h))
				h >>= 8
			}
		}
		dst = append(d.appendField(dst, `_account__session_`, d.session), `"}`...)
	}
	return append(dst, '}')
}

// part appends a content block.
func (claudeBody) part(dst []byte, d *dialog, p *part) []byte {
	switch p.kind {
	case partCall:
		dst = d.appendField(dst, `{"type":"tool_use","id":"`, p.id)
		dst = appendStrings(dst, `","name":"`, p.name, `","input":`)
		return append(append(dst, d.text(p.text)...), '}')
	case partResult:
		dst = d.appendField(dst, `{"type":"tool_result","tool_use_id":"`, p.id)
		return append(d.appendField(dst, `","content":"`, p.text), `"}`...)
	default:
		return append(d.appendField(dst, `{"type":"text","text":"`, p.text), `"}`...)
	}
}

// head appends the members of a reply that come before its content.
func (claudeBody) head(dst []byte, d *dialog) []byte {
	dst = d.appendReplyID(append(dst, `{"id":"`...), claudeBody{})
	name := d.model.id
	if i := len("us."); name[:i] == "us." {
		name = name[i:]
	}
	name = name[len("anthropic.") : len(name)-len("-v1:0")]
	return appendStrings(dst, `","type":"message","role":"assistant","model":"`, name, `","content":[`)
}

var claudeStops = [...]string{stopEnd: "end_turn", stopTool: "tool_use", stopLength: "max_tokens", stopGuardrail: "end_turn"}

func (claudeBody) output(dst []byte, d *dialog) []byte {
	dst = claudeBody{}.head(dst, d)
	for i := range d.reply {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = claudeBody{}.part(dst, d, &d.reply[i])
	}
	dst = appendStrings(dst, `],"stop_reason":"`, claudeStops[d.stop], `","stop_sequence":null,"usage":`)
	dst = claudeBody{}.usage(dst, d)
	dst = d.appendGuardrail(dst)
	return append(dst, '}')
}

func (claudeBody) usage(dst []byte, d *dialog) []byte {
	dst = appendNumber(dst, `{"input_tokens":`, d.tokensIn)
	dst = appendNumber(dst, `,"cache_creation_input_tokens":`, d.cacheWrite)
	dst = appendNumber(dst, `,"cache_read_input_tokens":`, d.cacheRead)
	dst = appendNumber(dst, `,"output_tokens":`, d.tokensOut)
	return append(dst, '}')
}

func (claudeBody) stream(dst []byte, d *dialog) []byte {
	dst = append(dst, `[{"type":"message_start","message":`...)
	dst = claudeBody{}.head(dst, d)
	dst = append(dst, `],"stop_reason":null,"stop_sequence":null,"usage":`...)
	dst = claudeBody{}.usage(dst, d)
	dst = append(dst, `}}`...)
	for i := range d.reply {
		dst = claudeBody{}.block(dst, d, i)
	}
	dst = appendStrings(dst, `,{"type":"message_delta","delta":{"stop_reason":"`, claudeStops[d.stop], `","stop_sequence":null},"usage":{"output_tokens":`)
	dst = appendInt(dst, d.tokensOut)
	dst = append(dst, `}},{"type":"message_stop",`...)
	dst = d.appendMetrics(dst)
	return append(dst, `}]`...)
}

// block appends the chunks of one part of the reply.
func (claudeBody) block(dst []byte, d *dialog, i int) []byte {
	p := &d.reply[i]
	dst = appendNumber(dst, `,{"type":"content_block_start","index":`, i)
	if p.kind == partCall {
		dst = d.appendField(dst, `,"content_block":{"type":"tool_use","id":"`, p.id)
		dst = appendStrings(dst, `","name":"`, p.name, `","input":{}}}`)
	} else {
		dst = append(dst, `,"content_block":{"type":"text","text":""}}`...)
	}
	pieces(d.text(p.text), 64, func(piece []byte) {
		dst = appendNumber(dst, `,{"type":"content_block_delta","index":`, i)
		if p.kind == partCall {
			dst = append(dst, `,"delta":{"type":"input_json_delta","partial_json":"`...)
			dst = appendText(dst, piece)
		} else {
			dst = append(dst, `,"delta":{"type":"text_delta","text":"`...)
			dst = append(dst, piece...)
		}
		dst = append(dst, `"}}`...)
	})
	return append(appendNumber(dst, `,{"type":"content_block_stop","index":`, i), '}')
}

// appendMetrics appends what Bedrock adds to the last chunk of a stream.
func (d *dialog) appendMetrics(dst []byte) []byte {
	dst = appendNumber(dst, `"amazon-bedrock-invocationMetrics":{"inputTokenCount":`, d.tokensIn)
	dst = appendNumber(dst, `,"outputTokenCount":`, d.tokensOut)
	dst = appendNumber(dst, `,"invocationLatency":`, d.latency)
	dst = appendNumber(dst, `,"firstByteLatency":`, d.firstByte())
	return append(dst, '}')
}
