package rules

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// shared is where third-party data lies during development; it is not part of
// the repository.
const shared = "../../../shared/data"

// verdictRule names the rule of ours that looks for the same as a public one.
// The verdict of a public rule about one record is that of our rule, or of the
// part of it that looks at single records where ours wants several in a window.
type verdictRule struct {
	ours string // file of the pack, or name of a part
	not  string // why ours says something else, "" where it must agree
}

// verdictRules has the public rules in panther-analysis (rules/**, Apache-2.0)
// whose events are in the development data.
func verdictRules() map[string]verdictRule {
	return map[string]verdictRule{
		"AWS.Bedrock.DeleteModelInvocationLoggingConfiguration": {ours: "bedrock_logging_disabled"},
		"AWS.Bedrock.GuardrailUpdateDelete":                     {ours: "bedrock_guardrail_deleted bedrock_guardrail_changed"},
		"AWS.BedrockModelInvocation.GuardRailIntervened":        {ours: "guardrail_intervened"},
		"AWS.BedrockModelInvocation.AbnormalTokenUsage":         {ours: "very_long_prompt", not: "one number of tokens for every caller says nothing about a caller: 2,000 is not abnormal"},
		"Anthropic.Activity.Admin.API.Key.Created":              {ours: "anthropic/admin_key_created"},
		"Anthropic.Activity.Admin.API.Key.Deleted":              {ours: "anthropic/admin_key_deleted"},
		"Anthropic.Activity.Excessive.Chat.Access.Failures":     {ours: "anthropic_chat_access_failed"},
		"Anthropic.Activity.IP.Restriction.Deleted":             {ours: "anthropic/ip_restriction_deleted"},
		"Anthropic.Activity.Integration.Connected":              {ours: "anthropic/integration_connected"},
		"Anthropic.Activity.MCP.Server.Deleted":                 {ours: "anthropic/mcp_server_deleted"},
		"Anthropic.Activity.Org.User.Deleted":                   {ours: "anthropic_member_deleted"},
		"Anthropic.Activity.Organization.Settings.Updated":      {ours: "anthropic/settings_updated"},
		"Anthropic.Activity.Primary.Owner.Transferred":          {ours: "anthropic/owner_transferred"},
		"Anthropic.Activity.Role.Granted":                       {ours: "anthropic/role_granted"},
		"Anthropic.Activity.Service.Key.Created":                {ours: "anthropic/service_key_created"},
		"Anthropic.Activity.Service.Key.Revoked":                {ours: "anthropic/service_key_revoked"},
		"Anthropic.Activity.Spend.Limit.Deleted":                {ours: "anthropic/spend_limit_deleted"},
		"OpenAI.API.Key.Anomalous.Activity":                     {ours: "openai/key_with_wide_scopes"},
		"OpenAI.Admin.Role.Assignment":                          {ours: "openai/admin_role_assigned"},
		"OpenAI.CredentialStuffing":                             {ours: "openai_login_failed_somewhere"},
		"OpenAI.IP.Allowlist.Changes":                           {ours: "openai/ip_allowlist_removed openai/ip_allowlist_changed"},
		"OpenAI.Login.Failed":                                   {ours: "openai_login_failed"},
		"OpenAI.Login.Success":                                  {ours: "openai_login_succeeded"},
		"OpenAI.SCIM.Configuration.Change":                      {ours: "openai/scim_disabled"},
	}
}

