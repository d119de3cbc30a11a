package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// usage is what a log says about the tokens of a call. Streams say it several
// times: the last word counts.
//
// In events the input tokens are all tokens of the prompt, with those that a
// cache served or took, and the output tokens are all that the model made, with
// its thoughts: as OpenTelemetry counts gen_ai.usage.input_tokens and
// output_tokens, of which the counts of caches and thoughts are parts
// (https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/).
// Most providers count so. Those that do not are told by how they spell it:
//
//   - Anthropic's input_tokens and Bedrock's inputTokens leave out what caches
//     served and took: the prompt is the sum of the three
//     (https://docs.claude.com/en/docs/build-with-claude/prompt-caching,
//     https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html).
//     That inputTokenCount of Bedrock's invocation log does too is not written
//     where the log is described. It is taken to be the metric InputTokenCount,
//     to which a quota adds the tokens that were written to the cache and of
//     which it counts none that were read from it
//     (https://docs.aws.amazon.com/bedrock/latest/userguide/quotas-token-burndown.html).
//   - Gemini's candidatesTokenCount leaves out the thoughts, and promptTokenCount
//     what tools returned: the total is the sum of all four
//     (https://ai.google.dev/api/generate-content, UsageMetadata).
//
// Where the spelling does not tell, a total does: what it holds beyond input and
// output was counted apart, as xAI does with thoughts and Helicone with caches.
type usage struct {
	input, output, cacheRead, cacheWrite, reasoning Int

	total Int // of input and output, as the log has it
	tools Int // Gemini: tokens of what tools returned, beside the prompt

	prompt     bool // the input is called prompt_tokens: LiteLLM and others count so even what Anthropic answered
	cacheNames bool // the cache is spelled as Anthropic and Bedrock do
	amazon     bool // it is Bedrock's spelling
	apart      bool // caches were counted apart, unless the total says otherwise
	thoughts   bool // thoughts were counted apart, unless the total says otherwise
}

// read takes the members of a usage object, of any provider.
func (u *usage) read(v jsontape.Value) {
	for key, m := range v.Members() {
		if u.set(key, m) {
			continue
		}
		switch string(key) {
		case "total_tokens", "totalTokens", "totalTokenCount", "total_token_count":
			u.total = intOf(m)
		case "toolUsePromptTokenCount", "tool_use_prompt_token_count":
			u.tools = intOf(m)
		case "tokens", "prompt_tokens_details", "prompt_token_details", "input_tokens_details",
			"completion_tokens_details", "output_tokens_details":
			for key, m := range m.Members() {
				u.set(key, m)
			}
		case "billed_units": // Cohere: where it gives no others
			fillInt(&u.input, intOf(m.Get("input_tokens")))
			fillInt(&u.output, intOf(m.Get("output_tokens")))
		}
	}
}

// set takes one member and reports whether it is a token count.
func (u *usage) set(key []byte, v jsontape.Value) bool {
	var to *Int
	names, amazon, thoughts := false, false, false
	switch string(key) {
	case "prompt_tokens":
		to, u.prompt = &u.input, true
	case "inputTokens", "input_tokens", "prompt_token_count", "inputTextTokenCount", "inputTokenCount", "prompt_eval_count",
		"promptTokenCount":
		to = &u.input
	case "outputTokens", "output_tokens", "completion_tokens", "generation_token_count",
		"totalOutputTextTokenCount", "outputTokenCount", "eval_count", "candidatesTokenCount", "candidates_token_count",
		"generated_tokens":
		to = &u.output
	case "cacheReadInputTokens", "cacheReadInputTokenCount":
		to, names, amazon = &u.cacheRead, true, true
	case "cacheWriteInputTokens", "cacheWriteInputTokenCount":
		to, names, amazon = &u.cacheWrite, true, true
	case "cache_read_input_tokens":
		to, names = &u.cacheRead, true
	case "cache_creation_input_tokens":
		to, names = &u.cacheWrite, true
	case "cached_tokens", "cachedContentTokenCount", "cached_content_token_count", "prompt_cache_hit_tokens":
		to = &u.cacheRead
	case "cache_write_tokens": // in the details of OpenAI's responses
		to = &u.cacheWrite
	case "reasoning_tokens":
		to = &u.reasoning
	case "thoughtsTokenCount", "thoughts_token_count":
		to, thoughts = &u.reasoning, true
	default:
		return false
	}
	if n, ok := v.Int(); ok {
		*to = IntOf(n)
		u.cacheNames, u.amazon, u.thoughts = u.cacheNames || names, u.amazon || amazon, u.thoughts || thoughts
	}
	return true
}

// maxTokens is far above any count of a call, so that sums of a few fit.
const maxTokens = 1 << 53

// plus returns a count with others added that were counted apart from it.
func plus(n Int, others ...Int) Int {
	for _, o := range others {
		if n.OK && o.V > 0 && o.V <= maxTokens && n.V >= 0 && n.V <= maxTokens {
			n.V += o.V
		}
	}
	return n
}

// whole returns the tokens of input and output as events count them.
func (u *usage) whole() (input, output Int) {
	input, output = plus(u.input, u.tools), u.output
	cached := plus(IntOf(0), u.cacheRead, u.cacheWrite).V
	cache := u.apart || u.cacheNames && (u.amazon || !u.prompt)
	thoughts := u.thoughts
	if u.total.OK && input.OK && output.OK {
		switch rest := u.total.V - input.V - output.V; {
		case rest < 0:
		case rest == 0:
			cache, thoughts = cache && u.cacheNames, false
		case rest == cached+u.reasoning.V:
			cache, thoughts = true, true
		case rest == cached:
			cache, thoughts = true, false
		case rest == u.reasoning.V:
			cache, thoughts = cache && u.cacheNames, true
		}
	}
	if cache {
		input = plus(input, u.cacheRead, u.cacheWrite)
	}
	if thoughts {
		output = plus(output, u.reasoning)
	}
	return input, output
}

// fill sets the token columns of e that are still NULL. Where a log repeats the
// number of the provider beside its body, the column gets what it stands for.
func (u *usage) fill(e *Event) {
	input, output := u.whole()
	if input.OK && (!e.InputTokens.OK || e.InputTokens == u.input) {
		e.InputTokens = input
	}
	if output.OK && (!e.OutputTokens.OK || e.OutputTokens == u.output) {
		e.OutputTokens = output
	}
	fillInt(&e.CacheReadTokens, u.cacheRead)
	fillInt(&e.CacheWriteTokens, u.cacheWrite)
	fillInt(&e.ReasoningTokens, u.reasoning)
}

// countCached adds the tokens of caches to an input that is less than them: it
// was counted without them, whatever the log. A log that does not tell how it
// counts, and whose input is larger, is taken at its word.
func (e *Event) countCached() {
	if cached := plus(IntOf(0), e.CacheReadTokens, e.CacheWriteTokens).V; e.InputTokens.OK && e.InputTokens.V < cached {
		e.InputTokens = plus(e.InputTokens, IntOf(cached))
	}
}
