package server

import (
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// mark is a header that a gateway or a hosted provider puts on replies.
type mark struct {
	forwarder string
	name      string // lower case; with a final "*" every name that begins so
	value     string // what the value begins with, lower case; "" for any
}

// marks are headers that say that a reply came through something. A server that
// runs a model itself has none of them.
func marks() []mark {
	return []mark{
		{"litellm", "x-litellm-*", ""},                 // https://docs.litellm.ai/docs/proxy/response_headers
		{"portkey", "x-portkey-*", ""},                 // src/globals.ts of https://github.com/Portkey-AI/gateway
		{"kong", "x-kong-*", ""},                       // https://developer.konghq.com/gateway/configuration/#headers
		{"kong", "server", "kong/"},                    // the same
		{"cloudflare", "server", "cloudflare"},         // https://developers.cloudflare.com/fundamentals/reference/http-headers/
		{"cloudflare", "cf-ray", ""},                   // the same
		{"cloudflare", "cf-aig-*", ""},                 // https://developers.cloudflare.com/ai-gateway/
		{"helicone", "helicone-id", ""},                // https://docs.helicone.ai/helicone-headers/header-directory
		{"envoy", "server", "envoy"},                   // https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers
		{"envoy", "x-envoy-upstream-service-time", ""}, // .../http_filters/router_filter
		{"nginx", "server", "nginx"},                   // a web server, runs no model: https://nginx.org/en/docs/http/ngx_http_core_module.html#server_tokens
		{"openresty", "server", "openresty"},           // the same, https://openresty.org
		{"caddy", "server", "caddy"},                   // the same, https://caddyserver.com/docs/caddyfile/directives/reverse_proxy
		{"traefik", "server", "traefik"},               // the same, https://doc.traefik.io
		{"openai", "openai-processing-ms", ""},         // https://platform.openai.com/docs/api-reference/debugging-requests
		{"openai", "openai-organization", ""},          // the same
		{"anthropic", "anthropic-organization-id", ""}, // https://docs.anthropic.com/en/api/overview#response-headers
		{"anthropic", "anthropic-ratelimit-*", ""},     // https://docs.anthropic.com/en/api/rate-limits#response-headers
		{"azure", "x-ms-region", ""},                   // Azure OpenAI, as recorded replies have it
		{"bedrock", "x-amzn-bedrock-*", ""},            // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
		{"groq", "x-groq-region", ""},                  // as recorded replies have it
		{"a gateway", "via", ""},                       // RFC 9110, section 7.6.3: gateways and proxies send it
		{"a gateway", "x-forwarded-*", ""},             // https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-Host
	}
}

func (m *mark) fits(h replay.Header) bool {
	name := strings.ToLower(h.Name)
	if start, ok := strings.CutSuffix(m.name, "*"); ok {
		return strings.HasPrefix(name, start)
	}
	return name == m.name && strings.HasPrefix(strings.ToLower(h.Value), m.value)
}

// Header returns what the header of a reply says of forwarding, each forwarder
// once. It is for replies of a run as well: some gateways say what they are
// only there.
func Header(header []replay.Header) []Evidence {
	var out []Evidence
	for _, m := range marks() {
		for _, h := range header {
			if m.fits(h) {
				out = addEvidence(out, Evidence{m.forwarder, "header " + h.Name + ": " + h.Value})
				break
			}
		}
	}
	return out
}

// addEvidence adds evidence of a forwarder of which there is none yet.
func addEvidence(list []Evidence, e Evidence) []Evidence {
	if slices.ContainsFunc(list, func(o Evidence) bool { return o.Forwarder == e.Forwarder }) {
		return list
	}
	return append(list, e)
}

// order returns the paths that were answered, in the order of asking.
func (a answers) order() []string {
	var out []string
	for _, path := range append([]string{modelsPath}, paths()...) {
		if a[path] != nil {
			out = append(out, path)
		}
	}
	return out
}

// headerNames returns the names of all headers, in lower case.
func (a answers) headerNames() []string {
	var out []string
	for _, path := range a.order() {
		for _, h := range a[path].header {
			out = append(out, strings.ToLower(h.Name))
		}
	}
	return out
}

// forwards returns what a server says of forwarding as a whole.
func (a answers) forwards(s *Server) []Evidence {
	var out []Evidence
	switch s.Name {
	case LiteLLM:
		// A gateway by what it is: https://docs.litellm.ai/docs/simple_proxy
		out = append(out, Evidence{string(LiteLLM), "it says that it is LiteLLM, a gateway to providers"})
	case Portkey:
		out = append(out, Evidence{string(Portkey), "it says that it is Portkey, a gateway to providers"})
	}
	for _, path := range a.order() {
		for _, e := range Header(a[path].header) {
			out = addEvidence(out, e)
		}
	}
	for _, m := range a.list().Data {
		if m.TopProvider != nil || m.Pricing != nil {
			// https://openrouter.ai/docs/api-reference/list-available-models
			return addEvidence(out, Evidence{"openrouter", modelsPath + " lists prices and providers of " + m.ID})
		}
	}
	return out
}

// modelSays returns what the name of a model says of where it is. A name is
// weak evidence, as anybody can give one, and enough to ask whoever sends.
func modelSays(server Name, model string) []Evidence {
	lower := strings.ToLower(model)
	// https://docs.ollama.com/cloud: these run at ollama.com.
	if (server == Ollama || server == "") && (strings.HasSuffix(lower, ":cloud") || strings.HasSuffix(lower, "-cloud")) {
		return []Evidence{{"ollama cloud", "the name " + model + " is that of a cloud model"}}
	}
	base := lower[strings.LastIndexByte(lower, '/')+1:]
	for _, h := range hostedModels() {
		if strings.HasPrefix(base, h[1]) && !strings.HasPrefix(base, "gpt-oss") {
			return []Evidence{{h[0], "the name " + model + " is that of a model that only its maker serves"}}
		}
	}
	return nil
}

// hostedModels are makers and how the names of their models begin that nobody
// can download: https://platform.openai.com/docs/models (gpt-oss excepted),
// https://docs.anthropic.com/en/docs/about-claude/models,
// https://ai.google.dev/gemini-api/docs/models, https://docs.x.ai/docs/models
// (later than grok-2).
func hostedModels() [][2]string {
	return [][2]string{
		{"openai", "gpt-3.5"},
		{"openai", "gpt-4"},
		{"openai", "gpt-5"},
		{"openai", "chatgpt-"},
		{"anthropic", "claude-"},
		{"anthropic", "anthropic.claude-"},
		{"google", "gemini-"},
		{"xai", "grok-3"},
		{"xai", "grok-4"},
	}
}
