package server

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
	"github.com/exhibit-forensics/exhibit/replay/sigv4"
)

// Provider is where requests can be sent, known by its name: a service beyond
// this machine, which has an address, or a server on it, which is found by what it
// says of itself. Nothing of it is read from the environment.
type Provider struct {
	Name Name
	// Base is the URL of a service; a word in braces stands for what has to be
	// named, see [Provider.Needs]. "" for a server on this machine.
	Base string
	// Ports are those on which a server on this machine listens unless told
	// otherwise.
	Ports []int
	// Protocols are spoken, as the documentation of the present version says; the
	// first is used where none is named.
	Protocols []replay.Protocol
	Key       replay.Header   // name of the header for the key, and what stands before it
	Header    []replay.Header // that every request needs
	Signs     string          // name of the service in signatures of AWS; "" where nothing is signed

	is func(a answers) (version string, ok bool) // nil for what does not say what it is
}

// Hosted reports whether a provider is beyond this machine.
func (p *Provider) Hosted() bool { return p.Base != "" }

// Recognised reports whether a server on this machine says what it is, so that it
// is found by its name.
func (p *Provider) Recognised() bool { return p.is != nil }

// AnthropicVersion is the header that Anthropic's servers demand, with the only
// version since 2023 (https://docs.anthropic.com/en/api/versioning).
func AnthropicVersion() replay.Header {
	return replay.Header{Name: "anthropic-version", Value: "2023-06-01"}
}

