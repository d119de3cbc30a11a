package content

import (
	"bytes"
	"slices"
	"sync"
)

// The labels of injections.
const (
	injectOverride     = "override"     // what was said before shall not count
	injectReassignment = "reassignment" // other orders or another role hold from here on
	injectAuthority    = "authority"    // speaks as system, developer or maker
	injectDelimiter    = "delimiter"    // ends the data and begins a turn of its own
	injectExfiltration = "exfiltration" // sends what the model knows somewhere
	injectAddressed    = "addressed"    // speaks to the model that reads the text
	injectConcealment  = "concealment"  // keeps it from the user
	injectTool         = "tool"         // has the model call a tool
	injectSteering     = "steering"     // says how the answer is to look
	injectTask         = "task"         // gives a task of its own
)

// injectionPhrases are ordered by label, what overrides first. Their scores are those in a document
// or a tool's result; [roleWeight] says what they are worth elsewhere.
func injectionPhrases() []phrase {
	return slices.Concat(overridePhrases(), errandPhrases(), []phrase{
		{
			injectAuthority, 0.6, "system:|system]|system>|system**|system prompt|system message|system note|system notice|system instruction|system override|system update|system alert|system command|developer:|developer]|developer message|developer note|administrator:|admin:|admin]|admin message|admin override|admin note",
			`@^(?:system|developer|admin(?:istrator)?)(?:[ _-](?:prompt|message|instructions?|override|note|update|notice|alert|command))?(?:[\])*]{1,2}[:>]?|[\])*]{0,2} ?[:>])`,
		},
		{
			injectAuthority, 0.75, "authorized by|authorised by|approved by|" + cross("message|instruction|instructions|order|orders|override|command|request", "from|directly from"),
			`@(?:message|instructions?|orders?|override|command|request) (?:directly )?from (?:the |your )?(?:system|system administrator|admin|developers?|developer team|openai|anthropic|google|microsoft|creators?)\b|(?:authori[sz]ed|approved) by (?:openai|anthropic|your (?:developers?|creators?|administrators?))\b`,
		},
		{
			// Who claims to own the model that is spoken to.
			injectAuthority, 0.75, "i am your|i'm your|i’m your|as your|as the;developer|creator|owner|administrator|admin|operator|maker",
			`@(?:(?:i am|i'm|as) your (?:developer|creator|owner|administrator|admin|operator|maker)\b|as (?:the|a|one of the) (?:developers?|creators?|owners?|administrators?|admin|operators?|makers?) (?:of|behind|for) (?:this|your|the) (?:ai|assistant|chatbot|bot|language model|model|agent)\b)`,
		},
		{
			// The delimiters of chat templates: ChatML of OpenAI and Qwen, Llama 2 and
			// 3, Gemma, Mistral, Phi, Alpaca and the former prompts of Anthropic
			// (tokenizer_config.json of the models; docs of the makers).
			injectDelimiter, 0.75, "<¦im_start¦>|<¦im_end¦>|<¦im_sep¦>|<¦system¦>|<¦user¦>|<¦assistant¦>|<¦endoftext¦>|<¦endofprompt¦>|<¦eot_id¦>|<¦start_header_id¦>|<¦end_header_id¦>|<¦begin_of_text¦>|[inst]|[/inst]|<<sys>>|<</sys>>|<start_of_turn>|<end_of_turn>|[system_prompt]|### instruction|### system|### response|### human:|### assistant:",
			`@<\|(?:im_start|im_end|im_sep|system|user|assistant|end|endoftext|endofprompt|eot_id|start_header_id|end_header_id|begin_of_text)\|>|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>|\[system_prompt\]|### ?(?:instructions?|system(?: prompt)?|response|human|assistant) ?:`,
		},
		{
			injectDelimiter, 0.7, cross("end of|end of the", "document|email|e-mail|context|data|user|input|text|page|web page|webpage") + "|begin new|begin a new|start of new|start of a new",
			`@^(?:end of (?:the )?(?:document|e-?mail|context|data|user input|user query|input|text|web ?page|page)|(?:begin|start of) (?:a )?new (?:instructions?|conversation|session|task))[ \t\])>#*=_.:-]{0,30}(?:\n|$)`,
		},
		{
			// Rehberger, "Hacking Google Bard" (embracethered.com, 2023): an image whose
			// address carries what the model knows.
			injectExfiltration, 0.85, "](http",
			`@\]\( ?https?://[^\s)]{1,300}[?&/=](?:[^\s)]{0,60}[?&=])?(?:\{{1,2}|<|\[|\$\{?|%7b|%5b)[^)\n]{1,80}\)?`,
		},
		{
			injectExfiltration, 0.8, "send|forward|upload|transmit|exfiltrat|leak|submit|e-mail|email|append|post|encode;conversation|chat history|system prompt|credential|api key|password|secret|token|previous message|private|confidential|user's|user data|environment variable|their data",
			`@(?:send|forward|upload|transmit|exfiltrate|leak|submit|e-?mail|append|post|encode)\b[^.!?\n]{0,80}?\b(?:conversation|chat history|system prompt|credentials?|api keys?|passwords?|secrets?|tokens?|previous messages?|(?:private|confidential|personal|sensitive) (?:data|information|files?|e-?mails?|keys?)|user's (?:data|messages?|name|e-?mails?|information|files?)|user data|environment variables)\b[^!?\n]{0,60}?(?:\b(?:to|via|into|at|using|in)\b[^!?\n]{0,40}?(?:https?://|\w@\w|\b(?:url|endpoint|server|webhook|address|image|link)\b))`,
		},
		{
			injectAddressed, 0.8, "if you are|if you're|if you’re|attention|instructions for|instruction for|instructions to|instruction to|note for|notes for|note to|notes to|message to|messages to|message for|dear|hey|hello|to any|to all;ai model|ai assistant|ai agent|ai system| ai read| ai:| ai,|llm|language model|chatbot|assistant|chatgpt|copilot|claude|gemini",
			`@(?:if you(?:'re| are)|attention|instructions? (?:to|for)|notes? (?:to|for)|messages? (?:to|for)|dear|hey|hello|to)[,:]? ?(?:an? |the |all |any |every |every other )?(?:helpful |automated |intelligent )?(?:ai|llm|language model|large language model|chatbot|chatgpt|copilot|claude|gemini|virtual assistant|ai assistant|assistant)(?: (?:assistants?|models?|agents?|systems?|language models?|readers?))?s?\b[^.!?\n]{0,20}?(?:[,:!]|\b(?:reading|processing|summari[sz]ing|analy[sz]ing|reviewing|parsing|please|you (?:must|should|are)|that)\b)`,
		},
		{
			injectAddressed, 0.85, "assistant|language model|llm|chatbot|chatgpt|agent|model|ai reading|ai processing|ai that|ai which|ai is|ai model|ai assistant|ai agent|ai system|ai,;reading this|processing this|summarizing this|summarising this|analyzing this|analysing this|parsing this|reviewing this|viewing this|evaluating this|reads this|processes this|summarizes this",
			`@(?:ai|llm|assistant|language model|chatbot|chatgpt|agent|model)s?\b,? (?:(?:that|which|who) )?(?:is |are )?(?:currently )?(?:reading|processing|summari[sz]ing|analy[sz]ing|parsing|reviewing|viewing|evaluating|reads?|process(?:es)?|summari[sz]es?) this\b`,
		},
		{
			injectAddressed, 0.6, "when summariz|when summaris|when asked|when you summar|when answering|when responding|when processing|when analyzing|when you answer|when you respond|when generating|when reviewing this",
			`@when (?:you (?:are )?)?(?:summari[sz]\w*|asked\b|answer\w*|respond\w*|process\w*|analy[sz]\w*|generat\w*|reviewing)\b[^.!?\n]{0,60}?\b(?:you must|you should|always (?:say|include|add|mention|recommend)|make sure (?:to|you)|be sure to|instead(?: say| of)?|do not mention|don't mention|only say|rate (?:it|this)|recommend (?:only )?this)\b`,
		},
		{
			injectConcealment, 0.8, "do not|don't|don’t|never|without|must not|should not|hide|conceal;the user|the human|this instruction|these instruction|this message|this prompt|these prompt|this task|this note|this step|the above instruction|hidden instruction",
			`@(?:(?:do not|don't|never|without|must not|should not) (?:\w+ )?(?:tell|telling|mention|mentioning|reveal|revealing|inform|informing|notify|notifying|alert|alerting|show|showing|let|letting|disclose|disclosing|ask|asking|say|warn|warning)|hide|conceal) [^.!?\n]{0,40}?\b(?:the (?:user|human)|(?:this|these|the above|hidden) (?:instructions?|message|prompt|task|note|step))\b`,
		},
		{
			// Invariant Labs, "MCP Security Notification: Tool Poisoning Attacks" (2025):
			// descriptions of tools that order what to read and to pass on.
			injectTool, 0.7, "before using|before calling|before invoking|before you use|before you can use|before you call|you must|you should|you need to|you have to|you are required|" + cross("immediately|always|then|now", "call|use|invoke|execute|trigger") + ";tool|function|plugin",
			`@before (?:using|calling|invoking|you (?:can )?(?:use|call)) (?:this|any|the|other)\b[^.!?\n]{0,40}?\b(?:tool|function)s?\b[^.!?\n]{0,60}?\b(?:read|call|use|send|must|first|open|run)\b|(?:you (?:must|should|need to|have to|are required to)|immediately|always|then|now) (?:first |now |then |immediately |also |use the |call the )?(?:call|use|invoke|execute|trigger)\b[^.!?\n]{0,50}?\b(?:tool|function|plugin)\b`,
		},
		{
			injectTool, 0.75, "<important>|<secret>|<hidden>|<system-reminder>|<instructions>",
			`@<(?:important|secret|hidden|instructions)>[^<]{0,240}?\b(?:you|tool|file|read|must|user)\b`,
		},
		{
			injectTool, 0.75, cross("please|now|then|must|should|to", "run|execute") + ";curl|wget|rm -rf|bash -c|base64 -d|invoke-webrequest|powershell",
			`@(?:please|now|then|must|should|to) (?:run|execute)\b[^\n]{0,60}?(?:\bcurl |\bwget |\brm -rf\b|\bbash -c\b|\bbase64 -d|\binvoke-webrequest\b|\bpowershell\b)`,
		},
		{
			injectSteering, 0.6, cross("in|into|to|from|with|of|on|as|within|for|throughout|using", cross("your|your final", "response|reply|answer|output|summary")+"|your message|your solution|your implementation|your code|your project|your script|your program"),
			`(?:^|[.!?:;,>"\n)|] ?|\b(?:please|also|and|then|to|must|should|hesitate to|sure to|forget to|consider|can|now|optimally|carefully|better|useful|the|by|of) )(?:add|include|append|insert|integrate|incorporate|modify|augment|enhance|enrich|extend|replace|provide|render|give|convert|scramble|misspell|jumble|remove|group|combine|rearrange|introduce|substitute|use|utilize|merge|embed|blend|end|begin|start|finish|conclude|prefix|write|format|translate|adding|including|inserting|integrating|incorporating|merging|enriching|embedding|featuring|anagram|inclusion|implementation|presence|incorporation|integration|addition|existence|fit|weave|fuse|make|employ|place|put|leverage|ensure|inject|infuse|mix|invert|reverse|encode|mention|alter|adjust|change|shuffle|swap|mask|express|craft|emphasize|highlight|suggest)\b[^.!?\n]{0,160}?\b(?:in|into|to|from|with|of|on|as|within|inside|for|throughout|using) (?:your|all of your) (?:entire |own |whole |final |next |following |coding )?(?:response|reply|answer|output|summary|message|solution|implementation|code|project|script|program)s?\b`,
		},
		{
			injectSteering, 0.6, "in your response|in your reply|in your answer|modify your|enhance your|augment your|alter your|adjust your|adapt your|enrich your|extend your|render your|encode your|express your|translate your|scramble your|jumble up your|rewrite your|your response by|your reply by|your answer by|your answer to|your reply to|your response to",
			`@.(?:in your (?:response|reply|answer|output|summary),? (?:\w+ ){0,2}(?:suggest|mention|include|add|tease|say|recommend|use|write|state|highlight|encourage|emphasi[sz]e|promote|ask|tell|note)\b|(?:modify|enhance|augment|alter|adjust|adapt|change|extend|enrich|render|encode|express|translate|scramble|jumble up|rewrite) your (?:response|reply|answer|output|summary|message)\b)`,
		},
		{
			injectSteering, 0.6, "following code|below code|code snippet|code section|code block|code below|code excerpt|code segment|code piece|code fragment|subsequent code|following script|following function|following lines",
			`\b(?:add|include|append|insert|integrate|incorporate|use|utilize|merge|embed|enrich|featur\w+|employ|ensure|inclusion|implementation|presence|incorporation|addition|fuse|blend|weave|place|leverage|inject|apply|adopt|existence|adding|including|embedding|implement|introduce|introducing|incorporating|integrating|merging|inserting)\b[^.!?\n]{0,60}?\b(?:following|below|subsequent|given|provided|this|next)\b[^.!?\n]{0,30}?\b(?:code|script|function|lines|snippet|section|segment|block|piece|fragment|excerpt)\b|\b(?:following|below|subsequent|provided) (?:code|script|function|lines)\b[^.!?\n]{0,60}?\b(?:in|into|of|to|as|within|with) (?:\w+ ){0,6}?(?:your|the) (?:\w+ )?(?:code|solution|implementation|project|program|script|response|answer)\b`,
		},
		{
			// A document rarely asks anyone to explain or translate something; a model is
			// asked that all the time. Alone it proves nothing: exercises do it as well.
			injectTask, 0.35, "explain|translate|write a|write an|compose a|draft a|draft an|provide a|provide the|describe the|develop a|summarize|how do i|what is|can you show|list the|break down",
			`@.(?:explain (?:the|how|what|why)|translate (?:the|this|into|to)|(?:write|compose|draft|develop|provide|create|generate) (?:me )?an? (?:short |brief |simple |detailed )?(?:story|poem|essay|speech|letter|introduction|function|program|script|song|haiku|example|summary|recipe|email|article|paragraph|list)|describe (?:the|how)|summari[sz]e (?:the|this)|how do (?:i|you) (?:solve|say|write|make|calculate|convert|use)|what(?:'s| is) the (?:capital|difference between|meaning of)|can you show me an?|break down the)\b`,
		},
	})
}

