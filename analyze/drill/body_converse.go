package drill

// converseBody is Bedrock's own Converse API, the same for all models.
type converseBody struct{}

var _ body = converseBody{}

// appendMessages appends parts as a JSON array of messages: neighbours by the
// same speaker share one.
func (d *dialog) appendMessages(dst []byte, parts []part, write func([]byte, *dialog, *part) []byte) []byte {
	dst = append(dst, '[')
	for i := range parts {
		p := &parts[i]
		switch {
		case i == 0:
			dst = openMessage(dst, p)
		case parts[i-1].assistant != p.assistant:
			dst = openMessage(append(dst, `]},`...), p)
		default:
			dst = append(dst, ',')
		}
		dst = write(dst, d, p)
	}
	if len(parts) > 0 {
		dst = append(dst, `]}`...)
	}
	return append(dst, ']')
}

func openMessage(dst []byte, p *part) []byte {
	if p.assistant {
		return append(dst, `{"role":"assistant","content":[`...)
	}
	return append(dst, `{"role":"user","content":[`...)
}

func (converseBody) input(dst []byte, d *dialog) []byte {
	dst = append(dst, `{"messages":`...)
	dst = d.appendMessages(dst, d.input, converseBody{}.part)
	if !d.system.empty() {
		dst = append(d.appendField(dst, `,"system":[{"text":"`, d.system), `"}]`...)
	}
	dst = appendNumber(dst, `,"inferenceConfig":{"maxTokens":`, d.maxTokens)
	dst = append(d.appendTemperature(dst), '}')
	if d.tools {
		dst = append(dst, `,"toolConfig":{"tools":[`...)
		for i, t := range d.kit {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendStrings(dst, `{"toolSpec":{"name":"`, t.name, `","description":"`, t.description, `","inputSchema":{"json":`, t.schema, `}}}`)
		}
		dst = append(dst, `]}`...)
	}
	if d.stop == stopGuardrail {
		dst = append(dst, `,"guardrailConfig":{"guardrailIdentifier":"`+guardrailID+`","guardrailVersion":"1","trace":"enabled"}`...)
	}
	return append(dst, '}')
}

// part appends a content block.
func (converseBody) part(dst []byte, d *dialog, p *part) []byte {
	switch p.kind {
	case partCall:
		dst = d.appendField(dst, `{"toolUse":{"toolUseId":"`, p.id)
		dst = appendStrings(dst, `","name":"`, p.name, `","input":`)
		return append(append(dst, d.text(p.text)...), `}}`...)
	case partResult:
		dst = d.appendField(dst, `{"toolResult":{"toolUseId":"`, p.id)
		return append(d.appendField(dst, `","content":[{"text":"`, p.text), `"}],"status":"success"}}`...)
	default:
		return append(d.appendField(dst, `{"text":"`, p.text), `"}`...)
	}
}

var converseStops = [...]string{stopEnd: "end_turn", stopTool: "tool_use", stopLength: "max_tokens", stopGuardrail: "guardrail_intervened"}

// reply appends the members that Converse and Nova's own replies share,
// without the closing brace.
func (converseBody) reply(dst []byte, d *dialog) []byte {
	dst = append(dst, `{"output":{"message":{"role":"assistant","content":[`...)
	for i := range d.reply {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = converseBody{}.part(dst, d, &d.reply[i])
	}
	dst = appendStrings(dst, `]}},"stopReason":"`, converseStops[d.stop], `"`)
	dst = appendNumber(dst, `,"usage":{"inputTokens":`, d.tokensIn)
	dst = appendNumber(dst, `,"outputTokens":`, d.tokensOut)
	dst = appendNumber(dst, `,"totalTokens":`, d.tokensIn+d.tokensOut)
	return append(dst, '}')
}

func (converseBody) output(dst []byte, d *dialog) []byte {
	dst = converseBody{}.reply(dst, d)
	dst = append(appendNumber(dst, `,"metrics":{"latencyMs":`, d.latency), '}')
	if d.stop == stopGuardrail {
		dst = append(dst, `,"trace":{"guardrail":{"inputAssessment":`+guardrailTrace+`}}`...)
	}
	return append(dst, '}')
}

// stream is the same as output: the log folds ConverseStream by itself.
func (b converseBody) stream(dst []byte, d *dialog) []byte { return b.output(dst, d) }

// novaBody is the Messages API of Amazon Nova.
type novaBody struct{}

var _ body = novaBody{}

func (novaBody) input(dst []byte, d *dialog) []byte {
	dst = append(dst, `{"schemaVersion":"messages-v1","messages":`...)
	dst = d.appendMessages(dst, d.input, converseBody{}.part)
	if !d.system.empty() {
		dst = append(d.appendField(dst, `,"system":[{"text":"`, d.system), `"}]`...)
	}
	dst = appendNumber(dst, `,"inferenceConfig":{"maxTokens":`, d.maxTokens)
	return append(d.appendTemperature(dst), `}}`...)
}

func (novaBody) output(dst []byte, d *dialog) []byte {
	dst = converseBody{}.reply(dst, d)
	return append(d.appendGuardrail(dst), '}')
}

func (b novaBody) stream(dst []byte, d *dialog) []byte {
	return append(b.output(append(dst, '['), d), ']')
}
