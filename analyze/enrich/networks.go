package enrich

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Networks knows labels of networks: "corporate", "vpn", "aws eu-west-1"; and of
// some where they are.
type Networks struct {
	labels map[netip.Prefix]string
	points map[netip.Prefix]Point
	bits   []int // prefix lengths in use, longest first
}

// ParseNetworks reads a list of networks, a line each: a CIDR block or an
// address, a comma, a label, and where it is, if that is known: two more commas
// with latitude and longitude in degrees. Blank lines and lines that begin with #
// are skipped, and so is a first line "cidr,label". A network that is listed twice
// with different labels or places is an error: which one holds would be a guess.
func ParseNetworks(name string, text []byte) (*Networks, error) {
	n := &Networks{labels: map[netip.Prefix]string{}, points: map[netip.Prefix]Point{}}
	scan := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	scan.Buffer(nil, maxLine)
	for line := 1; scan.Scan(); line++ {
		s := strings.TrimSpace(scan.Text())
		if s == "" || s[0] == '#' || line == 1 && (strings.EqualFold(s, "cidr,label") || strings.EqualFold(s, "cidr,label,latitude,longitude")) {
			continue
		}
		s, point, located := cutPoint(s)
		cidr, label, ok := strings.Cut(s, ",")
		label = strings.Trim(strings.TrimSpace(label), `"`)
		if !ok || label == "" {
			return nil, fmt.Errorf("reading networks %s:%d: want CIDR,LABEL or CIDR,LABEL,LATITUDE,LONGITUDE", name, line)
		}
		p, err := parseNetwork(strings.TrimSpace(cidr))
		if err != nil {
			return nil, fmt.Errorf("reading networks %s:%d: %w", name, line, err)
		}
		if before, ok := n.labels[p]; ok && before != label {
			return nil, fmt.Errorf("reading networks %s:%d: %s is %q already", name, line, p, before)
		}
		if before, ok := n.points[p]; ok && located && before != point {
			return nil, fmt.Errorf("reading networks %s:%d: %s is elsewhere already", name, line, p)
		}
		if n.labels[p] = label; located {
			n.points[p] = point
		}
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("reading networks %s: %w", name, err)
	}
	for p := range n.labels {
		if !slices.Contains(n.bits, p.Bits()) {
			n.bits = append(n.bits, p.Bits())
		}
	}
	slices.Sort(n.bits)
	slices.Reverse(n.bits)
	return n, nil
}

// cutPoint cuts the place off a line that ends in one. A label may hold commas, so
// only two numbers that can be a latitude and a longitude are one.
func cutPoint(line string) (rest string, p Point, ok bool) {
	fields := strings.Split(line, ",")
	if len(fields) < 4 {
		return line, Point{}, false
	}
	n := len(fields) - 2
	p, ok = parsePoint(fields[n], fields[n+1])
	if !ok {
		return line, Point{}, false
	}
	return strings.Join(fields[:n], ","), p, true
}

// parseNetwork reads a CIDR block or a single address.
func parseNetwork(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, err
	}
	if p.Addr().Is4In6() {
		return p, fmt.Errorf("%s is an IPv4 network written as IPv6; write it as IPv4", s)
	}
	return p.Masked(), nil
}

// Len is the number of networks.
func (n *Networks) Len() int { return len(n.labels) }

// Label returns the label of the smallest network that holds the address.
func (n *Networks) Label(a netip.Addr) (string, bool) {
	p, ok := n.smallest(a)
	return n.labels[p], ok
}

// Point returns where the smallest network that holds the address is, and whether
// that is known.
func (n *Networks) Point(a netip.Addr) (Point, bool) {
	p, _ := n.smallest(a)
	point, ok := n.points[p]
	return point, ok
}

// smallest returns the smallest network that holds the address.
func (n *Networks) smallest(a netip.Addr) (netip.Prefix, bool) {
	a = a.Unmap().WithZone("")
	for _, bits := range n.bits {
		p, err := a.Prefix(bits)
		if err != nil { // longer than the address
			continue
		}
		if _, ok := n.labels[p]; ok {
			return p, true
		}
	}
	return netip.Prefix{}, false
}
