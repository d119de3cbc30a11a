package drill

// largeOutputsOffHours is a person's credential that lets models write long
// replies when the person does not work.
func largeOutputsOffHours() plot {
	return plot{
		name: "large-outputs-off-hours", cast: castPerson, days: [3]int{1, 1, 3}, techniques: []string{"AML.T0024", "AML.T0057"},
		play: func(s *stage) {
			long := &shift{out: by(s, 1000, 700, 450)}
			n := by(s, 20, 8, 5)
			for i := range n {
				at := s.hour(i*s.days/n, by(s, 2, 1, 21), by(s, 60, 180, 100))
				s.calls(at, "gets a long reply out of hours").talk.shift = long
			}
		},
	}
}
