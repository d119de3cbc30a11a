package drill

// outputRatioShift is a program whose replies grow while its prompts do not.
func outputRatioShift() plot {
	return plot{
		name: "output-ratio-shift", cast: castProgram, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0024", "AML.T0057"},
		play: func(s *stage) {
			from := s.hour(0, 8, 60)
			last := min(s.to(), from+s.enough(by(s, int64(4), 6, 10)*hourMS, 20))
			s.changes(from, last, "has a reply that is too long for its prompt", by(s, 10_000, 8000, 6000), effect{shift: shift{out: by(s, 800, 450, 250)}})
		},
	}
}
