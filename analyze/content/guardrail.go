package content

import "sync"

// guardrailPhrases are the texts that guardrails and content filters put in the
// place of a reply. Their words can be set by who runs them; these are the
// defaults. The label says whose.
func guardrailPhrases() []phrase {
	return []phrase{
		// Amazon Bedrock Guardrails, the default of blockedInputMessaging and
		// blockedOutputsMessaging in the console
		// (docs.aws.amazon.com/bedrock/latest/userguide/guardrails-create.html).
		{"bedrock", 0.95, "model cannot answer this question", `\bsorry, the model cannot answer this question`},
		{"bedrock", 0.95, "blocked by guardrail|guardrail intervened|guardrail_intervened|blocked by our guardrail", `\bblocked by (?:our )?guardrails?\b|\bguardrail[ _]intervened\b`},
		// Azure OpenAI, error content_filter
		// (learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter;
		// openai/openai-python issue 331).
		{"azure", 0.97, "content management policy|responsibleaipolicyviolation", `\bthe response was filtered due to the prompt triggering\b|\bcontent management policy\b|\bresponsibleaipolicyviolation\b`},
		// GitHub Copilot (microsoft/vscode-copilot-release issues 13515 and 7085).
		{"copilot", 0.97, "responsible ai service", `\bfiltered by the responsible ai service\b|\bresponsible ai service has filtered\b`},
		// OpenAI: images and chat (platform.openai.com/docs/guides/error-codes,
		// help.openai.com on usage policies).
		{
			"openai", 0.95, "our safety system|usage policy|usage policies|content policy|content_policy_violation",
			`\brejected as a result of our safety system\b|\b(?:prompt|content|request|input|output) (?:was |were |has been |have been |may |might |appears to |seems to ){0,2}(?:flagged (?:as|for) )?(?:potentially )?violat(?:e|es|ing) (?:our|openai's) (?:usage|content) polic(?:y|ies)\b|\bcontent_policy_violation\b`,
		},
		// Anthropic, an error of the API (anthropics/claude-code issue 6195), and of
		// its coding assistant.
		{"anthropic", 0.97, "content filtering policy|usage policy", `\b(?:output|input) blocked by content filtering policy\b|\bappears to violate our usage policy\b`},
		// Google Vertex AI and Gemini
		// (cloud.google.com/vertex-ai/generative-ai/docs/multimodal/configure-safety-filters).
		{
			"google", 0.95, "responsible ai practices|finish_reason: safety|finishreason|was blocked due to|prohibited_content",
			`\bviolate google's responsible ai practices\b|\bfinish_?reason["\x27]?: ?["\x27]?(?:safety|prohibited_content|recitation|blocklist|spii)\b|\b(?:prompt|response) was blocked due to (?:safety|prohibited|other)`,
		},
		// NVIDIA NeMo Guardrails, the predefined message "refuse to respond"
		// (docs.nvidia.com/nemo/guardrails).
		{"nemo", 0.9, "can't respond to that|can’t respond to that", `^\s*i'm sorry, i can't respond to that\b`},
		// Llama Guard answers safe, or unsafe and the categories on a line of their
		// own (model card of meta-llama/Llama-Guard-3-8B).
		{"llama-guard", 0.95, "unsafe", `^\s*unsafe\s*\n\s*(?:s\d{1,2}|o\d{1,2})(?:,(?:s\d{1,2}|o\d{1,2}))*\s*$`},
		// LiteLLM's guardrail hooks (docs.litellm.ai/docs/proxy/guardrails).
		{"litellm", 0.9, "violated guardrail|guardrail policy|content blocked", `\bviolated (?:\w+ )?guardrail policy\b|\bcontent blocked: \S+`},
		// Microsoft Copilot in Bing and Microsoft 365.
		{"copilot", 0.8, "new topic|different topic|prefer not to continue", `\bit might be time to move on(?:to)? a new topic\b|\bi can't respond to this\. let's try a different topic\b|\bi prefer not to continue this conversation\b`},
		// DeepSeek's chat, which replaces what it has begun to say.
		{"deepseek", 0.8, "beyond my current scope", `\bsorry, that's beyond my current scope\b`},
	}
}

var sharedGuardrail = sync.OnceValues(func() (*phraseSet, error) { return newPhraseSet(guardrailPhrases()) }) //nolint:gochecknoglobals // made once from constants

// guardrail looks for what a guardrail said instead of the model.
type guardrail struct{ finder *phraseFinder }

func newGuardrail() (part, error) {
	set, err := sharedGuardrail()
	if err != nil {
		return nil, err
	}
	return &guardrail{newPhraseFinder(set)}, nil
}

func (g *guardrail) keywords() []string { return g.finder.set.words }

// canned is how long a canned text is at most, in bytes. A longer reply that has
// its words explains or quotes them.
const canned = 1500

func (g *guardrail) scan(t *Text, report func(Sign)) {
	if t.Role != RoleAssistant {
		return
	}
	g.finder.find(t, func(rule *phraseRule, from, to int) {
		score := rule.score
		if len(t.Raw) > canned || !t.Begins || !t.Ends {
			score *= 0.4
		}
		report(Sign{Kind: KindGuardrail, Label: rule.label, Score: score, Start: from, End: to})
	})
}