// TestPublicVerdicts holds single-record verdicts of public rules against ours.
func TestPublicVerdicts(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(shared, "panther", "tests.jsonl"))
	if err != nil {
		t.Skip("SKIPPED, no verdict was compared: ", err)
	}
	set := builtin(t)
	agreed, other := 0, 0
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct {
			Rule     string          `json:"rule_id"`
			Test     string          `json:"test"`
			Expected bool            `json:"expected"`
			Log      json.RawMessage `json:"log"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		want, ok := verdictRules()[row.Rule]
		if !ok {
			t.Errorf("no rule is named for %s", row.Rule)
			continue
		}
		matched := matchedRules(t, set, named(set, want.ours), casetest.Files(t, map[string]string{"log.jsonl": string(row.Log) + "\n"}))
		got := slices.ContainsFunc(strings.Fields(want.ours), func(name string) bool { return slices.Contains(matched, name) })
		t.Logf("%-55s %-60s public %-5v ours %-5v %s %s", row.Rule, row.Test, row.Expected, got, want.ours, want.not)
		switch {
		case want.not != "":
			other++
		case got != row.Expected:
			t.Errorf("%s: %s: the public verdict is %v, ours %v", row.Rule, row.Test, row.Expected, got)
		default:
			agreed++
		}
	}
	t.Logf("%d verdicts agree, %d are not comparable", agreed, other)
	if agreed < 41 {
		t.Errorf("only %d verdicts were compared", agreed)
	}
}

// TestPublicTrails says which rules match recorded incidents.
func TestPublicTrails(t *testing.T) {
	tests := []struct {
		name, files string
		want        []string // that report findings, by file
	}{
		{"stratus, Bedrock", "cloudtrail/stratus/aws.impact.bedrock-invoke-model.json", []string{"aws/attack_tool_named", "aws/bedrock_model_access_enabled", "aws/bedrock_model_enabled_then_called"}},
		{"stratus, a trail is stopped", "cloudtrail/stratus/aws.defense-evasion.cloudtrail-stop.json", []string{"aws/attack_tool_named", "aws/trail_stopped"}},
		{"stratus, a trail is deleted", "cloudtrail/stratus/aws.defense-evasion.cloudtrail-delete.json", []string{"aws/attack_tool_named", "aws/trail_stopped"}},
		{"stratus, nothing about models", "cloudtrail/stratus/aws.exfiltration.ec2-share-ami.json", []string{"aws/attack_tool_named"}},
		{"invictus", "cloudtrail/invictus/*.json.gz", []string{"aws/attack_tool_named", "aws/trail_stopped"}},
	}
	set := builtin(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(shared, tt.files))
			if err != nil || len(files) == 0 {
				t.Skip("SKIPPED, no rule was tried: there is no ", tt.files)
			}
			report, err := set.Run(t.Context(), casetest.Open(t, casetest.Load(t, files...)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, k := range report.Rules {
				if k.Findings > 0 {
					t.Logf("%-45s %6d matches %4d findings", ruleName(k.Rule), k.Matches, k.Findings)
					got = append(got, ruleName(k.Rule))
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rules with findings (-want +got)\n%s", diff)
			}
		})
	}
}

func builtin(t *testing.T) *Set {
	t.Helper()
	set, err := Builtin(nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// named finds rules by what [ruleName] calls them, or by their names.
func named(set *Set, names string) []*Rule {
	var list []*Rule
	for _, x := range set.Rules {
		for _, n := range strings.Fields(names) {
			if n == ruleName(x) && x.Name == "" || n == filepath.Base(ruleName(x)) && x.Name == "" || n == x.Name {
				list = append(list, x)
			}
		}
	}
	return list
}

// matchedRules names the rules, of some, that match in a case, by name, and by file with
// and without its folder.
func matchedRules(t *testing.T, set *Set, only []*Rule, c *casefile.Case) []string {
	t.Helper()
	if len(only) == 0 {
		t.Fatal("no rule is called so")
	}
	report, err := set.Run(t.Context(), c, only...)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, k := range report.Rules {
		if k.Matches > 0 {
			list = append(list, ruleName(k.Rule), filepath.Base(ruleName(k.Rule)), k.Name)
		}
	}
	return list
}

// ruleName is the vendor and file of a built-in rule.
func ruleName(r *Rule) string {
	return strings.TrimSuffix(strings.TrimPrefix(r.File, "pack/"), ".yml")
}
