package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
	"github.com/exhibit-forensics/exhibit/replay/server"
)

// replayTarget says where requests are sent, and what may be.
type replayTarget struct {
	Server       string
	Provider     string
	Region       string
	Resource     string
	Protocol     string
	Model        string
	Allow        []string
	Acknowledged bool
	Mask, NoMask bool
}

func addTargetFlags(cmd *cobra.Command, o *replayTarget) {
	flags := cmd.Flags()
	flags.StringVar(&o.Server, "server", "", "`URL` that requests are sent to, such as http://localhost:11434")
	flags.StringVar(&o.Provider, "provider", "", "in place of --server: the `NAME` of a model server on this machine, such as ollama, or of a service, such as openai; exhibit replay providers lists them")
	flags.StringVar(&o.Region, "region", "", "`NAME` of the region of --provider bedrock, or that requests to a --server are signed for")
	flags.StringVar(&o.Resource, "resource", "", "`NAME` of the resource of --provider azure")
	flags.Var(&choiceValue{&o.Protocol, protocols()}, "protocol", "protocol that the server speaks; otherwise the first of the provider, and openai-chat of a URL")
	// The flags were defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions(protocols(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(providerNames(), cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&o.Model, "model", "", modelUsage)
	flags.StringArrayVar(&o.Allow, "allow-host", nil, "`HOST` beyond this machine that may be dialled, with or without a port")
	flags.BoolVar(&o.Acknowledged, "acknowledge-egress", false, "logged texts may leave this machine")
	flags.BoolVar(&o.Mask, "mask", false, "replace secrets and personal data before sending (default beyond this machine)")
	flags.BoolVar(&o.NoMask, "no-mask", false, "send everything as it was logged (default on this machine)")
}

func protocols() []string {
	var out []string
	for _, p := range replay.Protocols() {
		out = append(out, string(p))
	}
	return out
}

func providerNames() []string {
	var out []string
	for _, p := range server.Providers() {
		out = append(out, string(p.Name))
	}
	return out
}

// check refuses what cannot be meant, and settles the protocol.
func (o *replayTarget) check() error {
	switch {
	case o.Server == "" && o.Provider == "":
		return usagef("replay needs --server URL or --provider NAME, where the model is asked").
			hint("exhibit replay providers lists the model servers that answer on this machine")
	case o.Server != "" && o.Provider != "":
		return usagef("--server and --provider both say where the model is asked: give one")
	case o.Mask && o.NoMask:
		return usagef("--mask and --no-mask are contrary: give one")
	case o.Provider != "":
		return o.checkProvider()
	case o.Resource != "":
		return usagef("--resource is for --provider azure")
	}
	u, err := parseServer("--server", o.Server)
	if err != nil {
		return err
	}
	first := replay.OpenAIChat
	if p, _ := server.Of(u); p != nil {
		first = p.Protocols[0]
	}
	o.Protocol = cmp.Or(o.Protocol, string(first))
	return nil
}

// parseServer refuses what is no address of a server.
func parseServer(flag, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usagef("%s %q is no address such as http://localhost:11434: it begins with http:// or https://", flag, address)
	}
	return u, nil
}

// checkProvider looks up the provider, and whether its place and protocol are
// ones that it has.
func (o *replayTarget) checkProvider() error {
	p, err := server.ByName(o.Provider)
	if err != nil {
		return usagef("--provider: %v", err)
	}
	if !p.Hosted() && !p.Recognised() {
		return usagef("--provider %s: it does not say what it is, and is not found by its name", p.Name).
			hint(fmt.Sprintf("--server http://127.0.0.1:%d is its usual address", p.Ports[0]))
	}
	for _, place := range []struct{ name, value string }{{"region", o.Region}, {"resource", o.Resource}} {
		switch needs := p.Needs() == place.name; {
		case needs && place.value == "":
			return usagef("--provider %s has an address for each %s: name it with --%s", p.Name, place.name, place.name)
		case !needs && place.value != "":
			return usagef("--provider %s has no --%s", p.Name, place.name)
		}
	}
	o.Protocol = cmp.Or(o.Protocol, string(p.Protocols[0]))
	if !slices.Contains(p.Protocols, replay.Protocol(o.Protocol)) {
		return usagef("--provider %s does not speak %s; it speaks %s", p.Name, o.Protocol, protocolList(p.Protocols))
	}
	return nil
}

func (o *replayTarget) params(into map[string]any) {
	into["server"], into["provider"], into["protocol"], into["model"] = o.Server, o.Provider, o.Protocol, o.Model
	into["region"], into["resource"] = o.Region, o.Resource
	into["mask"], into["no_mask"] = o.Mask, o.NoMask
	into["allow_host"], into["acknowledge_egress"] = o.Allow, o.Acknowledged
}

// resolvedTarget is where requests go, looked up.
type resolvedTarget struct {
	URL      *url.URL
	Protocol replay.Protocol
	Sandbox  *sandbox.Sandbox
	Loopback bool     // it is this machine's own
	Addrs    []string // that may be dialled for it
}

