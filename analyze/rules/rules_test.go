package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// TestWrong reads rules that are wrong. The message must say what is, and where.
func TestWrong(t *testing.T) {
	head := "title: t\nlogsource: {category: genai}\n"
	item := func(s string) string { return head + "detection:\n  s:\n    " + s + "\n  condition: s\n" }
	corr := func(s string) string {
		return "title: c\nname: c\ncorrelation: " + s + "\n---\n" + head + "name: r\ndetection: {s: {model: x}, condition: s}\n"
	}
	for _, test := range []struct{ name, text, want string }{
		{"alias", "a: &x [1]\nb: *x", "2: aliases"},
		{"twice", item("model: x\n    model: y"), `6: "model" is there twice`},
		{"no title", "logsource: {category: genai}\ndetection: {s: {model: x}, condition: s}", "no title"},
		{"no condition", head + "detection: {s: {model: x}}", "no condition"},
		{"no selection", head + "detection: {condition: s}", "no selection"},
		{"unknown selection", head + "detection: {s: {model: x}, condition: s and moon}", `no selection "moon"`},
		{"old aggregation", head + "detection: {s: {model: x}, condition: s | count() > 5}", "write a correlation"},
		{"unclosed", head + "detection: {s: {model: x}, condition: (s}", "parenthesis"},
		{"of nothing", head + "detection: {s: {model: x}, condition: 1 of moon*}", "moon*"},
		{"two of", head + "detection: {s: {model: x}, condition: 2 of them}", "1 of or all of"},
		{"unknown modifier", item("model|moon: x"), `5: no modifier "moon"`},
		{"flag without re", item("model|i: x"), "field|re|i"},
		{"re and contains", item("model|re|contains: x"), "begin it with ^"},
		{"bad expression", item("model|re: '('"), "regular expression"},
		{"look ahead", item("model|re: 'a(?=b)'"), "look-around"},
		{"cidr of a host", item("src_ip|cidr: 10.0.0.1/8"), "the network is 10.0.0.0/8"},
		{"cidr of a word", item("src_ip|cidr: moon"), "no network"},
		{"compare text", item("http_status|gte: many"), "want a number"},
		{"compare twice", item("http_status|gte|lt: 5"), "write the field twice"},
		{"exists of text", item("model|exists: 'yes'"), "true or false"},
		{"utf16 alone", item("prompt|wide: x"), "add base64"},
		{"base64 of wildcard", item("prompt|base64: 'x*'"), "no Base64 form"},
		{"wide behind base64", item("prompt|base64|wide: x"), "field|wide|base64"},
		{"all of one", item("model|all: x"), "more than one value"},
		{"empty list", item("model: []"), "empty list"},
		{"map as value", item("model: {a: b}"), "model.MEMBER"},
		{"placeholder", item("principal|expand: '%admins%'"), "--placeholder admins=VALUE"},
		{"NUL", item(`model: "a\0b"`), "NUL"},
		{"every record", head + "detection: {s: ['*'], condition: s}", "every record"},
		{"level", head + "level: urgent\ndetection: {s: {model: x}, condition: s}", "3: the level"},
		{"type", corr("{type: moon, rules: [r], timespan: 1h, condition: {gte: 1}}"), "3: the type"},
		{"no timespan", corr("{type: event_count, rules: [r], condition: {gte: 1}}"), "no timespan"},
		{"bad timespan", corr("{type: event_count, rules: [r], timespan: 1M, condition: {gte: 1}}"), `"1M"`},
		{"absence", corr("{type: event_count, rules: [r], timespan: 1h, condition: {lt: 5}}"), "does not say that it was watching"},
		{"absence eq", corr("{type: event_count, rules: [r], timespan: 1h, condition: {eq: 0}}"), "does not say that it was watching"},
		{"absence of values", corr("{type: value_count, rules: [r], timespan: 1h, condition: {field: model, lte: 2}}"), "Add gte: 1"},
		{"no field", corr("{type: value_count, rules: [r], timespan: 1h, condition: {gte: 2}}"), "needs the field"},
		{"field too many", corr("{type: event_count, rules: [r], timespan: 1h, condition: {field: model, gte: 2}}"), "takes no field"},
		{"unknown rule", corr("{type: event_count, rules: [moon], timespan: 1h, condition: {gte: 2}}"), `"moon"`},
		{"itself", corr("{type: event_count, rules: [c], timespan: 1h, condition: {gte: 2}}"), "made of itself"},
		{"unknown member", corr("{type: event_count, rules: [r], timespan: 1h, condition: {gte: 2}, moon: 1}"), `no member "moon"`},
		{"alias of no rule", corr("{type: temporal, rules: [r], timespan: 1h, aliases: {a: {moon: x}}}"), `"moon"`},
		{"half a rule", "title: t\nlogsource: {category: genai}", "no detection"},
		{"a list", "- 1", "must be a map"},
		{"nothing", "# only a comment\n", "no rule"},
		{"broken", "title: [", "reading rule"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := Parse("x.yml", []byte(test.text), nil)
			if len(set.Problems) == 0 {
				t.Fatal("the rule was read")
			}
			if got := set.Problems[0].Error(); !strings.Contains(got, test.want) || !strings.HasPrefix(got, "reading rule x.yml") {
				t.Errorf("the message is %q, and should have %q", got, test.want)
			}
		})
	}
}

