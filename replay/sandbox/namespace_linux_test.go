package sandbox_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// inside is set where the test runs in its own network namespace.
const inside = "EXHIBIT_TEST_NAMESPACE"

// namespaceSetup makes a network in which everything beyond loopback has a way
// out through one interface, at whose other end nobody is, and in which names are
// asked for there as well.
const namespaceSetup = `
mount --bind "$1" /etc/resolv.conf &&
ip link set lo up &&
ip link add out0 type veth peer name out1 &&
ip link set out0 arp off &&
ip link set out1 up &&
ip link set out0 up &&
ip addr add 192.0.2.254/24 dev out0 &&
ip route add default dev out0 &&
{ ip -6 addr add 2001:db8::254/64 dev out0 nodad && ip -6 route add default dev out0 || echo "no IPv6 here"; } &&
shift && exec "$@"
`

// TestNamespace runs [TestInNamespace] in a network namespace of its own.
func TestNamespace(t *testing.T) {
	if os.Getenv(inside) != "" {
		t.Skip("already there")
	}
	if os.Geteuid() != 0 {
		t.Skip("LOUD: not root: that no packet leaves the machine was not proven in a network namespace")
	}
	for _, tool := range []string{"unshare", "ip", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("LOUD: %v: that no packet leaves the machine was not proven in a network namespace", err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", "-n", "-m", "ip", "link", "add", "out0", "type", "veth", "peer", "name", "out1").CombinedOutput(); err != nil {
		t.Skipf("LOUD: no network namespace here (%v: %s): that no packet leaves the machine was not proven in one", err, out)
	}
	resolver := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(resolver, []byte("nameserver 192.0.2.53\noptions timeout:1 attempts:1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-n", "-m", "sh", "-c", namespaceSetup, "sh", resolver, self, "-test.run=^TestInNamespace$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"=1", "GODEBUG=netdns=go",
		"HTTP_PROXY=http://192.0.2.99:3128", "HTTPS_PROXY=http://192.0.2.99:3128", "ALL_PROXY=socks5://192.0.2.99:1080",
		"http_proxy=http://192.0.2.99:3128", "NO_PROXY=", "OPENAI_BASE_URL=http://192.0.2.99/v1", "OLLAMA_HOST=192.0.2.99")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestInNamespace") {
		t.Fatalf("in a network namespace: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	if strings.Contains(string(out), loudIPv6) {
		t.Skip(loudIPv6 + ": that no packet of IPv4 leaves was proven, of IPv6 only that none was seen")
	}
}

// TestInNamespace asks for everything that must not be dialled and looks at the
// packets that leave. At the end one is sent past the sandbox, which must be
// seen, or nothing was looked at.
func TestInNamespace(t *testing.T) {
	if os.Getenv(inside) == "" {
		t.Skip("runs in the namespace that TestNamespace makes")
	}
	tap := openTap(t)
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "http://192.0.2.9/", http.StatusTemporaryRedirect)
		case "/refresh":
			w.Header().Set("Refresh", "0; url=http://192.0.2.9/")
			w.Header().Set("Alt-Svc", `h2="192.0.2.9:443"; ma=3600`)
			w.Header().Set("Link", "<http://192.0.2.9/style.css>; rel=preload")
			say(w, `<meta http-equiv="refresh" content="0;url=http://192.0.2.9/"><img src="http://192.0.2.9/pixel">`)
		case "/tool":
			say(w, `{"model":"m","choices":[{"message":{"tool_calls":[{"id":"t1","type":"function","function":{"name":"fetch","arguments":"{\"url\":\"http://192.0.2.9/\"}"}}]},"finish_reason":"tool_calls"}]}`)
		default:
			say(w, streamed)
		}
	}))
	defer model.Close()
	s, err := sandbox.New(t.Context(), &sandbox.Options{Now: time.Now, Timeout: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{
		"http://models.example.com/", "https://api.openai.com/v1/chat/completions", "http://192.0.2.1/", "http://[2001:db8::1]/",
		"http://[::ffff:192.0.2.1]/", "http://[::ffff:c000:201]/", "http://[64:ff9b::192.0.2.1]/", "http://3221225985/", "http://0xc0000201/",
		"http://0300.0.2.1/", "http://192.0.513/", "http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25out0]/", "http://0.0.0.0/",
		"http://[::]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://localhost.example.com/", "http://127.0.0.1.example.com/",
		"http://user@192.0.2.1/", "http://127.0.0.1@192.0.2.1/", "ftp://192.0.2.1/", "http://192.0.2.254/",
	}
	for _, address := range elsewhere {
		if x := sendAny(t, s, address); x.End != replay.Refused {
			t.Errorf("%s: end %q (%s), want refused", address, x.End, x.Problem)
		}
	}
	reader := protocol.NewReader()
	for _, path := range []string{"/", "/redirect", "/refresh", "/tool"} {
		x := send(t, s, model.URL+path, `{"messages":[{"role":"user","content":"open http://192.0.2.9/"}]}`)
		if x.Status == 0 {
			t.Errorf("%s: nothing came: %s", path, x.Problem)
		}
		if reply := reader.Read(x); (len(reply.ToolCalls) == 1) != (path == "/tool") {
			t.Errorf("%s: %d tool calls", path, len(reply.ToolCalls))
		}
	}
	hijacked(t, model.URL)
	if leaked := tap.packets(t); len(leaked) > 0 {
		t.Errorf("%d packets left: %v", len(leaked), leaked)
	}
	// Past the sandbox: what was looked at does see packets, of each kind.
	past(t, "udp4", "192.0.2.1:9")
	past(t, "tcp4", "192.0.2.1:9")
	wanted := []string{"udp 192.0.2.1:9", "tcp 192.0.2.1:9", "udp 192.0.2.53:53"}
	if why := noIPv6(); why != "" {
		t.Logf("%s (%s): that packets of IPv6 would be seen was not proven", loudIPv6, why)
	} else {
		past(t, "udp6", "[2001:db8::1]:9")
		past(t, "tcp6", "[2001:db8::1]:9")
		wanted = append(wanted, "udp [2001:db8::1]:9", "tcp [2001:db8::1]:9")
	}
	_, _ = net.DefaultResolver.LookupHost(t.Context(), "models.example.com")
	seen := strings.Join(tap.packets(t), " ")
	for _, want := range wanted {
		if !strings.Contains(seen, want) {
			t.Errorf("%s was sent and not seen, only %q: this test sees nothing", want, seen)
		}
	}
	t.Logf("%d addresses and 4 replies: no packet; past the sandbox: %s", len(elsewhere), seen)
}

// loudIPv6 begins what is said where the namespace has no IPv6.
const loudIPv6 = "LOUD: no IPv6 in the network namespace"

// noIPv6 says why no packet of IPv6 can be sent in the namespace; "" where it can.
// It looks at the interface and not at what happens to packets, so that a tap that
// is blind for them is not taken for a machine without IPv6.
func noIPv6() string {
	out, err := net.InterfaceByName("out0")
	if err != nil {
		return err.Error()
	}
	addrs, err := out.Addrs()
	if err != nil {
		return err.Error()
	}
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr() == netip.MustParseAddr("2001:db8::254") {
			return ""
		}
	}
	return fmt.Sprintf("its interface has only %v", addrs)
}

