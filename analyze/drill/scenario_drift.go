package drill

// slowDrift is a person who calls a little more every day, until it is a lot.
func slowDrift() plot {
	return plot{
		name: "slow-drift", cast: castPerson, days: [3]int{5, 8, 10}, techniques: []string{"AML.T0034.000", "AML.T0024"},
		play: func(s *stage) {
			for day := range s.days {
				if s.rests(day) {
					continue
				}
				more := int(s.daily) * (day + 1) * by(s, 80, 50, 30) / 100
				for range min(600, max(more, (day+1)*by(s, 5, 3, 2))) {
					s.calls(s.hour(day, 8, 10*60), "is one more than the day before")
				}
			}
		},
	}
}
