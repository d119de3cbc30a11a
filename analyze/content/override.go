package content

// What says that earlier or governing text shall not count is told by a small
// grammar: somebody discards (ignore, set aside, are void), and what is discarded
// is what governs a model (instructions, rules, what was said so far). Each half
// alone stands in ordinary texts. So do both of them about something else: a
// handbook supersedes all previous policies, a header's rules no longer apply. What
// only models have, and whom it is said to, make the difference.
const (
	// governs is what models are given and few others; rulings are what many have.
	governs = `(?:instructions?|(?:system )?prompts?|directions?|directives?|guidelines?|commands?|programming|guardrails?|training)`
	rulings = `(?:rules?|constraints?|restrictions?|polic(?:y|ies)|orders|limits?|limitations?|boundaries|filters?|safeguards?|settings)`
	either  = `(?:` + governs + `|` + rulings + `)`
	// manyGovern is more than one of them: who means one has others to mean.
	manyGovern = `(?:instructions|(?:system )?prompts?|directions|directives|guidelines|commands|programming|guardrails|training)`
	manyRules  = `(?:instructions|(?:system )?prompts?|directions|directives|guidelines|commands|programming|guardrails|rules|constraints|restrictions|policies|orders|boundaries|safeguards)`

	// before is what stood there first; it may be counted: every one of the prior.
	before = `(?:previous|prior|above|earlier|preceding|foregoing|initial|original|existing|current|former|old|first|usual|normal|standard)`
	// until is how far back it is.
	until = `(?:above|previously|earlier|so far|until (?:now|here|this point)|till now|up to (?:here|now|this point)|at the top|before(?: (?:this|that|now|here)\b|\s*(?:[.,;:!?)"\n]|$)))`
	// said is how what was said is spoken of. Who asks may take back what they said
	// themselves: that is no attack.
	said = `(?:everything|anything|all|whatever|what)(?: of)?(?: that)? (?:(?:was|were|is|has been|had been|stands|stood|comes|came|you(?:'ve| have| had)? (?:been|were|are)|they|we)\b )?(?:\w+ ){0,3}?`

	// discards is said to whoever reads; undoes as well, but of much else too.
	discards = `(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?(?: about)?|neglect|pay no (?:attention|heed) to|(?:set|put|leave|lay) aside|leave behind|do away with|throw (?:away|out)|unlearn|` +
		`(?:do not|don't|never|no longer|stop) (?:follow(?:ing)?|obey(?:ing)?|heed(?:ing)?|listen(?:ing)? to|adher(?:e|ing) to|abid(?:e|ing) by))`
	undoes = `(?:drop|scrap|abandon|cancel|revoke|suspend|lift|erase|wipe|clear|reset|delete|remove|dismiss|supersedes?)`

	// undone is what happened to what no longer counts, as a passive has it.
	undone = `(?:void|null|invalid|obsolete|outdated|deprecated|cancell?ed|revoked|rescinded|repealed|suspended|lifted|waived|replaced|superseded|overruled|overridden|overwritten|withdrawn|` +
		`disabled|deactivated|switched off|turned off|removed|deleted|erased|wiped|dropped|discarded|reset|inactive|gone)`
	// noLonger is a predicate that says so.
	noLonger = `(?:(?:are|is|was|were|be|been|being|as|stand|become) (?:(?:now|hereby|henceforth|all|just|already|completely|entirely|temporarily|therefore) ){0,2}(?:` + undone + `|(?:no longer|not|out of|never) (?:in )?(?:force|effect|valid|binding|active|applicable))|` +
		`(?:no longer|do not|does not|don't|doesn't|cease to|never) (?:appl(?:y|ies)|count|counts|hold|bind|exist|govern|matter))\b`

	// fromHere marks that something changes at this very place of a text.
	fromHere = `(?:from (?:now|here|this (?:point|moment|message|line)) on(?:wards?)?|as of now|as from now|starting now|from this (?:point|moment)(?: forward)?)`
)