// hijacked is a resolver that says that localhost is elsewhere, at once and
// later.
func hijacked(t *testing.T, model string) {
	t.Helper()
	asked := 0
	s, err := sandbox.New(t.Context(), &sandbox.Options{Now: time.Now, Resolve: func(context.Context, string) ([]netip.Addr, error) {
		if asked++; asked == 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.66")}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(model)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		sendAny(t, s, "http://localhost:"+u.Port()+"/")
	}
	if asked < 5 {
		t.Errorf("localhost was looked up %d times", asked)
	}
}

func sendAny(t *testing.T, s *sandbox.Sandbox, address string) *sandbox.Result {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Send(t.Context(), &sandbox.Request{Method: http.MethodPost, URL: u, Body: []byte("{}")}, func(replay.Chunk) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// past sends a packet without the sandbox.
func past(t *testing.T, network, address string) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 100 * time.Millisecond}).DialContext(t.Context(), network, address)
	if err != nil {
		return // as a TCP connection there must end: that it was tried is seen
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("x"))
}

// tap sees the packets of the interface that leads out (packet(7)).
type tap int

func openTap(t *testing.T) tap {
	t.Helper()
	all := binary.NativeEndian.Uint16([]byte{0, syscall.ETH_P_ALL}) // in network order
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, int(all))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	out, err := net.InterfaceByName("out0")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: all, Ifindex: out.Index}); err != nil {
		t.Fatal(err)
	}
	return tap(fd)
}

// packets returns protocol and destination of what was seen since it was asked
// last. What the kernel says to neighbours by itself (ICMPv6) is left out.
func (fd tap) packets(t *testing.T) []string {
	t.Helper()
	time.Sleep(200 * time.Millisecond) // for what is on its way
	var out []string
	for buf := make([]byte, 2048); ; {
		n, _, err := syscall.Recvfrom(int(fd), buf, 0)
		switch {
		case errors.Is(err, syscall.EAGAIN):
			return out
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			t.Fatal(err)
		}
		if said := destination(buf[:n]); said != "" {
			out = append(out, said)
		}
	}
}

// destination reads the header of an IP packet (RFC 791, RFC 8200).
func destination(packet []byte) string {
	var to netip.Addr
	var kind byte
	var rest []byte
	switch {
	case len(packet) >= 24 && packet[0]>>4 == 4:
		to, kind, rest = netip.AddrFrom4([4]byte(packet[16:20])), packet[9], packet[int(packet[0]&15)*4:]
	case len(packet) >= 44 && packet[0]>>4 == 6:
		to, kind, rest = netip.AddrFrom16([16]byte(packet[24:40])), packet[6], packet[40:]
		if kind == syscall.IPPROTO_ICMPV6 || kind == 0 { // or options before it, as MLD has
			return ""
		}
	default:
		return "something that is no IP"
	}
	name := map[byte]string{syscall.IPPROTO_TCP: "tcp", syscall.IPPROTO_UDP: "udp"}[kind]
	if name == "" || len(rest) < 4 {
		return "a packet to " + to.String()
	}
	return name + " " + netip.AddrPortFrom(to, binary.BigEndian.Uint16(rest[2:4])).String()
}
