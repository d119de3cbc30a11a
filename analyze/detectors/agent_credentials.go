package detectors

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// agentCredentials finds agents whose tools open files or services that hold
// credentials.
type agentCredentials struct{}

func (agentCredentials) about() *analyze.About {
	return &analyze.About{
		ID: "agent.credential-file", Version: 1, Severity: analyze.SeverityHigh,
		Needs: []string{"tool_calls"},
		Title: "An agent's tool opened where credentials are kept",
		Why:   "An agent that was turned, or that goes too far, looks for keys first: in files of the home folder, in the environment, and at the metadata service of its machine.",
		Tags:  []string{"attack.t1552.001", "attack.t1552.005", "atlas.aml.t0083", "owasp.asi03"},
		FalsePositives: []string{
			"a person asked the agent to set up or repair access on a machine",
			"the text of a file or message only mentions such a path",
		},
		Triage: []string{
			"read the conversation before it: who asked for this, the user or a text that the agent read",
			"see what the tool returned, and what the agent did with it next: exhibit timeline EVENT",
		},
		Collect: []string{"the conversation with its tool results", "the shell history and file access times of the machine"},
		Contain: []string{"rotate the credentials that were opened", "take the files out of the agent's reach"},
	}
}

// credentialPlaces are where clients keep credentials, as their documentation
// says: AWS CLI, OpenSSH, Docker, kubectl, gcloud, Azure CLI, npm, PyPI, Git, Cargo, GitHub
// CLI, Terraform, PostgreSQL, GnuPG, shadow(5), and the instance metadata services of AWS,
// Google Cloud and Azure.
// Environment files count by their name alone.
func credentialPlaces() []struct {
	what string
	form *regexp.Regexp
} {
	return []struct {
		what string
		form *regexp.Regexp
	}{
		{"AWS credentials", credentialPath(`\.aws[/\\](?:credentials|sso[/\\]cache)`)},
		{"SSH private key", credentialPath(`\.ssh[/\\](?:id_[a-z0-9]+\b[^.]|id_[a-z0-9]+$|[\w-]+\.pem)`)},
		{"cloud CLI credentials", credentialPath(`\.config[/\\]gcloud[/\\](?:credentials|application_default|legacy)|\.azure[/\\](?:accessTokens|msal_token_cache)`)},
		{"cluster or registry credentials", credentialPath(`\.kube[/\\]config|\.docker[/\\]config\.json`)},
		{"package registry or Git credentials", credentialPath(`\.(?:npmrc|pypirc|netrc|git-credentials)\b|\.cargo[/\\]credentials|\.config[/\\]gh[/\\]hosts\.yml`)},
		{"Terraform or database credentials", credentialPath(`credentials\.tfrc\.json|\.pgpass\b`)},
		{"environment file", credentialPath(`(?:^|[/\\\s'"])\.env(?:\.(?:local|prod|production|secret))?(?:$|[\s'";|&)])`)},
		{"system password file", credentialPath(`/etc/(?:shadow|gshadow)\b`)},
		{"key store", credentialPath(`\.gnupg[/\\]|login\.keychain|[/\\]keyrings[/\\]|wallet\.dat`)},
		{"metadata service", credentialPath(`169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|fd00:ec2::254`)},
	}
}

func credentialPath(form string) *regexp.Regexp { return regexp.MustCompile(`(?i)` + form) }

// credentialVisitor returns what adds the uses of tools that open such a place.
func credentialVisitor(hits *toolHits) func(*toolUse) {
	places := credentialPlaces()
	return func(u *toolUse) {
		for _, text := range u.texts() {
			if !text.isCommand() && !text.isPath() {
				continue
			}
			for _, p := range places {
				if p.form.MatchString(text.text) {
					hits.add(u, p.what)
					return
				}
			}
		}
	}
}

func (agentCredentials) detect(ctx context.Context, r *run) (*result, error) {
	tools, err := r.toolsFound(ctx)
	if err != nil {
		return nil, err
	}
	return &result{found: tools.credentials.found(func(f *analyze.Finding, g *toolGroup) {
		f.Title = fmt.Sprintf("%s opened %s", f.Subject, g.whats[0])
		f.Explanation = fmt.Sprintf("The arguments of %s name where credentials are kept, first the tool %s.", counted(len(g.uses), "tool call"), orUnnamed(g.uses[0].tool))
	})}, nil
}

// isPath reports whether an argument is the place of a file or a service: what
// only mentions one in a longer text opens nothing.
func (n namedText) isPath() bool {
	if len(n.text) > 1024 || strings.ContainsAny(n.text, "\n") {
		return false
	}
	name := strings.ToLower(n.name)
	return name == "" || strings.Contains(name, "path") || strings.Contains(name, "file") || strings.Contains(name, "url") ||
		strings.Contains(name, "uri") || strings.Contains(name, "key") || strings.Contains(name, "dir") || strings.Contains(name, "pattern")
}

func orUnnamed(tool string) string {
	if tool == "" {
		return "without a name"
	}
	return tool
}
