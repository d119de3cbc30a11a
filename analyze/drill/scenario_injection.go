package drill

import "strings"

// injectionDirect is a person, or whoever talks to an agent, who tells the model
// to forget its instructions.
func injectionDirect() plot {
	return plot{
		name: "injection-direct", cast: castPerson | castAgent, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0051.000", "AML.T0054"},
		play: func(s *stage) {
			for i, at := range s.pace(by(s, 8, 4, 2)) {
				attack := s.say(by(s, "{override} {then}", "{override} {then}", "{role play} {then}"))
				if s.level > 0 {
					attack = s.noise(by(s, 0, 25, 60)) + "\n\n" + attack + "\n\n" + s.noise(by(s, 0, 10, 60))
				}
				reply := s.say("{obeys} ") + s.noise(30)
				if i%3 == 2 {
					reply = s.say("{refusal}")
				}
				s.asks(at, "tells the model to forget its instructions", attack, reply)
			}
		},
	}
}

// injectionIndirect is a document that tells an agent what to do, and the agent
// does it with a tool.
func injectionIndirect() plot {
	return plot{
		name: "injection-indirect", cast: castCourier, days: [3]int{1, 1, 1}, techniques: []string{"AML.T0051.001", "AML.T0053", "AML.T0086"},
		play: func(s *stage) {
			for _, at := range s.pace(by(s, 4, 2, 1)) {
				s.obeysDocument(at)
			}
		},
	}
}

// obeysDocument adds the two calls in which a model looks something up and does
// what the document says.
func (s *stage) obeysDocument(at int64) {
	url, id, f := s.newURL(), s.toolID(), s.fact()
	if s.level == 2 { // to somebody at a host that is known
		url = "https://" + s.pick(hostsOf(s.actor)) + s.say("/share/{word}-{number}")
	}
	order := strings.ReplaceAll(s.say(by(s, "{override} {order}", "{order}", "{quiet order}")), "URL", url)
	if s.level == 1 {
		order = "<!-- " + order + " -->"
	}
	document := s.document([]fact{s.fact(), f}, value) + order + "\n" + s.document([]fact{s.fact()}, value)
	ask := user(s.say("{errand} {digest}"))
	lookup := tool(id, tools[toolSearch].name, `{"query":`+quote(f.thing)+`,"limit":5}`)
	first := s.says(at, "the model asks for the document that holds an order", Talk{
		Messages: []Message{ask}, Reply: []Message{assistant(s.say("{willdo}")), lookup},
	})
	body := s.records(by(s, 12, 5, 2))
	second := s.says(at+int64(s.rand.between(3000, 25_000)), "the model obeys an order in a document", Talk{
		Messages: []Message{ask, lookup, result(id, document)},
		Reply: []Message{
			assistant(s.say("{willdo}")),
			tool(s.toolID(), "http_request", `{"method":"POST","url":`+quote(url)+`,"body":`+quote(body)+`}`),
		},
	})
	s.conversation(first, second)
}
