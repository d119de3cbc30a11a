package story

import (
	"cmp"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// group is what belongs together: findings of one actor, or without one.
type group struct {
	actor string
	parts []*analyze.Finding // in order
	info  []*analyze.Finding // in order; what is only good to know holds nothing together
}

// groups says which findings belong together. A finding without an actor belongs
// to the actor with whose findings it shares events, where that is one, and to
// others without an actor that share events with it. The list is in order, and so
// are the groups. Acting is that of [Tell].
func groups(list []*analyze.Finding, acting map[string]string) []*group {
	var out []*group
	byActor := map[string]*group{}
	add := func(g *group, f *analyze.Finding) {
		if f.Severity == analyze.SeverityInfo {
			g.info = append(g.info, f)
		} else {
			g.parts = append(g.parts, f)
		}
	}
	of := func(actor string) *group {
		g := byActor[actor]
		if g == nil {
			g = &group{actor: actor}
			byActor[actor] = g
			out = append(out, g)
		}
		return g
	}
	actors := map[string][]string{} // by event
	var alone []*analyze.Finding
	for _, f := range list {
		actor := cmp.Or(acting[f.ID], f.Actor)
		if actor == "" {
			alone = append(alone, f)
			continue
		}
		add(of(actor), f)
		for _, e := range f.Events {
			if !slices.Contains(actors[e], actor) {
				actors[e] = append(actors[e], actor)
			}
		}
	}
	var strangers []*analyze.Finding
	for _, f := range alone {
		if actor, ok := onlyActor(f, actors); ok {
			add(of(actor), f)
		} else {
			strangers = append(strangers, f)
		}
	}
	for _, together := range sharing(strangers) {
		g := &group{}
		for _, f := range together {
			add(g, f)
		}
		out = append(out, g)
	}
	for _, g := range out {
		slices.SortFunc(g.parts, compare)
		slices.SortFunc(g.info, compare)
	}
	return out
}

// onlyActor returns the actor with whose findings f shares events. With several,
// it belongs to none of them: it must not make one story of two.
func onlyActor(f *analyze.Finding, actors map[string][]string) (string, bool) {
	actor := ""
	for _, e := range f.Events {
		for _, a := range actors[e] {
			if actor != "" && a != actor {
				return "", false
			}
			actor = a
		}
	}
	return actor, actor != ""
}

// sharing puts together the findings that share events, also by others between
// them. The sets are in the order of their first finding.
func sharing(list []*analyze.Finding) [][]*analyze.Finding {
	parent := make([]int, len(list))
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := map[string]int{} // by event
	for i, f := range list {
		parent[i] = i
		for _, e := range f.Events {
			if k, ok := first[e]; ok {
				a, b := root(i), root(k)
				parent[max(a, b)] = min(a, b)
			} else {
				first[e] = i
			}
		}
	}
	at := map[int]int{}
	var out [][]*analyze.Finding
	for i, f := range list {
		r := root(i)
		k, ok := at[r]
		if !ok {
			k = len(out)
			at[r] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], f)
	}
	return out
}