// The first words of the patterns, for [phrase].
const (
	discardWords = "ignore|ignoring|disregard|forget|neglect|pay no attention|pay no heed|set aside|put aside|leave aside|lay aside|leave behind|do away with|throw away|throw out|unlearn|" +
		"do not follow|don't follow|don’t follow|do not obey|don't obey|don’t obey|do not heed|do not listen|don't listen|don’t listen|never follow|never obey|no longer follow|no longer obey|" +
		"stop following|stop obeying|stop listening|do not adhere|do not abide"
	undoWords  = "drop|scrap|abandon|cancel|revoke|suspend|lift|erase|wipe|clear|reset|delete|remove|dismiss|supersede"
	ruleWords  = "instruction|prompt|direction|directive|guideline|command|programming|guardrail|training|rules|constraint|restriction|polic|orders|limit|boundar|filter|safeguard|settings"
	undoneWord = "void|null|invalid|obsolete|outdated|deprecated|cancelled|canceled|revoked|rescinded|repealed|suspended|lifted|waived|replaced|superseded|overruled|overridden|overwritten|withdrawn|" +
		"disabled|deactivated|switched off|turned off|removed|deleted|erased|wiped|dropped|discarded|reset|inactive|gone|no longer|out of force|do not apply|don't apply|don’t apply|does not apply|do not hold|do not count|never appl|not appl|not valid|not in force"
	beforeWords = "previous|prior|above|earlier|preceding|foregoing|initial|original|existing|current|former|old|first|usual|normal|standard"
	hereWords   = "from now on|from here on|from this point|from this moment|from this message|from this line|as of now|as from now|starting now"
)

