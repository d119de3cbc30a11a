package drill

// latencyRise is a program whose calls suddenly take four times as long or more. AWS
// itself logs how long only some kinds of calls take; the subject is one of those who
// make such calls, unless none of them is left or nothing that is logged times any.
func latencyRise() plot {
	return plot{
		name: "latency-rise", cast: castProgram | castAgent, timed: true, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0029"},
		play: func(s *stage) {
			from := s.hour(0, 9, 240)
			last := min(s.to(), from+s.enough(by(s, int64(60), 20, 5)*minuteMS, 10))
			s.changes(from, last, "takes far longer than before", by(s, 10_000, 10_000, 9000), effect{shift: shift{latency: by(s, 1000, 600, 400)}})
		},
	}
}
