package drill

import (
	"slices"
	"strings"
)

// newClient is a credential that is used with a client of another family than
// ever before, from the usual network.
func newClient() plot {
	return plot{
		name: "new-client", cast: castAnyone, days: [3]int{1, 1, 3}, techniques: []string{"T1550.001", "AML.T0091.000"},
		play: func(s *stage) {
			agent := otherClient(s.actor)
			if s.level == 0 {
				agent = s.pick([]string{"python-requests/2.31.0", "curl/7.88.1", "Go-http-client/2.0"})
			}
			for _, at := range s.pace(by(s, 30, 10, 3)) {
				s.calls(at, "calls with a client that the credential never used").UserAgent = agent
			}
		},
	}
}

// otherClient is a common client of a family that an actor does not use, in all
// the run.
func otherClient(a *actor) string {
	family := func(agent string) string {
		name, _, _ := strings.Cut(agent, "/")
		return name
	}
	used := []string{family(a.office.agent)}
	for _, s := range a.spells {
		used = append(used, family(s.agent))
	}
	for _, agent := range []string{peopleAgents[2], peopleAgents[1], peopleAgents[0], runtimes[2].agent} {
		if !slices.Contains(used, family(agent)) {
			return agent
		}
	}
	return codeAgents[0]
}
