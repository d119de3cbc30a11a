package content

import (
	"bytes"
	"fmt"
	"regexp"
	"sync"
)

// The labels of refusals.
const (
	refusalFull    = "full"    // says that it will not, and stops
	refusalPartial = "partial" // says that it will not do a part, or answers after all
	refusalSoft    = "soft"    // lectures instead of answering, without saying so ([tone])
)

// doing is what a model says it cannot do when it will not. What it says when
// it does not know ("I cannot tell", "cannot access the internet") is not here.
const doing = `(?:help|assist|provide|offer|give|answer|comply|fulfil|fulfill|do that|do this|do it|engage|create|generate|write|produce|support|share|discuss|participate|continue|proceed|respond|recommend|advise|promote|condone|encourage|endorse|facilitate|complete|tell you|show you|teach|explain how|suggest|accommodate|grant|perform|carry out|honor|satisfy|be (?:of|used|involved|able to)|in good conscience|ethically|process|translate|describe|list|reveal|disclose|go into|talk about|speak about|guide|walk you|contribute|condone|judge|entertain|aid)`

// not is how a model says that it cannot.
const not = `(?:can't|cannot|can not|won't|will not|am not able to|'m not able to|am unable to|'m unable to|must not|mustn't|shouldn't|should not|refuse to|could never|would never|will never|am not going to|'m not going to|am not comfortable|'m not comfortable|am not allowed to|'m not allowed to|am not permitted to|'m not permitted to|am not programmed to|'m not programmed to|am not designed to|'m not designed to|am not willing to|'m not willing to|do not feel comfortable|don't feel comfortable)`

// cannot are the words of not as keywords, after I.
const cannot = "cannot|can't|can’t|can`t|can not|won't|won’t|will not|must not|shouldn't|shouldn’t|should not|refuse to|could never|would never|will never|do not|don't|don’t|am not|am unable"