// eventLines writes events as exhibit's own export.
func eventLines(events ...string) string {
	lines := []string{exportHead}
	for _, e := range events {
		lines = append(lines, `{"type":"row","table":"events","row":{`+e+`}}`)
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestCorrelations runs correlations from YAML to findings: aliases, chains,
// generate, filters, and rules for different logs.
func TestCorrelations(t *testing.T) {
	at := func(m, s int, more string) string {
		return fmt.Sprintf(`"ts":"2026-03-02T10:%02d:%02dZ",%s`, m, s, more)
	}
	var events []string
	for i := range 4 {
		events = append(events, at(i, 0, fmt.Sprintf(`"kind":"auth","operation":"login","outcome":"denied","end_user":"ana","src_ip":"198.51.100.%d"`, i)))
	}
	events = append(events,
		at(5, 0, `"kind":"auth","operation":"login","outcome":"success","principal":"ana","src_ip":"198.51.100.9"`),
		at(6, 0, `"kind":"auth","operation":"login","outcome":"denied","end_user":"bo","src_ip":"198.51.100.1"`),
		at(7, 0, `"kind":"auth","operation":"login","outcome":"denied","src_ip":"198.51.100.1"`),
		`"kind":"auth","operation":"login","outcome":"denied","end_user":"ana","src_ip":"198.51.100.2"`,
		at(20, 0, `"kind":"inference","operation":"chat","outcome":"success","principal":"svc","model":"m","input_tokens":10,"output_tokens":100`),
		at(21, 0, `"kind":"inference","operation":"chat","outcome":"success","principal":"svc","model":"m","input_tokens":10,"output_tokens":900`),
	)
	c := casetest.Files(t, map[string]string{"events.jsonl": eventLines(events...)})
	set := Parse("chain.yml", []byte(`
title: refused
name: refused
logsource: {category: genai}
detection: {s: {kind: auth, outcome: denied}, condition: s}
---
title: let in
name: let_in
logsource: {category: genai}
detection: {s: {kind: auth, outcome: success}, condition: s}
---
title: refused often
name: often
correlation:
  type: event_count
  rules: [refused]
  group-by: [end_user]
  timespan: 10m
  condition: {gte: 3}
---
title: refused often, then let in
id: chain
level: high
correlation:
  type: temporal_ordered
  rules: [often, let_in]
  group-by: [who]
  aliases:
    who: {often: end_user, let_in: principal}
  timespan: 10m
---
title: many tokens
id: sum
correlation:
  type: value_sum
  rules: [chat]
  group-by: [principal]
  timespan: 1m
  condition: {field: output_tokens, gte: 1000}
  generate: true
---
title: chat
name: chat
logsource: {category: genai, service: call}
detection: {s: {operation: chat}, condition: s}
---
title: not from there
logsource: {category: genai}
filter:
  rules: [refused]
  selection: {src_ip: 198.51.100.0}
  condition: not selection
`), nil)
	for _, p := range set.Problems {
		t.Fatal(p)
	}
	report, err := set.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	type short struct {
		Detector, Subject, First, Last string
		Events                         []string
	}
	var got []short
	for _, f := range report.Findings {
		var records []string
		for _, id := range f.Events {
			_, record, _ := strings.Cut(id, "-")
			records = append(records, record)
		}
		got = append(got, short{f.Detector, f.Subject, f.First.Format("15:04:05"), f.Last.Format("15:04:05"), records})
	}
	// Records are lines of the export, of which the first is its head.
	want := []short{
		// The first refusal is filtered out; the alert on the other three ends at 3:00.
		{"sigma.chain", "ana", "10:03:00", "10:05:00", []string{"3", "4", "5", "6"}},
		{"sigma.chat", "svc", "10:20:00", "10:21:00", []string{"10", "11"}},
		{"sigma.sum", "svc", "10:20:00", "10:21:00", []string{"10", "11"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var notes []string
	for _, k := range report.Rules {
		for _, n := range k.Notes {
			notes = append(notes, k.Key()+": "+n)
		}
	}
	if diff := cmp.Diff([]string{
		"often: 1 matches have no time and are in no window",
		"often: 1 matches have no value to group by (end_user) and are in no window",
	}, notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
}

// TestHostile runs rules whose every text tries to leave SQL.
func TestHostile(t *testing.T) {
	c := casetest.Files(t, map[string]string{"log.jsonl": `{"a":"'; drop table evidence; --","b":1,"c":{"x\"y":"{{any}}"}}` + "\n"})
	evil := []string{
		`'; drop table evidence; --`, `"; drop table evidence; --`, `') or (1=1`, `{{any}}`, `{{rows}}`, `$1`, `\`, `\'`, `%' escape '`, `/* x`, `x"y`, `a~b/c`, "a\nb", `}], lambda v: true`, "\u202e",
	}
	quote := func(s string) string {
		return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "'", "''"), "\n", "\n\n    ") + "'"
	}
	var docs []string
	for i, e := range evil {
		for _, source := range []string{"{product: jsonl}", "{category: genai}"} {
			doc := fmt.Sprintf("title: t\nname: r%d%s\nlogsource: %s\ndetection:\n  s:\n", i, source[1:4], source)
			for _, mod := range []string{"", "|contains", "|cased", "|startswith|cased", "|exists", "|re", "|fieldref", "|base64", "|expand"} {
				v := quote(e)
				switch mod {
				case "|exists":
					v = "true"
				case "|re":
					v = quote(`\Q` + e + `\E`)
					if strings.Contains(e, `\`) {
						continue
					}
				case "|base64":
					if strings.ContainsAny(e, "*?") {
						continue
					}
				case "|fieldref":
					if strings.ContainsAny(e, "*?") {
						continue
					}
					if source == "{category: genai}" {
						v = quote("raw." + e)
					}
				case "|expand":
					v = "'%p%'"
				}
				doc += "    - " + mapKey(e, source, mod) + ": " + v + "\n"
			}
			docs = append(docs, doc+"  k: ["+quote(e)+"]\n  condition: s or k\n")
			docs = append(docs, fmt.Sprintf("title: c\nid: c%d%s\ncorrelation:\n  type: value_count\n  rules: [r%d%s]\n  group-by: [%s]\n  timespan: 1h\n  condition: {field: %s, gte: 1}\n",
				i, source[1:4], i, source[1:4], mapKey(e, source, ""), mapKey(e, source, "")))
		}
	}
	set := Parse("evil.yml", []byte(strings.Join(docs, "---\n")), &Options{Placeholders: map[string][]string{"p": evil}})
	for _, p := range set.Problems {
		t.Error(p)
	}
	report, err := set.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Error(p)
	}
	if len(report.Rules) != 4*len(evil) {
		t.Errorf("%d rules ran, want %d", len(report.Rules), 4*len(evil))
	}
	var n int
	if err := c.DB().QueryRowContext(t.Context(), "select count(*) from evidence").Scan(&n); err != nil || n != 1 {
		t.Errorf("the table of evidence has %d rows: %v", n, err)
	}
	if report.Rules[0].Matches != 1 { // the keyword is in the record
		t.Errorf("the first rule matches %d records, want 1", report.Rules[0].Matches)
	}
}

// mapKey writes a field of a hostile name as a YAML key.
func mapKey(e, source, mod string) string {
	if source == "{category: genai}" {
		e = "raw." + e
	}
	e = strings.ReplaceAll(e, "|", "")
	return "'" + strings.ReplaceAll(strings.ReplaceAll(e, "'", "''"), "\n", "") + mod + "'"
}

// TestFields compares the taxonomy with the views of a case.
func TestFields(t *testing.T) {
	c := casetest.Files(t, map[string]string{"log.jsonl": `{"a":1}` + "\n"})
	tables, err := c.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, x := range tables {
		if (x.Table == viewEvents || x.Table == viewCalls) && x.Name != "eid" {
			want = append(want, x.Table+" "+x.Name+" "+x.Type)
		}
	}
	got := strings.Split(strings.TrimSpace(columnsText), "\n")
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns.txt is not what the views have (-want +got)\n%s", diff)
	}
}

// TestCloudTrail runs rules in the style of public ones over real records.
func TestCloudTrail(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data", "cloudtrail", "invictus")
	files, err := filepath.Glob(filepath.Join(data, "*.json.gz"))
	if err != nil || len(files) == 0 {
		t.Skipf("SKIPPED: no CloudTrail data in %s", data)
	}
	c := casetest.Open(t, casetest.Load(t, files...))
	set, err := Load([]string{filepath.Join("testdata", "cloudtrail.yml")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.Problems {
		t.Fatal(p)
	}
	report, err := set.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, k := range report.Rules {
		got[k.Name] = k.Matches
	}
	// Counts from the README of the data.
	want := map[string]int64{
		"trail": 3 + 3 + 2, "login": 2, "password": 29, "many_passwords": 1, "secrets": 20, "failed": 300, "leave": 1, "stratus": 1146, "address": 2154,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("matches (-want +got)\n%s", diff)
	}
	for _, f := range report.Findings {
		if f.Detector == "sigma.many_passwords" && (f.EventCount != 29 || f.Severity != analyze.SeverityHigh) {
			t.Errorf("the finding has %d events and severity %s, want 29 and high", f.EventCount, f.Severity)
		}
	}
}

// fuzzSeeds are rules to begin with.
func fuzzSeeds(f *testing.F) {
	f.Helper()
	for _, name := range []string{"testdata/cloudtrail.yml", "pack/genai/model_enumeration.yml", "pack/aws/bedrock_logging_disabled.yml", "pack/genai/model_enumeration.cases.yml"} {
		data, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	for i, it := range oddItems() {
		if i%9 == 0 {
			f.Add(testRule("r", "s:\n  "+it+"\ncondition: not (s or 1 of them) and all of s*"))
		}
	}
	f.Add("a: &a [*a,*a]")
	f.Add("title: t\nlogsource: {product: x}\nfilter: {rules: any, s: {'a''|fieldref': \"b\\\"\"}, condition: s}")
}

// FuzzParse reads anything, as rules and as cases, and must come to an end.
func FuzzParse(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		set := Parse("x.yml", []byte(text), &Options{Placeholders: map[string][]string{"p": {"a", "b*"}}})
		if len(set.Rules) == 0 && len(set.Problems) == 0 {
			t.Error("neither rules nor problems")
		}
		set.Lint()
		if list, err := parseCases([]byte(text)); err == nil && list == nil && len(text) > 0 {
			_, _ = ParsePlaceholders("x.yml", []byte(text)) // either is fine
		}
	})
}

// FuzzCompile runs whatever is accepted over a small case: DuckDB must take it,
// and nothing in the case may change.
func FuzzCompile(f *testing.F) {
	fuzzSeeds(f)
	c := casetest.Files(f, map[string]string{"log.jsonl": `{"a":"x","b":[1,{"c":null}]}` + "\n"})
	f.Fuzz(func(t *testing.T, text string) {
		set := Parse("x.yml", []byte(text), &Options{Placeholders: map[string][]string{"p": {"a", "b*"}}})
		for _, r := range set.Rules {
			// Any log source with records is as good as another.
			if r.Kind == KindRule && r.LogSource.Category != "genai" {
				r.LogSource = LogSource{Product: "jsonl"}
			}
		}
		if _, err := set.Run(t.Context(), c); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		var n int
		if err := c.DB().QueryRowContext(t.Context(), "select count(*) from evidence").Scan(&n); err != nil || n != 1 {
			t.Fatalf("the table of evidence has %d rows: %v", n, err)
		}
	})
}
