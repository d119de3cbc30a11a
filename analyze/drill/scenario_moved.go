package drill

// credentialMoved is the temporary credential of a program that is used away
// from where it was issued.
func credentialMoved() plot {
	return plot{
		name: "credential-moved", cast: castProgram | castJob | castAgent, days: [3]int{1, 1, 1}, techniques: []string{"T1552.005", "T1550.001", "AML.T0091.000"},
		play: func(s *stage) {
			at := s.begins()
			stolen, from := s.session(at), s.elsewhere()
			for range 4 {
				s.calls(at+int64(s.rand.below(50*minuteMS)), "").as(stolen, s.actor.office)
			}
			n := by(s, 30, 8, 3)
			for i := range n {
				at += int64(50 * minuteMS / n) // sessions of agents and jobs last an hour
				if i == 0 {
					s.requests(at, "asks who it is, away from where the credential was issued", "sts", "GetCallerIdentity", "").stolen(stolen, from)
					continue
				}
				s.calls(at, "calls with a credential away from where it was issued").stolen(stolen, from)
			}
		},
	}
}