// refusalPhrases are the words with which models of many makers refuse. They
// are general knowledge: none is taken from data.
func refusalPhrases() []phrase {
	return []phrase{
		{
			refusalFull, 0.95, cross("i|we", cannot) + "|i'm not|i’m not|i'm unable|i’m unable",
			`@(?:i|we) ?` + not + `,? (?:(?:\w+ly|also|just|even|simply|in good conscience|,) ){0,2}` + doing + `\b`,
		},
		{
			refusalFull, 0.95, "sorry|apolog|regret|afraid|unfortunately",
			`@(?:sorry|apologi[sz]e|apologies|regret|afraid|unfortunately)\b[^.\n]{0,80}?\b(?:i|we|this|that|your)\b[^.\n]{0,40}?\b(?:can't|cannot|can not|won't|will not|unable to|not able to|not allowed|not permitted|not appropriate|violates|against my|must decline)(?:[.!]|$| (?:\w+ly |also )?` + doing + `\b)`,
		},
		{
			refusalFull, 0.95, "declin|refus|refrain|rather not|prefer not",
			`\bi(?:'m|'ll|'d)? ?(?:am |must |have to |need to |will |would |going to |afraid i ){0,3}(?:(?:respectfully|politely|kindly|also) )?(?:decline|declining|refuse|refusing|refrain from|rather not|prefer not to)\b`,
		},
		{
			refusalFull, 0.9, "as an ai|as an artificial|as a language|as a large|as an llm|as an assistant|as a responsible|as a helpful|as an ethical|i am an ai|i'm an ai|i’m an ai|i am just an|i'm just an|i’m just an|i am only|i am a language|i'm a language|i am a large|i'm a large|i’m a large|i am an artificial|i am an assistant|i'm an assistant|i am a helpful",
			`@(?:as|i am|i'm)(?: only| just)? an? (?:\w+ ){0,3}(?:ai|artificial intelligence|language model|llm|assistant|chatbot)\b[^.\n]{0,160}\b(?:can't|cannot|won't|will not|unable to|not able to|not (?:ethical|appropriate)|not programmed|not designed|do not condone|don't condone|not within my|must (?:decline|refuse)|must (?:adhere|follow|respect))\b`,
		},
		{
			refusalFull, 0.9, "against|violat|contrary to|not within|outside|conflict with|conflicts with|not allowed by|not permitted by|not allowed under|not permitted under;polic|guideline|principle|programming|terms of|values|safety rules",
			`@(?:against|violat\w+|violation of|contrary to|not within|outside of?|conflicts? with|not (?:allowed|permitted) (?:by|under)) (?:my|our|the|openai's?|anthropic's?|google's?|microsoft's?|meta's?) (?:\w+ ){0,3}(?:polic(?:y|ies)|guidelines?|principles|programming|terms of (?:use|service)|values|safety rules)\b`,
		},
		{
			refusalPartial, 0.75, cross("i", cannot+"|am not programmed|neither"),
			`@i (?:do not|don't|cannot|can't|will not|won't|would never|could never|am not programmed to|neither) (?:condone|promote|endorse|support|encourage|engage in|tolerate)\b`,
		},
		{
			refusalPartial, 0.7, "not appropriate|inappropriate|not ethical|unethical|not acceptable|never acceptable|never appropriate|not okay|never okay|not right|never ethical",
			`\b(?:it|that|this) ?(?:is|'s|would be|isn't) (?:not |never )?(?:(?:ethical|legal|okay|acceptable|safe|respectful) (?:or|and|nor) )?(?:ethical|appropriate|inappropriate|unethical|acceptable|okay|right) (?:or \w+ )?(?:for me )?to (?:ask|discuss|provide|suggest|share|request|give|make|try|seek|use|engage|promote|speculate|assume|generalize|stereotype)\b`,
		},
		{
			refusalFull, 0.9, cross("this|that|your|such a|such", "request|question|prompt|content|topic|kind of"),
			`@(?:this|that|your|such a|such) (?:request|question|prompt|content|topic|kind of (?:request|question))s?\b[^.\n]{0,30}\b(?:cannot be|can't be|not something i|violates|violate|goes against|is not allowed|not permitted|i can't|i cannot|i won't|is not one i)\b`,
		},
		{
			refusalFull, 0.9, "something else|different topic|another topic|change the subject",
			`\b(?:can't|cannot|won't|not|scope|sorry)\b[^\n]{0,80}\b(?:let's|shall we|would you like to|how about we|happy to|please|glad to) (?:talk about|discuss|try|chat about|change|help with|ask) [^.\n]{0,20}\b(?:something else|(?:a )?different topic|another topic|the subject)`,
		},
		{
			refusalFull, 0.95, "es tut mir leid|tut mir leid|het spijt me|je suis désolé|désolé|je ne peux pas|lo siento|no puedo|desculpe|lamento|mi dispiace|non posso|извините|не могу|抱歉|对不起|申し訳|죄송",
			`\b(?:tut mir leid)\b[^.\n]{0,40}\b(?:kann|darf|werde)\b[^.\n]{0,60}\bnicht\b|\bkann ich (?:leider )?nicht (?:helfen|beantworten|unterstützen)|\bhet spijt me\b[^.\n]{0,30}\b(?:kan|mag)\b[^.\n]{0,60}\bniet\b|\bje ne peux pas (?:vous |t')?(?:aider|fournir|répondre|créer|écrire|donner)|\bno puedo (?:ayudar|proporcionar|responder|crear|ofrecer|cumplir|dar)|\bnão posso (?:ajudar|fornecer|responder|criar|atender)|\bnon posso (?:aiutar|fornire|rispondere|creare)|не могу (?:помочь|предоставить|ответить|выполнить)|(?:抱歉|对不起)[^\n]{0,30}(?:不能|无法)|申し訳[^\n]{0,90}(?:できません|いたしかねます)|죄송[^\n]{0,60}(?:없습니다|수 없)`,
		},
	}
}

