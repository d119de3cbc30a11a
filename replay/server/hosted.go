package server

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Hosted is a provider beyond this machine, known by name. Nothing of it is
// read from the environment.
type Hosted struct {
	Name      string
	Base      string // URL; {region} stands for the region
	Protocols []replay.Protocol
	Key       replay.Header   // name of the header for the key, and what stands before it
	Header    []replay.Header // that every request needs
}

// AllHosted returns the providers that are known by name.
func AllHosted() []Hosted {
	bearer := replay.Header{Name: "Authorization", Value: "Bearer "}
	return []Hosted{
		// https://platform.openai.com/docs/api-reference/authentication
		{Name: "openai", Base: "https://api.openai.com", Protocols: []replay.Protocol{replay.OpenAIChat, replay.OpenAIResponses}, Key: bearer},
		// https://docs.anthropic.com/en/api/overview#authentication
		{
			Name: "anthropic", Base: "https://api.anthropic.com", Protocols: []replay.Protocol{replay.Anthropic},
			Key: replay.Header{Name: "x-api-key"}, Header: []replay.Header{{Name: "anthropic-version", Value: "2023-06-01"}},
		},
		// https://docs.ollama.com/api/authentication
		{Name: "ollama", Base: "https://ollama.com", Protocols: []replay.Protocol{replay.Ollama, replay.OpenAIChat}, Key: bearer},
		// https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
		{Name: "bedrock", Base: "https://bedrock-runtime.{region}.amazonaws.com", Protocols: []replay.Protocol{replay.Converse}, Key: bearer},
	}
}

// HostedByName returns a provider.
func HostedByName(name string) (*Hosted, error) {
	var names []string
	for _, h := range AllHosted() {
		if h.Name == name {
			return &h, nil
		}
		names = append(names, h.Name)
	}
	return nil, fmt.Errorf("no provider %q: one of %s, or the address of a server", name, strings.Join(names, ", "))
}

// region is the name of a region of AWS (https://docs.aws.amazon.com/general/latest/gr/rande.html).
var region = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)

// URL returns the base URL. Only providers with regions take one, and need it.
func (h *Hosted) URL(in string) (*url.URL, error) {
	regional := strings.Contains(h.Base, "{region}")
	switch {
	case regional && in == "":
		return nil, fmt.Errorf("provider %s has an address in each region: name the region", h.Name)
	case regional && !region.MatchString(in):
		return nil, fmt.Errorf("%q is no region of %s, such as us-east-1", in, h.Name)
	case !regional && in != "":
		return nil, fmt.Errorf("provider %s has no regions", h.Name)
	}
	return url.Parse(strings.ReplaceAll(h.Base, "{region}", in))
}

// accessKey is the id of an AWS access key, long-term or temporary
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
var accessKey = regexp.MustCompile(`^(AKIA|ASIA)[A-Z2-7]{16}`)

// Secret returns the header that carries a key. Bedrock takes its own API keys;
// requests are not signed with access keys (Signature Version 4).
func (h *Hosted) Secret(key string) (replay.Header, error) {
	switch {
	case key == "" || strings.ContainsAny(key, "\r\n"):
		return replay.Header{}, fmt.Errorf("the key for %s is empty or has more than one line", h.Name)
	case h.Name == "bedrock" && accessKey.MatchString(key):
		return replay.Header{}, fmt.Errorf("this is an access key of AWS, with which requests are not signed yet: make an API key for Bedrock, and give that")
	}
	return replay.Header{Name: h.Key.Name, Value: h.Key.Value + key}, nil
}
