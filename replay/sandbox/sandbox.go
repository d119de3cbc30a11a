package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// The limits that are used where none are given.
const (
	DefaultMaxReply = 64 << 20        // bytes of a reply body
	DefaultTimeout  = 5 * time.Minute // of one exchange: a slow model writes a long answer in it
	DefaultIdle     = time.Minute     // without a byte: a large model may take as long to read a prompt
	maxHeader       = 1 << 20         // bytes of a reply header
	dialTimeout     = 10 * time.Second
)

// ErrNotAcknowledged is returned where hosts beyond this machine are allowed
// and nobody acknowledged that data leaves it.
var ErrNotAcknowledged = errors.New("what is replayed would leave this machine")

// Options say what a sandbox lets through.
type Options struct {
	Allow        []string      // hosts beyond loopback: names or addresses, with or without a port
	Acknowledged bool          // whoever runs it knows that logged texts leave this machine
	MaxReply     int64         // bytes of a reply body; 0 for DefaultMaxReply
	Timeout      time.Duration // of an exchange; 0 for DefaultTimeout
	Idle         time.Duration // between two pieces of a reply; 0 for DefaultIdle

	// Resolve and Dial are the network's; tests put their own in place.
	Resolve func(ctx context.Context, name string) ([]netip.Addr, error)
	Dial    func(ctx context.Context, address netip.AddrPort) (net.Conn, error)
	// Now is the clock; it must be given.
	Now func() time.Time
}

// Sandbox sends requests to allowed addresses. It is safe for concurrent use.
type Sandbox struct {
	options   Options
	hosts     []Host
	transport *http.Transport
}

// New looks up the allowed hosts and returns a sandbox that dials nothing else.
// Nothing is dialled yet. Where a host is not this machine and that was not
// acknowledged, the error is ErrNotAcknowledged and names it.
func New(ctx context.Context, o *Options) (*Sandbox, error) {
	s := &Sandbox{options: *o}
	s.fillDefaults()
	var beyond []string
	for _, name := range o.Allow {
		h, err := s.allow(ctx, name)
		if err != nil {
			return nil, err
		}
		if !h.Loopback() {
			beyond = append(beyond, fmt.Sprintf("%s (%s)", name, joinAddrs(h.Addrs)))
		}
		s.hosts = append(s.hosts, h)
	}
	if len(beyond) > 0 && !o.Acknowledged {
		return nil, fmt.Errorf("%w, to %s: say so with --acknowledge-egress", ErrNotAcknowledged, strings.Join(beyond, ", "))
	}
	s.transport = &http.Transport{
		Proxy:              nil, // not those of the environment
		DialContext:        s.dial,
		DisableCompression: true, // a reply is kept as it came
		ForceAttemptHTTP2:  true,
		// A connection for each exchange: servers give up idle ones just when
		// they are used again, and a request that may have arrived is not sent
		// again unseen (the server of llama.cpp does so after streams).
		DisableKeepAlives: true,

		TLSHandshakeTimeout:    dialTimeout,
		MaxResponseHeaderBytes: maxHeader,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
	return s, nil
}

func (s *Sandbox) fillDefaults() {
	o := &s.options
	if o.MaxReply == 0 {
		o.MaxReply = DefaultMaxReply
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Idle == 0 {
		o.Idle = DefaultIdle
	}
	if o.Resolve == nil {
		o.Resolve = func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		}
	}
	if o.Dial == nil {
		dialer := &net.Dialer{Timeout: dialTimeout}
		o.Dial = func(ctx context.Context, address netip.AddrPort) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address.String())
		}
	}
}

// Hosts returns the hosts that were allowed by name, with their addresses, in
// the order in which they were given.
func (s *Sandbox) Hosts() []Host { return s.hosts }

// Close closes idle connections.
func (s *Sandbox) Close() { s.transport.CloseIdleConnections() }

// dial is the one place that opens a connection: to the addresses that are
// allowed for the host, in their order, until one answers.
func (s *Sandbox) dial(ctx context.Context, _, hostPort string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	addrs, err := s.addresses(ctx, host, port)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, a := range addrs {
		target, err := netip.ParseAddrPort(net.JoinHostPort(a.String(), port))
		if err != nil {
			return nil, &RefusedError{host, "port " + port + " is no number"}
		}
		conn, err := s.options.Dial(ctx, target)
		if err == nil {
			return conn, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

func joinAddrs(addrs []netip.Addr) string {
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = a.String()
	}
	return strings.Join(out, ", ")
}
