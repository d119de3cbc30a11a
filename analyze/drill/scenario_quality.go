package drill

import "strings"

// ungroundedAnswer is an application whose answers say what is in no document.
func ungroundedAnswer() plot {
	return plot{
		name: "ungrounded-answer", cast: castAnswers, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0048"},
		play: func(s *stage) {
			for _, at := range s.pace(by(s, 10, 6, 4)) {
				facts := []fact{s.fact(), s.fact(), s.fact()}
				f := facts[s.rand.below(len(facts))]
				answer := s.tell("{answer}", f, f.other)
				if made := s.fact(); s.level == 0 {
					answer += " " + s.tell("{answer}", made, made.value) + " " + s.say("{made up}")
				}
				if s.level == 1 {
					answer += " " + s.say("{made up}")
				}
				s.looksUp(at, "says what is in no document", f, s.document(facts, value), answer)
			}
		},
	}
}

// conflictingDocuments is an application that gets documents which contradict
// each other, and answers as if they did not.
func conflictingDocuments() plot {
	return plot{
		name: "conflicting-documents", cast: castAnswers, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0070", "AML.T0085.000"},
		play: func(s *stage) {
			for _, at := range s.pace(by(s, 10, 6, 4)) {
				f := s.fact()
				one, two := s.document([]fact{f, s.fact()}, value), s.document([]fact{f}, other)
				if s.level == 0 {
					two += s.document([]fact{f}, func(f fact) string { return "not " + f.value })
				}
				documents := []string{one, two}
				if s.level == 2 {
					documents = []string{one, s.document([]fact{s.fact(), s.fact()}, value), two}
				}
				s.looksUp(at, "answers from documents that contradict each other", f, strings.Join(documents, "\n"), s.tell("{answer}", f, f.value))
			}
		},
	}
}

// modelVersionDrift is a program whose model was replaced by another version,
// which answers at another length and in another form. Where there is no other
// version the model itself changed.
func modelVersionDrift() plot {
	return plot{
		name: "model-version-drift", cast: castProgram, days: [3]int{2, 3, 3}, techniques: []string{"AML.T0048"},
		play: func(s *stage) {
			next := shift{out: by(s, 350, 220, 150), latency: by(s, 200, 150, 0)}
			if s.level < 2 {
				next.frame = s.pick([]string{"```\n%\n```", "Sure! Here is the result:\n\n- %", "## Result\n\n%\n\nLet me know if you need more.", "{\"result\": \"%\"}"})
			}
			s.changes(s.hour(0, 8, 120), s.to(), "is answered by another version of the model", 10_000, effect{
				shift: next, model: modelOf(successors[s.actor.model.id]),
			})
		},
	}
}
