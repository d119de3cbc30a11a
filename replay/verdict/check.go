package verdict

import (
	"fmt"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Known is what an assertion is held against.
type Known struct {
	Reply    *replay.Reply
	Verdicts []Verdict
	// Judged is what the judge model said each time that it was asked, by the key
	// of the question: [Assertion.Questions].
	Judged map[string][]Opinion
}

// Check holds an assertion against a reply: true where it is met. It is unknown
// where the reply does not say: what was cut off may hold anything, and an error
// is no answer. Unknown is not met, and a suite must not count it as met.
func (a *Assertion) Check(k *Known) Verdict {
	v := a.check(k)
	v.Name, v.Version = a.Name, definitionOfAssertions.version()
	return v
}

// definitionOfAssertions gives assertions their version: expressions read
// verdicts that rest on the scanner.
var definitionOfAssertions = Definition{Scans: true} //nolint:gochecknoglobals // a constant

func (a *Assertion) check(k *Known) Verdict {
	if !a.parsed {
		return Verdict{Why: "the assertion was not read from YAML or JSON"}
	}
	switch a.Kind {
	case "expression":
		return a.checkExpression(k)
	case "all", "any", "not":
		return a.checkParts(k)
	case "judge":
		return a.Judge.check(k)
	}
	if failed := (&judged{reply: k.Reply}).failed(); failed {
		return Verdict{Why: "an error came back and no answer"}
	}
	texts := a.textsIn(k.Reply)
	switch a.Kind {
	case "contains":
		return a.checkContains(k, texts)
	case "not_contains":
		v := a.checkAny(texts)
		if v.Value.Yes {
			return Verdict{Value: TruthOf(false), Spans: v.Spans, Why: v.Why}
		}
		return ifWhole(k, Verdict{Value: TruthOf(true)})
	case "regex", "not_regex":
		return ifWhole(k, a.checkPattern(texts))
	case "equals":
		return ifWhole(k, a.checkEquals(texts))
	}
	return ifWhole(k, a.checkSchema(texts))
}

// ifWhole leaves a verdict open where the reply is not whole.
func ifWhole(k *Known, v Verdict) Verdict {
	if !k.Reply.Complete {
		return Verdict{Why: "the reply is not whole"}
	}
	return v
}

// textsIn returns the texts that the assertion looks at.
func (a *Assertion) textsIn(r *replay.Reply) []replyPart {
	var out []replyPart
	for _, part := range partsOf(r) {
		place := part.name
		switch {
		case strings.HasSuffix(place, ".name"):
			place = "tool_names"
		case strings.HasSuffix(place, ".arguments"):
			place = "tool_arguments"
		}
		if place == a.Of || a.Of == "" && place == "text" {
			out = append(out, part)
		}
	}
	return out
}

// places returns where a text stands.
func (a *Assertion) places(texts []replyPart, what string) []Span {
	var spans []Span
	for _, part := range texts {
		text := part.text
		if a.IgnoreCase {
			text, what = fold(text), fold(what)
		}
		spans = appendAll(spans, part.name, text, what, "")
	}
	return spans
}

// checkContains wants all texts. What was found stays found, whatever follows.
func (a *Assertion) checkContains(k *Known, texts []replyPart) Verdict {
	var v Verdict
	for _, what := range a.Texts {
		spans := a.places(texts, what)
		if len(spans) == 0 {
			return ifWhole(k, Verdict{Value: TruthOf(false), Why: fmt.Sprintf("%q is not there", what)})
		}
		v.Spans = append(v.Spans, spans[0])
	}
	v.Value = TruthOf(true)
	return v
}

// checkAny looks for any of the texts.
func (a *Assertion) checkAny(texts []replyPart) Verdict {
	for _, what := range a.Texts {
		if spans := a.places(texts, what); len(spans) > 0 {
			return Verdict{Value: TruthOf(true), Spans: spans, Why: fmt.Sprintf("%q is there", what)}
		}
	}
	return Verdict{Value: TruthOf(false)}
}

// checkPattern wants a match, or none.
func (a *Assertion) checkPattern(texts []replyPart) Verdict {
	wanted := a.Kind == "regex"
	for _, part := range texts {
		if m := a.pattern.FindStringIndex(part.text); m != nil {
			return Verdict{Value: TruthOf(wanted), Spans: []Span{{Part: part.name, Start: m[0], End: m[1]}}}
		}
	}
	return Verdict{Value: TruthOf(!wanted)}
}

// checkEquals wants a text and nothing else but white space at the ends.
func (a *Assertion) checkEquals(texts []replyPart) Verdict {
	want := strings.TrimSpace(a.Texts[0])
	for _, part := range texts {
		got := strings.TrimSpace(part.text)
		if got == want || a.IgnoreCase && strings.EqualFold(got, want) {
			return Verdict{Value: TruthOf(true)}
		}
	}
	return Verdict{Value: TruthOf(false)}
}

// checkSchema wants every text to fit the schema.
func (a *Assertion) checkSchema(texts []replyPart) Verdict {
	if len(texts) == 0 {
		return Verdict{Value: TruthOf(false), Why: "there is nothing to hold against the schema"}
	}
	for _, part := range texts {
		if value, why := a.schema.fits(part.text); value.Kind == Unknown || !value.Yes {
			return Verdict{Value: value, Why: why, Spans: []Span{{Part: part.name, End: len(part.text)}}}
		}
	}
	return Verdict{Value: TruthOf(true)}
}

// checkExpression evaluates an expression and says what it read.
func (a *Assertion) checkExpression(k *Known) Verdict {
	v := Verdict{Value: a.Expression.Eval(k.Verdicts)}
	var read []string
	for _, name := range a.Expression.Names() {
		made, _ := Find(k.Verdicts, name)
		read = append(read, name+" is "+made.Value.String())
		if made.Value.Kind == Unknown && made.Why != "" {
			read[len(read)-1] += " (" + made.Why + ")"
		}
		v.Spans = append(v.Spans, made.Spans...)
	}
	v.Why = strings.Join(read, "; ")
	return v
}

// checkParts puts the verdicts of assertions together. Of all and any, those
// that decide are told.
func (a *Assertion) checkParts(k *Known) Verdict {
	out := Verdict{Value: TruthOf(a.Kind != "any")}
	var why []string
	for i := range a.Parts {
		v := a.Parts[i].Check(k)
		switch a.Kind {
		case "not":
			out.Value = v.Value.not()
		case "all":
			out.Value = out.Value.and(v.Value)
		default:
			out.Value = out.Value.not().and(v.Value.not()).not()
		}
		out.ByModel = out.ByModel || v.ByModel
		out.Spans = append(out.Spans, v.Spans...)
		why = append(why, v.Name+": "+v.Value.String())
	}
	out.Why = strings.Join(why, "; ")
	return out
}
