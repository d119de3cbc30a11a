package policy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files in testdata anew")

func lintText(text string, o LintOptions) string {
	var b strings.Builder
	for _, p := range Lint([]byte(text), o) {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

func TestLint(t *testing.T) {
	now := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	const groups = "version: 1\ngroups:\n  - {name: g, members: {principals: [p*]}}\n  - {name: h, members: {principals: [p1]}}\ncalendars: [{who: {groups: [g, h]}, zone: UTC, hours: [{days: [mon], open: \"08:00\", close: \"09:00\"}]}]\ncalls:\n"
	tests := []struct{ name, text, want string }{
		{"nothing", groups + "  - who: {groups: [g]}\n", ""},
		{"error", "version: 1\nx: 1\n", "line 2, column 1: the policy has no key \"x\"; it has version, models, groups, calls, calendars, networks, destinations, formats, tools, writes, approvals, detectors, responses\n"},
		{"group that nobody uses", "version: 1\ngroups:\n  - {name: g, members: {roles: [a]}}\n", "line 3, column 5: no rule, calendar or approval is about the group g\n"},
		{"repeated rule", groups + "  - models: [m]\n  - models: [m]\n", "line 8, column 5: this rule adds nothing: the allow in line 7 is about all of it\n"},
		{"covered rule", groups + "  - {who: {groups: [h]}, models: [m1]}\n  - {who: {groups: [g]}, models: ['m*']}\n", "line 7, column 5: this rule adds nothing: the allow in line 8 is about all of it\n"},
		{"covered rule that is an exception", groups + "  - {who: {groups: [h]}, models: [m1]}\n  - {models: ['m*']}\n  - {effect: deny, models: ['m1*']}\n", ""},
		{"seen and allowed", groups + "  - {effect: seen, models: [m1]}\n  - {models: ['m*']}\n", "line 7, column 5: this rule adds nothing: the allow in line 8 is about all of it\n"},
		{"allowed and seen", groups + "  - {models: [m1]}\n  - {effect: seen, models: ['m*']}\n", ""},
		{"never decides", groups + "  - {who: {groups: [g]}, models: ['m*']}\n  - {effect: deny, who: {groups: [g]}, models: ['m*']}\n", "line 7, column 5: this rule never decides: the deny in line 8 is about all of it, and no less specific\n"},
		{"exception", groups + "  - {who: {groups: [g]}, models: [m1]}\n  - {effect: deny, models: ['m*']}\n", ""},
		{"carved out", groups + "  - {models: ['m*']}\n  - {effect: deny, who: {groups: [g]}, models: [m1]}\n", ""},
		{"overlap", groups + "  - {who: {groups: [g]}}\n  - {effect: deny, models: [m1]}\n", "line 7, column 5: overlaps with the deny in line 8 and is no exception to it, being closer in one respect and vaguer in another: where both apply, it is forbidden\n"},
		{"no overlap", groups + "  - {who: {groups: [g]}, regions: [eu-west-1]}\n  - {effect: deny, models: [m1], regions: [us-east-1]}\n", ""},
		{"sensitivities", groups + "  - {max_sensitivity: internal}\n  - {max_sensitivity: confidential}\n", "line 7, column 5: this rule adds nothing: the allow in line 8 is about all of it\n"},
		{"sensitivities apart", groups + "  - {max_sensitivity: internal}\n  - {effect: deny, min_sensitivity: confidential}\n", ""},
		{"networks", "version: 1\nnetworks:\n  - {cidrs: [198.51.100.0/25]}\n  - {cidrs: [198.51.100.0/24]}\n  - {countries: [CH], asns: [64496]}\n  - {countries: [CH]}\n", "line 3, column 5: this rule adds nothing: the allow in line 4 is about all of it\nline 6, column 5: this rule adds nothing: the allow in line 5 is about all of it\n"},
		{"paths", "version: 1\nwrites:\n  - {paths: [/a/b/**]}\n  - {paths: ['/a/**']}\n", "line 3, column 5: this rule adds nothing: the allow in line 4 is about all of it\n"},
		{"models", "version: 1\nmodels:\n  - match: [a, b]\n  - match: [b]\n", "line 4, column 13: \"b\" never decides: line 3 has the same pattern, and the first counts\n"},
		{"approvals", "version: 1\napprovals:\n  - {who: {roles: [a]}, actions: [x], from: 2026-03-01, to: 2026-03-02, reason: y}\n  - {who: {roles: [a]}, actions: [x], from: 2026-03-01, to: 2026-03-03, reason: y}\n", "line 3, column 61: the approval has expired: it ended 2026-03-02\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, lintText(tt.text, LintOptions{Now: now})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLintDetectors(t *testing.T) {
	const text = "version: 1\ndetectors:\n  off-hours: {thresholds: {min_calls: 3, max: 4}}\n  other: {severity: low}\n"
	known := map[string][]string{"off-hours": {"min_calls", "min_days"}}
	want := "line 3, column 14: the detector off-hours has no parameter max: it has min_calls, min_days\nline 4, column 10: there is no detector other\n"
	if diff := cmp.Diff(want, lintText(text, LintOptions{Detectors: known})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := lintText(text, LintOptions{}); got != "" {
		t.Errorf("compared with nothing: %s", got)
	}
}

func TestLintCase(t *testing.T) {
	seen := &Observed{Values: map[string][]string{
		"principals":   {"ana", "bo"},
		"models":       {"us.anthropic.claude-2"},
		"operations":   {"Converse"},
		"regions":      {"eu-west-1", "us-east-1"},
		"addresses":    {"198.51.100.7", "AWS Internal"},
		"destinations": {"https://api.example.com/x", "s3://example-a/b"},
		"formats":      {"Application/JSON; charset=utf-8"},
		"roles":        {"a", "b"},
	}, Cut: map[string]bool{"roles": true}}
	const text = `version: 1
models:
  - {match: [anthropic.claude-2, "gpt-*"]}
groups:
  - {name: g, members: {principals: [ana, "x*"], roles: [nobody], persons: [nobody]}}
calls:
  - {who: {groups: [g]}, models: ["*"], operations: [InvokeModel], regions: ["eu-*"]}
networks:
  - {cidrs: [198.51.100.0/24, 203.0.113.0/24], countries: [CH]}
destinations:
  - {hosts: ["*.example.com", "*.example.net"], buckets: [example-a, example-b], names: [reports]}
formats:
  - {formats: [application/json, csv]}
approvals:
  - {who: {principals: [bo]}, actions: [AttachRolePolicy], from: 2026-03-01, to: 2026-03-02, reason: y}
`
	want := `line 3, column 34: "gpt-*" fits none of the models in the case
line 5, column 43: "x*" fits none of the principals in the case
line 7, column 54: "InvokeModel" fits none of the operations in the case
line 9, column 31: "203.0.113.0/24" fits none of the addresses in the case
line 11, column 31: "*.example.net" fits none of the hosts in the case
line 11, column 70: "example-b" fits none of the buckets in the case
line 11, column 90: "reports" fits none of the names in the case
line 13, column 34: "csv" fits none of the formats in the case
line 15, column 41: "AttachRolePolicy" fits none of the operations in the case
`
	if diff := cmp.Diff(want, lintText(text, LintOptions{Case: seen})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLintBounded lints a file of long patterns that all begin alike.
func TestLintBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\ncalls:\n")
	for i := range 900 {
		fmt.Fprintf(&b, "  - {effect: %s, models: ['%s%d']}\n", []string{"allow", "deny"}[i%2], strings.Repeat("a?*", 300), i)
	}
	if got := lintText(b.String(), LintOptions{}); !strings.Contains(got, "too many patterns to compare with each other") {
		t.Errorf("got %.200s", got)
	}
}

// invented is what a case could show, some of it hostile.
func invented() *Observed {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Unix() / 900
	var office, always []Quarter
	for day := range int64(14) {
		for quarter := range int64(96) {
			at := monday + day*96 + quarter
			if day%7 < 5 && quarter >= 32 && quarter < 64 {
				office = append(office, Quarter{at, 2})
			}
			always = append(always, Quarter{at, 1})
		}
	}
	return &Observed{
		First: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Last: time.Date(2026, 3, 15, 23, 0, 0, 0, time.UTC), Calls: 2000,
		Models: []Tally{{"us.anthropic.claude-2", 900}, {"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-2", 100}, {"a[b]*\\", 5}, {"bad\nname", 1}},
		Groups: []ObservedGroup{
			{
				Role: "Analyst", Calls: 640, Quarters: office,
				Models: []Tally{{"us.anthropic.claude-2", 600}, {"anthropic.claude-2", 40}}, Operations: []Tally{{"Converse", 640}}, Regions: []Tally{{"us-east-1", 640}},
				Networks: []Tally{{"198.51.100.0/24", 600}, {"2001:db8:1::/48", 40}}, Formats: []Tally{{"application/json", 640}},
				Destinations: []Tally{{"https://api.example.com/x", 3}, {"https://api.example.com/y", 2}, {"s3://example-a/x", 1}, {"reports", 1}},
			},
			{Role: "build \"x\": #", Calls: 1344, Quarters: always, Tools: []Tally{{"Bash", 3}}},
			{Type: "IAMUser", Calls: 16, Operations: []Tally{{"Converse", 16}}, Principals: []Tally{{"arn:aws:iam::111122223333:user/ana", 15}, {"\u202eevil", 1}}},
			{Type: "IAMUser!", Calls: 1, Regions: []Tally{{"us-east-1", 1}}, Principals: []Tally{{"bo", 1}}},
			{Role: "idle", Calls: 1},
			{Role: "\x00", Calls: 1},
		},
	}
}

// TestPropose compares with golden files, and reads what it proposes.
func TestPropose(t *testing.T) {
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]*Observed{"proposal.yml": invented(), "nothing.yml": {}} {
		got := Propose(o, zurich)
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if problems := Lint(got, LintOptions{}); len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
	}
	p := parse(t, string(Propose(invented(), zurich)))
	analyst := Subject{Role: "Analyst"}
	for _, v := range []Verdict{
		p.Allows(analyst, Call{"us.anthropic.claude-2", "Converse", "us-east-1"}),
		p.DestinationAllowed(analyst, "s3://example-a/y"), p.DestinationAllowed(analyst, "https://api.example.com/z"),
		p.DestinationAllowed(analyst, "reports"), p.FormatAllowed(analyst, "application/json"), p.ToolAllowed(Subject{Role: "build \"x\": #"}, "Bash"),
	} {
		if v.Outcome != WasSeen {
			t.Errorf("what was seen is %s", v)
		}
	}
	h, ok := p.BusinessHours(analyst)
	at := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	if !ok || h.Confirmed() || !h.Open(at) || h.Open(at.Add(-time.Hour)) || h.Open(at.Add(8*time.Hour)) {
		t.Error("other hours are proposed")
	}
}

func TestUsualHours(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).Unix() / 900
	every := func(days, from, to, calls int64) []Quarter {
		var out []Quarter
		for d := range days {
			for q := from; q < to; q++ {
				out = append(out, Quarter{monday + d*96 + q, calls})
			}
		}
		return out
	}
	tests := []struct {
		name, want string
		list       []Quarter
	}{
		{"few calls", "199 calls on 5 days are too few to tell hours (at least 200 on 5)", append(every(4, 0, 1, 49), Quarter{monday + 4*96, 3})},
		{"few days", "400 calls on 4 days are too few to tell hours (at least 200 on 5)", every(4, 0, 1, 100)},
		{"office", "[mon tue wed thu fri] 08:00-17:00", every(5, 32, 68, 2)},
		{"quiet weekend", "[mon tue wed thu fri] 08:00-17:00", append(every(5, 32, 68, 2), every(7, 40, 41, 1)...)},
		{"past midnight", "[mon tue wed thu fri sat] 22:00-04:00", every(5, 88, 112, 2)},
		{"whole evening", "[mon tue wed thu fri sat sun] 20:00-24:00", every(7, 80, 96, 2)},
		{"around the clock", "keeps no hours: works around the clock", every(7, 0, 96, 1)},
	}
	for _, tt := range tests {
		h, got := usualHours(tt.list, time.UTC)
		if got == "" {
			days := make([]string, len(h.Days))
			for i, d := range h.Days {
				days[i] = weekdays()[d]
			}
			got = fmt.Sprintf("%v %s-%s", days, h.Open, h.Close)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestStatements(t *testing.T) {
	p := parse(t, examples())
	now := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	text := func(about string) string {
		var b strings.Builder
		for _, s := range p.Statements(about, now) {
			fmt.Fprintf(&b, "%s|%s|%s|%s|%s\n", s.Section, s.Name, s.Effect, s.Who, s.What)
		}
		return b.String()
	}
	tests := []struct{ about, want string }{
		{"arn:aws:sts::111122223333:assumed-role/Analyst/ana", `groups|analysts||principals arn:aws:sts::111122223333:assumed-role/Analyst-*/*; roles Analyst|
calls|analysts-ask|allow|groups analysts|models of sensitivity confidential or lower; operations InvokeModel*, Converse*; regions eu-*
calls|nobody-restricted|deny|everybody|models of sensitivity restricted or higher
calendars|zurich|allow|groups analysts|mon tue wed thu fri 07:00 to 19:00 in Europe/Zurich, but on 2 holidays
networks|offices|allow|everybody|cidrs 198.51.100.0/24, 2001:db8:1::/48; countries CH
destinations|ours|allow|everybody|hosts *.example.com; buckets example-*
formats|usual|allow|everybody|formats application/json
writes|keys|deny|everybody|paths **/.ssh/**, **/.aws/**
`},
		{"anthropic.claude-2", `models|claude|||anthropic.claude-*: confidential, owner ml-platform@example.com, approved: yes
calls|analysts-ask|allow|groups analysts|models of sensitivity confidential or lower; operations InvokeModel*, Converse*; regions eu-*
`},
		{"claims", `groups|claims||apps claims-portal|
calls|but-claims|allow|groups claims|models arn:aws:bedrock:*:111122223333:application-inference-profile/abc123
`},
	}
	for _, tt := range tests {
		got := text(tt.about)
		for line := range strings.Lines(tt.want) {
			if !strings.Contains(got, line) {
				t.Errorf("%s: no line\n%sin\n%s", tt.about, line, got)
			}
		}
	}
	all := text("")
	for _, want := range []string{
		"approvals||valid|principals arn:aws:iam::111122223333:user/ana|AttachRolePolicy, PutUseCaseForModelAccess from 2026-03-01 to 2026-03-07: move of the claims model, ticket CHG-1042, by head of platform\n",
		"detectors|off-hours|||severity high, min_calls 20\n",
		"responses|critical|||Revoke the credential, keep the logs, open an incident. Call on-call security, then head of platform.\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no line\n%sin\n%s", want, all)
		}
	}
	if got := text("nobody-at-all"); strings.Contains(got, "analysts") {
		t.Errorf("about somebody else:\n%s", got)
	}
	now = now.AddDate(0, 1, 0)
	if !strings.Contains(text(""), "approvals||expired|") {
		t.Error("an approval never ends")
	}
	now = now.AddDate(-1, 0, 0)
	if !strings.Contains(text(""), "approvals||to come|") {
		t.Error("an approval has begun before it does")
	}
}
