package drill

// body is how a model's requests and replies look. Its methods append JSON.
type body interface {
	input(dst []byte, d *dialog) []byte
	output(dst []byte, d *dialog) []byte
	// stream appends the chunks that a streamed reply was sent in, as the log of
	// the provider has them.
	stream(dst []byte, d *dialog) []byte
}

// appendStrings appends all pieces.
func appendStrings(dst []byte, pieces ...string) []byte {
	for _, p := range pieces {
		dst = append(dst, p...)
	}
	return dst
}

// appendField appends a literal and the text of a span, which is escaped
// already.
func (d *dialog) appendField(dst []byte, literal string, s span) []byte {
	dst = append(dst, literal...)
	return append(dst, d.text(s)...)
}

func appendNumber(dst []byte, literal string, n int) []byte {
	dst = append(dst, literal...)
	return appendInt(dst, n)
}

// appendTemperature appends the member temperature, which all bodies call so.
func (d *dialog) appendTemperature(dst []byte) []byte {
	dst = append(dst, `,"temperature":`...)
	return append(dst, '0'+byte(d.hot/10), '.', '0'+byte(d.hot%10))
}

// appendReplyID appends the id that a reply with the body carries, or nothing
// when such replies have none.
func (d *dialog) appendReplyID(dst []byte, b body) []byte {
	r := d.rng
	switch b.(type) {
	case claudeBody:
		return r.appendLetters(append(dst, `msg_bdrk_`...), base64[:32], 24)
	case cohereBody:
		return r.uuid().append(dst)
	case openAIBody:
		if !d.model.embeds {
			return r.appendLetters(append(dst, `chatcmpl-`...), base64[:32], 29)
		}
	}
	return dst
}

// appendVector appends what an embedding model makes of a text.
func (d *dialog) appendVector(dst []byte) []byte {
	r := d.rng
	for i := range dimensions {
		if i == 0 {
			dst = append(dst, '[')
		} else {
			dst = append(dst, ',')
		}
		w := r.uint64()
		if w>>63 == 0 {
			dst = append(dst, '-')
		}
		dst = appendNumber(dst, `0.0`, 100_000+int(w%899_999))
	}
	return append(dst, ']')
}

// pieces calls yield with s cut into the pieces of a stream: at spaces, about
// size bytes each.
func pieces(s []byte, size int, yield func(piece []byte)) {
	for len(s) > size {
		cut := size
		for cut < len(s) && s[cut] != ' ' {
			cut++
		}
		yield(s[:cut])
		s = s[cut:]
	}
	if len(s) > 0 {
		yield(s)
	}
}

// guardrailID names the guardrail that all callers use.
const guardrailID = "gr4exampleid"

// guardrailTrace is the assessment of a blocked input.
const guardrailTrace = `{"` + guardrailID + `":{"topicPolicy":{"topics":[{"name":"restricted-data","type":"DENY","action":"BLOCKED","detected":true}]},` +
	`"contentPolicy":{"filters":[{"type":"PROMPT_ATTACK","confidence":"MEDIUM","filterStrength":"HIGH","action":"BLOCKED","detected":true}]},` +
	`"invocationMetrics":{"guardrailProcessingLatency":312,"usage":{"topicPolicyUnits":1,"contentPolicyUnits":1,"wordPolicyUnits":0,` +
	`"sensitiveInformationPolicyUnits":0,"sensitiveInformationPolicyFreeUnits":0,"contextualGroundingPolicyUnits":0},` +
	`"guardrailCoverage":{"textCharacters":{"guarded":480,"total":480}}}}}`

// invokeGuardrail is what InvokeModel adds to a reply that a guardrail wrote.
const invokeGuardrail = `,"amazon-bedrock-trace":{"guardrail":{"actionReason":"Guardrail blocked.","input":` + guardrailTrace + `}},"amazon-bedrock-guardrailAction":"INTERVENED"`

// appendGuardrail appends what InvokeModel says about a guardrail.
func (d *dialog) appendGuardrail(dst []byte) []byte {
	if d.stop == stopGuardrail {
		return append(dst, invokeGuardrail...)
	}
	return dst
}
