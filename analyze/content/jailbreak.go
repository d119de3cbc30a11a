package content

import (
	"bytes"
	"sync"
)

// The labels of jailbreaks.
const (
	jailPersona      = "persona"      // plays someone without rules
	jailUnrestricted = "unrestricted" // says that no rules hold
	jailDeveloper    = "developer-mode"
	jailFiction      = "fiction"     // wraps the question in a story
	jailPurpose      = "purpose"     // claims a purpose that makes it harmless
	jailSuppression  = "suppression" // forbids to refuse
	jailPrefix       = "prefix"      // has the answer begin with a yes
	jailSplitting    = "splitting"   // has the question put together from pieces
	jailManyShot     = "many-shot"   // shows many answers of the wanted kind
	jailSuffix       = "suffix"      // ends in what a search over tokens found
)

// jailbreakPhrases: the families are those of Wei et al., "Jailbroken: How Does
// LLM Safety Training Fail?" (arXiv:2307.02483) and of Shen et al., "Do Anything
// Now" (arXiv:2308.03825), in words of our own.
func jailbreakPhrases() []phrase {
	const rules = `(?:guidelines?|restrictions?|filters?|limits?|limitations?|constraints?|polic(?:y|ies)|considerations?|boundaries|guardrails?|rules|principles|compass|standards|norms|safeguards|censorship)`
	const free = `(?:(?:has|have|having|had|with|know|knows|needs?|follows?|obeys?|under|is given|was given|(?:was |were )?never (?:been )?given) (?:absolutely |to follow )?(?:no|not any|zero|any) |without (?:any |the |its |your )?|free (?:of|from) (?:all |any |every |your |its )?|not (?:bound|limited|restricted|held back) by (?:any |the |your |its )?)(?:\w+ )?` + rules
	return []phrase{
		{
			jailPersona, 0.8, "you are now|you're now|you’re now|you will now be|you have become;rules|limit|restriction|filter|guideline|boundar|constraint|guardrail|censor|moral|standards",
			`@you(?:'re| are| will| have) (?:now|become|now become|now be)\b[^.!?\n]{0,60}?\b` + free + `\b`,
		},
		{
			jailPersona, 0.75, "you|act|play|pretend|imagine|suppose|rehearse|simulate|become|role|part|character|scene|game|story;rules|limit|restriction|filter|guideline|boundar|constraint|guardrail|censor|moral|standards",
			`@(?:you|act|acts|play|plays|pretend|imagine|suppose|rehearse|simulate|become|role|part|character|scene|game|story)\b[^.!?\n]{0,80}?\b(?:assistant|chatbot|bot|language model|ai)\b[^.!?\n]{0,40}?\b` + free + `\b`,
		},
		{
			jailUnrestricted, 0.75, "pretend|imagine|suppose|assume|let us say|let's say|let’s say|say hypothetically|hypothetically;forbidden|off limits|off-limits|prohibited|banned|allowed|permitted|rules|orders|restriction|guideline|instruction|guardrail|direction|constraint",
			`@(?:pretend|imagine|suppose|assume|let us say|let's say|say|hypothetically)\b[^.!?\n]{0,80}?(?:\bnothing (?:was|is|were|would be) (?:forbidden|off[- ]limits|prohibited|banned)(?: (?:to|for) you)?\b|\beverything (?:is|was|were) (?:allowed|permitted) (?:to|for) you\b|\bbefore (?:your|its|their) (?:` + rules + `|instructions|directions|orders)\b|\byour (?:` + rules + `|instructions|directions)\b[^.!?\n]{0,30}?\b` + noLonger + `)`,
		},
		{
			jailUnrestricted, 0.75, "answer|respond|reply|speak|talk|act|behave|operate|comply;without",
			`@(?:answer|respond|reply|speak|talk|act|behave|operate|comply)(?: (?:to )?(?:me|us|freely|openly|everything|anything|all|every question|all questions|in full|from now on))? without (?:any |all |the |your )?(?:\w+ )?(?:filters?|filtering|restrictions?|limits|limitations?|censorship|guardrails?|safeguards?|rules|refus\w+|objections?)\b`,
		},
		{
			jailUnrestricted, 0.8, "for this|in this|during this|in our|in the following;" + undoneWord,
			`@(?:for|in|during) (?:this|our|the following) (?:test|exercise|session|conversation|chat|game|play|scene|story|demo|experiment|rehearsal|role-?play|simulation)\b[^.!?\n]{0,40}?\b(?:the|your|all|any|usual|normal|none)\b[^.!?\n]{0,20}?\b` + either + `\b[^.!?\n]{0,20}?\b` + noLonger,
		},
		{
			jailPersona, 0.9, "do anything now|dan mode|as dan|are dan|be dan|anti-dan|antigpt|betterdan|evil-bot|evilbot|evil confidant|unfiltered bot|machiavellian",
			`\bdo anything now\b|\b(?:as|are|be|become|called|named|play) (?:a )?(?:dan|anti-?dan|anti-?gpt|betterdan|evil-?bot|evil confidant|unfiltered bot)\b|\bdan mode\b|\b(?:intelligent|amoral)[^.\n]{0,20}\bmachiavellian\b`,
		},
		{
			jailPersona, 0.8, "unfiltered|amoral|uncensored|unrestricted|jailbroken|unethical|immoral|evil|rogue|unaligned|no morals|without morals;you are|act as|pretend|roleplay|role-play|role play|imagine|character|persona|simulate|respond as|answer as|chatbot|become",
			`\b(?:you(?:'re| are| will be| have become)|act(?:ing)? as|pretend(?:ing)?|role-?play(?:ing)?|role play|imagine|character|persona|simulat\w+|respond as|answer as|become|chatbot|ai)\b[^.!?\n]{0,100}?\b(?:unfiltered|amoral|uncensored|unrestricted|jailbroken|unethical|immoral|evil|rogue|unaligned)\b[^.!?\n]{0,40}?\b(?:ai|chatbot|bot|assistant|model|character|persona|version|confidant|entity|advice|responses?|answers?|language model|twin|expert)\b|\b(?:an?|is) (?:\w+,? (?:and )?)?(?:unfiltered|amoral|uncensored)(?: and \w+)? (?:ai|chatbot|bot|assistant|model)\b`,
		},
		{
			jailPersona, 0.45, "in character|break character|of character",
			`\b(?:stay(?:ing)?|remain(?:ing)?|never break|always be|don't break|not break|keep) (?:in |out of )?(?:your )?character\b`,
		},
		{
			jailUnrestricted, 0.7, cross("no|without|without any", "ethic|ethical|moral|safety|content|legal|openai|censorship|ai|typical|usual|normal|societal") + "|free of|free from|lacks|lack any|lack all|" +
				cross("doesn't|doesn’t|does not|don't|don’t|do not|didn't", "have any|have to follow|have to abide|have to adhere") + "|" + cross("not|no longer", "bound|restricted|limited|constrained") + "|freed from|ignoring all|ignoring any|ignores all|ignores any|ignore all|ignore any;guideline|restriction|filter|limit|constraint|polic|boundar|guardrail|rules|principles|moral|safeguard|censor|consideration|compass|standards|norms",
			`@(?:no|without(?: any)?|free (?:of|from)(?: all| any)?|lacks?(?: any| all)?|(?:doesn't|does not|don't|do not|didn't) have (?:any|to (?:follow|abide by|adhere to))|not (?:bound|restricted|limited|constrained) by(?: any)?|no longer (?:bound|restricted|limited|constrained) by|freed from|ignor\w+ (?:all|any)) (?:of )?(?:the |its |your )?(?:\w+ )?(?:ethical|moral|safety|content|legal|openai|censorship|ai|programmed|societal)(?:,? ?(?:and|or|/)? ?(?:ethical|moral|safety|content|legal|societal))* ` + rules,
		},
		{
			jailUnrestricted, 0.8, "no matter how|regardless of how|however immoral|however illegal",
			`@(?:no matter|regardless of) how (?:\w+, ?){0,4}(?:or |and )?(?:immoral|illegal|unethical|harmful|dangerous|offensive|explicit|inappropriate|reckless|inhumane|controversial|disturbing)\b`,
		},
		{
			jailDeveloper, 0.75, "developer mode|debug mode|god mode|sudo mode|jailbreak mode|unrestricted mode|opposite mode|evil mode|maintenance mode|unfiltered mode|admin mode|root mode",
			`\b(?:you are (?:now )?in|with|respond(?:ing)? in|as a|simulat\w+|chatgpt (?:with|in)|your|now in|enter|ai in) (?:\w+ ){0,3}(?:developer|debug|god|sudo|jailbreak|unrestricted|opposite|evil|maintenance|unfiltered|admin|root) mode\b|\b(?:developer|jailbreak|god|unrestricted|evil|unfiltered) mode (?:output|response|(?:is )?(?:now )?(?:enabled|activated|unlocked)|policy)\b`,
		},
		{
			jailFiction, 0.35, "hypothetical|fictional|imaginary|parallel universe|fiction|in a world where|alternate reality|make-believe",
			`\b(?:in (?:this|a|an)|consider (?:a|this)|imagine (?:a|an|that)|let's (?:consider|imagine)|for (?:a|this)|this is (?:a|just a|purely)|set in (?:a|an)|purely|strictly|entirely|completely|write (?:a|this)|create (?:a|an)|describe (?:a|an)) (?:\w+ ){0,3}?(?:hypothetical|fictional|imaginary|parallel universe|make-believe|alternate reality|fictitious)\b|\bin a world where\b`,
		},
		{
			jailPurpose, 0.35, "purposes|educational|academic|research purpose",
			`\b(?:purely|strictly|solely|only|simply|just|entirely) (?:(?:for|as) (?:an? )?)?(?:educational|academic|research|fictional|informational|hypothetical|entertainment|the (?:purpose|sake) of)\b|\bfor (?:educational|academic|fictional|entertainment|informational|research) (?:and \w+ )?purposes(?: only)?\b|\bfor the sake of (?:academic|education|research|the story|argument)\b|\bin the spirit of (?:academic|exploring|exploration|research)\b`,
		},
		{
			jailFiction, 0.4, "you are|you're|you’re|imagine you|imagine that you|as a|as an|write|create|suppose you;step-by-step|step by step|detailed|how to|instructions|tutorial|guide|exactly how|realistic|methods|techniques|convincing|persuasive",
			`@.(?:you(?:'re| are) (?:an? )?|imagine (?:that )?you(?:'re| are) |as an? |write |create |suppose you(?:'re| are) )[^.!?\n]{0,120}?\b(?:novel(?:ist)?|author|screenwriter|screenplay|writer|story|scene|monologue|thriller|movie|film|script|blogger|character|journalist|professor|hacker|chemist|satirical|dystopian|comedian|director|detective|investigator)\b[^\n]{0,220}?\b(?:step[- ]by[- ]step|detailed|how to|instructions|tutorial|guide|exactly how|realistic|methods|techniques|convincing|persuasive)\b`,
		},
		{
			jailSuppression, 0.75, "never|do not|don't|don’t|must not|cannot|can't|can’t|without|avoid|none of|should not|shouldn't|will not|won't|won’t;sorry|apolog|as an ai|disclaimer|warning|refus|moral|ethic|legality|i cannot|i can't|i can’t",
			`@(?:never|do not|don't|must not|cannot|can't|without|avoid|none of|should not|shouldn't|will not|won't)\b[^.!?\n]{0,40}?\b(?:say|saying|(?:include|including)|contain(?:s|ing)?|begin|start|apologi[sz](?:e|ing)|refus(?:e|ing)|mention(?:ing)?|giv(?:e|ing)|add(?:ing)?|tell|responses?|answers?|output)\b[^.!?\n]{0,60}?(?:\bi'm sorry\b|\bi cannot\b|\bsorry\b|\bas an ai\b|\bapolog\w+|\bdisclaimers?\b|\bwarnings?\b|\brefus\w+|\bmorality\b|\bmoral\w*\b|\bethic\w*\b|\blegality\b)|never refuse\b`,
		},
		{
			jailSuppression, 0.7, "never|not allowed to|must not|will never|don't|don’t|you must|you have to|you will;can't|can’t|cannot|refuse|say no|any|all|every",
			`@(?:never|not allowed to|must not|will never|don't) (?:ever )?(?:tell|say|refuse|inform)\b[^.!?\n]{0,40}?\b(?:it can't|it cannot|you can't|you cannot|no|a question|any (?:question|request)s?|to (?:answer|comply|respond))\b|you (?:must|have to|will) (?:always )?(?:answer|comply with|respond to|obey) (?:all|any|every)\b`,
		},
		{
			jailPrefix, 0.8, "start|begin|prefix|preface|open;sure|absolutely|of course|here is|here are|here's|here’s|certainly|okay|no problem|gladly",
			`@(?:start(?:ing)?|begin(?:ning)?|open|prefix|preface|commence)\b[^.!?\n]{0,30}?\b(?:your|the|every|each|all|any|an?)? ?(?:\w+ )?(?:answer|response|reply|output|message|sentence|completion)s?\b[^.!?\n]{0,25}?\b(?:with|by (?:saying|writing|stating))\b[^a-z\n]{0,12}(?:the (?:words?|phrase|sentence|text)[^a-z\n]{0,6})?(?:sure\b|absolutely\b|of course\b|certainly\b|here(?:'s| is| are)\b|okay\b|no problem\b|gladly\b|yes\b)`,
		},
		{
			// Kang et al., "Exploiting Programmatic Behavior of LLMs"
			// (arXiv:2302.05733): payload splitting.
			jailSplitting, 0.65, " + b| + c| + y| + $|+ $b|combine|concatenat|join the|put together|putting together;answer|respond|execute|follow|complete|write|question|tell me",
			`= ?["\x27‘“][^\n]{0,160}?\b(?:answer|respond to|execute|follow|complete|write|explain|run|tell me)\b[^.!?\n]{0,60}?(?:^|\W)\$?[a-z]\d? ?\+ ?\$?[a-z]\d?\b|\b(?:combin\w+|concatenat\w+|join|put together|putting together)\b[^.!?\n]{0,50}?\b(?:parts?|pieces?|strings?|fragments?|variables?|letters|segments?|halves|words)\b[^\n]{0,80}?\b(?:answer|respond|execute|follow|complete|carry out|do what)\b`,
		},
	}
}

