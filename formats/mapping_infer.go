package formats

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// maxSuggestions bounds how many unknown fields a map lists.
const maxSuggestions = 200

// InferMap returns the map by which the jsonl format would read the records
// when it has none: well-known names and what they mean. Fields whose unit does
// not follow from the name, and fields without a well-known name, are listed as
// comments. Records that are no JSON objects are passed over.
func InferMap(records [][]byte) *Map {
	in := inference{names: make(map[inferredKey]*inferredPath), columns: make(map[target]string)}
	for _, k := range knownNames {
		to, _ := targetByName(k.column)
		in.columns[to] = k.column
	}
	walk := newNameWalk(newNameTable())
	walk.left = in.left
	var doc jsontape.Doc
	for _, record := range records {
		if doc.Parse(record) != nil || doc.Root().Kind() != jsontape.Object {
			continue
		}
		in.objects++
		walk.find(doc.Root())
		for place, to := range fillOrder {
			if rank := walk.ranks[place]; rank != 0 {
				f := &walk.best[place]
				in.add(inferredKey{to, f.path}, rank, f.unit, false)
			}
		}
	}
	return in.build()
}

// inference collects where records have what.
type inference struct {
	objects int
	names   map[inferredKey]*inferredPath
	columns map[target]string
}

type inferredKey struct {
	to   target // -1: no well-known name
	path string
}

type inferredPath struct {
	inferredKey
	rank, count int
	unit        unit
	asks        bool
}

func (in *inference) add(key inferredKey, rank int, u unit, asks bool) {
	p := in.names[key]
	if p == nil {
		p = &inferredPath{inferredKey: key, rank: rank, unit: u, asks: asks}
		in.names[key] = p
	}
	p.rank = min(p.rank, rank)
	p.count++
}

// left takes a value that was not taken.
func (in *inference) left(path string, c *candidate) {
	if !validPath(path) || len(in.names) >= maxSuggestions {
		return
	}
	if c == nil {
		in.add(inferredKey{-1, path}, 0, unitNone, true)
		return
	}
	u := unitMilli
	if columns[c.to].Type == ColumnCost {
		u = unitUSD
	}
	in.add(inferredKey{c.to, path}, c.rank, u, true)
}

// build makes the map: the rules in the order in which they are applied, then
// what is only suggested.
func (in *inference) build() *Map {
	var paths []*inferredPath
	for _, p := range in.names {
		paths = append(paths, p)
	}
	slices.SortFunc(paths, func(a, b *inferredPath) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.path, b.path))
	})
	taken := make(map[target]bool)
	m, suggested := new(Map), []mapRule(nil)
	for _, p := range paths {
		switch {
		case p.to < 0:
			suggested = append(suggested, mapRule{name: "COLUMN", paths: []mapPath{{p.path, unitNone}}, note: in.note(p), off: true})
		case p.asks:
			r := mapRule{name: in.columns[p.to], to: p.to, paths: []mapPath{{p.path, p.unit}}, off: true}
			r.note = in.note(p) + "; which unit?"
			suggested = append(suggested, r)
		default:
			taken[p.to] = true
		}
	}
	for to := range taken {
		m.rules = append(m.rules, in.rule(to, paths))
	}
	m.sortRules()
	m.rules = append(m.rules, suggested...)
	return m
}

// rule returns the rule of a target from its paths, the best first.
func (in *inference) rule(to target, paths []*inferredPath) mapRule {
	r := mapRule{name: in.columns[to], to: to}
	for _, p := range paths {
		if p.to != to || p.asks {
			continue
		}
		if r.paths = append(r.paths, mapPath{p.path, p.unit}); len(r.paths) == 1 {
			r.note = in.note(p)
		}
	}
	return r
}

func (in *inference) note(p *inferredPath) string {
	return fmt.Sprintf("in %d of %d records", p.count, in.objects)
}
