package drill

// throttlingStorm is a caller who is throttled and tries again at once, many
// times over.
func throttlingStorm() plot {
	return plot{
		name: "throttling-storm", cast: castAnyone, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0029", "AML.T0034.000"},
		play: func(s *stage) {
			at := s.begins()
			for i := range by(s, 200, 60, 20) {
				at += int64(s.rand.between(300, by(s, 3000, 12_000, 40_000)))
				x := s.calls(at, "is throttled or tries again")
				if i%by(s, 20, 10, 6) != 0 {
					x.fails("ThrottlingException", "Too many requests, please wait before trying again.")
				}
			}
		},
	}
}
