package cli

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// replayTarget says where requests are sent, and what may be.
type replayTarget struct {
	Server       string
	Protocol     string
	Model        string
	Allow        []string
	Acknowledged bool
	Mask, NoMask bool
}

func addTargetFlags(cmd *cobra.Command, o *replayTarget) {
	o.Protocol = string(replay.OpenAIChat)
	flags := cmd.Flags()
	flags.StringVar(&o.Server, "server", "", "`URL` that requests are sent to, such as http://localhost:11434")
	flags.Var(&choiceValue{&o.Protocol, protocols()}, "protocol", "protocol that the server speaks")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions(protocols(), cobra.ShellCompDirectiveNoFileComp))
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

func (o *replayTarget) check() error {
	if o.Server == "" {
		return usagef("replay needs --server URL, where the model is asked").
			hint("a model server on this machine: http://localhost:11434 (Ollama), :8080 (llama.cpp), :8000 (vLLM), :1234 (LM Studio)")
	}
	if o.Mask && o.NoMask {
		return usagef("--mask and --no-mask are contrary: give one")
	}
	u, err := url.Parse(o.Server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usagef("--server %q is no address such as http://localhost:11434", o.Server)
	}
	return nil
}

func (o *replayTarget) params(into map[string]any) {
	into["server"], into["protocol"], into["model"] = o.Server, o.Protocol, o.Model
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
	u, err := url.Parse(o.Server)
	if err != nil {
		return nil, usagef("--server %q is no address", o.Server)
	}
	t := &resolvedTarget{URL: u, Protocol: replay.Protocol(o.Protocol), Loopback: true}
	t.Sandbox, err = sandbox.New(ctx, &sandbox.Options{Allow: o.Allow, Acknowledged: true, Now: f.now})
	if err != nil {
		return nil, fmt.Errorf("preparing the replay: %w", err)
	}
	if err := t.Sandbox.Check(ctx, u); err != nil {
		t.Sandbox.Close()
		return nil, fmt.Errorf("preparing the replay: %w", err)
	}
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
