package sandbox

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// RefusedError says why an address is not dialled.
type RefusedError struct {
	Host string // as asked for
	Why  string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s is outside the sandbox: %s", e.Host, e.Why)
}

// Host is a host that may be dialled, and the addresses that it had when the
// sandbox was made.
type Host struct {
	Name  string // lower case, without a final dot
	Port  string // "" for any
	Addrs []netip.Addr
}

// Loopback reports whether all addresses of the host are this machine's own.
func (h *Host) Loopback() bool {
	for _, a := range h.Addrs {
		if !a.IsLoopback() {
			return false
		}
	}
	return true
}

// localhost is the one name that is allowed without being named: RFC 6761,
// section 6.3. What it resolves to is checked all the same.
const localhost = "localhost"

// allow looks up a host that was named: a name, an address, either with a port.
func (s *Sandbox) allow(ctx context.Context, host string) (Host, error) {
	name, port, err := splitHost(host)
	if err != nil {
		return Host{}, fmt.Errorf("reading allowed host %q: %w; write a name or an address, with or without a port", host, err)
	}
	h := Host{Name: name, Port: port}
	if a, err := netip.ParseAddr(name); err == nil {
		h.Addrs = []netip.Addr{a.Unmap()}
	} else if h.Addrs, err = s.lookup(ctx, name); err != nil {
		return Host{}, err
	}
	for _, a := range h.Addrs {
		if why := neverDialled(a); why != "" && !strings.EqualFold(name, a.String()) {
			return Host{}, &RefusedError{host, "it resolves to " + a.String() + ", which is " + why}
		}
		if why := noHost(a); why != "" {
			return Host{}, &RefusedError{host, a.String() + " is " + why}
		}
	}
	return h, nil
}

// lookup returns what a name resolves to, in order and each once.
func (s *Sandbox) lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	if endsInNumber(name) {
		return nil, &RefusedError{name, "an address is written with dots or colons, in decimal, in full"}
	}
	found, err := s.options.Resolve(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("looking up %s: %w", name, err)
	}
	for i, a := range found {
		found[i] = a.Unmap()
	}
	slices.SortFunc(found, netip.Addr.Compare)
	found = slices.Compact(found)
	if len(found) == 0 {
		return nil, fmt.Errorf("looking up %s: it has no address", name)
	}
	return found, nil
}

// addresses returns what may be dialled for a host and port.
func (s *Sandbox) addresses(ctx context.Context, host, port string) ([]netip.Addr, error) {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	for _, h := range s.hosts {
		if h.Name == name && (h.Port == "" || h.Port == port) {
			return h.Addrs, nil
		}
	}
	if a, err := netip.ParseAddr(name); err == nil {
		if a.Zone() != "" {
			return nil, &RefusedError{host, "an address with a zone is none of this machine's own"}
		}
		if a = a.Unmap(); a.IsLoopback() {
			return []netip.Addr{a}, nil
		}
		return s.named(host, port, a)
	}
	if name != localhost {
		return nil, &RefusedError{host, "only this machine is allowed; --allow-host names others"}
	}
	addrs, err := s.lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if !a.IsLoopback() {
			return nil, &RefusedError{host, "it resolves to " + a.String() + ", which is not this machine's own"}
		}
	}
	return addrs, nil
}

// named looks for an address among the allowed hosts that are addresses, in
// whatever form they were written.
func (s *Sandbox) named(host, port string, a netip.Addr) ([]netip.Addr, error) {
	for _, h := range s.hosts {
		own, err := netip.ParseAddr(h.Name)
		if err == nil && own.Unmap() == a && (h.Port == "" || h.Port == port) {
			return h.Addrs, nil
		}
	}
	return nil, &RefusedError{host, "only this machine is allowed; --allow-host names others"}
}

// Check reports whether a URL could be dialled, without dialling.
func (s *Sandbox) Check(ctx context.Context, u *url.URL) error {
	host, port, err := target(u)
	if err != nil {
		return err
	}
	_, err = s.addresses(ctx, host, port)
	return err
}

// target returns the host and port of a URL that requests can be sent to.
func target(u *url.URL) (host, port string, err error) {
	port = u.Port()
	switch {
	case u.User != nil:
		return "", "", fmt.Errorf("%s holds a user or a password: name a variable or a file with the key", u.Redacted())
	case u.Scheme == "http" && port == "":
		port = "80"
	case u.Scheme == "https" && port == "":
		port = "443"
	case u.Scheme != "http" && u.Scheme != "https":
		return "", "", fmt.Errorf("%s is neither http nor https", u.Redacted())
	}
	if u.Hostname() == "" {
		return "", "", fmt.Errorf("%s names no host", u.Redacted())
	}
	return u.Hostname(), port, nil
}

// splitHost reads "host", "host:port", "[v6]:port" and a bare IPv6 address.
func splitHost(s string) (name, port string, err error) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" {
			return "", "", fmt.Errorf("an address with a zone depends on this machine's interfaces")
		}
		return a.String(), "", nil
	}
	u, err := url.Parse("//" + s)
	if err != nil || u.Host != s || u.Hostname() == "" {
		return "", "", fmt.Errorf("it is no host")
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), u.Port(), nil
}

// endsInNumber reports whether the last label of a name is a number, as in
// 2130706433, 0x7f000001 and 127.1: resolvers of the C library take these for
// addresses, and no top-level domain is one (URL standard, "ends in a number").
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" {
		return true
	}
	if digits, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// neverDialled says why an address is not what a name should resolve to: cloud
// metadata services stand on link-local addresses (169.254.169.254).
func neverDialled(a netip.Addr) string {
	if a.IsLinkLocalUnicast() {
		return "link-local, where clouds keep their metadata services"
	}
	return ""
}

// noHost says why an address is no single host's.
func noHost(a netip.Addr) string {
	switch {
	case a.IsUnspecified():
		return "no address to dial"
	case a.IsMulticast():
		return "a group of hosts"
	}
	return ""
}
