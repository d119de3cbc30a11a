package drill

import (
	"fmt"
	"io"
)

// networks are the ranges of RFC 5737 and RFC 3849 that addresses are drawn from,
// and whose they are; of some where they are, in degrees: the offices in the middle
// of their time zones, and overseas far from all.
var networks = []struct{ prefix, label string }{
	{"192.0.2.0/24", "own cloud"},
	{"198.51.100.0/24", "own offices"},
	{"198.51.100.10/32", "own offices,40,-75"},
	{"198.51.100.11/32", "own offices,50,10"},
	{"198.51.100.12/32", "own offices,36,138"},
	{"203.0.113.0/25", "access at home"},
	{"203.0.113.128/26", "hotels and mobile access"},
	{"203.0.113.192/26", "hosting, small"},
	{"2001:db8::/36", "access at home"},
	{"2001:db8:e000::/36", "access overseas,-26,28"},
	{"2001:db8:f000::/36", "hosting, large"},
}

// WriteNetworks writes the networks of all runs as lines of
// CIDR,LABEL[,LATITUDE,LONGITUDE].
func WriteNetworks(w io.Writer) error {
	for _, n := range networks {
		if _, err := fmt.Fprintf(w, "%s,%s\n", n.prefix, n.label); err != nil {
			return fmt.Errorf("writing the networks: %w", err)
		}
	}
	return nil
}

// overseas is an address on a continent where nobody of the population lives.
func overseas(r *rng) string {
	return fmt.Sprintf("2001:db8:e%03x::%x", r.below(0xfff), r.between(2, 0xffff))
}

// hosted is an address of a rented server.
func hosted(r *rng) string {
	return fmt.Sprintf("2001:db8:f%03x::%x", r.below(0xfff), r.between(2, 0xffff))
}
