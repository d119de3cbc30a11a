package drill

// body is how a model's requests and replies look. Its methods append JSON.
type body interface {
	input(dst []byte, d *dialog) []byte
	output(dst []byte, d *dialog) []byte
	// stream appends the array of chunks that a streamed reply was sent in.
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
