package drill

// The bodies of models that take one text, or a text and a history.

// llamaBody is the prompt of Meta Llama 3, with its marks for speakers.
type llamaBody struct{}

var _ body = llamaBody{}

func (llamaBody) input(dst []byte, d *dialog) []byte {
	dst = append(dst, `{"prompt":"<|begin_of_text|>`...)
	if !d.system.empty() {
		dst = d.appendField(dst, `<|start_header_id|>system<|end_header_id|>\n\n`, d.system)
		dst = append(dst, `<|eot_id|>`...)
	}
	for i := range d.input {
		p := &d.input[i]
		speaker := `<|start_header_id|>user<|end_header_id|>\n\n`
		if p.assistant {
			speaker = `<|start_header_id|>assistant<|end_header_id|>\n\n`
		}
		dst = append(d.appendField(dst, speaker, p.text), `<|eot_id|>`...)
	}
	dst = append(dst, `<|start_header_id|>assistant<|end_header_id|>\n\n"`...)
	dst = appendNumber(dst, `,"max_gen_len":`, d.maxTokens)
	return append(d.appendTemperature(dst), '}')
}

func (llamaBody) output(dst []byte, d *dialog) []byte {
	dst = append(d.appendReply(append(dst, `{"generation":"`...)), '"')
	dst = appendNumber(dst, `,"prompt_token_count":`, d.tokensIn)
	dst = appendNumber(dst, `,"generation_token_count":`, d.tokensOut)
	dst = appendStrings(dst, `,"stop_reason":"`, textStops[d.stop], `"`)
	return append(d.appendGuardrail(dst), '}')
}

func (llamaBody) stream(dst []byte, d *dialog) []byte {
	dst = append(dst, '[')
	n := 0
	pieces(d.text(d.reply[0].text), 64, func(piece []byte) {
		n++
		dst = append(dst, `{"generation":"`...)
		dst = append(dst, piece...)
		if n == 1 {
			dst = appendNumber(dst, `","prompt_token_count":`, d.tokensIn)
		} else {
			dst = append(dst, `","prompt_token_count":null`...)
		}
		dst = appendNumber(dst, `,"generation_token_count":`, min(n*9, d.tokensOut))
		dst = append(dst, `,"stop_reason":null},`...)
	})
	dst = appendNumber(dst, `{"generation":"","prompt_token_count":null,"generation_token_count":`, d.tokensOut)
	dst = appendStrings(dst, `,"stop_reason":"`, textStops[d.stop], `",`)
	return append(d.appendMetrics(dst), `}]`...)
}

var textStops = [...]string{stopEnd: "stop", stopTool: "stop", stopLength: "length", stopGuardrail: "stop"}

// appendReply appends the text of the reply.
func (d *dialog) appendReply(dst []byte) []byte {
	for i := range d.reply {
		if d.reply[i].kind == partText {
			dst = append(dst, d.text(d.reply[i].text)...)
		}
	}
	return dst
}

// mistralBody is the prompt of Mistral, with its marks for instructions.
type mistralBody struct{}

var _ body = mistralBody{}

func (mistralBody) input(dst []byte, d *dialog) []byte {
	dst = append(dst, `{"prompt":"<s>`...)
	system := d.system
	for i := range d.input {
		p := &d.input[i]
		if p.assistant {
			dst = append(d.appendField(dst, ` `, p.text), `</s>`...)
			continue
		}
		dst = append(dst, `[INST] `...)
		if !system.empty() { // goes before the first instruction
			dst = append(append(dst, d.text(system)...), `\n\n`...)
			system = span{}
		}
		dst = append(append(dst, d.text(p.text)...), ` [/INST]`...)
	}
	dst = appendNumber(dst, `","max_tokens":`, d.maxTokens)
	return append(d.appendTemperature(dst), '}')
}

func (mistralBody) output(dst []byte, d *dialog) []byte {
	dst = d.appendReply(append(dst, `{"outputs":[{"text":"`...))
	dst = appendStrings(dst, `","stop_reason":"`, textStops[d.stop], `"}]`)
	return append(d.appendGuardrail(dst), '}')
}

func (b mistralBody) stream(dst []byte, d *dialog) []byte {
	return append(b.output(append(dst, '['), d), ']')
}

// cohereBody is the chat of Cohere Command R.
type cohereBody struct{}

var _ body = cohereBody{}

func (cohereBody) input(dst []byte, d *dialog) []byte {
	last := len(d.input) - 1
	dst = append(d.appendField(dst, `{"message":"`, d.input[last].text), '"')
	if !d.system.empty() {
		dst = append(d.appendField(dst, `,"preamble":"`, d.system), '"')
	}
	if last > 0 {
		dst = append(dst, `,"chat_history":[`...)
		for i := range d.input[:last] {
			p := &d.input[i]
			speaker := `{"role":"USER","message":"`
			if p.assistant {
				speaker = `{"role":"CHATBOT","message":"`
			}
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(d.appendField(dst, speaker, p.text), `"}`...)
		}
		dst = append(dst, ']')
	}
	dst = appendNumber(dst, `,"max_tokens":`, d.maxTokens)
	return append(d.appendTemperature(dst), '}')
}

var cohereStops = [...]string{stopEnd: "COMPLETE", stopTool: "COMPLETE", stopLength: "MAX_TOKENS", stopGuardrail: "COMPLETE"}

func (cohereBody) output(dst []byte, d *dialog) []byte {
	r := d.rng
	_, generation := r.uuid(), r.uuid()
	dst = d.appendReplyID(append(dst, `{"response_id":"`...), cohereBody{})
	dst = d.appendReply(append(dst, `","text":"`...))
	dst = generation.append(append(dst, `","generation_id":"`...))
	dst = appendStrings(dst, `","finish_reason":"`, cohereStops[d.stop], `"`)
	return append(d.appendGuardrail(dst), '}')
}

func (b cohereBody) stream(dst []byte, d *dialog) []byte {
	return append(b.output(append(dst, '['), d), ']')
}

// titanBody makes a vector of a text.
type titanBody struct{}

var _ body = titanBody{}

const dimensions = 256

func (titanBody) input(dst []byte, d *dialog) []byte {
	dst = d.appendField(dst, `{"inputText":"`, d.input[len(d.input)-1].text)
	dst = appendNumber(dst, `","dimensions":`, dimensions)
	return append(dst, `,"normalize":true}`...)
}

func (titanBody) output(dst []byte, d *dialog) []byte {
	dst = d.appendVector(append(dst, `{"embedding":`...))
	dst = appendNumber(dst, `,"inputTextTokenCount":`, d.tokensIn)
	return append(dst, '}')
}

func (b titanBody) stream(dst []byte, d *dialog) []byte {
	return append(b.output(append(dst, '['), d), ']')
}