// meant are phrases that look like a refusal and say something else: that
// nothing else can be done, praise, and what is not known.
const meant = `\b(?:cannot|can't|could not|couldn't|can not) (?:help but|help (?:it|noticing|feeling|wondering|thinking)|recommend (?:\S+ ){1,4}(?:enough|highly)|provide enough|tell (?:if|whether|which)|answer (?:for|that) (?:without|until) (?:more|knowing)|continue (?:without|until)|proceed (?:without|until))|(?:don't|do not) (?:quite )?understand|unclear what you|more context|rephrase (?:it|your question)|didn't (?:quite )?(?:catch|understand)`

// refusalSet is what the scanners share.
type refusalSet struct {
	phrases *phraseSet
	meant   *regexp.Regexp
}

var sharedRefusal = sync.OnceValues(newRefusalSet) //nolint:gochecknoglobals // made once from constants

func newRefusalSet() (*refusalSet, error) {
	phrases, err := newPhraseSet(refusalPhrases())
	if err != nil {
		return nil, err
	}
	other, err := regexp.Compile(patternOf(meant))
	if err != nil {
		return nil, fmt.Errorf("reading what is no refusal: %w", err)
	}
	return &refusalSet{phrases, other}, nil
}

// refusal looks for replies that say that they do not do what was asked, at
// their beginning or at that of a later sentence, outside of quotations and
// code.
type refusal struct {
	set    *refusalSet
	finder *phraseFinder
	hits   []hit
}

func newRefusal() (part, error) {
	set, err := sharedRefusal()
	if err != nil {
		return nil, err
	}
	return &refusal{set: set, finder: newPhraseFinder(set.phrases)}, nil
}

func (r *refusal) keywords() []string { return r.set.phrases.words }

// A model refuses at once, or closes with what it left out. Of a long reply the
// middle is not read: these many bytes of its ends are.
const (
	replyHead = 2000
	replyTail = 1000
)

func (r *refusal) scan(t *Text, report func(Sign)) {
	if t.Role != RoleAssistant {
		return
	}
	r.hits = r.hits[:0]
	for _, h := range t.hits {
		if t.Begins && h.start < replyHead || t.Ends && int(h.end) > len(t.Folded)-replyTail {
			r.hits = append(r.hits, h)
		}
	}
	all := t.hits
	t.hits = r.hits
	r.finder.find(t, func(rule *phraseRule, from, to int) {
		if sign, ok := r.judge(t, rule, from, to); ok {
			report(sign)
		}
	})
	t.hits = all
}

// atOnce is how far into a reply the words of a full refusal begin, in bytes:
// within its first two sentences or so.
const atOnce = 250

// brief is how much may follow the words of a full refusal, in bytes: reasons,
// and what the model offers instead.
const brief = 900

// judge says what a phrase means where it stands.
func (r *refusal) judge(t *Text, rule *phraseRule, from, to int) (Sign, bool) {
	text := t.Folded
	if quoted(text, from) || bytes.Count(text[max(0, from-replyHead):from], []byte("```"))&1 == 1 || r.set.meant.Match(text[from:min(to+60, len(text))]) {
		return Sign{}, false
	}
	s := Sign{Kind: KindRefusal, Label: rule.label, Score: rule.score, Start: from, End: to}
	before := bytes.TrimSpace(text[:min(from, replyHead)])
	if !t.Begins || len(before) > atOnce {
		if !opens(text, from) {
			return Sign{}, false
		}
		s.Label, s.Score = refusalPartial, s.Score*0.8
	} else if len(text)-to > brief || hasList(text[to:]) {
		s.Label, s.Score = refusalPartial, s.Score*0.9
	}
	return s, true
}

// hasList reports whether a text enumerates steps, as an answer does.
func hasList(text []byte) bool {
	return bytes.Contains(text, []byte("\n1.")) || bytes.Contains(text, []byte("\n2.")) || bytes.Contains(text, []byte("\nstep 1"))
}
