package drill

// dormantRevived is a contractor's key, used in the first days of the run, then
// not for as long as the warm-up and more, and then again.
func dormantRevived() plot {
	return plot{
		name: "dormant-revived", cast: castNobody, days: [3]int{1, 1, 3}, techniques: []string{"T1078.004", "AML.T0012"},
		play: func(s *stage) {
			s.casting.entered = append(s.casting.entered, s.enter("contractor"))
			for day := range max(1, warmUp(s.casting.days)/2) {
				for range s.rand.between(3, 6) {
					s.calls(s.casting.start+int64(day)*dayMS+int64(s.rand.between(7*hourMS, 16*hourMS)), "")
				}
			}
			from := s.elsewhere()
			if s.level == 2 {
				from = s.actor.office
			}
			for _, at := range s.pace(by(s, 40, 12, 4)) {
				s.calls(at, "calls with a key that was not used for long").stolen(s.actor.base, from)
			}
		},
	}
}
