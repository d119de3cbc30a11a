package content

import (
	"net/netip"
	"strings"
)

// address reports an IPv4 address that is reachable from outside; others say
// nothing about a person.
func (s *personalScan) address(from, end int) bool {
	b := s.text.Raw
	if end-from > 3 || end+6 > len(b) || b[end] != '.' {
		return false
	}
	to := end
	for to < len(b) && to-from < 16 && (isDigit(b[to]) || b[to] == '.') {
		to++
	}
	for to > from && b[to-1] == '.' {
		to--
	}
	addr, err := netip.ParseAddr(string(b[from:to]))
	if to < len(b) && b[to] == ':' {
		b = b[:to] // a port follows
	}
	if err != nil || glued(b, from, to) || hasWord(s.text.Folded[max(0, from-10):from], []string{"version", "ver", "v", "release"}) {
		return false
	}
	return s.add("ip", from, to, addressScore(addr), "ip", "address", "addr", "client", "remote", "host")
}

// addressScore is how sure an address is to be that of somebody.
func addressScore(a netip.Addr) float64 {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() {
		return -1
	}
	return 0.5
}

// hardware reports an IPv6 address or the address of a network card around a
// colon.
func (s *personalScan) hardware(at int) {
	b := s.text.Raw
	if at < s.end {
		return
	}
	from, to, colons := at, at, 0
	for from > s.end && at-from < 4 && isHexDigit(b[from-1]) {
		from--
	}
	for to < len(b) && to-from < 46 && (isHexDigit(b[to]) || b[to] == ':' || b[to] == '.') {
		if b[to] == ':' {
			colons++
		}
		to++
	}
	for to > from && (b[to-1] == '.' || b[to-1] == ':' && (to-2 < from || b[to-2] != ':')) {
		to--
	}
	if colons < 3 || glued(b, from, to) {
		return
	}
	text := string(b[from:to])
	if len(text) == 17 && colons == 5 && strings.Trim(text[2:3]+text[5:6]+text[8:9]+text[11:12]+text[14:15], ":") == "" {
		s.add("mac", from, to, 0.6, "mac", "hardware", "ethernet", "bssid", "device")
		return
	}
	if addr, err := netip.ParseAddr(text); err == nil && strings.ContainsAny(text, "0123456789") {
		s.add("ip", from, to, addressScore(addr), "ip", "address", "addr", "client", "remote", "host")
	}
}

func isHexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
