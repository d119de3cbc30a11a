package drill

// latencyRise is a program whose calls suddenly take four times as long or more.
func latencyRise() plot {
	return plot{
		name: "latency-rise", cast: castProgram | castAgent, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0029"},
		play: func(s *stage) {
			from := s.hour(0, 9, 240)
			last := min(s.to(), from+s.enough(by(s, int64(60), 20, 5)*minuteMS, 10))
			s.changes(from, last, "takes far longer than before", by(s, 10_000, 10_000, 9000), effect{shift: shift{latency: by(s, 1000, 600, 400)}})
		},
	}
}
