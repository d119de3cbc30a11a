package drill

// guardrailWeakened is a person whose question a guardrail stops, who weakens the
// guardrail, and asks again.
func guardrailWeakened() plot {
	id := quote(guardrailID)
	return plot{
		name: "guardrail-weakened", cast: castPerson, days: [3]int{1, 1, 2}, techniques: []string{"T1685", "AML.T0054"},
		play: func(s *stage) {
			before := by(s, 4, 2, 1)
			times := s.pace(before + 1 + by(s, 12, 5, 2))
			subject := s.say("{forbidden}")
			for i, at := range times {
				switch {
				case i < before:
					x := s.asks(at, "is stopped by the guardrail", s.say("{plainly} "+subject+"?"), blockedText)
					x.Operation, x.blocked = opInvoke, true
				case i > before:
					s.asks(at, "is answered what the guardrail stopped", s.say("{plainly} "+subject+"?"), s.say("{obeys} ")+s.noise(70)).Operation = opInvoke
				case s.level == 0:
					s.requests(at, "deletes the guardrail", "bedrock", "DeleteGuardrail", `{"guardrailIdentifier":`+id+`}`)
				default:
					strength := by(s, "", "NONE", "LOW")
					s.requests(at, "weakens the guardrail", "bedrock", "UpdateGuardrail", `{"guardrailIdentifier":`+id+`,"name":"default","contentPolicyConfig":{"filtersConfig":[`+
						`{"type":"PROMPT_ATTACK","inputStrength":"`+strength+`","outputStrength":"NONE"},{"type":"MISCONDUCT","inputStrength":"`+strength+`","outputStrength":"`+strength+`"}]}}`)
				}
			}
		},
	}
}
