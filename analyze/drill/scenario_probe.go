package drill

// validationProbe is somebody with a person's key who tries calls that cannot
// work, which costs nothing and shows who may call, and then calls.
func validationProbe() plot {
	return plot{
		name: "validation-probe", cast: castPerson, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0040", "AML.T0055"},
		play: func(s *stage) {
			who, from := s.actor.base, s.elsewhere()
			s.about(who, s.actor.name)
			probes := by(s, 15, 5, 2)
			for i, at := range s.pace(probes + by(s, 8, 3, 2)) {
				if i >= probes {
					s.asks(at, "is answered after invalid requests", s.say("{hello}"), s.noise(12)).stolen(who, from)
					continue
				}
				x := s.asks(at, "tries a request that is invalid", "hi", "").stolen(who, from)
				x.Talk.MaxTokens, x.Talk.Reply = -1, nil
				x.fails("ValidationException", "max_tokens: must be greater than or equal to 1")
			}
		},
	}
}
