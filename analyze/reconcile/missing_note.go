package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// noteStrangers says which sources have no call in common.
func (m *missingSearch) noteStrangers() {
	if n := len(m.strangers); n > maxKinds {
		m.strangers = append(m.strangers[:maxKinds], fmt.Sprintf("%d more pairs", n-maxKinds))
	}
	if len(m.strangers) > 0 {
		m.report.Notes = append(m.report.Notes,
			"no identifier joins a call of "+strings.Join(m.strangers, ", of ")+": nothing can be said about what they lack of each other")
	}
}

// maxKinds bounds the kinds of calls, and the pairs of sources, that a note names.
const maxKinds = 6

// notePairs says which calls of other sources a source does not show without
// being said to miss them.
func (m *missingSearch) notePairs(to *source, pairs []*pairLoss) {
	var beside, few, sampled []string
	for _, p := range pairs {
		if note := p.notCovered(); note != "" {
			beside = append(beside, note)
		}
		few = append(few, p.countOf(callsTooFew)...)
		sampled = append(sampled, p.countOf(callsSampled)...)
	}
	for _, n := range []struct {
		says  string
		parts []string
	}{
		{"%s does not cover, and so does not miss, %s", beside},
		{"%s shows only a part of all calls, as a sample would, and lacks %s", sampled},
		{"%s lacks %s, of kinds of which there are too few to know whether it should show them", few},
	} {
		if len(n.parts) > 0 {
			m.report.Notes = append(m.report.Notes, fmt.Sprintf(n.says, to.name, strings.Join(n.parts, "; ")))
		}
	}
}

// countOf says how many calls of kinds of one judgement there are, if any.
func (p *pairLoss) countOf(v judgement) []string {
	var n int64
	for _, key := range p.strata[v] {
		n += p.unexplained(key)
	}
	if n == 0 {
		return nil
	}
	return []string{counted(n, "call") + " of " + p.from.name}
}

// notCovered names the kinds of calls of from that to never shows.
func (p *pairLoss) notCovered() string {
	type value struct {
		dimension dimension
		word      string
	}
	counts := map[value]int64{}
	var order []value
	var total int64
	for _, key := range p.strata[callsNotCovered] {
		st := p.from.strata[key]
		v := value{dimensions, ""}
		if d, ok := p.learned.foreign(st); ok {
			v = value{d, st.words[d]}
		}
		if p.unexplained(key) == 0 {
			continue
		}
		if counts[v] == 0 {
			order = append(order, v)
		}
		counts[v] += p.unexplained(key)
		total += p.unexplained(key)
	}
	slices.SortStableFunc(order, func(a, b value) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.dimension, b.dimension), cmp.Compare(a.word, b.word))
	})
	var kinds []string
	for i, v := range order {
		if i == maxKinds {
			kinds = append(kinds, fmt.Sprintf("%d more kinds", len(order)-i))
			break
		}
		name := "other combinations"
		if v.dimension < dimensions {
			name = v.dimension.String() + " " + clip(v.word)
		}
		kinds = append(kinds, fmt.Sprintf("%s %d", name, counts[v]))
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s (%s)", counted(total, "call"), p.from.name, strings.Join(kinds, ", "))
}
