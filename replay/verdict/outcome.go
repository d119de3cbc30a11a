package verdict

import (
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// isEmpty reports whether nothing came that could be read.
func (j *judged) isEmpty() bool {
	return strings.TrimSpace(j.reply.Text) == "" && len(j.reply.ToolCalls) == 0
}

// failed reports whether an error came in place of an answer.
func (j *judged) failed() bool {
	r := j.reply
	bad := r.ErrorCode != "" || r.ErrorMessage != "" || r.Outcome == "error" || r.Outcome == "denied" || r.Outcome == "throttled" ||
		r.HTTPStatus != nil && *r.HTTPStatus >= 400
	return bad && j.isEmpty()
}

// outcome says what kind of reply it is. An error, a cut and a block are neither
// a refusal nor an answer.
func (j *judged) outcome() []Verdict {
	failed := Verdict{Name: "failed", Value: TruthOf(j.failed())}
	if failed.Value.Yes {
		failed.Why = strings.TrimSpace(j.reply.ErrorCode + " " + j.reply.ErrorMessage)
	}
	cut := Verdict{Name: "cut", Value: TruthOf(!j.reply.Complete && !j.failed())}
	if j.failed() {
		cut.Value = Value{}
		cut.Why = "an error came back and no answer"
	}
	blocked, refused := j.blocked(), j.refused()
	answered := Verdict{Name: "answered", Value: TruthOf(true), Score: 1 - content.Score(j.signs[0], content.KindRefusal)}
	switch {
	case blocked.Value.Yes:
		refused = Verdict{Name: "refused", Why: "a guardrail answered in place of the model"}
		answered = Verdict{Name: "answered", Value: TruthOf(false), Why: "a guardrail answered in place of the model"}
	case failed.Value.Yes:
		answered = Verdict{Name: "answered", Value: TruthOf(false), Why: "an error came back and no answer"}
	case refused.Value.Yes:
		answered = Verdict{Name: "answered", Value: TruthOf(false), Score: refused.Score, Why: "it refuses"}
	case !j.reply.Complete:
		answered = Verdict{Name: "answered", Why: "the reply is not whole"}
	case j.isEmpty():
		answered = Verdict{Name: "answered", Value: TruthOf(false), Why: "it holds neither text nor tool calls"}
	}
	return []Verdict{failed, cut, blocked, refused, answered}
}

// blocked says whether a guardrail stopped the call.
func (j *judged) blocked() Verdict {
	r := j.reply
	switch reason := strings.ToLower(r.FinishReason); {
	case r.Outcome == "blocked":
		return Verdict{Name: "blocked", Value: TruthOf(true), Score: 1, Why: "the outcome is blocked"}
	case reason == "content_filter" || reason == "content_filtered" || reason == "guardrail_intervened" || reason == "safety":
		return Verdict{Name: "blocked", Value: TruthOf(true), Score: 1, Why: "the reply ended with " + reason}
	}
	spans, score := j.spansOf(content.KindGuardrail, 0)
	if score < content.Flagged {
		spans = nil
	}
	return j.found("blocked", spans, score, "the text is one of a guardrail")
}

// refused says whether the model will not. A model that refuses says so at once,
// so that a reply that was cut off can show it; one that shows nothing may have
// refused further on.
func (j *judged) refused() Verdict {
	spans, score := j.spansOf(content.KindRefusal, 0)
	if score < content.Flagged {
		spans = nil
	}
	v := j.found("refused", spans, score, "")
	switch {
	case v.Value.Kind == Truth && !v.Value.Yes && j.isEmpty():
		return Verdict{Name: "refused", Why: "it holds neither text nor tool calls"}
	case v.Value.Yes && !j.reply.Complete:
		v.Why = "the reply is not whole, and what came refuses"
	case v.Value.Kind == Truth:
		v.Score = score
	}
	return v
}

// spansOf returns the passages of one part that show a kind, and the score of
// all of them together.
func (j *judged) spansOf(kind string, part int) ([]Span, float64) {
	var spans []Span
	for _, s := range j.signs[part] {
		if s.Kind == kind {
			spans = append(spans, Span{j.parts[part].name, s.Start, s.End, s.Label})
		}
	}
	return spans, content.Score(j.signs[part], kind)
}
