package drill

// restrictedTests is a caller who tries again and again whether a restricted
// model answers by now.
func restrictedTests() plot {
	return plot{
		name: "restricted-tests", cast: castPerson | castAgent, days: [3]int{1, 1, 4}, techniques: []string{"AML.T0040", "AML.T0012"},
		play: func(s *stage) {
			model := s.restricted()
			for _, at := range s.pace(by(s, 30, 10, 5)) {
				if s.level == 0 {
					model = s.restricted()
				}
				s.callsModel(at, "tries a restricted model and is denied", model).refused()
			}
		},
	}
}
