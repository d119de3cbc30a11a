package policy

import (
	"net/netip"
	"strconv"
)

// An aspect is what a rule is about in one respect: any of its shapes, or
// anything where it has none.
type aspect []shape

// A shape is one entry of a list: a pattern, a network, a word, a sensitivity.
type shape struct {
	place
	kind      string // of what; different kinds are never compared
	glob      *Glob  // nil: any name of the kind
	network   netip.Prefix
	low, high Sensitivity // of models; 0 and 0: any, also one that is not stated
	near      near
}

// text is the shape as the file has it, "" for a sensitivity.
func (a *shape) text() string {
	switch {
	case a.glob != nil:
		return a.glob.text
	case a.network.IsValid():
		return a.network.String()
	}
	return ""
}

// covers says that a is about everything that b is about. No is not proven.
func (a *shape) covers(b *shape) bool {
	if a.kind != b.kind {
		return false
	}
	if a.network.IsValid() {
		return a.network.Bits() <= b.network.Bits() && a.network.Contains(b.network.Addr())
	}
	if a.leveled() && (!b.leveled() || a.low > b.low || a.high < b.high) {
		return false
	}
	return a.glob == nil || b.glob != nil && a.glob.covers(b.glob)
}

// overlaps says that there is something that both are about. No is not proven.
func (a *shape) overlaps(b *shape) bool {
	if a.kind != b.kind {
		return false
	}
	if a.network.IsValid() {
		return a.network.Overlaps(b.network)
	}
	if a.leveled() != b.leveled() && (a.glob != nil || b.glob != nil) {
		return false // depends on what the models are
	}
	if a.leveled() && b.leveled() && (a.low > b.high || b.low > a.high) {
		return false
	}
	return a.glob == nil || b.glob == nil || a.glob.overlaps(b.glob)
}

func (a *shape) leveled() bool { return a.low != 0 }

// compares says whether a holds of how every shape of an aspect compares with
// every one of another.
func (a aspect) compares(b aspect, holds func(relation) bool) bool {
	for _, x := range a.nears() {
		for _, y := range b.nears() {
			if !holds(x.compare(y)) {
				return false
			}
		}
	}
	return true
}

// nears are how close the shapes are, of which anything is one.
func (a aspect) nears() []near {
	if len(a) == 0 {
		return []near{{}}
	}
	out := make([]near, len(a))
	for i := range a {
		out[i] = a[i].near
	}
	return out
}

// globShapes are the shapes of a list of patterns.
func globShapes[T any, P patterned[T]](kind string, list []T) aspect {
	out := make(aspect, len(list))
	for i := range list {
		g := P(&list[i]).pattern()
		out[i] = shape{place: g.place, kind: kind, glob: g, near: globNear(kind, g)}
	}
	return out
}

func (r *callRule) aspects() []aspect {
	low, high := Sensitivity(0), Sensitivity(0)
	switch {
	case r.MaxSensitivity != 0:
		low, high = Public, r.MaxSensitivity
	case r.MinSensitivity != 0:
		low, high = r.MinSensitivity, Restricted
	}
	models := globShapes("models", r.Models)
	for i := range models {
		models[i].low, models[i].high = low, high
	}
	if len(models) == 0 && low > 0 {
		models = aspect{{place: r.place, kind: "models", low: low, high: high, near: levelNear()}}
	}
	return []aspect{models, globShapes("operations", r.Operations), globShapes("regions", r.Regions)}
}

func (r *networkRule) aspects() []aspect {
	var out aspect
	for _, n := range r.CIDRs {
		out = append(out, shape{place: n.place, kind: "cidrs", network: n.prefix, near: cidrNear(n.prefix)})
	}
	for _, a := range r.ASNs {
		out = append(out, wordShape("asns", strconv.FormatInt(a.number, 10), a.place, near{rank: rankASN}))
	}
	for _, c := range r.Countries {
		out = append(out, wordShape("countries", c.code, c.place, near{rank: rankCountry}))
	}
	return []aspect{out}
}

// wordShape is a shape that is one word.
func wordShape(kind, word string, p place, n near) shape {
	g := Glob{text: word}
	for _, r := range word {
		g.tokens = append(g.tokens, token(r))
	}
	g.cut()
	return shape{place: p, kind: kind, glob: &g, near: n}
}

func (r *destinationRule) aspects() []aspect {
	out := append(globShapes("hosts", r.Hosts), globShapes("names", r.Names)...)
	return []aspect{append(out, globShapes("buckets", r.Buckets)...)}
}

func (r *formatRule) aspects() []aspect { return []aspect{globShapes("formats", r.Formats)} }
func (r *toolRule) aspects() []aspect   { return []aspect{globShapes("tools", r.Tools)} }
func (r *writeRule) aspects() []aspect  { return []aspect{globShapes("paths", r.Paths)} }

// aspect is whom a who is about, its groups by their members.
func (w *who) aspect() aspect {
	out := w.shapes()
	for i, m := range w.members {
		members := m.shapes()
		for j := range members {
			members[j].near = w.Groups[i].near()
		}
		out = append(out, members...)
	}
	return out
}

// selectorKinds are the words for the lists of a selector.
func selectorKinds() [5]string {
	return [...]string{"principals", "roles", "persons", "credentials", "apps"}
}

func (m *selector) shapes() aspect {
	var out aspect
	for i, list := range m.lists() {
		out = append(out, globShapes(selectorKinds()[i], list)...)
	}
	for i := range out {
		out[i].near = sharedNear(out[i].near)
	}
	return out
}
