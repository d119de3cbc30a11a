package server

import (
	"net/url"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// server reads what a server said.
func (a answers) server(base *url.URL) *Server {
	s := &Server{URL: base}
	for _, p := range Providers() {
		if p.is == nil {
			continue
		}
		if version, ok := p.is(a); ok {
			s.Name, s.Version, s.Protocols = p.Name, version, p.Protocols
			break
		}
	}
	s.Models = a.models(s.Name)
	if s.Name == "" && a.list().ok {
		s.Protocols = []replay.Protocol{replay.OpenAIChat} // whoever has this list has that
	}
	s.Forwards = a.forwards(s)
	return s
}

// version reads {"version": "..."}, which several servers have.
func (a answers) version(path string) string {
	var v struct{ Version string }
	a[path].read(&v)
	return v.Version
}

func (a answers) litellm() (string, bool) {
	var ready struct {
		Version string `json:"litellm_version"`
	}
	a["/health/readiness"].read(&ready)
	// Later than 1.80 or so readiness says no version, and only the path itself,
	// misspelled as nobody else has it, and the title of the page say what it is
	// (seen of 1.106.2).
	alive := a["/health/liveliness"]
	var word string
	if ready.Version != "" || alive.read(&word) && word == "I'm alive!" || a["/"].holds("<title>LiteLLM API") {
		return ready.Version, true
	}
	for _, name := range a.headerNames() {
		if strings.HasPrefix(name, "x-litellm-") {
			return a[modelsPath].get("x-litellm-version"), true
		}
	}
	return "", false
}

func (a answers) portkey() (string, bool) {
	return "", a["/"] != nil && string(a["/"].body) == "AI Gateway says hey!"
}

func (a answers) ollama() (string, bool) {
	version := a.version("/api/version")
	root := a["/"] != nil && strings.TrimSpace(string(a["/"].body)) == "Ollama is running"
	return version, root || version != "" && a.tags() != nil
}

func (a answers) koboldCpp() (string, bool) {
	var said struct{ Result string }
	a[koboldPath].read(&said)
	return a.version(koboldPath), said.Result == "KoboldCpp"
}

func (a answers) llamaCPP() (string, bool) {
	var props struct {
		Build string `json:"build_info"`
	}
	a["/props"].read(&props)
	return props.Build, a[modelsPath].get("Server") == "llama.cpp" || props.Build != "" || a.list().ownedBy("llamacpp")
}

func (a answers) lmStudio() (string, bool) {
	var list struct {
		Data []struct {
			State         string
			Compatibility string `json:"compatibility_type"`
		}
	}
	a["/api/v0/models"].read(&list)
	return "", len(list.Data) > 0 && (list.Data[0].Compatibility != "" || list.Data[0].State != "")
}

func (a answers) localAI() (string, bool) {
	var system struct {
		Backends []string
		Loaded   *[]any `json:"loaded_models"`
	}
	a["/system"].read(&system)
	return a.version("/version"), system.Backends != nil || system.Loaded != nil
}

func (a answers) tgi() (string, bool) {
	var info struct {
		Model   string `json:"model_id"`
		Version string
		Total   *int64 `json:"max_total_tokens"`
		Router  string
	}
	a["/info"].read(&info)
	return info.Version, info.Model != "" && (info.Total != nil || info.Router != "")
}

func (a answers) sglang() (string, bool) {
	return "", a.list().ownedBy("sglang")
}

func (a answers) vllm() (string, bool) {
	return a.version("/version"), a.list().ownedBy("vllm")
}

// listed is a list of models as OpenAI's
// (https://platform.openai.com/docs/api-reference/models/list).
type listed struct {
	ok     bool
	Object string
	Data   []struct {
		ID          string
		OwnedBy     string `json:"owned_by"`
		Pricing     any    // OpenRouter's
		TopProvider any    `json:"top_provider"`
	}
}

func (a answers) list() *listed {
	var l listed
	l.ok = a[modelsPath].read(&l) && l.Data != nil
	if !l.ok {
		return &listed{}
	}
	return &l
}

func (l *listed) ownedBy(who string) bool {
	for _, m := range l.Data {
		if m.OwnedBy == who {
			return true
		}
	}
	return false
}

// tag is a model in Ollama's list. The remote fields are those of api/types.go
// of https://github.com/ollama/ollama (ListModelResponse).
type tag struct {
	Name        string
	RemoteModel string `json:"remote_model"`
	RemoteHost  string `json:"remote_host"`
}

// tags returns Ollama's list of models; nil where there is none.
func (a answers) tags() []tag {
	var l struct{ Models []tag }
	a["/api/tags"].read(&l)
	return l.Models
}

// models returns the models that a server lists, each once.
func (a answers) models(name Name) []Model {
	var out []Model
	add := func(m Model) {
		if m.Name != "" && !slices.ContainsFunc(out, func(o Model) bool { return o.Name == m.Name }) {
			out = append(out, m)
		}
	}
	for _, t := range a.tags() {
		m := Model{Name: t.Name, Says: modelSays(name, t.Name)}
		if t.RemoteHost != "" || t.RemoteModel != "" {
			m.Says = []Evidence{{"ollama cloud", "/api/tags says remote_host " + quoted(t.RemoteHost) + ", remote_model " + quoted(t.RemoteModel)}}
		}
		add(m)
	}
	for _, m := range a.list().Data {
		add(Model{Name: m.ID, OwnedBy: m.OwnedBy, Says: modelSays(name, m.ID)})
	}
	var info struct {
		Model string `json:"model_id"`
	}
	if name == TGI && a["/info"].read(&info) {
		add(Model{Name: info.Model})
	}
	return out
}

func quoted(s string) string { return `"` + s + `"` }
