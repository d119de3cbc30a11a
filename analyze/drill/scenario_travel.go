package drill

// impossibleTravel is a credential that is used at the office, and so soon after
// from another continent that nobody could have gone there.
func impossibleTravel() plot {
	return plot{
		name: "impossible-travel", cast: castPerson, days: [3]int{1, 1, 1}, techniques: []string{"T1078.004", "AML.T0012"},
		play: func(s *stage) {
			at := s.hour(0, 9, 120)
			who := s.session(at)
			office := s.actor.from(at)
			for range 3 {
				at += int64(s.rand.between(minuteMS, 9*minuteMS))
				s.calls(at, "").as(who, office)
			}
			at += by(s, int64(4), 30, 90) * minuteMS
			there := origin{overseas(&s.rand), office.agent, office.region}
			if s.level == 0 {
				there.agent = s.pick(serverAgents)
			}
			for range by(s, 25, 8, 2) {
				at += int64(s.rand.between(10_000, by(s, minuteMS, 6*minuteMS, 20*minuteMS)))
				s.calls(at, "calls from a continent that is too far away").stolen(who, there)
			}
		},
	}
}
