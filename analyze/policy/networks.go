package policy

import "net/netip"

// Network is where something comes from. What is not known has its zero value.
type Network struct {
	Addr    netip.Addr
	Country string // two letters, as enrich found it
	ASN     int64
}

// NetworkAllowed says whether a subject may come from a network.
func (p *Policy) NetworkAllowed(s Subject, n Network) Verdict {
	if p == nil {
		return Verdict{Section: SectionNetworks}
	}
	n.Addr = n.Addr.Unmap().WithZone("")
	return decide(SectionNetworks, p.doc.Networks, func(r *networkRule) *header { return &r.header }, s, n.ask)
}

func (n *Network) ask(r *networkRule) fit {
	var f fit
	found := false
	best := func(n near) {
		if !found || n.order() > f.near[1].order() {
			f.near[1], found = n, true
		}
	}
	for i := range r.CIDRs {
		if p := r.CIDRs[i].prefix; n.Addr.IsValid() && p.Contains(n.Addr) {
			best(cidrNear(p))
		}
	}
	for i := range r.ASNs {
		if r.ASNs[i].number == n.ASN {
			best(near{rank: rankASN})
		}
	}
	for i := range r.Countries {
		if n.Country != "" && r.Countries[i].code == n.Country {
			best(near{rank: rankCountry})
		}
	}
	if found {
		return f
	}
	// The rule may still be about the network by what is not known of it.
	switch {
	case len(r.CIDRs) > 0 && !n.Addr.IsValid():
		f.lacks("the address")
	case len(r.ASNs) > 0 && n.ASN == 0:
		f.lacks("the autonomous system of the address (exhibit enrich --asn)")
	case len(r.Countries) > 0 && n.Country == "":
		f.lacks("the country of the address (exhibit enrich --geoip)")
	default:
		f.no = true
	}
	return f
}
