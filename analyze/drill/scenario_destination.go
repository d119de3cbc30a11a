package drill

import (
	"fmt"
	"strings"
)

// newDestination is an agent whose tool sends data to a host that it never
// talked to.
func newDestination() plot {
	return plot{
		name: "new-destination", cast: castCourier, days: [3]int{1, 1, 2}, techniques: []string{"AML.T0086", "T1567"},
		play: func(s *stage) {
			url := s.newURL()
			for _, at := range s.pace(by(s, 12, 5, 2)) {
				s.sends(at, "sends data to a host that was never seen", url, s.records(by(s, 40, 12, 3)))
			}
		},
	}
}

// newURL is an address that was never seen: of a number when it is easy, of a
// host of its own when it is normal, and of one beside a known host when it is
// stealthy.
func (s *stage) newURL() string {
	w := strings.ToLower(s.say("{word}"))
	switch s.level {
	case 0:
		return fmt.Sprintf("http://203.0.113.%d:8080/in", s.rand.between(192, 254))
	case 1:
		return "https://" + w + s.say("-{digit}{digit}") + ".example/collect"
	default:
		return "https://" + w + ".example.com" + s.say("/v{digit}/{endpoint}")
	}
}

// records are lines with invented people.
func (s *stage) records(n int) string {
	var b strings.Builder
	for range n {
		first, last := s.say("{first}"), s.say("{last}")
		b.WriteString(first + " " + last + "," + strings.ToLower(first+"."+last) + s.say("@example.com,{place},{number}\n"))
	}
	return b.String()
}
