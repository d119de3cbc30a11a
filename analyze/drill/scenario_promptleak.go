package drill

import "strings"

// promptLeak is an application that is talked into giving away its instructions.
func promptLeak() plot {
	return plot{
		name: "prompt-leak", cast: castAnswers | castCourier | castCoder, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0056", "AML.T0069.002"},
		play: func(s *stage) {
			prompt := instructions(s.actor)
			for _, at := range s.pace(by(s, 5, 2, 1)) {
				reply := prompt
				switch s.level {
				case 1:
					reply = s.say("{here}") + "\n\n" + prompt
				case 2: // in parts, as a list, among other words
					parts := strings.SplitAfter(prompt, ". ")
					reply = s.noise(25) + "\n- " + strings.Join(parts[:max(1, len(parts)*3/4)], "\n- ") + "\n" + s.noise(25)
				}
				s.says(at, "the reply holds the system prompt", Talk{
					Messages: []Message{user(s.say(by(s, "{extract}", "{extract}", "{extract softly}")))}, Reply: []Message{assistant(reply)},
				})
			}
		},
	}
}
