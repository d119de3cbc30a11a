package drill

// leakedKey is a person who writes a key into a prompt; later somebody uses it
// from elsewhere.
func leakedKey() plot {
	return plot{
		name: "leaked-key", cast: castPerson, days: [3]int{1, 1, 3}, techniques: []string{"AML.T0055", "AML.T0057", "T1552"},
		play: func(s *stage) {
			who, from := s.actor.base, s.elsewhere()
			at := s.hour(0, 9, 120)
			secret := string(s.rand.appendLetters([]byte("EXAMPLE"), base64[:32], 33))
			prompt := s.say("{broken script}") + "\n" + s.noise(by(s, 5, 40, 120)) + "\naws_access_key_id = " + who.KeyID + "\naws_secret_access_key = " + secret + "\n" + s.noise(20)
			s.asks(at, "writes a key into a prompt", prompt, s.noise(40))
			s.about(who, s.actor.name)
			if s.level == 2 {
				at = s.hour(s.days-1, 9, 300)
			} else {
				at += by(s, int64(10), 120, 0) * minuteMS
			}
			if s.level < 2 {
				s.requests(at, "uses the key that was in a prompt", "sts", "GetCallerIdentity", "").stolen(who, from)
			}
			for range by(s, 25, 8, 3) {
				at += int64(s.rand.between(10_000, by(s, minuteMS, 10*minuteMS, 50*minuteMS)))
				s.calls(at, "uses the key that was in a prompt").stolen(who, from)
			}
		},
	}
}
