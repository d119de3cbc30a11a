package policy

import (
	"net/netip"
	"time"
)

// Observed is what a case shows, for [Propose] and for the comparison of a
// policy with it. A package that reads cases fills it.
type Observed struct {
	First, Last time.Time // of the calls; the zero value where there are none
	Calls       int64     // that have a time
	Models      []Tally   // by calls, the most first, then by name
	Groups      []ObservedGroup
	// Values are the values that stand in the case for each kind of pattern, in
	// order: principals, roles, persons, credentials, apps, models, operations,
	// regions, addresses, countries, asns, destinations, formats, tools. A kind
	// that is not there has none in the case.
	Values map[string][]string
	// Cut are the kinds of which the case has more values than are listed.
	Cut map[string]bool
}

// ObservedGroup is a role, or the principals of a type that have no role, with
// what their calls show.
type ObservedGroup struct {
	Role, Type                                                 string
	Principals, Models, Operations, Regions, Formats, Networks []Tally
	Destinations, Tools                                        []Tally
	Calls                                                      int64
	// Quarters are the calls by quarter of an hour since 1970, in order.
	Quarters []Quarter
}

// Tally is a value with the number of its calls.
type Tally struct {
	Value string
	Calls int64
}

// Quarter is a quarter of an hour, counted since 1970-01-01T00:00Z, with the
// number of its calls.
type Quarter struct{ Number, Calls int64 }

// NetworkOf returns the network of an address that a proposal names: of IPv4 24
// bits, of IPv6 48, the most that RFC 6177 has in mind for one site. It says
// whether the text is an address.
func NetworkOf(address string) (netip.Prefix, bool) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, false
	}
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	return p, err == nil
}
