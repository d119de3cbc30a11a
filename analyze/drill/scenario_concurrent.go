package drill

// concurrentNetworks is a credential of a person that somebody else uses from
// another network, in the same minutes as the person.
func concurrentNetworks() plot {
	return plot{
		name: "concurrent-networks", cast: castPerson, days: [3]int{1, 1, 1}, techniques: []string{"T1550.001", "AML.T0091.000"},
		play: func(s *stage) {
			at := s.hour(0, 9, 40)
			stolen, from := s.session(at), s.elsewhere()
			n := by(s, 20, 8, 3)
			for range n {
				at += by(s, int64(30_000), 12*minuteMS, 100*minuteMS) * int64(s.rand.between(60, 100)) / 100
				s.calls(at, "").as(stolen, s.actor.from(at))
				s.calls(at+int64(s.rand.between(5000, 2*minuteMS)), "uses the credential of a person who uses it elsewhere").stolen(stolen, from)
			}
		},
	}
}
