package drill

// llmjacking is a leaked key with which somebody looks around, has models
// enabled, and resells calls of them.
func llmjacking() plot {
	enable := []string{"PutUseCaseForModelAccess", "CreateFoundationModelAgreement", "PutFoundationModelEntitlement"}
	return plot{
		name: "llmjacking", cast: castPerson, days: [3]int{1, 1, 3}, techniques: []string{"AML.T0034", "AML.T0055", "T1496.004", "AML.T0008.005"},
		play: func(s *stage) {
			who, from := s.actor.base, s.elsewhere()
			s.about(who, s.actor.name)
			looks := by(s, 12, 6, 3)
			for i, at := range s.pace(looks + len(enable) + by(s, 200, 60, 15)) {
				switch {
				case i < looks:
					x := s.looksAtModels(at, "looks around with a leaked key", s.rand.below(20))
					if i == looks-1 {
						x.Operation, x.Request = "GetModelInvocationLoggingConfiguration", ""
					}
					x.stolen(who, from)
				case i < looks+len(enable):
					s.requests(at, "enables models with a leaked key", "bedrock", enable[i-looks], `{"modelId":`+quote(restricted[1])+`}`).stolen(who, from)
				default:
					if s.level == 0 {
						from.addr = s.elsewhere().addr
						from.region = s.pick(regions)
					}
					x := s.asks(at, "resells a call with a leaked key", s.say("{resold}"), s.noise(s.rand.between(80, 220))).stolen(who, from)
					x.use(modelOf(by(s, s.pick(restricted), restricted[1], models[1].id)))
				}
			}
		},
	}
}
