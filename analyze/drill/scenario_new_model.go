package drill

// newModel is a caller who begins to call a model that needs leave.
func newModel() plot {
	return plot{
		name: "new-model", cast: castAnyone, days: [3]int{1, 1, 3}, techniques: []string{"AML.T0040", "AML.T0012"},
		play: func(s *stage) {
			model := s.restricted()
			for _, at := range s.pace(by(s, 40, 12, 4)) {
				s.callsModel(at, "calls a restricted model that it never called", model)
			}
		},
	}
}
