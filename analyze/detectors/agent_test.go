package detectors

import (
	"encoding/json"
	"testing"
)

// TestToolHits checks which arguments of a tool switch a check off or name where
// credentials are kept, and that what looks like them does neither.
func TestToolHits(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ command, check, credential string }{
		{command: "git commit --no-verify -m x", check: "hooks skipped"},
		{command: "chmod -x .git/hooks/pre-push", check: "hooks skipped"},
		{command: "chmod 644 /srv/shop/.git/hooks/pre-commit", check: "hooks skipped"},
		{command: "rm -f .husky/pre-commit", check: "hooks skipped"},
		{command: "mv .git/hooks/pre-commit /tmp/", check: "hooks skipped"},
		{command: "git rm -q .github/workflows/test.yml", check: "checks of the repository deleted"},
		{command: "rm .gitlab-ci.yml", check: "checks of the repository deleted"},
		{command: "cat ~/.config/gh/hosts.yml", credential: "package registry or Git credentials"},
		{command: "cp /home/ana/.cargo/credentials.toml .", credential: "package registry or Git credentials"},
		{command: "head -1 ~/.pgpass", credential: "Terraform or database credentials"},
		{command: "chmod +x .git/hooks/pre-push"},
		{command: "chmod 755 .git/hooks/pre-push"},
		{command: "mv hooks/pre-commit .git/hooks/pre-commit"},
		{command: "rm -rf build && ls .github/workflows"},
		{command: "cat .github/workflows/test.yml"},
		{command: `git commit -m "rm .github/workflows/old.yml"`},
		{command: "gh auth status"},
	} {
		input, err := json.Marshal(map[string]string{"command": tt.command})
		if err != nil {
			t.Fatal(err)
		}
		var checks, credentials toolHits
		u := &toolUse{tool: "bash", inputs: string(input)}
		checkVisitor(&checks)(u)
		credentialVisitor(&credentials)(u)
		if got := what(&checks); got != tt.check {
			t.Errorf("%s: %q is switched off, want %q", tt.command, got, tt.check)
		}
		if got := what(&credentials); got != tt.credential {
			t.Errorf("%s: %q is opened, want %q", tt.command, got, tt.credential)
		}
	}
}

// what names the first hit, "" for none.
func what(h *toolHits) string {
	if len(h.keys) == 0 {
		return ""
	}
	return h.groups[h.keys[0]].whats[0]
}