// Providers lists all that are known: what is on this machine in the order in
// which it is recognised, gateways first, as they repeat what the servers behind
// them say, then what imitates others and has a sign of its own (KoboldCpp), then
// those that imitate less; then services beyond it.
func Providers() []Provider {
	chat, responses, messages := replay.OpenAIChat, replay.OpenAIResponses, replay.Anthropic
	bearer := replay.Header{Name: "Authorization", Value: "Bearer "}
	three := []replay.Protocol{chat, responses, messages}
	openAI := []replay.Protocol{chat, responses}
	only := []replay.Protocol{chat}
	return []Provider{
		// https://docs.litellm.ai/docs/proxy/health, .../proxy/response_headers
		{Name: LiteLLM, Ports: []int{4000}, Protocols: three, Key: bearer, is: answers.litellm},
		// src/index.ts of https://github.com/Portkey-AI/gateway
		{Name: Portkey, Ports: []int{8787}, Protocols: three, Key: bearer, is: answers.portkey},
		// class KcppServerRequestHandler in koboldcpp.py of
		// https://github.com/LostRuins/koboldcpp
		{Name: KoboldCpp, Ports: []int{5001}, Protocols: only, Key: bearer, is: answers.koboldCpp},
		// https://docs.ollama.com/api/introduction; chat and responses of OpenAI:
		// .../api/openai-compatibility, messages: .../api/anthropic-compatibility
		{Name: Ollama, Ports: []int{11434}, Protocols: append(slices.Clone(three), replay.Ollama), Key: bearer, is: answers.ollama},
		// tools/server/README.md of https://github.com/ggml-org/llama.cpp
		{Name: LlamaCPP, Ports: []int{8080, 8081}, Protocols: three, Key: bearer, is: answers.llamaCPP},
		// https://lmstudio.ai/docs/developer/rest/endpoints, .../openai-compat,
		// .../anthropic-compat
		{Name: LMStudio, Ports: []int{1234}, Protocols: three, Key: bearer, is: answers.lmStudio},
		// https://localai.io/docs/reference/system-info/
		{Name: LocalAI, Ports: []int{8080}, Protocols: three, Key: bearer, is: answers.localAI},
		// docs/openapi.json of https://github.com/huggingface/text-generation-inference
		{Name: TGI, Ports: []int{3000}, Protocols: only, Key: bearer, is: answers.tgi},
		// https://docs.sglang.ai/basic_usage/openai_api.html
		{Name: SGLang, Ports: []int{30000}, Protocols: only, Key: bearer, is: answers.sglang},
		// https://docs.vllm.ai/en/stable/serving/online_serving.html
		{Name: VLLM, Ports: []int{8000, 8001}, Protocols: three, Key: bearer, is: answers.vllm},
		// https://jan.ai/docs/desktop/api-server; it says nothing of itself
		{Name: "jan", Ports: []int{1337}, Protocols: only, Key: bearer},

		// https://platform.openai.com/docs/api-reference/authentication
		{Name: "openai", Base: "https://api.openai.com", Protocols: openAI, Key: bearer},
		// https://docs.anthropic.com/en/api/overview#authentication
		{
			Name: "anthropic", Base: "https://api.anthropic.com", Protocols: []replay.Protocol{messages},
			Key: replay.Header{Name: "x-api-key"}, Header: []replay.Header{AnthropicVersion()},
		},
		// https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html;
		// endpoints: https://docs.aws.amazon.com/general/latest/gr/bedrock.html
		{Name: "bedrock", Base: "https://bedrock-runtime.{region}.amazonaws.com", Protocols: []replay.Protocol{replay.Converse}, Key: bearer, Signs: "bedrock"},
		// https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle:
		// version 1, in which a model is named by its deployment
		{Name: "azure", Base: "https://{resource}.openai.azure.com/openai/v1", Protocols: openAI, Key: replay.Header{Name: "api-key"}},
		// https://docs.mistral.ai/api/
		{Name: "mistral", Base: "https://api.mistral.ai", Protocols: only, Key: bearer},
		// https://ai.google.dev/gemini-api/docs/openai
		{Name: "gemini", Base: "https://generativelanguage.googleapis.com/v1beta/openai", Protocols: only, Key: bearer},
		// https://openrouter.ai/docs/api-reference/overview, .../responses-api/overview
		{Name: "openrouter", Base: "https://openrouter.ai/api/v1", Protocols: openAI, Key: bearer},
		// https://console.groq.com/docs/openai
		{Name: "groq", Base: "https://api.groq.com/openai/v1", Protocols: openAI, Key: bearer},
		// https://docs.together.ai/docs/inference/openai-compatibility
		{Name: "together", Base: "https://api.together.ai/v1", Protocols: only, Key: bearer},
		// https://docs.fireworks.ai/tools-sdks/openai-compatibility
		{Name: "fireworks", Base: "https://api.fireworks.ai/inference/v1", Protocols: only, Key: bearer},
		// https://api-docs.deepseek.com
		{Name: "deepseek", Base: "https://api.deepseek.com", Protocols: only, Key: bearer},
		// https://docs.x.ai/api/integrations
		{Name: "xai", Base: "https://api.x.ai", Protocols: openAI, Key: bearer},
		// https://docs.ollama.com/api/authentication
		{Name: "ollama-cloud", Base: "https://ollama.com", Protocols: []replay.Protocol{replay.Ollama, chat}, Key: bearer},
	}
}

// ByName returns a provider.
func ByName(name string) (*Provider, error) {
	var names []string
	for _, p := range Providers() {
		if string(p.Name) == name {
			return &p, nil
		}
		names = append(names, string(p.Name))
	}
	return nil, fmt.Errorf("no provider %q: one of %s, or the address of a server", name, strings.Join(names, ", "))
}

// placeholder is a word in braces.
var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// places say what a placeholder may be: the name of a region of AWS
// (https://docs.aws.amazon.com/general/latest/gr/rande.html), of a resource of
// Azure OpenAI
// (https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftcognitiveservices).
func places() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"region":   regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`),
		"resource": regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$`),
	}
}

// Needs returns what has to be named for the address of a provider, "region" or
// "resource"; "" where nothing has.
func (p *Provider) Needs() string {
	if m := placeholder.FindStringSubmatch(p.Base); m != nil {
		return m[1]
	}
	return ""
}

