package detectors

import (
	"context"
	"fmt"
	"regexp"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// agentChecks finds agents that switch off what checks their work.
type agentChecks struct{}

func (agentChecks) about() *analyze.About {
	return &analyze.About{
		ID: "agent.check-disabled", Version: 1, Severity: analyze.SeverityMedium,
		Needs:          []string{"tool_calls"},
		Title:          "An agent switched off a check on its work",
		Why:            "Hooks, signatures, verification of certificates, approvals and firewalls are there to stop what an agent should not do. One that goes around them does so for its task or for someone else's.",
		Tags:           []string{"attack.t1685", "atlas.aml.t0081", "owasp.asi02", "owasp.asi10"},
		FalsePositives: []string{"a person asked for it, for instance to commit work in progress", "tests against a server with a certificate of its own"},
		Triage:         []string{"read whether the user asked for it", "see what the skipped check would have said"},
		Collect:        []string{"the conversation", "the commits or changes made without the check"},
		Contain:        []string{"run the check on what was changed", "let the agent's settings forbid the option"},
	}
}

// checkSwitches are options of common tools that switch a check off, from their
// manuals: git (a hook that may not be run is left out, githooks(5)), curl, wget, ssh, npm, pip, Node.js, SELinux, iptables, ufw, and
// coding agents' own switches for approvals.
func checkSwitches() []struct {
	what string
	form *regexp.Regexp
} {
	return []struct {
		what string
		form *regexp.Regexp
	}{
		{"hooks skipped", regexp.MustCompile(`\bgit\b[^|;&\n]*\s--no-verify\b|\bcore\.hooksPath\b|\bHUSKY=0\b|\bchmod\s+(?:-[a-zA-Z]+\s+)*(?:[ugoa]*-[rwx]*x[rwx]*|0?[0246]{3})\s[^|;&\n]*\.(?:git/hooks|husky)/|\b(?:rm|unlink)\s[^|;&\n]*\.(?:git/hooks|husky)/|\bmv\s+(?:-\S+\s+)*\S*\.(?:git/hooks|husky)/`)},
		{"checks of the repository deleted", regexp.MustCompile(`\b(?:rm|unlink)\s[^|;&\n]*(?:\.github/workflows\b|\.gitlab-ci\.yml\b|\.circleci\b|\bJenkinsfile\b|\.pre-commit-config\.yaml\b)`)},
		{"signatures switched off", regexp.MustCompile(`--no-gpg-sign\b|\bgpgsign[ =]+false\b|--allow-unauthenticated\b|--nogpgcheck\b`)},
		{"certificates not verified", regexp.MustCompile(`\bcurl\b[^|;&\n]*\s(?:-[a-zA-Z]*k\b|--insecure\b)|--no-check-certificate\b|NODE_TLS_REJECT_UNAUTHORIZED=['"]?0|GIT_SSL_NO_VERIFY=|http\.sslVerify[ =]+false|strict-ssl[ =]+false|StrictHostKeyChecking=no`)},
		{"approvals bypassed", regexp.MustCompile(`--dangerously-skip-permissions\b|--dangerously-bypass-approvals-and-sandbox\b|--yolo\b|defaultMode["':\s]+bypassPermissions`)},
		{"security module or firewall switched off", regexp.MustCompile(`\bsetenforce\s+0\b|\bufw\s+disable\b|\biptables\s+(?:-F|--flush)\b|\bspctl\s+--master-disable\b|\bauditctl\s+-e\s*0\b|Set-MpPreference\s+-Disable`)},
		{"permissions opened to all", regexp.MustCompile(`\bchmod\s+(?:-R\s+)?0?777\s+/`)},
		{"history or logs erased", regexp.MustCompile(`\bhistory\s+-c\b|\bunset\s+HISTFILE\b|\brm\s+(?:-[a-z]+\s+)*/var/log\b|\bjournalctl\b[^|;&\n]*--vacuum`)},
	}
}

// commitMessage is what a commit says, which may speak of any option.
var commitMessage = regexp.MustCompile(`(?:\s-[a-z]*m|\s--message)[ =]*(?:'[^']*'|"[^"]*")`)

// checkVisitor returns what adds the uses of tools that switch a check off.
func checkVisitor(hits *toolHits) func(*toolUse) {
	switches := checkSwitches()
	return func(u *toolUse) {
		for _, text := range u.texts() {
			if !text.isCommand() {
				continue
			}
			command := commitMessage.ReplaceAllString(text.text, "")
			for _, s := range switches {
				if s.form.MatchString(command) {
					hits.add(u, s.what)
					return
				}
			}
		}
	}
}

func (agentChecks) detect(ctx context.Context, r *run) (*result, error) {
	tools, err := r.toolsFound(ctx)
	if err != nil {
		return nil, err
	}
	return &result{found: tools.checks.found(func(f *analyze.Finding, g *toolGroup) {
		f.Title = fmt.Sprintf("%s: %s", f.Subject, g.whats[0])
		f.Explanation = fmt.Sprintf("The commands of %s switch a check off, first that of the tool %s.", counted(len(g.uses), "tool call"), orUnnamed(g.uses[0].tool))
	})}, nil
}