var sharedInjection = sync.OnceValues(func() (*phraseSet, error) { return newPhraseSet(injectionPhrases()) }) //nolint:gochecknoglobals // made once from constants

// injection looks for texts that give orders to the model that reads them. In
// what a document or a tool says nobody has orders to give; a user has, and so
// only what goes against the application counts there.
type injection struct {
	finder *phraseFinder
}

func newInjection() (part, error) {
	set, err := sharedInjection()
	if err != nil {
		return nil, err
	}
	return &injection{finder: newPhraseFinder(set)}, nil
}

func (p *injection) keywords() []string { return p.finder.set.words }

// roleWeight is what an order is worth where it stands, of what it is worth in a
// document. A system prompt gives orders by right, and often quotes attacks to
// fend them off.
func roleWeight(role Role, label string) float64 {
	switch role {
	case RoleDocument, RoleTool:
		return 1
	case RoleUser:
		switch label {
		case injectOverride, injectReassignment, injectAuthority:
			return 0.85
		case injectDelimiter:
			return 0.8
		case injectExfiltration, injectAddressed:
			return 0.6
		case injectConcealment, injectTool:
			return 0.45
		}
	case RoleToolCall:
		if label != injectTask && label != injectSteering {
			return 0.5
		}
	case RoleSystem, RoleAssistant, RoleReasoning:
	}
	return 0
}

