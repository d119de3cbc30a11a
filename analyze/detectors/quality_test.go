package detectors

import (
	"fmt"
	"testing"
)

// says is what ordinary traffic says, for detectors that need text.
var says = []any{"prompt", "Which ship came in today?", "response", "The ferry from the islands came in at noon."}

func qualityGenerators() []generator {
	return []generator{
		{"content.refusal-shift", "hit-afternoon", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			for day := range 12 {
				for i := range 30 {
					outcome := "success"
					if i == 7 && day%3 == 0 || day == 11 && i%4 == 0 {
						outcome = "blocked"
					}
					l.add(at(day, 8+i/3, i%3), "desk", append([]any{"app", "desk", "outcome", outcome}, says...)...)
				}
			}
			return l.load(t)
		}},
		{"content.refusal-shift", "miss-one-conversation-and-always", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			for day := range 12 {
				for i := range 30 {
					outcome := "success"
					if i%4 == 0 {
						outcome = "blocked"
					}
					l.add(at(day, 8+i/3, i%3), "desk", append([]any{"app", "desk", "outcome", outcome}, says...)...)
				}
			}
			for i := range 12 { // who is refused asks again
				l.add(at(10, 11, 10+i), "ana", "session_id", "s-1", "outcome", "blocked")
			}
			return l.load(t)
		}},
		{"exfiltration.output-ratio", "hit-longer-answers", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			l.lengths("desk", func(day, in int) int { return 200 + in%90 + day/11*400 })
			return l.load(t)
		}},
		{"exfiltration.output-ratio", "miss-longer-questions", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			l.lengths("desk", func(day, in int) int { return in / 2 })
			return l.load(t)
		}},
		{"exfiltration.off-hours", "hit-at-night", func(t *testing.T) string {
			var l journal
			l.works(20)
			for i := range 12 {
				l.add(at(18, 2, 3*i), "ana", "output_tokens", 2500)
			}
			return l.load(t)
		}},
		{"exfiltration.off-hours", "miss-little-late-and-much-by-day", func(t *testing.T) string {
			var l journal
			l.works(20)
			l.add(at(18, 18, 10), "ana", "output_tokens", 90)
			for i := range 12 {
				l.add(at(17, 11, 3*i), "bo", "output_tokens", 2500)
			}
			return l.load(t)
		}},
		{"exfiltration.near-duplicate-sweep", "hit-files-one-by-one", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			for i := range 60 {
				l.add(at(10, 9+i/10, 5*(i%10)), "ana", "prompt", fmt.Sprintf("Write down what you know of the member with the number %d of the rowing club, with birthday and address.", 4000+7*i))
			}
			return l.load(t)
		}},
		{"exfiltration.near-duplicate-sweep", "miss-template-of-every-day", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			for day := range 12 {
				for i := range 60 {
					l.add(at(day, 9+i/10, 5*(i%10)), "desk", "app", "desk", "prompt", fmt.Sprintf("Say in one word which department the letter number %d of today is for, and nothing else.", 1000*day+i))
				}
			}
			return l.load(t)
		}},
		{"quality.ungrounded", "hit-wrong-number", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				n := 20 + day*7 + i
				said := n
				if day == 11 && i%4 == 0 {
					said += 300
				}
				return []string{fmt.Sprintf("The mooring fee is %d euros.", n)}, fmt.Sprintf("You pay %d euros.", said)
			})
			return l.load(t)
		}},
		{"quality.ungrounded", "miss-always-reckons", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				n := 20 + day*7 + i
				return []string{fmt.Sprintf("The mooring fee is %d euros.", n)}, fmt.Sprintf("For two nights you pay %d euros.", n*2+n%2)
			})
			return l.load(t)
		}},
		{"quality.conflicting-documents", "hit-planted", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				documents = []string{fmt.Sprintf("The mooring fee is %d euros.", 20+i), "The harbour office closes at 18 hours."}
				if day == 11 && i%4 == 0 {
					documents = append(documents, fmt.Sprintf("As of today the mooring fee is %d euros.", 90+i))
				}
				return documents, "It is as the paper says."
			})
			return l.load(t)
		}},
		{"quality.conflicting-documents", "miss-different-things", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				documents = []string{fmt.Sprintf("The mooring fee is %d euros.", 20+i)}
				if day == 11 {
					documents = append(documents, fmt.Sprintf("The winter storage is %d euros.", 90+i))
				}
				return documents, "It is as the paper says."
			})
			return l.load(t)
		}},
		{"quality.retrieval-changed", "hit-new-index", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				return []string{fmt.Sprintf("Paper %d of the harbour.", day/11)}, "It is as the paper says."
			})
			return l.load(t)
		}},
		{"quality.retrieval-changed", "miss-index-of-the-day", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				return []string{fmt.Sprintf("Paper %d of the harbour.", day*20+i)}, "It is as the paper says."
			})
			return l.load(t)
		}},
		{"exfiltration.personal-data", "hit-list-of-members", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				if day == 11 && i%2 == 0 {
					return nil, fmt.Sprintf("The member is Ada Falk, ada.falk%d@club.example, card 4111 1111 1111 1111.", i)
				}
				return nil, "The office is open from nine to five."
			})
			return l.load(t)
		}},
		{"exfiltration.personal-data", "miss-letters-every-day", func(t *testing.T) string {
			var l journal
			l.reads(func(day, i int) (documents []string, answer string) {
				if i%2 == 0 {
					return nil, fmt.Sprintf("The member is Ada Falk, ada.falk%d@club.example, card 4111 1111 1111 1111.", day*20+i)
				}
				return nil, "The office is open from nine to five."
			})
			return l.load(t)
		}},
		{"quality.model-drift", "hit-silent-change", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			l.lengths("desk", func(day, in int) int { return 300 + in%90 - day/11*200 })
			return l.load(t)
		}},
		{"quality.model-drift", "miss-new-name-alike", func(t *testing.T) string {
			var l journal
			l.weeks(12, team()...)
			for day := range 12 {
				for i := range 20 {
					l.add(at(day, 8+i/3, i%3), "desk", "model", fmt.Sprintf("model-%d", day/9), "input_tokens", 100, "output_tokens", 200+37*i%211)
				}
			}
			return l.load(t)
		}},
	}
}

