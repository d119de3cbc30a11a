package policy

import (
	"net/netip"
	"slices"
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
	close     int
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

// closest and vaguest are the bounds of how close an aspect can be to something
// that it is about.
func (a aspect) closest() int {
	best := 0
	for i := range a {
		best = max(best, a[i].close)
	}
	return best
}

func (a aspect) vaguest() int {
	if len(a) == 0 {
		return 0
	}
	return slices.MinFunc(a, func(x, y shape) int { return x.close - y.close }).close
}

func globShapes(kind string, base int, list []Glob) aspect {
	out := make(aspect, len(list))
	for i := range list {
		out[i] = shape{place: list[i].place, kind: kind, glob: &list[i], close: base + list[i].closeness()}
	}
	return out
}

func (r *callRule) aspects() []aspect {
	low, high, level := Sensitivity(0), Sensitivity(0), 0
	switch {
	case r.MaxSensitivity != 0:
		low, high, level = Public, r.MaxSensitivity, 1
	case r.MinSensitivity != 0:
		low, high, level = r.MinSensitivity, Restricted, 1
	}
	models := globShapes("models", level, r.Models)
	for i := range models {
		models[i].low, models[i].high = low, high
	}
	if len(models) == 0 && level > 0 {
		models = aspect{{place: r.place, kind: "models", low: low, high: high, close: level}}
	}
	return []aspect{models, globShapes("operations", 0, r.Operations), globShapes("regions", 0, r.Regions)}
}

func (r *networkRule) aspects() []aspect {
	var out aspect
	for _, n := range r.CIDRs {
		out = append(out, shape{place: n.place, kind: "cidrs", network: n.prefix, close: closeCIDR + n.prefix.Bits()})
	}
	for _, a := range r.ASNs {
		out = append(out, wordShape("asns", strconv.FormatInt(a.number, 10), a.place, closeASN))
	}
	for _, c := range r.Countries {
		out = append(out, wordShape("countries", c.code, c.place, closeCountry))
	}
	return []aspect{out}
}

// wordShape is a shape that is one word.
func wordShape(kind, word string, p place, close int) shape {
	g := Glob{text: word}
	for _, r := range word {
		g.tokens = append(g.tokens, token(r))
	}
	g.cut()
	return shape{place: p, kind: kind, glob: &g, close: close}
}

func (r *destinationRule) aspects() []aspect {
	out := foldShapes("hosts", closeHost, r.Hosts)
	out = append(out, globShapes("names", closeName, r.Names)...)
	return []aspect{append(out, globShapes("buckets", closeBucket, r.Buckets)...)}
}

func foldShapes(kind string, base int, list []foldGlob) aspect {
	out := make(aspect, len(list))
	for i := range list {
		g := &list[i].Glob
		out[i] = shape{place: g.place, kind: kind, glob: g, close: base + g.closeness()}
	}
	return out
}

func (r *formatRule) aspects() []aspect { return []aspect{foldShapes("formats", 0, r.Formats)} }
func (r *toolRule) aspects() []aspect   { return []aspect{globShapes("tools", 0, r.Tools)} }

func (r *writeRule) aspects() []aspect {
	out := make(aspect, len(r.Paths))
	for i := range r.Paths {
		g := &r.Paths[i].Glob
		out[i] = shape{place: g.place, kind: "paths", glob: g, close: g.closeness()}
	}
	return []aspect{out}
}

// aspect is whom a who is about, its groups by their members.
func (w *who) aspect() aspect {
	out := w.selector.shapes()
	for _, m := range w.members {
		members := m.shapes()
		for i := range members {
			members[i].close = whoGroup * 2 * exactness
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
		out = append(out, globShapes(selectorKinds()[i], selectorRanks()[i]*2*exactness, list)...)
	}
	return out
}
