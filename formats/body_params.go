package formats

import (
	"math"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// The sampling parameters that are kept, under one name each whatever the
// provider calls them.
const (
	paramTemperature = iota
	paramTopP
	paramTopK
	paramMaxTokens
	paramStop
	paramSeed
	paramFrequencyPenalty
	paramPresencePenalty
	paramChoices
	paramReasoning
	paramEffort
	paramToolChoice
	paramFormat
	paramLogprobs
	paramTopLogprobs
	paramParallel
	paramTier
	paramCount
)

// params holds parameters of a request as written.
type params [paramCount]jsontape.Value

// paramName returns the name that a parameter has in the parameters column.
func paramName(i int) string {
	return [paramCount]string{
		"temperature", "top_p", "top_k", "max_tokens", "stop", "seed", "frequency_penalty",
		"presence_penalty", "choice_count", "thinking", "reasoning_effort", "tool_choice", "response_format",
		"logprobs", "top_logprobs", "parallel_tool_calls", "service_tier",
	}[i]
}

// set keeps the member if it is a parameter.
func (p *params) set(key []byte, v jsontape.Value) {
	i := 0
	switch string(key) {
	case "temperature":
		i = paramTemperature
	case "top_p", "topP", "p":
		i = paramTopP
	case "top_k", "topK", "k":
		i = paramTopK
	case "max_tokens", "maxTokens", "max_gen_len", "maxTokenCount", "max_tokens_to_sample",
		"max_new_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "num_predict":
		i = paramMaxTokens
	case "stop", "stop_sequences", "stopSequences":
		i = paramStop
	case "seed", "random_seed": // random_seed: Mistral
		i = paramSeed
	case "frequency_penalty", "frequencyPenalty":
		i = paramFrequencyPenalty
	case "presence_penalty", "presencePenalty":
		i = paramPresencePenalty
	case "n", "num_generations", "numResults", "candidateCount", "candidate_count":
		i = paramChoices
	case "thinking", "reasoning_config", "reasoningConfig", "reasoning", "thinkingConfig", "thinking_config", "think":
		i = paramReasoning
	case "reasoning_effort":
		i = paramEffort
	case "tool_choice", "function_call":
		i = paramToolChoice
	case "response_format", "responseMimeType", "response_mime_type", "format":
		i = paramFormat
	case "logprobs":
		i = paramLogprobs
	case "top_logprobs":
		i = paramTopLogprobs
	case "parallel_tool_calls":
		i = paramParallel
	case "service_tier":
		i = paramTier
	default:
		return
	}
	if k := v.Kind(); k != jsontape.Null && k != jsontape.Missing {
		p[i] = v
	}
}

// readAll keeps the parameters among the members of a configuration object.
// Model-specific fields may hold such an object once more.
func (p *params) readAll(config jsontape.Value) {
	for key, v := range config.Members() {
		if string(key) == "inferenceConfig" {
			for key, v := range v.Members() {
				p.set(key, v)
			}
			continue
		}
		p.set(key, v)
	}
}

// json returns the parameters as a JSON object with the values as written, or
// nil when there are none.
func (p *params) json(d *Decoder) Text {
	n := 0
	for i, v := range p {
		if v.Exists() {
			n += len(paramName(i)) + len(`"":,`) + len(rawJSON(d, v))
		}
	}
	if n == 0 {
		return nil
	}
	out := d.Arena.Bytes(n + 1)[:0] // one comma fewer, two braces more
	sep := byte('{')
	for i, v := range p {
		if v.Exists() {
			out = append(out, sep, '"')
			out = append(out, paramName(i)...)
			out = append(out, '"', ':')
			out = append(out, rawJSON(d, v)...)
			sep = ','
		}
	}
	return append(out, '}')
}

// fillInt sets a column that is still NULL.
func fillInt(column *Int, v Int) {
	if !column.OK {
		*column = v
	}
}

// readMetrics takes the latency of a Converse reply.
func readMetrics(e *Event, v jsontape.Value) {
	fillInt(&e.Latency, millis(v.Get("latencyMs")))
}

// millis returns a number of milliseconds as microseconds; NULL for what is
// not a number or does not fit.
func millis(v jsontape.Value) Int {
	ms, ok := v.Float()
	if us := ms * 1000; ok && math.Abs(us) < 1<<53 {
		return IntOf(int64(math.Round(us)))
	}
	return Int{}
}
