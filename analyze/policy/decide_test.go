package policy

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDecide pins which of several rules decides.
func TestDecide(t *testing.T) {
	const groups = "version: 1\ngroups:\n  - {name: g, members: {principals: [p*]}}\n  - {name: h, members: {roles: [r]}}\nmodels:\n" +
		"  - {match: [m1], sensitivity: public}\n  - {match: [m2], sensitivity: restricted}\ncalls:\n"
	tests := []struct {
		name, rules string
		call        Call
		want        string
	}{
		{"no rule", "  - {who: {principals: [q]}}", Call{Model: "m1"}, "not covered: no rule of calls is about it"},
		{"allowed", "  - {name: a, models: [m1]}", Call{Model: "m1"}, "allowed by a (calls, line 9)"},
		{"unlisted", "  - {name: a, models: [m1]}", Call{Model: "m2"}, "not on the list of a (calls, line 9)"},
		{"forbidden", "  - {effect: deny, models: [m1]}", Call{Model: "m1"}, "forbidden by calls, line 9"},
		{"other than what is forbidden", "  - {effect: deny, models: [m1]}", Call{Model: "m2"}, "not covered: no rule of calls is about it"},
		{"seen", "  - {name: s, effect: seen, models: [m1]}", Call{Model: "m1"}, "only seen, as s (calls, line 9) notes"},
		{"seen is no list", "  - {name: s, effect: seen, models: [m1]}", Call{Model: "m2"}, "not covered: no rule of calls is about it"},
		{"allowed beats seen", "  - {effect: seen, models: [m1], who: {principals: [p1]}}\n  - {name: a}", Call{Model: "m1"}, "allowed by a (calls, line 10)"},
		{"seen beats the list", "  - {name: a, models: [m2]}\n  - {name: s, effect: seen, models: [m1]}", Call{Model: "m1"}, "only seen, as s (calls, line 10) notes"},

		{"deny of the same", "  - {name: a, models: [m1]}\n  - {name: d, effect: deny, models: [m1]}", Call{Model: "m1"}, "forbidden by d (calls, line 10)"},
		{"exception by who", "  - {name: d, effect: deny, models: [m1]}\n  - {name: a, models: [m1], who: {groups: [g]}}", Call{Model: "m1"}, "allowed by a (calls, line 10)"},
		{"exception by a pattern", "  - {name: d, effect: deny, models: ['m*']}\n  - {name: a, models: [m1]}", Call{Model: "m1"}, "allowed by a (calls, line 10)"},
		{"exception by a longer pattern", "  - {name: d, effect: deny, models: ['*']}\n  - {name: a, models: ['m*']}", Call{Model: "m1"}, "allowed by a (calls, line 10)"},
		{"exception by an operation", "  - {name: d, effect: deny, models: [m1]}\n  - {name: a, models: [m1], operations: [Converse]}", Call{Model: "m1", Operation: "Converse"}, "allowed by a (calls, line 10)"},
		{"neither is closer", "  - {name: d, effect: deny, models: [m1]}\n  - {name: a, who: {groups: [g]}}", Call{Model: "m1"}, "forbidden by d (calls, line 9)"},
		{"closer about whom, vaguer about what", "  - {name: d, effect: deny, who: {groups: [g]}, models: [m1]}\n  - {name: a, who: {principals: [p1]}, models: ['m*']}", Call{Model: "m1"}, "forbidden by d (calls, line 9)"},
		{"deny of somebody closer", "  - {name: a, models: [m1], who: {groups: [g]}}\n  - {name: d, effect: deny, who: {principals: [p1]}}", Call{Model: "m1"}, "forbidden by d (calls, line 10)"},
		{"group, role, pattern, name", "  - {name: a, who: {groups: [g]}}\n  - {name: b, who: {roles: [r]}}\n  - {name: c, who: {principals: ['p*']}}\n  - {name: d, who: {principals: [p1]}}", Call{Model: "m1"}, "allowed by d (calls, line 12)"},
		{"everybody, group, pattern", "  - {name: a}\n  - {name: b, who: {groups: [g]}}\n  - {name: c, who: {principals: ['p*']}}", Call{Model: "m1"}, "allowed by c (calls, line 11)"},
		{"group, role", "  - {name: a, who: {groups: [g]}}\n  - {name: b, who: {roles: [r]}}\n  - {name: e}", Call{Model: "m1"}, "allowed by b (calls, line 10)"},
		{"patterns that cross", "  - {name: d, effect: deny, models: ['*1']}\n  - {name: a, models: ['m*']}", Call{Model: "m1"}, "forbidden by d (calls, line 9)"},
		{"groups that cross", "  - {name: d, effect: deny, who: {groups: [h]}}\n  - {name: a, who: {groups: [g]}, models: [m1]}", Call{Model: "m1"}, "forbidden by d (calls, line 9)"},
		{"role is no part of a group", "  - {name: d, effect: deny, who: {groups: [g]}}\n  - {name: a, who: {roles: [r]}, models: [m1]}", Call{Model: "m1"}, "forbidden by d (calls, line 9)"},
		{"role of a pattern of roles", "  - {name: d, effect: deny, who: {roles: ['r*', '*']}}\n  - {name: a, who: {roles: [r]}}", Call{Model: "m1"}, "allowed by a (calls, line 10)"},
		{"pattern is no part of a sensitivity", "  - {name: d, effect: deny, min_sensitivity: restricted}\n  - {name: a, who: {principals: [p1]}, models: ['m*']}", Call{Model: "m2"}, "forbidden by d (calls, line 9)"},
		{"first of equals", "  - {name: a, who: {groups: [g]}}\n  - {name: b, who: {groups: [h]}}", Call{Model: "m1"}, "allowed by a (calls, line 9)"},
		{"first deny of equals", "  - {name: d, effect: deny}\n  - {name: e, effect: deny}", Call{Model: "m1"}, "forbidden by d (calls, line 9)"},

		{"sensitivity", "  - {name: a, max_sensitivity: internal}", Call{Model: "m1"}, "allowed by a (calls, line 9)"},
		{"sensitivity too high", "  - {name: a, max_sensitivity: internal}", Call{Model: "m2"}, "not on the list of a (calls, line 9)"},
		{"sensitivity not stated", "  - {name: a, max_sensitivity: internal}", Call{Model: "m3"}, "not covered: the sensitivity of the model is not known, and a (calls, line 9) asks for it"},
		{"sensitivity denied", "  - {name: d, effect: deny, min_sensitivity: confidential}\n  - {name: a}", Call{Model: "m2"}, "forbidden by d (calls, line 9)"},
		{"sensitivity not denied", "  - {name: d, effect: deny, min_sensitivity: confidential}\n  - {name: a}", Call{Model: "m1"}, "allowed by a (calls, line 10)"},
		{"exception to a sensitivity", "  - {name: d, effect: deny, min_sensitivity: confidential}\n  - {name: a, models: [m2], who: {groups: [g]}}", Call{Model: "m2"}, "allowed by a (calls, line 10)"},
		{"no model", "  - {name: a, models: [m1]}", Call{}, "not covered: the model is not known, and a (calls, line 9) asks for it"},
		{"no region", "  - {name: a, regions: ['eu-*']}", Call{Model: "m1"}, "not covered: the region is not known, and a (calls, line 9) asks for it"},
		{"other region", "  - {name: a, regions: ['eu-*']}", Call{Model: "m1", Region: "us-east-1"}, "not on the list of a (calls, line 9)"},
		{"not it, whatever the region", "  - {name: a, models: [m2], regions: ['eu-*']}", Call{Model: "m1"}, "not on the list of a (calls, line 9)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, groups+tt.rules+"\n")
			if got := p.Allows(Subject{Principal: "p1", Role: "r"}, tt.call).String(); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestSubjects tries each way to be somebody.
func TestSubjects(t *testing.T) {
	p := parse(t, "version: 1\ngroups:\n  - {name: g, members: {principals: [a], roles: [b], persons: [c], credentials: [d], apps: [e]}}\ncalls:\n  - who: {groups: [g]}\n")
	for _, s := range []Subject{{Principal: "a"}, {Role: "b"}, {Person: "c"}, {Credential: "d"}, {App: "e"}} {
		if got := p.Allows(s, Call{}); got.Outcome != Allowed {
			t.Error(s, got)
		}
		if diff := cmp.Diff([]string{"g"}, p.GroupsOf(s)); diff != "" {
			t.Error(diff)
		}
	}
	for _, s := range []Subject{{}, {Principal: "b"}, {Role: "a"}} {
		if got := p.Allows(s, Call{}); got.Outcome != NotCovered {
			t.Error(s, got)
		}
	}
}

// TestDenyNeverAllows adds a deny to many policies: whatever it says, nothing
// may become allowed by it, and a subject that may do less may not do more.
func TestDenyNeverAllows(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // repeatable on purpose
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	rule := func(effect string) string {
		return fmt.Sprintf("  - {effect: %s%s%s%s%s}\n", effect,
			pick("", ", who: {groups: [g]}", ", who: {groups: [h]}", ", who: {principals: ['p*']}", ", who: {principals: [p1]}", ", who: {roles: [r]}"),
			pick("", ", models: ['*']", ", models: ['m*']", ", models: [m1]", ", models: [m2, m3]"),
			pick("", "", ", operations: ['C*']", ", operations: [Converse]"),
			pick("", "", ", regions: ['eu-*']"))
	}
	var subjects []Subject
	for _, principal := range []string{"", "p1", "p2", "q"} {
		for _, role := range []string{"", "r"} {
			subjects = append(subjects, Subject{Principal: principal, Role: role})
		}
	}
	var calls []Call
	for _, m := range []string{"", "m1", "m2", "x"} {
		for _, o := range []string{"", "Converse", "Count", "Invoke"} {
			for _, r := range []string{"", "eu-west-1", "us-east-1"} {
				calls = append(calls, Call{m, o, r})
			}
		}
	}
	lost, kept := 0, 0
	for range 400 {
		text := "version: 1\ngroups:\n  - {name: g, members: {principals: [p1]}}\n  - {name: h, members: {roles: [r]}}\ncalls:\n"
		for range 1 + rng.IntN(4) {
			text += rule(pick("allow", "allow", "deny", "seen"))
		}
		before := parse(t, text)
		after := parse(t, text+rule("deny"))
		for _, s := range subjects {
			for _, c := range calls {
				old, now := before.Allows(s, c), after.Allows(s, c)
				if now.Outcome != old.Outcome && now.Outcome != Forbidden && (now.Outcome != NotCovered || old.Outcome != Unlisted) {
					t.Fatalf("%+v %+v: %s, after a deny %s\n%s", s, c, old, now, text)
				}
				if now.Outcome == Allowed && old.Outcome != Allowed {
					t.Fatalf("%+v %+v became allowed\n%s", s, c, text)
				}
				if old.Outcome == Allowed && now.Outcome == Forbidden {
					lost++
				} else if old.Outcome == Allowed {
					kept++
				}
			}
		}
	}
	if lost == 0 || kept == 0 {
		t.Errorf("%d lost, %d kept: the policies try nothing", lost, kept)
	}
}

func TestModelOf(t *testing.T) {
	p := parse(t, `version: 1
models:
  - {match: ["*"], name: any}
  - {match: ["anthropic.*"], name: anthropic, owner: ana}
  - {match: ["anthropic.claude-*"], name: claude, sensitivity: internal, approved: true}
  - {match: ["anthropic.claude-3-haiku-20240307-v1:0"], name: haiku, approved: false}
  - {match: ["arn:aws:bedrock:*:111122223333:application-inference-profile/*"], name: profile}
  - {match: ["arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-2"], name: arn}
`)
	tests := []struct{ model, want string }{
		{"gpt-4o", "any"},
		{"anthropic.x", "anthropic"},
		{"anthropic.claude-2", "claude"},
		{"us.anthropic.claude-2", "claude"},
		{"global.anthropic.claude-2", "claude"},
		{"xx.anthropic.claude-2", "any"},
		{"arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-2", "claude"},
		{"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-2", "arn"},
		{"arn:aws-us-gov:bedrock:us-gov-west-1:111122223333:inference-profile/us-gov.anthropic.claude-3-haiku-20240307-v1:0", "haiku"},
		{"arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc", "profile"},
		{"arn:aws:sagemaker:us-east-1:111122223333:endpoint/anthropic.claude-2", "any"},
	}
	memo := NewMemo(p)
	for _, tt := range tests {
		m, ok := p.ModelOf(tt.model)
		if !ok || m.Name != tt.want {
			t.Errorf("%s is %s, want %s", tt.model, m.Name, tt.want)
		}
		for range 2 {
			if again, ok := memo.ModelOf(tt.model); !ok || again != m {
				t.Errorf("%s is remembered as %v", tt.model, again)
			}
		}
	}
	if _, ok := p.ModelOf(""); ok {
		t.Error("a model without a name")
	}
	if m, _ := p.ModelOf("anthropic.claude-2"); m.Sensitivity != Internal || m.Approved != Yes || m.Line != 5 {
		t.Errorf("%+v", m)
	}
	if m, _ := p.ModelOf("anthropic.x"); m.Sensitivity != 0 || m.Approved != NotStated || m.Owner != "ana" {
		t.Errorf("%+v", m)
	}
}

func TestNetworkAllowed(t *testing.T) {
	p := parse(t, `version: 1
networks:
  - {name: office, cidrs: ["198.51.100.0/24", "2001:db8:1::/48"]}
  - {name: guests, effect: deny, cidrs: ["198.51.100.128/25"]}
  - {name: printer, cidrs: ["198.51.100.200"]}
  - {name: home, who: {roles: [remote]}, countries: [ch], asns: [64496, AS64497]}
`)
	at := func(s string) Network { return Network{Addr: netip.MustParseAddr(s)} }
	remote := Subject{Role: "remote"}
	tests := []struct {
		name    string
		subject Subject
		network Network
		want    string
	}{
		{"office", Subject{}, at("198.51.100.7"), "allowed by office (networks, line 3)"},
		{"IPv4 in IPv6", Subject{}, at("::ffff:198.51.100.7"), "allowed by office (networks, line 3)"},
		{"IPv6", Subject{}, at("2001:db8:1:2::3"), "allowed by office (networks, line 3)"},
		{"smaller network", Subject{}, at("198.51.100.130"), "forbidden by guests (networks, line 4)"},
		{"address", Subject{}, at("198.51.100.200"), "allowed by printer (networks, line 5)"},
		{"elsewhere", Subject{}, at("203.0.113.7"), "not on the list of office (networks, line 3)"},
		{"unknown", Subject{}, Network{}, "not covered: the address is not known, and office (networks, line 3) asks for it"},
		{"country", remote, Network{Addr: netip.MustParseAddr("203.0.113.7"), Country: "CH"}, "allowed by home (networks, line 6)"},
		{"asn", remote, Network{Addr: netip.MustParseAddr("203.0.113.7"), ASN: 64497}, "allowed by home (networks, line 6)"},
		{"country not known", remote, Network{Addr: netip.MustParseAddr("203.0.113.7"), ASN: 1}, "not covered: the country of the address (exhibit enrich --geoip) is not known, and home (networks, line 6) asks for it"},
		{"other country", remote, Network{Addr: netip.MustParseAddr("203.0.113.7"), ASN: 1, Country: "FR"}, "not on the list of home (networks, line 6)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.NetworkAllowed(tt.subject, tt.network).String(); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseDestination(t *testing.T) {
	tests := []struct{ text, host, bucket string }{
		{"s3://example-a/x/y", "", "example-a"},
		{"gs://example-a", "", "example-a"},
		{"arn:aws:s3:::example-a/x", "", "example-a"},
		{"arn:aws:kms:us-east-1:111122223333:key/1", "", ""},
		{"https://API.example.com:8443/v1?x=y", "api.example.com", ""},
		{"https://user@evil.example.net@ok.example.com/", "ok.example.com", ""},
		{"https://example-a.s3.amazonaws.com/x", "example-a.s3.amazonaws.com", "example-a"},
		{"https://a.b.s3.eu-west-1.amazonaws.com/x", "a.b.s3.eu-west-1.amazonaws.com", "a.b"},
		{"https://example-a.s3.dualstack.eu-west-1.amazonaws.com/x", "example-a.s3.dualstack.eu-west-1.amazonaws.com", "example-a"},
		{"https://s3.eu-west-1.amazonaws.com/example-a/x", "s3.eu-west-1.amazonaws.com", "example-a"},
		{"https://s3-eu-west-1.amazonaws.com/example-a/x", "s3-eu-west-1.amazonaws.com", "example-a"},
		{"https://ec2.eu-west-1.amazonaws.com/x", "ec2.eu-west-1.amazonaws.com", ""},
		{"https://storage.googleapis.com/example-a/x", "storage.googleapis.com", "example-a"},
		{"https://example-a.storage.googleapis.com/x", "example-a.storage.googleapis.com", "example-a"},
		{"api.example.com", "api.example.com", ""},
		{"api.example.com.:443", "api.example.com", ""},
		{"gateway:4000", "gateway", ""},
		{"localhost", "localhost", ""},
		{"[2001:db8::1]:443", "2001:db8::1", ""},
		{"198.51.100.7", "198.51.100.7", ""},
		{"198.51.100.7:80", "198.51.100.7", ""},
		{"reports", "", ""},
		{"curl -d @x https", "", ""},
		{"https://%zz", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(Destination{tt.text, tt.host, tt.bucket}, ParseDestination(tt.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.text, diff)
		}
	}
	if got := ParseDestination("https://example.com/" + strings.Repeat("x", maxDestination)); got.Host != "" {
		t.Error("a destination of any length is taken apart")
	}
}

// FuzzMovement takes apart what a log can name: a bucket is one name, a host has
// no path, and a path that is compared has no way back in it.
func FuzzMovement(f *testing.F) {
	for _, s := range []string{"s3://a/b", "https://a.s3.amazonaws.com/b", "arn:aws:s3:::a/b", "[::1]:80", "a:1", "/a/../b", `C:\\a`, "~/a", "https://s3.amazonaws.com//x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := ParseDestination(s)
		if d.Name != s || strings.Contains(d.Bucket, "/") || strings.Contains(d.Host, "/") || d.Host != strings.ToLower(d.Host) {
			t.Errorf("%+v", d)
		}
		clean, whole := cleanPath(s)
		if whole && (!rooted(clean) || strings.Contains("/"+clean+"/", "/../")) || !whole && clean != "" {
			t.Errorf("%q, %t", clean, whole)
		}
	})
}

func TestMovement(t *testing.T) {
	p := parse(t, `version: 1
destinations:
  - {name: ours, hosts: ["*.Example.com", "*.amazonaws.com"], buckets: ["example-*"], names: [reports]}
  - {name: drop, effect: deny, buckets: ["example-drop"]}
formats:
  - {name: json, formats: [application/JSON, csv]}
tools:
  - {name: readers, who: {apps: [coder]}, tools: [Read, "mcp__docs__*"]}
writes:
  - {name: project, paths: ["/home/*/src/**", "C:/src/**", "~/src/**"]}
  - {name: keys, effect: deny, paths: ["**/.ssh/**"]}
`)
	tests := []struct {
		name string
		got  Verdict
		want Outcome
	}{
		{"host", p.DestinationAllowed(Subject{}, "https://A.example.COM/x"), Allowed},
		{"other host", p.DestinationAllowed(Subject{}, "https://a.example.com.evil.example.net/x"), Unlisted},
		{"bucket", p.DestinationAllowed(Subject{}, "s3://example-logs/x"), Allowed},
		{"other bucket", p.DestinationAllowed(Subject{}, "s3://other/x"), Unlisted},
		{"bucket behind an allowed host", p.DestinationAllowed(Subject{}, "https://example-drop.s3.amazonaws.com/x"), Forbidden},
		{"name", p.DestinationAllowed(Subject{}, "reports"), Allowed},
		{"no destination", p.DestinationAllowed(Subject{}, ""), NotCovered},
		{"format", p.FormatAllowed(Subject{}, "Application/json; charset=utf-8"), Allowed},
		{"other format", p.FormatAllowed(Subject{}, "application/x-parquet"), Unlisted},
		{"no format", p.FormatAllowed(Subject{}, ""), NotCovered},
		{"tool", p.ToolAllowed(Subject{App: "coder"}, "mcp__docs__find"), Allowed},
		{"other tool", p.ToolAllowed(Subject{App: "coder"}, "Bash"), Unlisted},
		{"tool of somebody else", p.ToolAllowed(Subject{App: "x"}, "Bash"), NotCovered},
		{"no tool", p.ToolAllowed(Subject{App: "coder"}, ""), NotCovered},
		{"path", p.WriteAllowed(Subject{}, "/home/ana/src/a.go"), Allowed},
		{"path that leaves", p.WriteAllowed(Subject{}, "/home/ana/src/../.bashrc"), Unlisted},
		{"path that stays", p.WriteAllowed(Subject{}, "/home/ana/x/../src/./a.go"), Allowed},
		{"keys in a project", p.WriteAllowed(Subject{}, "/home/ana/src/.ssh/id"), Forbidden},
		{"keys", p.WriteAllowed(Subject{}, "/root/.ssh/id"), Forbidden},
		{"Windows", p.WriteAllowed(Subject{}, `C:\src\a\b.go`), Allowed},
		{"other drive", p.WriteAllowed(Subject{}, `D:\src\a\b.go`), Unlisted},
		{"home", p.WriteAllowed(Subject{}, "~/src/a"), Allowed},
		{"out of the home", p.WriteAllowed(Subject{}, "~/../src/a"), NotCovered},
		{"relative", p.WriteAllowed(Subject{}, "src/a.go"), NotCovered},
		{"long", p.WriteAllowed(Subject{}, "/"+strings.Repeat("a", maxPath)), NotCovered},
	}
	for _, tt := range tests {
		if tt.got.Outcome != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestBusinessHours(t *testing.T) {
	p := parse(t, `version: 1
calendars:
  - name: day
    zone: Europe/Zurich
    hours: [{days: [mon, tue, wed, thu, fri], open: "08:00", close: "18:00"}]
    holidays: [2026-08-01, 2026-08-03]
  - name: night
    effect: seen
    who: {roles: [night]}
    zone: America/New_York
    hours: [{days: [mon, fri], open: "22:00", close: "06:00"}, {days: [sun], open: "00:00", close: "24:00"}]
    holidays: [2026-03-09]
`)
	day, _ := p.BusinessHours(Subject{Role: "x"})
	night, _ := p.BusinessHours(Subject{Role: "night"})
	if day.Name() != "day" || day.Line() != 3 || !day.Confirmed() || night.Name() != "night" || night.Confirmed() || night.Zone().String() != "America/New_York" {
		t.Fatalf("%s %s", day.Name(), night.Name())
	}
	tests := []struct {
		name  string
		hours Hours
		at    string
		want  bool
	}{
		{"winter, before", day, "2026-01-05T06:59:59Z", false},
		{"winter", day, "2026-01-05T07:00:00Z", true},
		{"winter, end", day, "2026-01-05T17:00:00Z", false},
		{"summer", day, "2026-07-06T06:00:00Z", true},
		{"weekend", day, "2026-07-05T10:00:00Z", false},
		{"holiday", day, "2026-08-03T10:00:00Z", false},
		{"day after", day, "2026-08-04T10:00:00Z", true},
		{"night begins", night, "2026-01-06T03:00:00Z", true},              // Monday 22:00
		{"night ends", night, "2026-01-06T11:00:00Z", false},               // Tuesday 06:00
		{"past midnight", night, "2026-01-06T10:59:00Z", true},             // Tuesday 05:59
		{"morning of the first day", night, "2026-01-05T10:59:00Z", false}, // Monday 05:59, after Sunday
		{"whole day", night, "2026-01-05T04:59:00Z", true},                 // Sunday 23:59
		{"evening of a holiday", night, "2026-03-10T03:00:00Z", false},     // Monday 23:00
		{"night after a holiday", night, "2026-03-10T06:00:00Z", false},    // Tuesday 02:00
		{"clocks go forward", night, "2026-03-08T07:30:00Z", true},         // Sunday 03:30
	}
	for _, tt := range tests {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.hours.Open(at); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
	memo := NewMemo(p)
	for range 2 {
		if h, ok := memo.BusinessHours(Subject{Role: "night"}); !ok || h != night {
			t.Error("other hours are remembered")
		}
	}
}

func TestApprovalFor(t *testing.T) {
	p := parse(t, `version: 1
approvals:
  - {who: {principals: [ana]}, actions: ["Attach*"], from: 2026-03-01, to: 2026-03-02, reason: move, ticket: T-1, by: bo}
  - {who: {principals: [ana]}, actions: [InvokeModel], models: ["anthropic.*"], from: "2026-03-01T12:00:00+02:00", to: "2026-03-01T12:30:00Z", reason: test}
`)
	ana := Subject{Principal: "ana"}
	tests := []struct {
		name    string
		subject Subject
		call    Call
		at      string
		want    int
	}{
		{"before", ana, Call{Operation: "AttachRolePolicy"}, "2026-02-28T23:59:59Z", 0},
		{"begins", ana, Call{Operation: "AttachRolePolicy"}, "2026-03-01T00:00:00Z", 3},
		{"last day", ana, Call{Operation: "AttachRolePolicy"}, "2026-03-02T23:59:59Z", 3},
		{"over", ana, Call{Operation: "AttachRolePolicy"}, "2026-03-03T00:00:00Z", 0},
		{"other action", ana, Call{Operation: "DetachRolePolicy"}, "2026-03-01T00:00:00Z", 0},
		{"somebody else", Subject{Principal: "bo"}, Call{Operation: "AttachRolePolicy"}, "2026-03-01T00:00:00Z", 0},
		{"model", ana, Call{Operation: "InvokeModel", Model: "us.anthropic.claude-2"}, "2026-03-01T10:00:00Z", 4},
		{"model, too early", ana, Call{Operation: "InvokeModel", Model: "us.anthropic.claude-2"}, "2026-03-01T09:59:59Z", 0},
		{"model, too late", ana, Call{Operation: "InvokeModel", Model: "us.anthropic.claude-2"}, "2026-03-01T12:30:00Z", 0},
		{"other model", ana, Call{Operation: "InvokeModel", Model: "meta.llama"}, "2026-03-01T10:00:00Z", 0},
		{"no model", ana, Call{Operation: "InvokeModel"}, "2026-03-01T10:00:00Z", 0},
	}
	for _, tt := range tests {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := p.ApprovalFor(tt.subject, tt.call, at); a.Line != tt.want || ok != (tt.want > 0) {
			t.Errorf("%s: %+v", tt.name, a)
		}
	}
}

func TestMemo(t *testing.T) {
	p := parse(t, examples())
	memo := NewMemo(p)
	s, c := Subject{Role: "Analyst"}, Call{Model: "anthropic.claude-2", Operation: "InvokeModel", Region: "eu-west-1"}
	want := p.Allows(s, c)
	if want.Outcome != Allowed {
		t.Fatal(want)
	}
	for i := range maxMemo + 10 {
		if got := memo.Allows(s, c); got != want {
			t.Fatal(got)
		}
		memo.Allows(Subject{Principal: fmt.Sprint(i)}, c)
	}
	if n := len(memo.calls); n > maxMemo {
		t.Errorf("%d answers are remembered", n)
	}
	if got := NewMemo(nil).Allows(s, c); got.Outcome != NotCovered {
		t.Error(got)
	}
}

func BenchmarkAllows(b *testing.B) {
	p := parse(b, examples())
	s := Subject{Principal: "arn:aws:sts::111122223333:assumed-role/Analyst/ana", Role: "Analyst", Credential: "ASIAEXAMPLE22AM3AGBU", App: "notebook"}
	c := Call{Model: "us.anthropic.claude-sonnet-4-20250514-v1:0", Operation: "InvokeModel", Region: "eu-west-1"}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			p.Allows(s, c)
		}
	})
	b.Run("again", func(b *testing.B) {
		memo := NewMemo(p)
		for b.Loop() {
			memo.Allows(s, c)
		}
	})
}