// overridePhrases find what shall make earlier text not count.
func overridePhrases() []phrase {
	return []phrase{
		{
			injectOverride, 0.9, discardWords + ";" + ruleWords,
			`@` + discards + `\b[^.!?\n]{0,25}?\b(?:(?:` + before + `|your|system|all(?: of)?(?: the| these| those| my| other)?|any(?: of the)?|every one of the)\b[^.!?\n]{0,25}?\b(?:` + manyRules + `|context)|(?:` + before + `|your|system) (?:\w+ )?` + governs + `|(?:the|these|those|my) (?:\w+ )?` + manyGovern + `)\b`,
		},
		{
			// So does a program: it ignores the rules of a folder.
			injectOverride, 0.5, discardWords + ";" + ruleWords,
			`@` + discards + `\b[^.!?\n]{0,15}?\b(?:the|these|those|my|every|any) (?:\w+ )?` + either + `\b`,
		},
		{
			injectOverride, 0.85, "override|overriding|bypass|discard|" + undoWords + ";" + ruleWords,
			`@(?:overrid(?:e|ing)|bypass(?:ing)?|discard(?:ing)?|drop|scrap|abandon|revoke|suspend) (?:(?:all|any|each|every one|every|the|of|your|my|these|those|other|system|entirely|completely) ){0,4}(?:` + before + `|your|system)(?: (?:and|or|,) ` + before + `)?(?: \w+)? ` + governs + `\b`,
		},
		{
			injectOverride, 0.65, "override|overriding|bypass|discard|" + undoWords + ";" + ruleWords,
			`@(?:overrid(?:e|ing)|bypass(?:ing)?|discard(?:ing)?|drop|scrap|abandon|cancel|revoke|suspend|lift|erase|wipe|dismiss|supersedes?) (?:(?:all|any|each|every one|every|the|of|your|my|these|those|other) ){0,4}(?:previous|prior|above|earlier|preceding|foregoing|initial|original|your)(?: \w+)? ` + either + `\b`,
		},
		{
			// With the place behind: drop the rules at the top.
			injectOverride, 0.85, discardWords + "|override|overriding|bypass|discard|" + undoWords + ";at the top|so far|until now|until here|up to|till now|before this|above",
			`@(?:` + discards + `|overrid(?:e|ing)|bypass(?:ing)?|discard(?:ing)?|` + undoes + `) (?:(?:all|any|each|every one|every|the|of|your|my|these|those|other) ){1,4}` + either + `(?: (?:from|that (?:stand|came|were given)|given|listed|stated))? (?:so far|at the top|until (?:now|here|this point)|till now|up to (?:here|now|this point)|before this (?:line|point|message))\b`,
		},
		{
			injectOverride, 0.85, discardWords + "|override|overriding|bypass|discard|drop|scrap|abandon|revoke|suspend;above",
			`@(?:` + discards + `|overrid(?:e|ing)|bypass(?:ing)?|discard(?:ing)?|drop|scrap|abandon|revoke|suspend) (?:(?:all|any|each|every one|every|the|of|your|these|those|other) ){1,4}` + governs + `(?: (?:from|that (?:stand|came|were given)|given|listed|stated))? above\b`,
		},
		{
			// Whoever says so claims the right to.
			injectOverride, 0.85, "i hereby|i now|i lift|i revoke|i suspend|i cancel|i waive|i release|i free|i remove|i am lifting|i switch|i turn|we hereby|we lift|we revoke|we suspend;" + ruleWords + "|safety|moderation",
			`@(?:i|we) (?:(?:hereby|now|therefore|am|are) ){0,2}(?:lift|lifting|revok(?:e|ing)|suspend(?:ing)?|cancel(?:ing|ling)?|waiv(?:e|ing)|remov(?:e|ing)|switch(?:ing)? off|turn(?:ing)? off|releas(?:e|ing) you from|free(?:ing)? you (?:of|from)) (?:(?:all|any|each|every one|every|of|the) ){0,4}(?:your|safety|content|moderation)\b(?: \w+){0,2}? (?:` + either + `|layers?|checks?|protocols?)\b|(?:i|we) (?:(?:hereby|now) )?(?:switch|turn) (?:your|the|all) (?:safety|content|moderation|ethical)(?: \w+){0,2} off\b`,
		},
		{
			injectOverride, 0.85, discardWords + "|scrap|drop|erase|override|overriding|bypass|discard;above|before|earlier|previous|far|until|till|up to|at the top|told you|you were|you know",
			`@(?:` + discards + `|scrap|drop|erase|overrid(?:e|ing)|bypass|discard) (?:about )?(?:` + said + `(?:\b` + until + `|(?:you were told|told you|you know|you have been told)\b)|the (?:above|foregoing)\b)`,
		},
		{
			// The same of what whoever asks said: mostly only a change of mind.
			injectOverride, 0.45, "forget|ignore|disregard|scrap;i said|i wrote|i asked|i told",
			`@(?:forget|ignore|disregard|scrap) (?:about )?(?:everything|anything|all|whatever|what) (?:that )?i(?:'ve| have| had)? (?:just )?(?:said|wrote|written|asked|told)\b`,
		},
		{
			// Said of the reader's own: your instructions have been revoked.
			injectOverride, 0.85, "your;" + ruleWords + ";" + undoneWord,
			`@your (?:(?:` + before + `|own|system) ){0,2}` + governs + `\b[^.!?\n]{0,30}?\b` + noLonger,
		},
		{
			injectOverride, 0.85, "treat|consider|regard|declare;" + undoneWord,
			`@(?:treat|consider|regard|declare) (?:all |any |each of |every one of )?(?:the |your |my )?(?:` + before + ` )?` + either + `\b[^.!?\n]{0,20}?\b` + undone + `\b`,
		},
		{
			// Said as an order that begins to hold where it stands.
			injectOverride, 0.85, hereWords + ";" + undoneWord,
			`@` + fromHere + `\b[^.!?\n]{0,30}?\b(?:all|any|every|each|the|your|these|none|no)\b[^.!?\n]{0,30}?\b` + either + `\b[^.!?\n]{0,30}?\b` + noLonger,
		},
		{
			// Said, and then the reader is told to act on it.
			injectOverride, 0.85, beforeWords + "|all|your|these|system;" + ruleWords + "|rule;" + undoneWord,
			`@(?:` + before + `|all|your|these|system)\b[^.!?\n]{0,20}?\b` + either + `\b[^.!?\n]{0,30}?\b` + noLonger + `[^.!?\n]{0,60}[.!;:,]? (?:and |so |please |now |instead |then ){0,2}(?:(?:` + discards + `|override|drop|discard) (?:them|it|those|these)\b|you (?:are now|must now|now (?:are|have|act|answer|obey))\b|(?:print|output|repeat|reveal|show me|tell me|reply|respond|answer|act as) [^\n]{3,40})`,
		},
		{
			injectOverride, 0.45, ruleWords + ";" + undoneWord,
			`@` + either + `\b[^.!?\n]{0,30}?\b` + noLonger,
		},
		{
			injectOverride, 0.8, "everything|anything|whatever|what was|what you|what has|what had|what we|what they|all that|all of what|all you;" + undoneWord,
			`@` + said + `(?:` + until + `|(?:you were told|told you)\b)[^.!?\n]{0,20}?\b` + noLonger,
		},
		{
			injectOverride, 0.8, discardWords + "|drop|abandon;task|assignment",
			`@(?:` + discards + `|drop|abandon) (?:the|your|this) (?:(?:current|original|user's|given|actual) )?(?:task|assignment)\b[^.!?\n]{0,20}?\b(?:and|then|instead)\b`,
		},
		{
			injectReassignment, 0.6, "from now on|from here on|from this point|from this moment|from this message|from this line",
			`@from (?:now|here|this (?:point|moment|message|line)) on(?:wards?)?,? (?:you (?:are|will|must|should|shall|have to|only)|ignore|respond|reply|answer|speak|talk|act|behave|always|only|never|do not|obey|comply)\b`,
		},
		{
			injectReassignment, 0.65, "new instruction|updated instruction|real instruction|actual instruction|new task|real task|actual task|new objective|new directive|new system prompt|new goal|new rule|new role|new direction|new guideline|new orders|new constraint|new command|true goal|real goal",
			`@(?:new|updated|real|actual|true|revised) (?:and \w+ )?(?:system )?(?:instructions?|tasks?|objectives?|directives?|directions|guidelines|prompts?|goals?|rules?|roles?|orders|constraints|commands?)(?: (?:is|are|follow)\b|\s*[:=-])`,
		},
	}
}

