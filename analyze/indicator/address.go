package indicator

import (
	"bytes"
	"net/netip"
	"slices"
)

// addressIndex knows addresses and networks.
type addressIndex struct {
	addresses map[netip.Addr][]int32
	networks  map[netip.Prefix][]int32
	bits      [2][]int // of the networks, of IPv4 and IPv6
	six       bool     // some are of IPv6
}

func newAddressIndex() *addressIndex {
	return &addressIndex{addresses: map[netip.Addr][]int32{}, networks: map[netip.Prefix][]int32{}}
}

func (x *addressIndex) empty() bool { return len(x.addresses)+len(x.networks) == 0 }

// add adds a term whose value [normalise] made.
func (x *addressIndex) add(term int32, t Term) {
	if t.Type == Address {
		if a, err := netip.ParseAddr(t.Value); err == nil {
			x.addresses[a] = append(x.addresses[a], term)
			x.six = x.six || a.Is6()
		}
		return
	}
	p, err := netip.ParsePrefix(t.Value)
	if err != nil {
		return
	}
	family := family(p.Addr())
	x.six = x.six || family == 1
	x.networks[p] = append(x.networks[p], term)
	if !slices.Contains(x.bits[family], p.Bits()) {
		x.bits[family] = append(x.bits[family], p.Bits())
	}
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

func (x *addressIndex) lookup(a netip.Addr, found func(int32)) {
	a = a.Unmap().WithZone("")
	for _, term := range x.addresses[a] {
		found(term)
	}
	for _, bits := range x.bits[family(a)] {
		p, err := a.Prefix(bits)
		if err != nil {
			continue
		}
		for _, term := range x.networks[p] {
			found(term)
		}
	}
}

// find calls found for the terms of each address in a text.
func (x *addressIndex) find(s []byte, found func(int32)) {
	for i := 0; ; {
		k := bytes.IndexByte(s[i:], '.')
		if k < 0 {
			break
		}
		i = x.dotted(s, i+k, found)
	}
	if !x.six { // an IPv4 address in an IPv6 address was found
		return
	}
	for i := 0; ; {
		k := bytes.IndexByte(s[i:], ':')
		if k < 0 {
			break
		}
		i = x.coloned(s, i+k, found)
	}
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isHex(c byte) bool    { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// dotted looks for an IPv4 address whose first dot is at i, and returns where
// to go on.
func (x *addressIndex) dotted(s []byte, i int, found func(int32)) int {
	start := i
	for start > 0 && i-start < 4 && isDigit(s[start-1]) {
		start--
	}
	end, dots := i, 0
	for end < len(s) && (isDigit(s[end]) || s[end] == '.') {
		if s[end] == '.' {
			dots++
		}
		end++
	}
	trimmed := end
	for trimmed > i && s[trimmed-1] == '.' { // the end of a sentence
		trimmed--
		dots--
	}
	switch {
	case dots != 3 || trimmed-start > len("255.255.255.255") || start == i:
	case start > 0 && (isLetter(s[start-1]) || s[start-1] == '.'):
	case end < len(s) && isLetter(s[end]): // 198.51.100.7.example.com
	default:
		if a, err := netip.ParseAddr(string(s[start:trimmed])); err == nil {
			x.lookup(a, found)
		}
	}
	return end
}

// maxColoned is the length of the longest IPv6 address with an IPv4 address at
// its end.
const maxColoned = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")

// coloned looks for an IPv6 address whose first colon is at i.
func (x *addressIndex) coloned(s []byte, i int, found func(int32)) int {
	start := i
	for start > 0 && i-start < 5 && isHex(s[start-1]) {
		start--
	}
	end, colons := i, 0
	for end < len(s) && (isHex(s[end]) || s[end] == ':' || s[end] == '.') {
		if s[end] == ':' {
			colons++
		}
		end++
	}
	if end < len(s) && isLetter(s[end]) || start > 0 && isLetter(s[start-1]) || colons < 2 {
		return end
	}
	run := bytes.TrimRight(s[start:end], ".")
	for _, v := range [][]byte{run, bytes.TrimSuffix(run, []byte(":")), bytes.TrimPrefix(run, []byte(":"))} {
		if len(v) > maxColoned {
			continue
		}
		if a, err := netip.ParseAddr(string(v)); err == nil {
			x.lookup(a, found)
			break
		}
	}
	return end
}
