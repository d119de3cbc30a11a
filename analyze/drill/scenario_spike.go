package drill

// callSpike is a caller who makes many times as many calls as it does in a busy
// hour.
func callSpike() plot {
	return plot{
		name: "call-spike", cast: castAnyone, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0034.000", "AML.T0029"},
		play: func(s *stage) {
			from := min(s.begins(), s.to()-5*hourMS)
			for range min(2000, max(by(s, 8, 4, 2)*s.peak(), by(s, 80, 40, 20))) {
				s.calls(from+int64(s.rand.below(by(s, 1, 2, 4)*hourMS)), "is one of too many calls")
			}
		},
	}
}

// tokenSpike is a caller whose prompts and replies are suddenly many times as
// long.
func tokenSpike() plot {
	return plot{
		name: "token-spike", cast: castAnyone, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0034.001", "AML.T0029"},
		play: func(s *stage) {
			long := &shift{in: by(s, 2000, 1400, 900), out: by(s, 1000, 800, 600)}
			for _, at := range s.pace(by(s, 25, 12, 6)) {
				s.calls(at, "is far longer than the subject's calls").talk.shift = long
			}
		},
	}
}

// costSpike is a caller who turns to the dearest model in common use, and lets it
// write a lot.
func costSpike() plot {
	return plot{
		name: "cost-spike", cast: castPerson | castAgent, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0034", "AML.T0048.000"},
		play: func(s *stage) {
			dear := &models[0]
			if s.actor.office.region == regions[2] {
				dear = &models[1]
			}
			long := &shift{in: by(s, 1200, 800, 400), out: by(s, 2000, 1200, 600)}
			for _, at := range s.pace(by(s, 80, 30, 12)) {
				x := s.calls(at, "costs far more than the subject's calls")
				x.use(dear)
				x.talk.shift = long
			}
		},
	}
}
