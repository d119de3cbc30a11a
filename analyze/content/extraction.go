package content

import "sync"

// extractionPhrases are ways to ask for the instructions of an application.
func extractionPhrases() []phrase {
	const hidden = `(?:system prompt|system message|system instructions?|initial (?:prompt|instructions?|message)|hidden (?:prompt|instructions?|rules)|original (?:prompt|instructions?)|secret (?:prompt|instructions?)|developer (?:message|prompt|instructions?)|custom instructions|pre-?prompt|meta-?prompt|(?:previous|above|preceding|internal) (?:prompt|instructions?)|prompt above|instructions? (?:above|you were given|you have been given|you received|that you were given)|(?:full|entire|exact|complete|whole) (?:prompt|instructions?))`
	return []phrase{
		{
			"prompt", 0.85, "system prompt|system message|system instruction|initial prompt|initial instruction|initial message|hidden prompt|hidden instruction|hidden rules|original prompt|original instruction|secret prompt|secret instruction|developer message|developer prompt|developer instruction|custom instructions|preprompt|pre-prompt|metaprompt|meta-prompt|previous prompt|previous instruction|above prompt|above instruction|preceding prompt|preceding instruction|internal prompt|internal instruction|prompt above|instructions above|you were given|you have been given|you received|full prompt|full instruction|entire prompt|entire instruction|exact prompt|exact instruction|complete prompt|complete instruction|whole prompt|whole instruction",
			`\b(?:repeat|print|output|show|reveal|display|tell me|tell us|give me|give us|write out|write down|share|dump|leak|return|recite|echo|copy|type|expose|disclose|provide|paste|spell out|what (?:is|are|was|were|does|do)|what's|translate|summari[sz]e|encode|rephrase|paraphrase|list|see|know|read me|describe)\b[^.!?\n]{0,50}?\b(?:your|the|this|its|all)\b[^.!?\n]{0,30}?\b` + hidden + `\b`,
		},
		{
			"prompt", 0.8, "your instructions|your prompt|your rules|your guidelines;verbatim|word for word|repeat|print|reveal|exactly|code block|in full|leak|output|show me|tell me",
			`\b(?:repeat|print|output|reveal|show(?: me)?|tell me|dump|leak|recite|copy|write out|give me|list)\b[^.!?\n]{0,40}?\byour (?:\w+ ){0,2}(?:instructions|prompt|rules|guidelines)\b|\byour (?:\w+ ){0,2}(?:instructions|prompt|rules|guidelines)\b[^.!?\n]{0,40}?\b(?:verbatim|word for word|in full|in a code block|exactly as)\b`,
		},
		{
			// Zhang et al., "Effective Prompt Extraction from Language Models"
			// (arXiv:2307.06865): what comes before is asked for, whatever it is called.
			"above", 0.8, "everything above|text above|words above|all above|message above|content above|lines above|before this|conversation above|above this line|above verbatim|the above text|previous text|preceding text|starting with",
			`\b(?:repeat|print|output|copy|write|recite|echo|show|give|type|return|list|tell me|spell[- ]?check|translate|summari[sz]e)\b[^.!?\n]{0,30}?\b(?:everything|(?:all |the |of the |every )?(?:text|words|lines?|messages?|content|conversation)|all)\b ?(?:that (?:is|was|came) |written )?(?:above|before this|in the conversation above|preceding|up to here|starting with)\b|\b(?:repeat|print|output|copy|recite|echo)\b[^.!?\n]{0,30}?\b(?:the )?(?:above|previous|preceding) (?:text|words|paragraphs?|message|lines?|content)\b`,
		},
		{
			"above", 0.75, "you are chatgpt|the phrase|beginning with|starting with;you are|repeat",
			`\b(?:starting|beginning|begins?|starts?) with (?:the )?(?:words? |phrase |sentence )?["\x27“]{0,3}you are\b`,
		},
		{
			"prompt", 0.6, "you told|you instructed|been told|been instructed|your first instruction|were you given|were you told|told to do|instructed to|you been given",
			`\bwhat (?:exactly )?(?:were|was|have|are|did)\b[^.!?\n]{0,20}?\b(?:you|your developers?)\b[^.!?\n]{0,20}?\b(?:told|instructed|given|ordered)\b[^.!?\n]{0,40}?(?:\b(?:not )?to (?:say|do|reveal|keep|tell|discuss|hide)\b|\b(?:beginning|start|instructions?|secret|rules)\b|\?)`,
		},
	}
}

var sharedExtraction = sync.OnceValues(func() (*phraseSet, error) { return newPhraseSet(extractionPhrases()) }) //nolint:gochecknoglobals // made once from constants

// extraction looks for attempts to see the instructions of an application.
type extraction struct{ finder *phraseFinder }

func newExtraction() (part, error) {
	set, err := sharedExtraction()
	if err != nil {
		return nil, err
	}
	return &extraction{newPhraseFinder(set)}, nil
}

func (p *extraction) keywords() []string { return p.finder.set.words }

func (p *extraction) scan(t *Text, report func(Sign)) {
	weight := 1.0
	switch t.Role {
	case RoleUser, RoleDocument, RoleTool:
	case RoleToolCall:
		weight = 0.5
	default:
		return
	}
	p.finder.find(t, func(rule *phraseRule, from, to int) {
		report(Sign{Kind: KindExtraction, Label: rule.label, Score: rule.score * weight * mentioned(t.Folded, from, to), Start: from, End: to})
	})
}
