package suite

import (
	"fmt"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/compare"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// Question is a question for a judge model about one reply.
type Question struct {
	Name    string // case, sample and question: unique in a run of a suite
	Request *replay.Request
	Masked  int // spans that were masked in what is judged

	answer int // place among the answers
	key    string
}

// Asking returns how many questions for a judge model the cases ask about a
// sample of each: 0 where no case has one.
func (s *Suite) Asking() int {
	n := 0
	for i := range s.Cases {
		n += len(s.Cases[i].questions((*verdict.JudgeQuestion).Key))
	}
	return n
}

// questions are the questions for a judge model of a case, without those that
// have the same name as an earlier one.
func (c *Case) questions(name func(*verdict.JudgeQuestion) string) []*verdict.JudgeQuestion {
	var out []*verdict.JudgeQuestion
	seen := map[string]bool{}
	for i := range c.Expect {
		for _, a := range c.Expect[i].Questions() {
			if n := name(a.Judge); !seen[n] {
				seen[n] = true
				out = append(out, a.Judge)
			}
		}
	}
	return out
}

// Questions returns what is to be asked of a judge model about answers, in their
// order; nothing about those that there is no whole reply in. What is masked
// before it is sent is masked by mask, nil for nothing.
func (s *Suite) Questions(answers []Answer, mask func(*replay.Request) (*replay.Request, int)) []Question {
	var out []Question
	for i := range answers {
		a := &answers[i]
		c := s.caseOf(a.Case)
		if c == nil || a.Reply == nil || verdict.Askable(a.Reply) != "" {
			continue
		}
		list := c.questions((*verdict.JudgeQuestion).Key)
		if len(list) == 0 {
			continue
		}
		material, masked := verdict.Material(c.Request, a.Reply), 0
		if mask != nil {
			material, masked = mask(material)
		}
		for _, q := range list {
			out = append(out, Question{
				Name:    fmt.Sprintf("%s, sample %d, judge %s", a.Case, a.Sample, q.Key()),
				Request: q.Request(material), Masked: masked, answer: i, key: q.Key(),
			})
		}
	}
	return out
}

func (s *Suite) caseOf(id string) *Case {
	for i := range s.Cases {
		if s.Cases[i].ID == id {
			return &s.Cases[i]
		}
	}
	return nil
}

// Hear puts what a judge model said to a question, each time that it was asked,
// to the answer that the question is about.
func Hear(answers []Answer, q *Question, said []verdict.Opinion) {
	a := &answers[q.answer]
	if a.Judged == nil {
		a.Judged = map[string][]verdict.Opinion{}
	}
	a.Judged[q.key] = said
}

// Judged says what a judge model made of one question about all replies.
type Judged struct {
	Question     *verdict.JudgeQuestion
	Replies      int // that it was asked about
	Asked        int // times, about all of them
	Met, Unmet   int // replies
	Contradicted int // replies that it accepted once and did not another time
	Open         int // replies to which it once, or always, said none of the answers
	// Agreement is the rate of replies of which it said the same each time, among
	// those that it was asked about more than once and judged each time.
	Agreement compare.Rate
}

// add counts what a judge model said about a reply.
func (j *Judged) add(said []verdict.Opinion) {
	o, _, _ := j.Question.Opinions(said)
	j.Replies++
	j.Asked += o.Asked()
	switch {
	case o.None > 0:
		j.Open++
		return
	case o.Accepted > 0 && o.Rejected > 0:
		j.Contradicted++
	case o.Accepted > 0:
		j.Met++
	default:
		j.Unmet++
	}
	if o.Asked() > 1 {
		j.Agreement.Of++
		if o.Accepted == 0 || o.Rejected == 0 {
			j.Agreement.Hits++
		}
	}
}

// judged says what a judge model made of the questions of a suite, in the order
// in which they stand there; the same question with the same accepted answers
// counts as one.
func (r *Report) judged() []Judged {
	var out []Judged
	at := map[string]int{}
	for i := range r.Results {
		result := &r.Results[i]
		for _, q := range result.Case.questions(withAccepted) {
			for j := range result.Samples {
				said := result.Samples[j].Judged[q.Key()]
				if len(said) == 0 {
					continue
				}
				name := withAccepted(q)
				if _, ok := at[name]; !ok {
					at[name] = len(out)
					out = append(out, Judged{Question: q})
				}
				out[at[name]].add(said)
			}
		}
	}
	for i := range out {
		out[i].Agreement = compare.RateOf(out[i].Agreement.Hits, out[i].Agreement.Of)
	}
	return out
}

// withAccepted names a question together with the answers that are accepted.
func withAccepted(q *verdict.JudgeQuestion) string { return fmt.Sprintf("%s %q", q.Key(), q.Accept) }
