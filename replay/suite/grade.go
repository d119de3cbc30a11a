package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/compare"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// Requests returns what a suite asks, in its order: the requests of its cases
// with the parameters of its target.
func (s *Suite) Requests() []*replay.Request {
	out := make([]*replay.Request, len(s.Cases))
	for i := range s.Cases {
		q := *s.Cases[i].Request
		q.Parameters = slices.Clone(q.Parameters)
		q.Changes = slices.Clone(q.Changes)
		for _, p := range s.Target.Parameters {
			at := slices.IndexFunc(q.Parameters, func(own replay.Parameter) bool { return own.Name == p.Name })
			switch {
			case at < 0:
				q.Parameters = append(q.Parameters, p)
			case string(q.Parameters[at].Value) == string(p.Value):
				continue
			default:
				q.Parameters[at] = p
			}
			q.Changes = append(q.Changes, fmt.Sprintf("parameter %s set to %s by the suite", p.Name, p.Value))
		}
		out[i] = &q
	}
	return out
}

// Answer is what came of one sample of a case.
type Answer struct {
	Case    string // id
	Sample  int    // from 1
	ID      string // of the exchange, or of the event of a logged reply
	End     replay.End
	Problem string // why there is no reply
	Reply   *replay.Reply
	Judged  map[string][]verdict.Opinion // of a judge model, by the key of the question; nil where none was asked
}

// Sample is an answer and what it shows.
type Sample struct {
	Answer
	Checks   []verdict.Verdict // of the assertions, in the order of the case
	Verdicts []verdict.Verdict
	Standing Standing
	Why      string // it is not met, or not judged
}

// Result says how a case stands.
type Result struct {
	Case             *Case
	Samples          []Sample
	Met, Unmet, Open int // samples
	Rate             compare.Rate
	Standing         Standing
	Why              string // one clause; "" where it is met
}

// Report says how a suite stands.
type Report struct {
	Suite            *Suite
	Results          []Result // in the order of the suite
	Met, Unmet, Open int      // cases
	Judged           []Judged // what a judge model said; nil where none was asked
}

// Grade holds answers against what the cases expect of them. Each case of the
// suite has a result, also one without an answer.
func (s *Suite) Grade(answers []Answer) (*Report, error) {
	of := map[string][]Answer{}
	for _, a := range answers {
		of[a.Case] = append(of[a.Case], a)
	}
	report := &Report{Suite: s}
	plain, err := verdict.New(verdict.Options{})
	if err != nil {
		return nil, err
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		judge := plain
		if len(c.Canaries)+len(c.Markers)+len(c.Injected) > 0 {
			if judge, err = verdict.New(verdict.Options{Canaries: c.Canaries, Markers: c.Markers, Injected: c.Injected}); err != nil {
				return nil, err
			}
		}
		r := grade(judge, c, of[c.ID])
		switch r.Standing {
		case Met:
			report.Met++
		case Unmet:
			report.Unmet++
		default:
			report.Open++
		}
		report.Results = append(report.Results, r)
	}
	report.Judged = report.judged()
	return report, nil
}

func grade(j *verdict.Judge, c *Case, answers []Answer) Result {
	r := Result{Case: c}
	prepared := j.Prepare(c.Request)
	slices.SortFunc(answers, func(a, b Answer) int { return a.Sample - b.Sample })
	for _, a := range answers {
		sample := gradeOne(prepared, c, a)
		switch sample.Standing {
		case Met:
			r.Met++
		case Unmet:
			r.Unmet++
		default:
			r.Open++
		}
		r.Samples = append(r.Samples, sample)
	}
	r.Rate = compare.RateOf(r.Met, r.Met+r.Unmet)
	r.Standing, r.Why = r.stand()
	return r
}

// gradeOne holds one answer against what is expected.
func gradeOne(p *verdict.Prepared, c *Case, a Answer) Sample {
	s := Sample{Answer: a, Standing: Unknown}
	if a.Reply == nil {
		s.Why = a.Problem
		if s.Why == "" {
			s.Why = "it was not sent"
		}
		return s
	}
	s.Verdicts = p.Verdicts(a.Reply)
	known := &verdict.Known{Reply: a.Reply, Verdicts: s.Verdicts, Judged: a.Judged}
	s.Standing = Met
	var unmet, open []string
	for i := range c.Expect {
		v := c.Expect[i].Check(known)
		s.Checks = append(s.Checks, v)
		switch {
		case v.Value.Kind != verdict.Truth:
			open = append(open, checkWords(v, "is not known"))
		case !v.Value.Yes:
			unmet = append(unmet, checkWords(v, "is not met"))
		}
	}
	switch {
	case len(unmet) > 0:
		s.Standing, s.Why = Unmet, strings.Join(unmet, "; ")
	case len(open) > 0:
		s.Standing, s.Why = Unknown, strings.Join(open, "; ")
	}
	return s
}

func checkWords(v verdict.Verdict, says string) string {
	words := v.Name + " " + says
	if v.ByModel && v.Value.Kind == verdict.Truth {
		words += ", a model says"
	}
	if v.Why != "" {
		words += " (" + v.Why + ")"
	}
	return words
}

// stand says how the case stands: see the package.
func (r *Result) stand() (Standing, string) {
	n := len(r.Samples)
	if n == 0 {
		return Unknown, "nothing came back"
	}
	// Shares are compared with room for what floating-point numbers lose: 19 of
	// 20 is 0.95.
	const room = 1e-9
	least := r.Case.Least() * float64(n)
	why := fmt.Sprintf("%d of %d met", r.Met, n)
	if r.Open > 0 {
		why += fmt.Sprintf(", %d not judged", r.Open)
	}
	for i := range r.Samples {
		if first := &r.Samples[i]; first.Standing != Met && (first.Standing == Unmet || r.Unmet == 0) {
			why += fmt.Sprintf("; sample %d: %s", first.Sample, first.Why)
			break
		}
	}
	switch {
	case float64(r.Met) >= least-room:
		return Met, ""
	case float64(r.Met+r.Open) < least-room:
		return Unmet, why
	}
	return Unknown, why
}
