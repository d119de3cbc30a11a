package drill

import "time"

// langfuse writes the rows of an observations_v2 export of Langfuse to blob
// storage
// (https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields).
// The same instrumentation feeds it as feeds the collector: the id of an
// observation is that of the span, and what has no column stays in the
// metadata.
type langfuse struct{}

var _ source = langfuse{}

func (langfuse) name() string      { return "langfuse" }
func (langfuse) framing() framing  { return framing{"", "\n", "\n"} }
func (langfuse) extension() string { return ".jsonl" }
func (langfuse) period() int64     { return hourMS }

func (langfuse) key(_ string, ms int64, unique string) string {
	return time.UnixMilli(ms).UTC().Format("langfuse/"+langfuseProject+"/observations_v2/2006-01-02T15-04-05Z_") + unique + ".jsonl"
}

const langfuseProject = "prj_example"

func (langfuse) sees(e *event) bool { return e.model != nil && !e.outside }

func (l langfuse) append(dst []byte, w *scribe, e *event) []byte {
	d, p := w.say(e), w.follow(e)
	dst = appendHexes(append(dst, `{"id":"`...), p.span[:])
	dst = appendHexes(append(dst, `","trace_id":"`...), p.trace[:])
	dst = appendStrings(dst, `","project_id":"`+langfuseProject+`","environment":"`, e.environment(), `","type":"`)
	if e.model.embeds {
		dst = append(dst, `EMBEDDING`...)
	} else {
		dst = append(dst, `GENERATION`...)
	}
	dst = appendMicros(append(dst, `","parent_observation_id":"","start_time":"`...), p.caller.from)
	dst = appendMicros(append(dst, `","end_time":"`...), p.caller.to)
	dst = appendStrings(dst, `","name":"`, operationName(e.model), ` `, e.model.id, `","metadata":`)
	dst = l.metadata(dst, d, e)
	dst = l.level(dst, e)
	dst = l.input(append(dst, `,"version":"","input":"`...), w, d)
	dst = append(dst, `","output":"`...)
	if e.ErrorCode == "" {
		dst = l.output(dst, w, d)
	}
	dst = appendStrings(dst, `","provided_model_name":"`, e.model.id, `","model_parameters":"`)
	dst = l.parameters(dst, d)
	dst = l.usage(append(dst, `",`...), d, e, p)
	dst = l.first(dst, d, e, p)
	dst = append(dst, `,"prompt_name":"","prompt_version":null,"prompt_id":"","model_id":"","tool_calls":[],"tool_call_names":[],"tool_definitions":{}`...)
	dst = appendStrings(dst, `,"user_id":"`, e.Who.Name, `","session_id":"`)
	dst = p.appendSession(dst, d)
	return appendStrings(dst, `","trace_name":"`, e.application(), `","tags":[],"release":"","bookmarked":false,"public":false}`)
}

// metadata appends the attributes of the span that have no column.
func (langfuse) metadata(dst []byte, d *dialog, e *event) []byte {
	dst = appendStrings(dst, `{"attributes":{"gen_ai.provider.name":"`, e.model.provider(), `","server.address":"`, e.host(), `"`)
	if e.model.openAI() {
		dst = append(dst, `,"http.response.header.x-request-id":["`...)
		dst = append(e.appendRequestID(dst), `"]`...)
	} else {
		dst = append(e.appendRequestID(append(dst, `,"aws.request_id":"`...)), '"')
	}
	if e.ErrorCode != "" {
		dst = appendStrings(dst, `,"error.type":"`, e.errorType(), `"`)
	} else {
		head := append(dst, `,"gen_ai.response.id":"`...)
		if id := d.appendReplyID(head, e.model.bodyOf(e.Operation)); len(id) > len(head) {
			dst = append(id, '"')
		}
	}
	return appendStrings(dst, `},"resourceAttributes":{"service.name":"`, e.application(), `"},"scope":{"name":"`+scopeName+`","version":"`+scopeVersion+`"}}`)
}

func (langfuse) level(dst []byte, e *event) []byte {
	if e.ErrorCode == "" {
		return append(dst, `,"level":"DEFAULT","status_message":""`...)
	}
	dst = appendText(append(dst, `,"level":"ERROR","status_message":"`...), e.message())
	return append(dst, '"')
}

// input appends the messages as JSON in a text, or the text that a vector was
// made of.
func (langfuse) input(dst []byte, w *scribe, d *dialog) []byte {
	if d.model.embeds {
		return append(dst, d.text(d.input[len(d.input)-1].text)...)
	}
	w.inner = d.appendChat(w.inner[:0])
	return appendText(dst, w.inner)
}

func (langfuse) output(dst []byte, w *scribe, d *dialog) []byte {
	if d.model.embeds {
		return dst // no instrumentation sends vectors
	}
	w.inner = d.appendAnswer(w.inner[:0], d.reply)
	return appendText(dst, w.inner)
}

// parameters appends an object in a text.
func (langfuse) parameters(dst []byte, d *dialog) []byte {
	if d.model.embeds {
		return append(dst, `{}`...)
	}
	dst = appendNumber(dst, `{\"max_tokens\":`, d.maxTokens)
	dst = append(dst, `,\"temperature\":`...)
	return append(dst, '0'+byte(d.hot/10), '.', '0'+byte(d.hot%10), '}')
}

// usage appends tokens and cost. The kinds of tokens exclude each other.
func (langfuse) usage(dst []byte, d *dialog, e *event, p *passage) []byte {
	if e.ErrorCode != "" {
		return append(dst, `"usage_details":{},"cost_details":{},"total_cost":0`...)
	}
	dst = appendNumber(dst, `"usage_details":{"input":`, d.tokensIn)
	if d.cacheRead > 0 {
		dst = appendNumber(dst, `,"input_cached_tokens":`, d.cacheRead)
		dst = appendNumber(dst, `,"input_cache_creation":`, d.cacheWrite)
	}
	dst = appendNumber(dst, `,"output":`, d.tokensOut)
	dst = appendNumber(dst, `,"total":`, d.promptTokens()+d.tokensOut)
	dst = appendDollars(append(dst, `},"cost_details":{"total":`...), p.cost)
	return appendDollars(append(dst, `},"total_cost":`...), p.cost)
}

// first appends when the reply began to come, which is known of streams, and
// how long it took in seconds.
func (langfuse) first(dst []byte, d *dialog, e *event, p *passage) []byte {
	if d.streamed && e.ErrorCode == "" {
		dst = appendMicros(append(dst, `,"completion_start_time":"`...), p.caller.first)
		dst = appendSeconds(append(dst, `","time_to_first_token":`...), p.caller.first-p.caller.from)
	} else {
		dst = append(dst, `,"completion_start_time":null,"time_to_first_token":null`...)
	}
	return appendSeconds(append(dst, `,"latency":`...), p.caller.took())
}

// appendMicros appends a time as ClickHouse prints it: UTC, without a zone.
func appendMicros(dst []byte, micros int64) []byte {
	return time.UnixMicro(micros).UTC().AppendFormat(dst, "2006-01-02 15:04:05.000000")
}
