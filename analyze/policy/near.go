package policy

import "net/netip"

// near is how close a rule is to something in one respect: whom it is about, or
// what. The zero value is a rule that is about anything.
type near struct {
	rank rank
	kind string // of a pattern or name; different kinds are not compared
	glob *Glob  // nil where there is no pattern to compare
	bits int    // of a network
}

// rank orders what is certainly narrower than something else.
type rank uint8

// The ranks. A name lies within every pattern that fits it. Networks have ranks
// of their own: a block is taken to be narrower than what it is routed by, and
// that than a country.
const (
	rankAny rank = iota
	rankSome
	rankName
	rankCountry = rankSome
	rankASN     = rankName
	rankCIDR    = rankName + 1
)

// relation is how one near compares with another.
type relation uint8

// The relations.
const (
	crossing relation = iota // neither lies within the other, as far as is known
	vaguer
	equal
	closer
)

// compare says how close a is, compared with b, to something that both are
// about.
func (a near) compare(b near) relation {
	switch {
	case a.rank > b.rank:
		return closer
	case a.rank < b.rank:
		return vaguer
	case a.kind != b.kind:
		return crossing
	case a.bits != b.bits:
		return map[bool]relation{true: closer, false: vaguer}[a.bits > b.bits]
	case a.glob == nil || b.glob == nil || a.glob.text == b.glob.text:
		return equal
	}
	within, around := b.glob.covers(a.glob), a.glob.covers(b.glob)
	switch {
	case within && around:
		return equal
	case within:
		return closer
	case around:
		return vaguer
	}
	return crossing
}

// order puts nears in an order for messages, which name one rule of several: a
// name before a pattern, and of patterns the one that gives more characters.
func (a near) order() int {
	n := int(a.rank)*2*exactness + a.bits
	if a.glob != nil {
		n += a.glob.closeness()
	}
	return n
}

// globNear is how close a pattern is to what it fits.
func globNear(kind string, g *Glob) near {
	n := near{rank: rankSome, kind: kind, glob: g}
	if g.exact() {
		n.rank = rankName
	}
	return n
}

// nearest returns the closest of the patterns that fit one of names, for
// messages too, and whether one does.
func nearest[T any, P patterned[T]](kind string, list []T, names ...string) (near, bool) {
	var best near
	found := false
	for i := range list {
		g := P(&list[i]).pattern()
		for _, n := range names {
			if n == "" || !g.match(n) {
				continue
			}
			if c := globNear(kind, g); !found || c.order() > best.order() {
				best, found = c, true
			}
		}
	}
	return best, found
}

// nears is how close a rule is in each respect: about whom first, then about
// what in up to three.
type nears [4]near

// over says whether a is more specific than b: closer in some respect, and as
// close or closer in every other.
func (a *nears) over(b *nears) bool {
	some := false
	for i := range a {
		switch a[i].compare(b[i]) {
		case closer:
			some = true
		case crossing, vaguer:
			return false
		}
	}
	return some
}

// compareOrder orders nears for messages, the closest first.
func (a *nears) compareOrder(b *nears) int {
	for i := range a {
		if d := b[i].order() - a[i].order(); d != 0 {
			return d
		}
	}
	return 0
}

// levelNear is how close a sensitivity is to a model.
func levelNear() near { return near{rank: rankSome, kind: "sensitivity"} }

// cidrNear is how close a network is to an address.
func cidrNear(p netip.Prefix) near { return near{rank: rankCIDR, bits: p.Bits()} }