var sharedJailbreak = sync.OnceValues(func() (*phraseSet, error) { //nolint:gochecknoglobals // made once from constants
	return newPhraseSet(jailbreakPhrases(), turnWords()...)
})

// jailbreak looks for attempts to make a model drop its rules, by what they say
// and by the turns of a conversation that they bring with them.
type jailbreak struct{ finder *phraseFinder }

func newJailbreak() (part, error) {
	set, err := sharedJailbreak()
	if err != nil {
		return nil, err
	}
	return &jailbreak{newPhraseFinder(set)}, nil
}

func (p *jailbreak) keywords() []string { return p.finder.set.words }

// frames reports whether a label is one of what frames a question, which is no
// attack where nobody asks one.
func frames(label string) bool {
	return label == jailFiction || label == jailPurpose || label == jailSplitting
}

// jailWeight is what a phrase is worth where it stands.
func jailWeight(role Role, label string) float64 {
	switch role {
	case RoleUser:
		return 1
	case RoleDocument, RoleTool:
		if !frames(label) {
			return 0.9
		}
	case RoleToolCall:
		if !frames(label) {
			return 0.5
		}
	case RoleSystem, RoleAssistant, RoleReasoning:
	}
	return 0
}

func (p *jailbreak) scan(t *Text, report func(Sign)) {
	if jailWeight(t.Role, jailPersona) == 0 {
		return
	}
	p.manyShot(t, report)
	p.finder.find(t, func(rule *phraseRule, from, to int) {
		if rule.label == jailSuppression && ownHabit(t.Folded, from) {
			return
		}
		if score := rule.score * jailWeight(t.Role, rule.label) * mentioned(t.Folded, from, to); score > 0 {
			report(Sign{Kind: KindJailbreak, Label: rule.label, Score: score, Start: from, End: to})
		}
	})
}

