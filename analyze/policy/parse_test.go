package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
)

func parse(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(problemsOf(err))
	}
	return p
}

// problemsOf returns everything that an error of Parse says, a line each.
func problemsOf(err error) string {
	var wrong *yamldoc.Error
	if !errors.As(err, &wrong) {
		return ""
	}
	var b strings.Builder
	for _, p := range wrong.Problems {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

// TestParseErrors wants each problem with its place and what would be right.
func TestParseErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "line 1, column 1: the policy is empty: it begins with version: 1\n"},
		{"only comments", "# x\n", "line 1, column 1: the policy is empty: it begins with version: 1\n"},
		{"a list", "- a\n", "line 1, column 1: the policy must be keys with values, not a list\n"},
		{"no version", "models:\n  - match: [a]\n", "line 1, column 1: version must be 1, not 0: this program reads no other\n"},
		{"version", "version: 2\n", "line 1, column 1: version must be 1, not 2: this program reads no other\n"},
		{"version as text", "version: \"1\"\n", "line 1, column 10: version must be a whole number, not a text\n"},
		{"unknown key", "version: 1\nmodel: []\n", "line 2, column 1: the policy has no key \"model\"; it has version, models, groups, calls, calendars, networks, destinations, formats, tools, writes, approvals, detectors, responses\n"},
		{"unknown key below", "version: 1\nmodels:\n  - match: [a]\n    sensitvity: public\n", "line 4, column 5: an entry of models has no key \"sensitvity\"; it has match, name, sensitivity, owner, approved\n"},
		{"repeated key", "version: 1\nversion: 1\n", "line 2, column 1: \"version\" is given twice, first in line 1: put both into one\n"},
		{"no list", "version: 1\nmodels:\n  - match: a\n", "line 3, column 12: match must be a list, such as [a, b], not a text\n"},
		{"empty list", "version: 1\ntools: []\n", "line 2, column 8: tools is an empty list: leave it out\n"},
		{"nothing", "version: 1\ntools:\n", "line 2, column 7: tools must be a list, such as [a, b], not nothing\n"},
		{"number for text", "version: 1\nmodels:\n  - match: [4]\n", "line 3, column 13: an entry of match must be a text, not a number: write \"4\"\n"},
		{"text for truth", "version: 1\nmodels:\n  - {match: [a], approved: yes}\n", "line 3, column 28: approved must be true or false, not a text\n"},
		{"word", "version: 1\nmodels:\n  - {match: [a], sensitivity: secret}\n", "line 3, column 31: sensitivity: \"secret\" is none of public, internal, confidential, restricted\n"},
		{"glob", "version: 1\nmodels:\n  - match: [\"a[1-3]\"]\n", "line 3, column 13: an entry of match: \"a[1-3]\" holds '[', which patterns do not have: list the alternatives, or write \\[ for the character\n"},
		{"cidr", "version: 1\nnetworks:\n  - cidrs: [198.51.100.0/33]\n", "line 3, column 13: an entry of cidrs: \"198.51.100.0/33\" is no network: want CIDR such as 198.51.100.0/24 or 2001:db8::/48, or an address\n"},
		{"cidr with bits", "version: 1\nnetworks:\n  - cidrs: [198.51.100.7/24]\n", "line 3, column 13: an entry of cidrs: \"198.51.100.7/24\" has bits behind its length: did you mean 198.51.100.0/24?\n"},
		{"country", "version: 1\nnetworks:\n  - countries: [Norway]\n", "line 3, column 17: an entry of countries: \"Norway\" is no country: want a code of two letters (ISO 3166-1), such as CH\n"},
		{"asn", "version: 1\nnetworks:\n  - asns: [0]\n", "line 3, column 12: an entry of asns: \"0\" is no autonomous system: want a number such as 64496 or AS64496\n"},
		{"no network", "version: 1\nnetworks:\n  - name: a\n", "line 3, column 5: the rule names no network: give cidrs, countries or asns\n"},
		{"time of day", "version: 1\ncalendars:\n  - zone: UTC\n    hours: [{days: [mon], open: \"8:00\", close: \"25:00\"}]\n", "line 4, column 33: open: \"8:00\" is no time of day: want HH:MM from 00:00 to 24:00, such as 08:30\n" +
			"line 4, column 48: close: \"25:00\" is no time of day: want HH:MM from 00:00 to 24:00, such as 08:30\n"},
		{"end of day", "version: 1\ncalendars:\n  - zone: UTC\n    hours: [{days: [mon], open: \"08:00\", close: \"24:01\"}]\n", "line 4, column 49: close: \"24:01\" is after the end of the day, which is 24:00\n"},
		{"weekday", "version: 1\ncalendars:\n  - zone: UTC\n    hours: [{days: [monday], open: \"08:00\", close: \"09:00\"}]\n", "line 4, column 21: an entry of days: \"monday\" is none of sun, mon, tue, wed, thu, fri, sat\n"},
		{"zone", "version: 1\ncalendars:\n  - zone: Mars/Base\n    hours: [{days: [mon], open: \"08:00\", close: \"09:00\"}]\n", "line 3, column 11: zone: \"Mars/Base\" is no time zone: want an IANA name such as Europe/Zurich, or UTC\n"},
		{"zone of the machine", "version: 1\ncalendars:\n  - zone: Local\n    hours: [{days: [mon], open: \"08:00\", close: \"09:00\"}]\n", "line 3, column 11: zone: \"Local\" is no time zone: want an IANA name such as Europe/Zurich, or UTC\n"},
		{"zone outside", "version: 1\ncalendars:\n  - zone: ../../etc/passwd\n    hours: [{days: [mon], open: \"08:00\", close: \"09:00\"}]\n", "line 3, column 11: zone: \"../../etc/passwd\" is no time zone: want an IANA name such as Europe/Zurich, or UTC\n"},
		{"calendar without all", "version: 1\ncalendars:\n  - name: a\n  - {zone: UTC, hours: [{open: \"08:00\", close: \"08:00\"}]}\n", "line 3, column 5: the calendar has no zone: give an IANA name such as Europe/Zurich, or UTC\n" +
			"line 4, column 25: the hours have no days: list some of sun, mon, tue, wed, thu, fri, sat\n"},
		{"hours without all", "version: 1\ncalendars:\n  - {zone: UTC, hours: [{days: [mon], open: \"08:00\"}, {days: [mon], open: \"08:00\", close: \"08:00\"}, {days: [mon], open: \"24:00\", close: \"08:00\"}]}\n", "line 3, column 25: the hours need open and close, such as 08:00 and 18:00\n" +
			"line 3, column 55: the hours open and close at 08:00: the whole day is 00:00 to 24:00\nline 3, column 101: the hours open at 24:00: write 00:00, and the next day\n"},
		{"calendar that denies", "version: 1\ncalendars:\n  - {effect: deny, zone: UTC, hours: [{days: [mon], open: \"08:00\", close: \"09:00\"}]}\n", "line 3, column 5: a calendar cannot deny: it says when people work, by allow or seen\n"},
		{"holiday", "version: 1\ncalendars:\n  - zone: UTC\n    hours: [{days: [mon], open: \"08:00\", close: \"09:00\"}]\n    holidays: [2026-02-30]\n", "line 5, column 16: an entry of holidays: \"2026-02-30\" is no date: want YYYY-MM-DD\n"},
		{"approval", "version: 1\napprovals:\n  - actions: [a]\n    from: 2026-02-01\n    to: 2026-01-01\n", "line 3, column 5: the approval has no reason: an approval is who, actions, from, to and reason\n" +
			"line 3, column 5: the approval has no who: an approval is who, actions, from, to and reason\nline 5, column 9: the approval ends before it begins\n"},
		{"time", "version: 1\napprovals:\n  - {who: {roles: [a]}, actions: [a], from: yesterday, to: 2026-01-01, reason: x}\n", "line 3, column 45: from: \"yesterday\" is no time: want a date such as 2026-01-31, or RFC 3339 such as 2026-01-31T18:00:00Z\n"},
		{"group", "version: 1\ngroups:\n  - members: {roles: [a]}\n  - {name: a b, members: {roles: [a]}}\n", "line 4, column 12: name: \"a b\" is no name: want up to 100 letters, digits and ._@-, the first a letter or digit\n"},
		{"groups", "version: 1\ngroups:\n  - members: {roles: [a]}\n  - {name: a, members: {}}\n  - {name: a, members: {roles: [b]}}\n", "line 3, column 5: the group has no name, and no rule could use it\n" +
			"line 4, column 5: the group has no members: give principals, roles, persons, credentials or apps\nline 5, column 5: a: another group of this name stands in line 4\n"},
		{"unknown group", "version: 1\ncalls:\n  - who: {groups: [a]}\n", "line 3, column 20: there is no group a\n"},
		{"empty who", "version: 1\ncalls:\n  - who: {}\n", "line 3, column 10: who chooses nobody: leave it out for everybody\n"},
		{"sensitivity of a deny", "version: 1\ncalls:\n  - {effect: deny, max_sensitivity: public}\n  - min_sensitivity: public\n", "line 3, column 5: max_sensitivity is for rules that allow: a rule that denies has min_sensitivity\n" +
			"line 4, column 5: min_sensitivity is for rules that deny: a rule that allows has max_sensitivity\n"},
		{"host", "version: 1\ndestinations:\n  - hosts: [\"https://example.com/a\"]\n  - hosts: [\"example.com:443\"]\n", "line 3, column 13: \"https://example.com/a\" is no host: want a name such as *.example.com or an address, without scheme, port and path\n" +
			"line 4, column 13: \"example.com:443\" is no host: want a name such as *.example.com or an address, without scheme, port and path\n"},
		{"path", "version: 1\nwrites:\n  - paths: [src, /a/../b]\n", "line 3, column 13: an entry of paths: \"src\" is no whole path: it begins with /, ~/, **/ or a drive such as C:/\n" +
			"line 3, column 18: an entry of paths: \"/a/../b\" has a part that is . or ..: write the path without\n"},
		{"detector", "version: 1\ndetectors:\n  a: {}\n  b: {severity: bad}\n  c: {thresholds: {n: many, m: .inf}}\n", "line 4, column 17: severity: \"bad\" is none of info, low, medium, high, critical\n" +
			"line 5, column 23: thresholds n must be a number, such as 10 or 0.5, not a text\nline 5, column 32: thresholds m must be a number, such as 10 or 0.5, not a number\n"},
		{"detector that changes nothing", "version: 1\ndetectors:\n  a: {}\n", "line 3, column 6: detector a changes nothing: give severity or thresholds\n"},
		{"response", "version: 1\nresponses:\n  bad: {do: x}\n", "line 3, column 3: a key of responses: \"bad\" is none of info, low, medium, high, critical\n"},
		{"responses", "version: 1\nresponses:\n  high: {}\n", "line 3, column 9: the response to high says neither what to do nor whom to call: give do or call\n"},
		{"merge", "version: 1\nx: &a {match: [b]}\nmodels:\n  - {<<: *a}\n", "line 2, column 1: the policy has no key \"x\"; it has version, models, groups, calls, calendars, networks, destinations, formats, tools, writes, approvals, detectors, responses\n" +
			"line 4, column 6: << merges keys, which a policy does not have: write them out\n"},
		{"tag", "version: 1\nmodels:\n  - match: [!!binary aGk=]\n", "line 3, column 13: an entry of match must be a text, not a value with the tag !!binary: write \"aGk=\"\n"},
		{"two documents", "version: 1\n---\nversion: 1\n", "line 2, column 1: a second document begins here: a policy is one, without ---\n"},
		{"syntax", "version: 1\nmodels: [\n", "line 2: this is not YAML: did not find expected node content\n"},
		{"hidden", "version: 1\nmodels:\n  - {match: [a], owner: \"a\\u202eb\"}\n", "line 3, column 25: owner: it holds the character U+202E, which cannot be seen\n"},
		{"long value", "version: 1\nmodels:\n  - {match: [a], sensitivity: " + strings.Repeat("x", 1000) + "}\n", "line 3, column 31: sensitivity: \"" + strings.Repeat("x", 486) + "...\n"},
		{"size", "version: 1\n#" + strings.Repeat("x", maxSize), "the file has more than 1048576 bytes\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text))
			if diff := cmp.Diff(tt.want, problemsOf(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoIsNorway keeps a code of a country from becoming a truth value, as YAML
// 1.1 has it.
func TestNoIsNorway(t *testing.T) {
	p := parse(t, "version: 1\nnetworks:\n  - countries: [NO, no]\n")
	if got := p.NetworkAllowed(Subject{}, Network{Country: "NO"}); got.Outcome != Allowed {
		t.Error(got)
	}
}

// TestManyAliases reads a few lines that stand for ten billion values.
func TestManyAliases(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n")
	for i := range 10 {
		from, to := string(rune('0'+i)), string(rune('1'+i))
		b.WriteString("x" + to + ": &x" + to + " [" + strings.TrimSuffix(strings.Repeat("*x"+from+", ", 10), ", ") + "]\n")
	}
	b.WriteString("models:\n  - {match: *x9}\n")
	if _, err := Parse([]byte(b.String())); err == nil {
		t.Error("the aliases were read")
	}
	// Aliases that stand for many values of the right type are counted.
	text := "version: 1\nmodels:\n  - match: &m [" + strings.TrimSuffix(strings.Repeat("a, ", 1500), ", ") + "]\n" + strings.Repeat("  - match: *m\n", 1000)
	_, err := Parse([]byte(text))
	if want := "the file holds more than 200000 values, those of aliases included"; !strings.Contains(problemsOf(err), want) {
		t.Errorf("got %v", err)
	}
	// An alias of a list is one way to write it twice.
	p := parse(t, "version: 1\nmodels:\n  - match: &m [a]\n    name: b\ncalls:\n  - models: *m\n")
	if got := p.Allows(Subject{}, Call{Model: "a"}); got.Outcome != Allowed {
		t.Error(got)
	}
}

func TestError(t *testing.T) {
	_, err := Parse([]byte("version: 2\nx: 1\ny: 1\n"))
	want := "reading a policy: line 2, column 1: the policy has no key \"x\""
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "(and 1 more)") {
		t.Errorf("got %v", err)
	}
	var text strings.Builder
	text.WriteString("version: 1\n")
	for i := range 300 {
		text.WriteString("k" + strings.Repeat("x", i) + ": 1\n")
	}
	_, err = Parse([]byte(text.String()))
	var wrong *yamldoc.Error
	if !errors.As(err, &wrong) || len(wrong.Problems) != 201 || wrong.Problems[200].Text != "100 more problems are not listed" {
		t.Errorf("%d problems", len(wrong.Problems))
	}
}

// TestStart reads the examples of the text to start from.
func TestStart(t *testing.T) {
	p := parse(t, examples())
	for _, s := range Sections() {
		if !p.Covers(s) {
			t.Errorf("no example of %s", s)
		}
	}
	if got := Lint([]byte(examples()), LintOptions{Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}); len(got) > 0 {
		t.Error(got)
	}
	if empty := parse(t, string(Propose(nil, time.UTC))); empty.Covers(SectionCalls) {
		t.Error("what policy init writes without a case is more than examples")
	}
	if s, ok := p.Severity("off-hours"); !ok || s != analyze.SeverityHigh {
		t.Error(s)
	}
	if _, ok := p.Severity("other"); ok {
		t.Error("a severity of nothing")
	}
	if v, ok := p.Threshold("off-hours", "min_calls"); !ok || v != 20 {
		t.Error(v)
	}
	if _, ok := p.Threshold("off-hours", "other"); ok {
		t.Error("a threshold of nothing")
	}
	r, ok := p.Response(analyze.SeverityCritical)
	want := Response{Do: "Revoke the credential, keep the logs, open an incident.", Call: []string{"on-call security", "head of platform"}}
	if diff := cmp.Diff(want, r, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Line" }, cmp.Ignore())); !ok || diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, ok := p.Response(analyze.SeverityLow); ok {
		t.Error("a response to nothing")
	}
}

// examples returns the text to start from with its examples in use.
func examples() string {
	head, rest, _ := strings.Cut(start, sectionMark)
	var b strings.Builder
	b.WriteString(head)
	for line := range strings.Lines("# " + rest) {
		if example.MatchString(line) {
			line = line[1:]
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestDigest(t *testing.T) {
	const text = "version: 1\n"
	// printf 'version: 1\n' | sha256sum
	const want = "09bfcc6a14b83e2192b8673677725c84883ee9cd0c70e45c9ec09daa8f2b2847"
	if p := parse(t, text); p.Digest() != want || Digest([]byte(text)) != want {
		t.Error(p.Digest())
	}
}

// TestNil asks a policy that is not there.
func TestNil(t *testing.T) {
	var p *Policy
	s := Subject{Principal: "a"}
	for _, v := range []Verdict{
		p.Allows(s, Call{Model: "a"}), p.NetworkAllowed(s, Network{}), p.DestinationAllowed(s, "a"), p.FormatAllowed(s, "a"),
		p.ToolAllowed(s, "a"), p.WriteAllowed(s, "/a"),
	} {
		if v.Outcome != NotCovered || v.Section == "" {
			t.Error(v)
		}
	}
	if _, ok := p.ModelOf("a"); ok {
		t.Error("a model")
	}
	if h, ok := p.BusinessHours(s); ok || h.Open(time.Unix(0, 0)) || h.Holiday(time.Unix(0, 0)) || h.Confirmed() || h.Name() != "" || h.Line() != 0 || h.Zone() != time.UTC {
		t.Error("hours")
	}
	if _, ok := p.ApprovalFor(s, Call{}, time.Unix(0, 0)); ok {
		t.Error("an approval")
	}
	if _, ok := p.Severity("a"); ok {
		t.Error("a severity")
	}
	if _, ok := p.Threshold("a", "b"); ok {
		t.Error("a threshold")
	}
	if _, ok := p.Response(analyze.SeverityHigh); ok {
		t.Error("a response")
	}
	if p.Covers(SectionCalls) || p.Digest() != "" || p.GroupsOf(s) != nil || p.Statements("", time.Time{}) != nil {
		t.Error("something of nothing")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(start))
	f.Add([]byte(examples()))
	f.Add([]byte("version: 1\nmodels: [{match: &a [b]}, {match: *a}]\n"))
	f.Add([]byte("version: 1\n? [a]\n: b\n"))
	golden, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range golden {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		problems := Lint(text, LintOptions{Now: now})
		if err != nil {
			if problemsOf(err) == "" || len(problems) == 0 {
				t.Fatalf("an error without a problem: %v", err)
			}
			return
		}
		for _, problem := range problems {
			if !problem.Warning {
				t.Fatalf("lint refuses what was read: %v", problem)
			}
		}
		s := SubjectNamed("arn:aws:sts::111122223333:assumed-role/a/b")
		_ = p.Allows(s, Call{Model: "arn:aws:bedrock:::foundation-model/us.a", Operation: "b", Region: "c"}).String()
		_ = p.NetworkAllowed(s, Network{Country: "CH"}).String()
		_ = p.DestinationAllowed(s, "https://a.example.com/b").String()
		_ = p.WriteAllowed(s, "/a/b").String()
		if h, ok := p.BusinessHours(s); ok {
			h.Open(now)
		}
		_ = p.Statements("", now)
	})
}
