package rules

import (
	"regexp"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// atLeast is how many rules that report findings the pack has.
const atLeast = 130

// TestPack tries every case of the built-in rules.
func TestPack(t *testing.T) {
	set := builtin(t)
	results, err := set.Test(t.Context(), TestOptions{Temp: t.TempDir(), Tool: "exhibit test", Now: casetest.Clock, Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Errorf("%s: %s: %v", r.File, r.Name, r.Err)
		}
	}
	if len(results) < 2*atLeast {
		t.Errorf("only %d cases were tried", len(results))
	}
}

// TestPackLint wants rules without anything to improve.
func TestPackLint(t *testing.T) {
	for _, p := range builtin(t).Lint() {
		t.Errorf("%s:%d: %s", p.File, p.Line, p.Text)
	}
}

// TestPackHeads wants that every rule says what a reader needs, in the words of
// the editions that we use: T1562 is T1685 since ATT&CK v19.
func TestPackHeads(t *testing.T) {
	list := builtin(t).Reporting()
	if len(list) < atLeast {
		t.Errorf("the pack has %d rules that report findings", len(list))
	}
	v4 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	tags := regexp.MustCompile(`^(attack\.[a-z-]+|attack\.t[0-9]{4}(\.[0-9]{3})?|atlas\.aml\.t[0-9]{4}(\.[0-9]{3})?|owasp\.(llm(0[1-9]|10)|asi(0[1-9]|10)))$`)
	for _, r := range list {
		if !v4.MatchString(r.ID) {
			t.Errorf("%s: the id %q is no random UUID", r.File, r.ID)
		}
		if len(r.Tags) == 0 || len(r.FalsePositives) == 0 || r.Level == "" || len(r.Description) < 40 || !strings.Contains(r.Text, "\ndate: ") {
			t.Errorf("%s: tags, falsepositives, level, date or a description is missing", r.File)
		}
		for _, x := range r.Tags {
			if !tags.MatchString(x) || strings.HasPrefix(x, "attack.t1562") || x == "attack.defense-evasion" {
				t.Errorf("%s: the tag %q is of no edition that we use", r.File, x)
			}
		}
	}
}
