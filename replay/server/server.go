package server

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Name is the name of a kind of server, or of a service.
type Name string

// The servers that are recognised. A server that is none of them but lists
// models as OpenAI does has no name.
const (
	Ollama    Name = "ollama"
	LlamaCPP  Name = "llama.cpp"
	VLLM      Name = "vllm"
	LMStudio  Name = "lm-studio"
	LocalAI   Name = "localai"
	TGI       Name = "text-generation-inference"
	SGLang    Name = "sglang"
	KoboldCpp Name = "koboldcpp"
	LiteLLM   Name = "litellm"
	Portkey   Name = "portkey"
)

// Model is a model that a server lists.
type Model struct {
	Name    string
	OwnedBy string     // as the server says; "" where it does not
	Says    []Evidence // what the server says of it that means that it is elsewhere
}

// Evidence is something that a server says which means that it passes on what
// it is sent.
type Evidence struct {
	Forwarder string // litellm, kong, ollama cloud ...
	Says      string // where and what: "header Via: 1.1 proxy.example.com"
}

// Server is a server that answered.
type Server struct {
	URL       *url.URL // base, without a path of a protocol
	Name      Name     // "" where it does not say
	Version   string   // "" where it does not say
	Models    []Model  // in the order of the server
	Protocols []replay.Protocol
	Forwards  []Evidence // of the whole server; none where nothing says that it forwards
	Problem   string     // why it could not be read further: "it asks for a key"
}

// NothingSays is what is said of a server without evidence. It is not that the
// server does not forward.
const NothingSays = "nothing says that it forwards"

// ForwardError is returned where a server says that it passes on what it is
// sent, or has a model elsewhere, and nobody acknowledged that.
type ForwardError struct {
	URL      *url.URL
	Model    string // "" where all of the server forwards
	Evidence []Evidence
}

func (e *ForwardError) Error() string {
	what := "the server may pass on what it is sent"
	if e.Model != "" {
		what = "model " + e.Model + " may not be on this machine"
	}
	return fmt.Sprintf("sending to %s: %s (%s)", e.URL.Redacted(), what, Sentence(e.Evidence))
}

// Sentence says evidence in words; [NothingSays] where there is none.
func Sentence(list []Evidence) string {
	if len(list) == 0 {
		return NothingSays
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = e.Forwarder + ": " + e.Says
	}
	return strings.Join(parts, "; ")
}

// Check returns a [ForwardError] where the server says that it forwards what it
// is sent for a model. Nil means that nothing says so.
func (s *Server) Check(model string) error {
	if len(s.Forwards) > 0 {
		return &ForwardError{URL: s.URL, Evidence: s.Forwards}
	}
	says := modelSays(s.Name, model)
	for _, m := range s.Models {
		if sameModel(m.Name, model) {
			says = m.Says
			break
		}
	}
	if len(says) > 0 {
		return &ForwardError{URL: s.URL, Model: model, Evidence: says}
	}
	return nil
}

// sameModel reports whether a name means a listed model. Ollama takes a name
// without a tag for the tag latest (https://docs.ollama.com/api/introduction).
func sameModel(listed, name string) bool {
	return listed == name || listed == name+":latest"
}

// Speaks reports whether a server is known to speak a protocol.
func (s *Server) Speaks(p replay.Protocol) bool { return slices.Contains(s.Protocols, p) }

// ports returns the ports on which providers on this machine usually listen, in
// order, and who does.
func ports() (numbers []int, usual map[int][]string) {
	usual = map[int][]string{}
	for _, p := range Providers() {
		for _, n := range p.Ports {
			usual[n] = append(usual[n], string(p.Name))
		}
	}
	return slices.Sorted(maps.Keys(usual)), usual
}

// Usual returns the ports that [Find] asks, and who usually listens there.
func Usual() []string {
	numbers, usual := ports()
	var out []string
	for _, n := range numbers {
		out = append(out, fmt.Sprintf("%d (%s)", n, strings.Join(usual[n], ", ")))
	}
	return out
}

// Find asks the usual ports of this machine, IPv4 and IPv6, and returns the
// servers that answered in the order of the ports. Ports where nothing listens,
// or something that is no model server, are left out.
func Find(ctx context.Context, send Sender) ([]*Server, error) {
	numbers, _ := ports()
	return findAt(ctx, send, numbers)
}

func findAt(ctx context.Context, send Sender, numbers []int) ([]*Server, error) {
	found := make([]*Server, 2*len(numbers))
	done := make(chan struct{})
	for i := range found {
		host := [...]string{"127.0.0.1", "[::1]"}[i%2]
		base := &url.URL{Scheme: "http", Host: fmt.Sprintf("%s:%d", host, numbers[i/2])}
		go func() {
			// That one of them does not answer is no error of the others.
			s, err := Look(ctx, send, base, nil)
			if err == nil && (s.Name != "" || len(s.Protocols) > 0) {
				found[i] = s
			}
			done <- struct{}{}
		}()
	}
	for range found {
		<-done
	}
	for i := 1; i < len(found); i += 2 { // one server that listens on both
		if found[i] != nil && found[i-1] != nil {
			found[i] = nil
		}
	}
	return slices.DeleteFunc(found, func(s *Server) bool { return s == nil }), ctx.Err()
}
