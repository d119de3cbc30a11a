package drill

// refusedRewordedAnswered is a person who is refused, says the same in other
// words, and in the end is answered.
func refusedRewordedAnswered() plot {
	return plot{
		name: "refused-reworded-answered", cast: castPerson, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0054", "AML.T0065"},
		play: func(s *stage) {
			at, refusals := s.begins(), by(s, 6, 3, 1)
			subject := s.say("{forbidden}")
			var said []Message
			var turns []*scripted
			for i := range refusals + 1 {
				pattern := "{plainly} " + subject + "?"
				if i > 0 {
					pattern = "{reworded} " + subject + "."
				}
				said = append(said, user(s.say(pattern)))
				reply, note := assistant(s.say("{refusal}")), "is refused"
				if i == refusals {
					reply, note = assistant(s.say("{obeys} ")+s.noise(90)), "is answered what was refused before"
				}
				turns = append(turns, s.says(at, note, Talk{Messages: append([]Message(nil), said...), Reply: []Message{reply}}))
				said = append(said, reply)
				at += int64(s.rand.between(20_000, by(s, 90_000, 4*minuteMS, 20*minuteMS)))
			}
			s.conversation(turns...)
		},
	}
}

// refusalShift is a program whose model begins to decline.
func refusalShift() plot {
	return plot{
		name: "refusal-shift", cast: castProgram, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0029", "AML.T0063"},
		play: func(s *stage) {
			from := s.hour(0, 8, 60)
			last := min(s.to(), from+s.enough(by(s, int64(4), 8, 16)*hourMS, by(s, 20, 30, 60)))
			s.changes(from, last, "is declined, as more calls than before", by(s, 7000, 3500, 1500), effect{shift: shift{refuse: true}})
		},
	}
}