func (p *injection) scan(t *Text, report func(Sign)) {
	if roleWeight(t.Role, injectOverride) == 0 {
		return
	}
	p.finder.find(t, func(rule *phraseRule, from, to int) {
		score := rule.score * roleWeight(t.Role, rule.label) * mentioned(t.Folded, from, to)
		if rule.label == injectDelimiter && templated(t) {
			score *= 0.4
		}
		if rule.label == injectOverride && advised(t.Folded, from) {
			return
		}
		if score > 0 {
			report(Sign{Kind: KindInjection, Label: rule.label, Score: score, Start: from, End: to})
		}
	})
}

// advised reports whether what begins at a place is what somebody is told not to do: do
// not ignore the rules. A threat is no such advice: if you do not ignore them.
func advised(text []byte, at int) bool {
	before := bytes.TrimRight(text[max(0, at-40):at], " \t\r\n")
	for _, word := range []string{"do not", "don't", "don’t", "never", "must not", "should not", "shall not", "may not", "cannot", "not to"} {
		if rest, ok := bytes.CutSuffix(before, []byte(word)); ok && (len(rest) == 0 || !isWordByte(rest[len(rest)-1])) {
			return !bytes.HasSuffix(bytes.TrimRight(rest, " \t\r\n"), []byte("if you"))
		}
	}
	return false
}

// templated reports whether a text is a whole chat in the template of a model that
// completes texts: the delimiters in it are those of the application.
func templated(t *Text) bool {
	if t.Role != RoleUser || !t.Begins {
		return false
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(t.Folded, []byte("<s>")))
	for _, mark := range []string{"[inst]", "<|begin_of_text|>", "<|im_start|>", "<|system|>", "<|user|>", "<start_of_turn>"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// mentioned is what remains of a phrase that is quoted where attacks are the
// subject: who writes about them, or asks whether a filter finds them, quotes
// them.
func mentioned(text []byte, at, to int) float64 {
	if !quoted(text, at) && !quoted(text, to-1) {
		return 1
	}
	before := text[max(0, at-300):at]
	for _, word := range []string{
		"injection", "jailbreak", "attack", "for example", "e.g.", "such as", "phrases like", "says things like",
		"this text", "this sentence", "this message", "this prompt", "the following text", "filters", "detect", "classify", "found this", "found in", "explain what",
	} {
		if bytes.Contains(before, []byte(word)) {
			return 0.4
		}
	}
	return 0.8
}
