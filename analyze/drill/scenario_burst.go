package drill

import "fmt"

// burst is a script that works through a list with a person's or an agent's
// credential, a call at every beat of a clock.
func burst() plot {
	return plot{
		name: "burst", cast: castPerson | castAgent, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0034.000", "AML.T0040"},
		play: func(s *stage) {
			at, task := s.begins(), s.say("{sweep}")
			for i := range by(s, 150, 60, 40) {
				s.asks(at, "is a beat of a scripted sweep", fmt.Sprintf("%s %d", task, 1000+i), s.say("{label}"))
				at += by(s, int64(1000), 5000, 60_000)
			}
		},
	}
}
