package story

import "slices"

// chapter is what one group tells of one time: a story, or a single finding.
type chapter struct {
	group
	events map[string]bool
}

// chapters cuts groups by time, in their order.
func chapters(list []*group) []*chapter {
	var out []*chapter
	for _, g := range list {
		for _, parts := range clusters(g.parts) {
			c := &chapter{group: group{actor: g.actor, parts: parts, info: g.info}, events: map[string]bool{}}
			for _, f := range parts {
				for _, e := range f.Events {
					c.events[e] = true
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// join makes one chapter of those that tell mostly of the same events: more than
// half of all that both have. An event is of one acting identity, so they name it
// in two ways, such as by role and by session. The name of the one with the most
// events stays.
func join(list []*chapter) []*chapter {
	of := make([]*chapter, len(list)) // into which each went
	byEvent := map[string][]int{}
	for i, c := range list {
		of[i] = c
		shared := map[int]int{}
		for e := range c.events {
			for _, k := range byEvent[e] {
				shared[k]++
			}
			byEvent[e] = append(byEvent[e], i)
		}
		for _, k := range sorted(shared) {
			n := shared[k]
			if 2*n > len(c.events)+len(list[k].events)-n && of[k] != of[i] {
				move(of, of[i], of[k])
			}
		}
	}
	return gather(list, of)
}

// gather puts together what went into the same chapter, in the order of the list.
func gather(list, of []*chapter) []*chapter {
	at := map[*chapter]*chapter{}
	var out []*chapter
	for i, c := range list {
		into := at[of[i]]
		if into == nil {
			at[of[i]], out = c, append(out, c)
			continue
		}
		if len(c.events) > len(into.events) {
			into.actor, into.events = c.actor, c.events
		}
		into.parts, into.info = slices.Concat(into.parts, c.parts), slices.Concat(into.info, c.info)
		slices.SortFunc(into.parts, compare)
		slices.SortFunc(into.info, compare)
		into.info = slices.Compact(into.info)
	}
	return out
}

// move lets what went into a chapter go into another.
func move(of []*chapter, from, to *chapter) {
	for i := range of {
		if of[i] == from {
			of[i] = to
		}
	}
}

func sorted(counts map[int]int) []int {
	keys := make([]int, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
