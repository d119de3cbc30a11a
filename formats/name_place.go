package formats

import "bytes"

// namePlace is a name at its place in a record, below the names of the objects
// around it, and what it can mean there.
type namePlace struct {
	name   []byte
	above  *namePlace // nil for the record itself
	normal []byte     // the names down to it, as names are compared
	base   int        // where in normal the names of members begin behind the last envelope; 0 where there is none
	whole  []candidate
	inner  []candidate // of the name behind the envelope

	members map[string]*namePlace
	first   nextPlace // of its members
	next    nextPlace // of the members after it
	spare   bool      // used again for other names: see placeTree

	written []byte // the names down to it, as written
	text    string // the same, once it was asked for
}

// path returns the names that lead to the place, as written.
func (p *namePlace) path() string {
	if p.text == "" {
		p.text = string(p.written)
	}
	return p.text
}

// nextPlace is what came next where it was looked at last, and what it was before
// that: records follow each other in few orders.
type nextPlace struct{ last, other *namePlace }

// get returns the place of a name if it is one of those, else nil.
func (n *nextPlace) get(name []byte) *namePlace {
	if p := n.last; p != nil && string(p.name) == string(name) {
		return p
	}
	if p := n.other; p != nil && string(p.name) == string(name) {
		n.last, n.other = p, n.last
		return p
	}
	return nil
}

// placeTree remembers the places of names, for the records of a log repeat
// theirs. Where data are used as names there is no end to them: beyond a bound
// places are not remembered, and each depth has one to work in.
type placeTree struct {
	table  *nameTable
	root   namePlace
	count  int
	spares [maxNesting + 1]namePlace
}

// maxPlaces is how many places are remembered: many times what a log has that
// uses no data as names.
const maxPlaces = 4096

// member returns the place of a member of the object at a place.
func (t *placeTree) member(above *namePlace, name []byte, depth int) *namePlace {
	if p := above.members[string(name)]; p != nil {
		return p
	}
	if above.spare || t.count == maxPlaces {
		p := &t.spares[depth]
		*p = namePlace{name: append(p.name[:0], name...), above: above, normal: p.normal[:0], written: p.written[:0], spare: true}
		t.read(p)
		return p
	}
	t.count++
	p := &namePlace{name: append([]byte(nil), name...), above: above}
	t.read(p)
	if above.members == nil {
		above.members = make(map[string]*namePlace)
	}
	above.members[string(name)] = p
	return p
}

// read works out what the name of a place can mean.
func (t *placeTree) read(p *namePlace) {
	if p.normal = append(p.normal, p.above.normal...); len(p.normal) > 0 {
		p.normal = append(p.normal, '.')
	}
	name := len(p.normal)
	p.normal = appendNormal(p.normal, p.name)
	if p.base = p.above.base; name == p.base && isEnvelope(p.normal[name:]) {
		p.base = len(p.normal) + 1
	}
	if p.written = append(p.written, p.above.written...); p.above.above != nil {
		p.written = append(p.written, '.')
	}
	p.written = append(p.written, p.name...)
	if len(p.written) > maxNameLength || bytes.Count(p.written, []byte{'.'}) >= maxSegments {
		return
	}
	p.whole = t.table.meanings(p.normal)
	if p.above.base > 0 {
		p.inner = t.table.meanings(p.normal[p.above.base:])
	}
}
