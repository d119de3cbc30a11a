package drill

// embeddingSweep is a caller who makes vectors of many texts that are nearly the
// same, evenly paced.
func embeddingSweep() plot {
	return plot{
		name: "embedding-sweep", cast: castPerson | castAgent, days: [3]int{1, 1, 3}, techniques: []string{"AML.T0024.002", "AML.T0005.001"},
		play: func(s *stage) {
			form := s.say("{record form}")
			n := by(s, 400, 150, 60)
			at := s.begins()
			for i := range n {
				switch s.level {
				case 0:
					at += int64(s.rand.between(400, 900))
				case 1:
					at += int64(s.rand.between(28_000, 34_000))
				default: // six minutes apart, on each of the days
					at = s.hour(i*s.days/n, 9, 1) + int64(i%(n/s.days+1))*6*minuteMS
				}
				x := s.asks(at, "is one of many texts that are nearly the same", form+s.say(" {number}, {place}, {last}."), "")
				x.use(modelOf("amazon.titan-embed-text-v2:0"))
				x.Talk.Reply = nil // a vector, which has no words
			}
		},
	}
}