// ownHabit reports whether what begins at a place is what those who write never do, and
// no order to who reads: we never refuse a request.
func ownHabit(text []byte, at int) bool {
	before := bytes.TrimRight(text[max(0, at-8):at], " \t\r\n")
	for _, word := range []string{"we", "i"} {
		if rest, ok := bytes.CutSuffix(before, []byte(word)); ok && (len(rest) == 0 || !isWordByte(rest[len(rest)-1])) {
			return true
		}
	}
	return false
}

// turnWords begin the turns of a dialogue that is written out, by turns those
// that ask and those that answer.
func turnWords() []string {
	return []string{"human:", "assistant:", "user:", "ai:", "question:", "answer:"}
}

// Anil et al., "Many-shot Jailbreaking" (NeurIPS 2024): from some ten faked
// turns on the answers begin to follow them, and with 256 most do. Real
// transcripts in one text are rarely that long.
const (
	fewTurns  = 24
	manyTurns = 128
)

// manyShot counts the turns of a dialogue within one text.
func (p *jailbreak) manyShot(t *Text, report func(Sign)) {
	turns, first, last := 0, 0, 0
	words := int32(len(p.finder.set.uses)) //nolint:gosec // some hundred
	asked := int32(-1)                     // whether the last turn asked, -1 for none
	for _, h := range t.hits {
		if h.word < words || !beginsLine(t.Folded, int(h.start)) {
			continue
		}
		if ask := (h.word - words) & 1; ask != asked {
			if asked = ask; turns == 0 {
				first = int(h.start)
			}
			turns++
			last = int(h.end)
		}
	}
	if turns >= fewTurns {
		score := 0.55 + 0.35*float64(min(turns, manyTurns)-fewTurns)/float64(manyTurns-fewTurns)
		report(Sign{Kind: KindJailbreak, Label: jailManyShot, Score: score * jailWeight(t.Role, jailManyShot), Start: first, End: last})
	}
}
