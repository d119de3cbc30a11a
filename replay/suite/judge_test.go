package suite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/compare"
	"github.com/exhibit-forensics/exhibit/replay/mask"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// judgedSuite has a case that asks a judge twice the same and once something
// else, one that asks the same as the first but accepts the contrary, and one
// that asks nothing.
const judgedSuite = `version: 1
name: judged
cases:
- id: a
  request: {messages: [{role: user, text: 'Write to bob@example.com.'}]}
  expect:
  - judge: {question: 'Is it polite?', answers: ['yes', 'no'], accept: ['yes']}
  - any:
    - judge: {question: 'Is it short?', answers: ['yes', 'no'], accept: ['yes']}
    - judge: {question: 'Is it polite?', answers: ['yes', 'no'], accept: ['yes']}
- id: b
  request: {messages: [{role: user, text: 'Be rude.'}]}
  expect: [{judge: {question: 'Is it polite?', answers: ['yes', 'no'], accept: ['no']}}]
- id: c
  request: {messages: [{role: user, text: 'Hello?'}]}
  expect: [{contains: hello}]
`

func judgedAnswers(t *testing.T) (*Suite, []Answer) {
	t.Helper()
	s, err := Parse([]byte(judgedSuite))
	if err != nil {
		t.Fatal(err)
	}
	whole := func(text string) *replay.Reply { return &replay.Reply{Text: text, Complete: true} }
	return s, []Answer{
		{Case: "a", Sample: 1, Reply: whole("Dear Bob")},
		{Case: "a", Sample: 2, Reply: &replay.Reply{Text: "Dea"}}, // cut
		{Case: "b", Sample: 1, Reply: whole("Write yourself to bob@example.com.")},
		{Case: "b", Sample: 2}, // none came
		{Case: "c", Sample: 1, Reply: whole("hello")},
		{Case: "elsewhere", Sample: 1, Reply: whole("x")},
	}
}

func TestQuestions(t *testing.T) {
	s, answers := judgedAnswers(t)
	if got := s.Asking(); got != 3 {
		t.Errorf("%d questions about a sample of each case, want 3", got)
	}
	masker, err := mask.New()
	if err != nil {
		t.Fatal(err)
	}
	masked := func(q *replay.Request) (*replay.Request, int) { return mask.Apply(q, masker) }
	var got []string
	for _, q := range s.Questions(answers, masked) {
		name, _, _ := strings.Cut(q.Name, ", judge ")
		text := q.Request.Messages[1].Parts[0].Text
		if strings.Contains(text, "bob@") {
			t.Errorf("%s is not masked:\n%s", q.Name, text)
		}
		fence := q.Request.Messages[0].Parts[0].Text[strings.Index(q.Request.Messages[0].Parts[0].Text, "====="):][:34]
		got = append(got, fmt.Sprintf("%s: %s, masked %d, fences %d", name, text[strings.Index(text, "Question: ")+10:strings.Index(text, "?\nAnswer")], q.Masked, strings.Count(text, fence)))
	}
	want := []string{
		"a, sample 1: Is it polite, masked 1, fences 4",
		"a, sample 1: Is it short, masked 1, fences 4",
		"b, sample 1: Is it polite, masked 1, fences 4",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	plain := s.Questions(answers, nil)
	if diff := cmp.Diff(plain, s.Questions(answers, nil), cmp.AllowUnexported(Question{})); diff != "" {
		t.Errorf("asked again (-first +then):\n%s", diff)
	}
	if plain[0].Masked != 0 || !strings.Contains(plain[0].Request.Messages[1].Parts[0].Text, "bob@example.com") {
		t.Errorf("masked without being asked to: %+v", plain[0])
	}
}

// TestJudged: what a judge said of each reply decides, and how often it agreed
// with itself is counted; what it was not asked, or said neither of, passes
// nothing.
func TestJudged(t *testing.T) {
	said := func(answers ...string) []verdict.Opinion {
		var out []verdict.Opinion
		for _, a := range answers {
			out = append(out, verdict.Opinion{Reply: &replay.Reply{Text: a, Complete: true}})
		}
		return out
	}
	tests := []struct {
		name                 string
		polite, short, other []verdict.Opinion // of a, a and b
		a, b                 Standing
		agree                compare.Rate
		contradicted, open   int
	}{
		{"nobody asked", nil, nil, nil, Unknown, Unknown, compare.RateOf(0, 0), 0, 0},
		{"accepted", said("yes", "yes"), said("yes", "yes"), said("no", "no"), Met, Met, compare.RateOf(3, 3), 0, 0},
		{"rejected", said("no", "no"), said("no", "no"), said("yes", "yes"), Unmet, Unmet, compare.RateOf(3, 3), 0, 0},
		{"asked once", said("yes"), said("yes"), said("no"), Met, Met, compare.RateOf(0, 0), 0, 0},
		{"contrary", said("yes", "no"), said("yes", "yes"), said("no", "no"), Unknown, Met, compare.RateOf(2, 3), 1, 0},
		{"no answer", said("yes", "perhaps"), said("yes", "yes"), []verdict.Opinion{{Problem: "it was not reached"}}, Unknown, Unknown, compare.RateOf(1, 1), 0, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, answers := judgedAnswers(t)
			answers = answersAt(answers, 0, 2) // whole replies alone
			list := s.Questions(answers, nil)
			for i, o := range [][]verdict.Opinion{tt.polite, tt.short, tt.other} {
				if o != nil {
					Hear(answers, &list[i], o)
				}
			}
			report, err := s.Grade(answers)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := report.Results[0].Standing, report.Results[1].Standing; a != tt.a || b != tt.b {
				t.Errorf("%s and %s, want %s and %s: %s; %s", a, b, tt.a, tt.b, report.Results[0].Why, report.Results[1].Why)
			}
			same, of, contradicted, open := 0, 0, 0, 0
			for _, j := range report.Judged {
				same, of, contradicted, open = same+j.Agreement.Hits, of+j.Agreement.Of, contradicted+j.Contradicted, open+j.Open
				if j.Replies != j.Met+j.Unmet+j.Contradicted+j.Open {
					t.Errorf("%+v does not add up", j)
				}
			}
			if same != tt.agree.Hits || of != tt.agree.Of || contradicted != tt.contradicted || open != tt.open {
				t.Errorf("agreed on %d of %d, contradicted itself %d times, open %d; want %+v, %d and %d", same, of, contradicted, open, tt.agree, tt.contradicted, tt.open)
			}
			if tt.polite != nil && len(report.Judged) != 3 {
				t.Errorf("%d questions, want 3: what is accepted differs in two", len(report.Judged))
			}
		})
	}
}

func answersAt(list []Answer, at ...int) []Answer {
	var out []Answer
	for _, i := range at {
		out = append(out, list[i])
	}
	return out
}
