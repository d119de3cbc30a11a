package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// scenarioWord is one word of --scenarios: NAME, NAME:STRENGTH or
// NAME:STRENGTH:COUNT, where all stands for every name or strength.
type scenarioWord struct {
	name, strength string // strength is empty when the word has none
	count          int    // 0 when the word has none
}

// scenariosValue is a list of scenarios of drill.
type scenariosValue struct{ list *[]scenarioWord }

func (scenariosValue) Type() string { return "NAMES" }

func (v scenariosValue) String() string {
	if v.list == nil {
		return ""
	}
	var words []string
	for _, w := range *v.list {
		word := w.name
		if w.strength != "" {
			word += ":" + w.strength
		}
		if w.count > 0 {
			word += ":" + strconv.Itoa(w.count)
		}
		words = append(words, word)
	}
	return strings.Join(words, ",")
}

func (v scenariosValue) Set(s string) error {
	*v.list = nil
	for word := range strings.SplitSeq(s, ",") {
		parts := strings.Split(word, ":")
		w := scenarioWord{name: parts[0]}
		if w.name != "all" && !slices.Contains(drill.IncidentNames(), w.name) {
			return fmt.Errorf("%q is no scenario (known: all, %s)", w.name, strings.Join(drill.IncidentNames(), ", "))
		}
		if len(parts) > 1 {
			if w.strength = parts[1]; !slices.Contains(strengthWords(), w.strength) {
				return fmt.Errorf("%q is no strength (known: %s)", w.strength, strings.Join(strengthWords(), ", "))
			}
		}
		if len(parts) > 2 {
			n, err := strconv.ParseInt(parts[2], 10, 31)
			if err != nil || n < 1 || len(parts) > 3 {
				return fmt.Errorf("%q is not of the form NAME:STRENGTH:COUNT", word)
			}
			w.count = int(n)
		}
		*v.list = append(*v.list, w)
	}
	return nil
}

func strengthWords() []string {
	words := []string{"all"}
	for _, s := range drill.Strengths() {
		words = append(words, string(s))
	}
	return words
}

// scenarioCompletions are what --scenarios can be.
func scenarioCompletions() []string {
	all := append([]string{"all"}, drill.IncidentNames()...)
	for _, name := range slices.Clone(all) {
		for _, s := range strengthWords() {
			all = append(all, name+":"+s)
		}
	}
	return all
}

// addScenarios fills in the incidents of the config. Words that count no
// instances have so many; 0 means that it was not said.
func addScenarios(c *drill.Config, words []scenarioWord, instances int) {
	for _, w := range words {
		// As a demonstration it is played in the middle of the run.
		if (w == scenarioWord{name: "logging-off"}) && instances == 0 {
			c.Scenarios = append(c.Scenarios, drill.LoggingOff{})
			continue
		}
		names, strengths := []string{w.name}, []drill.Strength{drill.Strength(w.strength)}
		if w.name == "all" {
			names = drill.IncidentNames()
		}
		switch w.strength {
		case "":
			strengths = []drill.Strength{drill.Normal}
		case "all":
			strengths = drill.Strengths()
		}
		count := w.count
		if count == 0 {
			count = max(instances, 1)
		}
		for _, name := range names {
			for _, s := range strengths {
				c.Incidents = append(c.Incidents, drill.Incident{Scenario: name, Strength: s, Count: count})
			}
		}
	}
}

// populationValue is numbers of people, services, jobs and agents.
type populationValue struct{ p *drill.Population }

func (populationValue) Type() string { return "N,N,N,N" }

func (v populationValue) String() string {
	if v.p == nil || *v.p == (drill.Population{}) {
		return ""
	}
	return fmt.Sprintf("%d,%d,%d,%d", v.p.Users, v.p.Services, v.p.Jobs, v.p.Agents)
}

func (v populationValue) Set(s string) error {
	var n []int
	for word := range strings.SplitSeq(s, ",") {
		i, err := strconv.ParseUint(word, 10, 14)
		if err != nil {
			return fmt.Errorf("%q is no list of four numbers such as 40,8,4,6", s)
		}
		n = append(n, int(i)) //nolint:gosec // 14 bits
	}
	if len(n) != 4 || n[0]+n[1]+n[2]+n[3] == 0 {
		return fmt.Errorf("%q is no list of four numbers such as 40,8,4,6", s)
	}
	*v.p = drill.Population{Users: n[0], Services: n[1], Jobs: n[2], Agents: n[3]}
	return nil
}