// URL returns the base URL of a provider beyond this machine, at the place that
// it needs.
func (p *Provider) URL(at string) (*url.URL, error) {
	needs := p.Needs()
	switch {
	case !p.Hosted():
		return nil, fmt.Errorf("provider %s is on this machine, where it is looked for", p.Name)
	case needs == "" && at != "":
		return nil, fmt.Errorf("provider %s has one address, without %q", p.Name, at)
	case needs != "" && !places()[needs].MatchString(at):
		return nil, fmt.Errorf("provider %s has an address for each %s, and %q is the name of none", p.Name, needs, at)
	}
	return url.Parse(strings.ReplaceAll(p.Base, "{"+needs+"}", at))
}

// Of returns the provider that a URL is of, with the place in it; nil where none
// that is known has it.
func Of(u *url.URL) (p *Provider, at string) {
	for _, p := range Providers() {
		base, err := url.Parse(placeholder.ReplaceAllString(p.Base, "x-placeholder-x"))
		if err != nil || !p.Hosted() {
			continue
		}
		before, after, has := strings.Cut(base.Hostname(), "x-placeholder-x")
		host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
		switch {
		case !has && host == before:
			return &p, ""
		case has && len(host) > len(before+after) && strings.HasPrefix(host, before) && strings.HasSuffix(host, after):
			if at := host[len(before) : len(host)-len(after)]; places()[p.Needs()].MatchString(at) {
				return &p, at
			}
		}
	}
	return nil, ""
}

// Key is what lets requests in: a key as one text, or an access key of AWS. The
// zero Key is none.
type Key struct {
	Text string
	AWS  *sigv4.Credentials
}

// Login is what goes with each request so that it is let in.
type Login struct {
	Header []replay.Header // no secrets
	Secret []replay.Header
	Sign   sandbox.Signer // nil where nothing is signed
}

// accessKey is the id of an AWS access key, long-term or temporary
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
var accessKey = regexp.MustCompile(`^(AKIA|ASIA)[A-Z2-7]{16}`)

// Login returns what goes with requests in a protocol to a URL. The provider is
// the one that the URL is of; a server that is none of them takes a key as the
// protocol has it. The region is that of signatures, "" for the one in the URL.
func (k *Key) Login(u *url.URL, p replay.Protocol, region string) (*Login, error) {
	known, at := Of(u)
	own := fallback(p)
	if known != nil {
		own = known
		if known.Needs() != "region" {
			at = ""
		}
	}
	out := &Login{Header: own.Header}
	switch {
	case k.AWS != nil:
		return out, k.sign(out, own, region, at)
	case k.Text == "":
		return out, nil
	case strings.ContainsAny(k.Text, "\r\n"):
		return nil, fmt.Errorf("the key for %s has more than one line", u.Host)
	case own.Signs != "" && accessKey.MatchString(k.Text):
		return nil, fmt.Errorf("this is the id of an access key of AWS: a request is signed with its secret too, and the session token of temporary ones")
	}
	out.Secret = []replay.Header{{Name: own.Key.Name, Value: own.Key.Value + k.Text}}
	return out, nil
}

// fallback is how servers that are not known take keys, by their protocol.
func fallback(p replay.Protocol) *Provider {
	bearer := replay.Header{Name: "Authorization", Value: "Bearer "}
	switch p {
	case replay.Anthropic:
		return &Provider{Key: replay.Header{Name: "x-api-key"}, Header: []replay.Header{AnthropicVersion()}}
	case replay.Converse:
		return &Provider{Key: bearer, Signs: "bedrock"}
	}
	return &Provider{Key: bearer}
}

// sign makes the signer of a login.
func (k *Key) sign(out *Login, p *Provider, region, at string) error {
	switch {
	case p.Signs == "":
		return fmt.Errorf("an access key of AWS signs requests to Bedrock, and this is none")
	case region != "" && at != "" && region != at:
		return fmt.Errorf("the server is in region %s, and not in %s", at, region)
	case region == "":
		region = at
	}
	if !places()["region"].MatchString(region) {
		return fmt.Errorf("a request is signed for a region of AWS, such as us-east-1, and %q is the name of none", region)
	}
	signer, err := sigv4.NewSigner(k.AWS, region, p.Signs)
	out.Sign = signer
	return err
}
