package drill

import "strings"

// newClient is a credential that is used with a client of another family than
// ever before, from the usual network.
func newClient() plot {
	return plot{
		name: "new-client", cast: castAnyone, days: [3]int{1, 1, 3}, techniques: []string{"T1550.001", "AML.T0091.000"},
		play: func(s *stage) {
			agent := otherClient(s.actor.office.agent)
			if s.level == 0 {
				agent = s.pick([]string{"python-requests/2.31.0", "curl/7.88.1", "Go-http-client/2.0"})
			}
			for _, at := range s.pace(by(s, 30, 10, 3)) {
				s.calls(at, "calls with a client that the credential never used").UserAgent = agent
			}
		},
	}
}

// otherClient is a common client of another family.
func otherClient(agent string) string {
	switch {
	case strings.HasPrefix(agent, "Boto3"):
		return peopleAgents[2]
	case strings.HasPrefix(agent, "aws-sdk-js"):
		return peopleAgents[0]
	default:
		return peopleAgents[1]
	}
}
