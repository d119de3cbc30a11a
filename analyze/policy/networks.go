package policy

import "net/netip"

// Network is where something comes from. What is not known has its zero value.
type Network struct {
	Addr    netip.Addr
	Country string // two letters, as enrich found it
	ASN     int64
}

// How close a network is: a country, an autonomous system, a CIDR block, the
// closer the longer its prefix.
const (
	closeCountry = 1
	closeASN     = 2
	closeCIDR    = 3
)

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
	best := 0
	for i := range r.CIDRs {
		if p := r.CIDRs[i].prefix; n.Addr.IsValid() && p.Contains(n.Addr) {
			best = max(best, closeCIDR+p.Bits())
		}
	}
	for i := range r.ASNs {
		if r.ASNs[i].number == n.ASN {
			best = max(best, closeASN)
		}
	}
	for i := range r.Countries {
		if n.Country != "" && r.Countries[i].code == n.Country {
			best = max(best, closeCountry)
		}
	}
	f.close[1] = best
	if best > 0 {
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