// resolve looks up where requests go and refuses what the sandbox would refuse,
// without dialling. The acknowledgement is asked for when something is sent.
func (o *replayTarget) resolve(ctx context.Context, f *factory) (*resolvedTarget, error) {
	t := &resolvedTarget{Protocol: replay.Protocol(o.Protocol), Loopback: true}
	var err error
	t.Sandbox, err = sandbox.New(ctx, &sandbox.Options{Allow: o.Allow, Acknowledged: true, Now: f.now})
	if err != nil {
		return nil, fmt.Errorf("preparing the replay: %w", err)
	}
	if err := o.address(ctx, t); err != nil {
		t.Sandbox.Close()
		return nil, err
	}
	u := t.URL
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	for _, h := range t.Sandbox.Hosts() {
		if h.Name == name && (h.Port == "" || h.Port == u.Port()) {
			t.Loopback = t.Loopback && h.Loopback()
			for _, a := range h.Addrs {
				t.Addrs = append(t.Addrs, a.String())
			}
		}
	}
	if a, err := netip.ParseAddr(name); err == nil && len(t.Addrs) == 0 {
		t.Addrs = []string{a.Unmap().String()}
	}
	slices.Sort(t.Addrs)
	t.Addrs = slices.Compact(t.Addrs)
	return t, nil
}

// address finds the address of the server or provider, and checks that the
// sandbox lets it through.
func (o *replayTarget) address(ctx context.Context, t *resolvedTarget) (err error) {
	if o.Provider == "" {
		t.URL, err = url.Parse(o.Server)
	} else {
		t.URL, err = o.providerURL(ctx, t.Sandbox)
	}
	if err == nil {
		err = t.Sandbox.Check(ctx, t.URL)
	}
	if err != nil {
		return fmt.Errorf("preparing the replay: %w", err)
	}
	return nil
}

// providerURL returns the address of a hosted provider, or of the first server
// on this machine that says it is of that name.
func (o *replayTarget) providerURL(ctx context.Context, box *sandbox.Sandbox) (*url.URL, error) {
	p, err := server.ByName(o.Provider)
	if err != nil {
		return nil, err
	}
	if p.Hosted() {
		return p.URL(cmp.Or(o.Region, o.Resource))
	}
	found, err := server.Find(ctx, box)
	if err != nil {
		return nil, err
	}
	for _, s := range found {
		if s.Name == p.Name {
			return s.URL, nil
		}
	}
	return nil, &HintError{
		Err:   fmt.Errorf("looking for %s: nothing that says it is one answers on the usual ports of this machine", p.Name),
		Hints: []string{"exhibit replay providers lists what answers; --server URL names any address"},
	}
}

// look asks the server that requests are to be sent to what it is, with the key
// that they are sent with: see [replayTarget.look]. Without --yes nothing is
// asked.
func (f *factory) look(ctx context.Context, o *replayTarget, s *replaySending, t *resolvedTarget) error {
	if !s.Yes {
		return nil
	}
	key, err := s.key(f)
	if err != nil {
		return err
	}
	login, err := o.login(t, key)
	if err != nil {
		return err
	}
	return o.look(ctx, t, login.Secret)
}

// login is what goes with each request so that the server lets it in.
func (o *replayTarget) login(t *resolvedTarget, key *server.Key) (*server.Login, error) {
	login, err := key.Login(t.URL, t.Protocol, o.Region)
	if err != nil {
		return nil, (&UsageError{Err: err}).hint("--key-env and --key-file take the key of the server; for AWS all of it: " + awsVariables)
	}
	return login, nil
}

// look asks a server on this machine whether it passes on what it is sent, as
// gateways do: then it stands beyond this machine, which has to be acknowledged.
// That nothing says so does not mean that it does not.
func (o *replayTarget) look(ctx context.Context, t *resolvedTarget, secret []replay.Header) error {
	if !t.Loopback {
		return nil
	}
	s, err := server.Look(ctx, t.Sandbox, t.URL, secret)
	if err != nil {
		return &HintError{Err: fmt.Errorf("preparing the replay: %w", err), Hints: []string{"exhibit replay providers lists what answers on this machine"}}
	}
	err = s.Check(o.Model)
	var forwards *server.ForwardError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &forwards):
		return fmt.Errorf("preparing the replay: %w", err)
	case !o.Acknowledged:
		return (&UsageError{Err: err}).hint("what is replayed would leave this machine: say so with --acknowledge-egress")
	}
	t.Loopback = false
	return nil
}

// seedValue is a whole number, or not given.
type seedValue struct{ n *int64 }

func (v *seedValue) Type() string { return "N" }

func (v *seedValue) String() string {
	if v.n == nil {
		return ""
	}
	return strconv.FormatInt(*v.n, 10)
}

func (v *seedValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", s)
	}
	v.n = &n
	return nil
}

func (v *seedValue) pointer() *int64 { return v.n }