// reads lets a desk answer 20 questions from documents on each of 12 days.
func (l *journal) reads(say func(day, i int) (documents []string, answer string)) {
	for day := range 12 {
		for i := range 20 {
			documents, answer := say(day, i)
			var retrieved []map[string]any
			for _, d := range documents {
				retrieved = append(retrieved, map[string]any{"content": d})
			}
			l.add(at(day, 8+i/3, i%3), "desk", "app", "desk", "prompt", "What is it for boat "+string(rune('a'+i))+"?", "response", answer, "retrieved", retrieved)
		}
	}
}

// lengths lets somebody make 20 calls on each of 12 days, with questions that are four
// times as long on the last one, and answers whose length hangs on day and question.
func (l *journal) lengths(who string, out func(day, in int) int) {
	for day := range 12 {
		for i := range 20 {
			in := 100 + 37*i%211
			if day == 11 {
				in *= 4
			}
			l.add(at(day, 8+i/3, i%3), who, "input_tokens", in, "output_tokens", out(day, in))
		}
	}
}

// works lets a team ask two or three times in some of eight hours of so many days, for
// answers of some hundred tokens.
func (l *journal) works(days int) {
	for day := range days {
		for hour := range 8 {
			for i, p := range team() {
				for n := range (day*5 + hour*3 + i) % 4 {
					l.add(at(day, 9+hour, i+10*n), p, "output_tokens", 60+(day*31+hour*17+i*7+n*53)%240)
				}
			}
		}
	}
}