// sending is what an order to give away does.
const sending = `(?:send|forward|upload|transmit|exfiltrate|post|posting|submit|deliver|report|pass (?:on )?|put|copy|e-?mail|append|transfer|hand over|give)`

const sendWords = "send|forward|upload|transmit|exfiltrate|post|submit|deliver|report|pass|put|copy|e-mail|email|append|transfer|hand over|give"

// somewhere is where to.
const somewhere = `(?:https?://|\w@\w)`

// errandPhrases find orders to send something somewhere, in what a model reads.
// Manuals say as much of programs, and letters of people. Those who are told by
// these are asked for what they know or have seen, to do it before they go on, or
// to use a tool by its name.
func errandPhrases() []phrase {
	const words = "https://|http://"
	return []phrase{
		{
			injectExfiltration, 0.85, sendWords + ";you know|you have|you've|you’ve|you saw|you hold|your context|your memory|this conversation|this chat|this session|this thread|seen so far|found so far|collected so far",
			`@` + sending + `\b[^\n]{0,80}?(?:\b(?:that )?you(?:'ve| have)? (?:know|saw|seen|found|read|collected|gathered|been given|hold|learned|remember)\b|\b(?:in|from|of) your (?:context|memory|conversations?)\b|\b(?:of|in|from) this (?:conversation|chat|session|thread)\b|\b(?:seen|found|collected|gathered) so far\b)[^\n]{0,80}?` + somewhere,
		},
		{
			injectExfiltration, 0.75, sendWords + ";you know|you have|you've|you’ve|you saw|you hold|your context|your memory|this conversation|this chat|this session|this thread|seen so far|found so far|collected so far",
			`@` + sending + `\b[^.!?\n]{0,30}?\bto\b ?` + somewhere + `[^\n]{0,160}?\b(?:you(?:'ve| have)? (?:know|saw|seen|found|read|collected|gathered|been given|hold|learned)|your (?:context|memory))\b`,
		},
		{
			injectTool, 0.8, "before you|before anything|before go|before continu|before answer|before proceed|before reply|before finish|before respond|do not finish|do not answer|do not reply|do not respond|do not continue|do not proceed|do not go on|don't answer|don’t answer|don't reply|don’t reply|never answer|never reply|must first|shall first|has to first|have to first|should first|to first|first;" + words,
			`@(?:before (?:you )?(?:go on|going on|continu\w+|answer\w*|proceed\w*|reply\w*|finish\w*|respond\w*|do(?:ing)? anything)|before anything else|(?:do not|don't|never) (?:finish|answer|reply|respond|continue|proceed|go on)\b[^.!?\n]{0,40}?\b(?:until|before)|(?:must|shall|has to|have to|should|to) first|first(?:,| of all,?)?)\b[^.!?\n]{0,40}?\b` + sending + `\b[^\n]{0,80}?` + somewhere,
		},
		{
			injectTool, 0.75, "call|use|using|invoke|with|via|through|run;" + words,
			`@(?:call|use|using|invoke|with|via|through|run) (?:the )?(?:tool |function )?[a-z]+_[a-z_]+\b[^\n]{0,80}?` + somewhere + `[^\n]{0,120}?\b(?:names?|people|recipients?|contacts?|customers?|addresses|records?|conversations?|messages|secrets?|credentials?|passwords?|tokens)\b[^\n]{0,60}?\byou\b`,
		},
		{
			// Whom it speaks to is no person.
			injectAddressed, 0.85, "ai agent|ai assistant|ai model|ai system|assistant|language model|large language model|llm|chatbot|bots|the agent;" + words,
			`@(?:ai agents?|ai assistants?|ai models?|ai systems?|assistants?|(?:large )?language models?|llms?|chatbots?|bots|the agent)\b[^.!?\n]{0,60}?(?:\b(?:must|should|shall|are required to|is required to|have to|has to|are (?:asked|instructed|told) to|please|need to|needs to)\b|:)[^.!?\n]{0,80}?\b` + sending + `\b[^\n]{0,80}?` + somewhere,
		},
	}
}
