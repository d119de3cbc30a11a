package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// noteStrangers says which sources have no call in common.
func (m *missingSearch) noteStrangers() {
	if len(m.strangers) > 0 {
		m.report.Notes = append(m.report.Notes,
			"no identifier joins a call of "+strings.Join(m.strangers, ", of ")+": nothing can be said about what they lack of each other")
	}
}

// maxKinds bounds the kinds of calls that a note names.
const maxKinds = 6

// noteNotCovered says which calls of from are of kinds that to never shows, by
// the columns that say most about why.
func (m *missingSearch) noteNotCovered(p *pairLoss, strata []*stratum) {
	if len(strata) == 0 {
		return
	}
	by := []dimension{
		dimOutcome, dimKind, dimService, dimProvider, dimRegion, dimTenant, dimOperation, dimModel, dimApp, dimPrincipal, dimErrorCode,
	}
	type value struct {
		dimension dimension
		word      string
	}
	all := map[value]*share{}
	for _, st := range m.strata {
		if st.source != p.from.bit {
			continue
		}
		calls, covered := st.coverage(p.to.bit)
		for _, d := range by {
			v := value{d, st.words[d]}
			if all[v] == nil {
				all[v] = &share{}
			}
			all[v].calls += calls
			all[v].covered += covered
		}
	}
	counts := map[value]int64{}
	var order []value
	var total int64
	for _, st := range strata {
		v := value{dimensions, ""}
		for _, d := range by {
			if c := all[value{d, st.words[d]}]; c.part() < coveredLeast && st.words[d] != "" {
				v = value{d, st.words[d]}
				break
			}
		}
		if counts[v] == 0 {
			order = append(order, v)
		}
		calls, covered := st.coverage(p.to.bit)
		counts[v] += calls - covered
		total += calls - covered
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
	m.report.Notes = append(m.report.Notes, fmt.Sprintf("%s does not cover %s that %s shows, and they are not counted as missing: %s",
		p.to.name, callCount(total), p.from.name, strings.Join(kinds, ", ")))
}
