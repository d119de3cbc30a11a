package drill

// deniedThenAllowed is a person who is denied a model, gets a policy, by their
// own hand when it is easy, and is answered.
func deniedThenAllowed() plot {
	return plot{
		name: "denied-then-allowed", cast: castPerson, days: [3]int{1, 1, 3}, techniques: []string{"T1098.003", "AML.T0040"},
		play: func(s *stage) {
			model := s.restricted()
			denied := by(s, 6, 3, 1)
			times := s.pace(denied + by(s, 20, 6, 2))
			for i, at := range times {
				if i < denied {
					s.callsModel(at, "is denied a restricted model", model).refused()
				} else {
					s.callsModel(at, "is answered by the model that was denied", model)
				}
			}
			at := times[denied-1] + (times[denied]-times[denied-1])/2
			grant := s.grants(at, "gives the subject leave for all models", "AmazonBedrockFullAccess")
			if s.level > 0 {
				grant.as(s.admin(at - 1000))
			}
		},
	}
}
