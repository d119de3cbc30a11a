package rules

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// naive evaluates a rule over one record without any of the code under test: it
// reads YAML and JSON into maps, and decides value by value.
type naive struct {
	detection map[string]any
	record    map[string]any
}

// candidates lists the values of a field. there is false for a field that does
// not exist.
func (n *naive) candidates(field string) (values []any, there bool) {
	if v, ok := n.record[field]; ok {
		return leaves(v), true
	}
	var walk func(v any, steps []string) []any
	walk = func(v any, steps []string) []any {
		switch v := v.(type) {
		case map[string]any:
			if len(steps) == 0 {
				return []any{v}
			}
			if next, ok := v[steps[0]]; ok {
				if len(steps) == 1 {
					return leavesOr(next)
				}
				return walk(next, steps[1:])
			}
		case []any:
			var out []any
			for _, x := range v {
				if _, nested := x.([]any); !nested { // an array inside an array is a text
					out = append(out, walk(x, steps)...)
				}
			}
			return out
		}
		return nil
	}
	found := walk(n.record, strings.Split(field, "."))
	if len(found) == 1 && found[0] == noLeaf {
		return nil, true
	}
	return slices.DeleteFunc(found, func(v any) bool { return v == noLeaf }), found != nil
}

// noLeaf stands for an empty array: the field is there and has no value.
var noLeaf any = struct{ empty bool }{true}

func leaves(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func leavesOr(v any) []any {
	if list := leaves(v); len(list) > 0 {
		return list
	}
	return []any{noLeaf}
}

// text is a value as text; null has none.
func naiveText(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	}
	b, _ := json.Marshal(v)
	return string(b), true
}

// glob decides wildcards letter by letter.
func glob(p, s []rune) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	switch {
	case p[0] == '\\' && len(p) > 1 && strings.ContainsRune(`\*?`, p[1]):
		return len(s) > 0 && s[0] == p[1] && glob(p[2:], s[1:])
	case p[0] == '*':
		return glob(p[1:], s) || len(s) > 0 && glob(p, s[1:])
	case p[0] == '?':
		return len(s) > 0 && glob(p[1:], s[1:])
	}
	return len(s) > 0 && s[0] == p[0] && glob(p[1:], s[1:])
}

func (n *naive) item(key string, want any) bool {
	parts := strings.Split(key, "|")
	has := func(m string) bool { return slices.Contains(parts[1:], m) }
	values, there := n.candidates(parts[0])
	list, ok := want.([]any)
	if !ok {
		list = []any{want}
	}
	hits := 0
	for _, w := range list {
		hit := false
		switch {
		case has("exists"):
			hit = there == w.(bool)
		case w == nil:
			hit = !slices.ContainsFunc(values, func(v any) bool { return v != nil })
		default:
			hit = slices.ContainsFunc(values, func(v any) bool { return n.one(parts[1:], w, v) })
		}
		if hit {
			hits++
		}
	}
	matched := hits > 0
	if has("all") {
		matched = hits == len(list)
	}
	return matched != has("neq")
}

var naiveNumber = regexp.MustCompile(`^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$`)

func toNumber(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && naiveNumber.MatchString(s)
}

// one decides one value of a rule and one of the record.
func (n *naive) one(mods []string, want, got any) bool {
	text, ok := naiveText(got)
	if !ok {
		return false
	}
	has := func(m string) bool { return slices.Contains(mods, m) }
	for _, part := range []string{"minute", "hour", "day", "week", "month", "year"} {
		if has(part) {
			return n.part(part, mods, want, text)
		}
	}
	for _, op := range []string{"lt", "lte", "gt", "gte"} {
		if has(op) {
			f, ok := toNumber(text)
			return ok && compareNumbers(op, f, asFloat(want))
		}
	}
	switch w := want.(type) {
	case int, float64:
		if !has("contains") && !has("startswith") && !has("endswith") && !has("cased") {
			f, ok := toNumber(text)
			return ok && f == asFloat(w)
		}
		want = fmt.Sprint(w)
	case bool:
		return strings.EqualFold(text, strconv.FormatBool(w))
	}
	p := want.(string)
	switch {
	case has("re"):
		flags := ""
		for _, f := range []string{"i", "m", "s"} {
			if has(f) {
				flags += f
			}
		}
		if flags != "" {
			p = "(?" + flags + ")" + p
		}
		return regexp.MustCompile(p).MatchString(text)
	case has("cidr"):
		a, err := netip.ParseAddr(text)
		return err == nil && netip.MustParsePrefix(p).Contains(a.Unmap())
	case has("fieldref"):
		others, _ := n.candidates(p)
		return slices.ContainsFunc(others, func(o any) bool {
			t, ok := naiveText(o)
			return ok && n.texts(mods, escapeGlob(t), text)
		})
	case has("base64offset"):
		data := []byte(p)
		if has("wide") {
			data = []byte(strings.Join(strings.Split(p, ""), "\x00") + "\x00")
		}
		raw, err := base64.StdEncoding.DecodeString(text)
		return err == nil && strings.Contains(string(raw), string(data))
	case has("base64"):
		p = base64.StdEncoding.EncodeToString([]byte(p))
	case has("windash"):
		return slices.ContainsFunc([]string{"-", "/", "–", "—", "―"}, func(d string) bool {
			return n.texts(mods, strings.Replace(p, "-", d, 1), text)
		})
	}
	return n.texts(mods, p, text)
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(s)
}

func (n *naive) texts(mods []string, p, text string) bool {
	if slices.Contains(mods, "contains") || slices.Contains(mods, "endswith") {
		p = "*" + p
	}
	if slices.Contains(mods, "contains") || slices.Contains(mods, "startswith") {
		p += "*"
	}
	if !slices.Contains(mods, "cased") {
		p, text = strings.ToLower(p), strings.ToLower(text)
	}
	return glob([]rune(p), []rune(text))
}

func asFloat(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func compareNumbers(op string, a, b float64) bool {
	switch op {
	case "lt":
		return a < b
	case "lte":
		return a <= b
	case "gt":
		return a > b
	case "gte":
		return a >= b
	}
	return a == b
}

func (n *naive) part(part string, mods []string, want any, text string) bool {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return false
	}
	t = t.UTC()
	_, week := t.ISOWeek()
	got := map[string]int{"minute": t.Minute(), "hour": t.Hour(), "day": t.Day(), "week": week, "month": int(t.Month()), "year": t.Year()}[part]
	op := "eq"
	for _, o := range []string{"lt", "lte", "gt", "gte"} {
		if slices.Contains(mods, o) {
			op = o
		}
	}
	return compareNumbers(op, float64(got), asFloat(want))
}

// selection decides a map, a list of maps, or keywords.
func (n *naive) selection(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, want := range v {
			if !n.item(key, want) {
				return false
			}
		}
		return true
	case []any:
		return slices.ContainsFunc(v, n.selection)
	}
	line, _ := json.Marshal(n.record)
	return n.texts([]string{"contains"}, fmt.Sprint(v), string(line))
}

// holds decides a condition in Polish notation, which the tests write beside the
// one under test.
func (n *naive) holds(c []string) (bool, []string) {
	word, rest := c[0], c[1:]
	switch word {
	case "not":
		v, rest := n.holds(rest)
		return !v, rest
	case "and", "or":
		a, rest := n.holds(rest)
		b, rest := n.holds(rest)
		if word == "and" {
			return a && b, rest
		}
		return a || b, rest
	}
	return n.selection(n.detection[word]), rest
}

// oddRecords are records with every kind of value.
func oddRecords() []string {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	values := []string{
		`null`, `""`, `"abc"`, `"ABC"`, `"xabcx"`, `"abcx"`, `"xabc"`, `"a*c"`, `"a?c"`, `"a\\c"`, `"a\\*c"`, `"a%c"`, `"a_c"`, `"'"`, `"\""`, `"line\nabc\nend"`,
		`5`, `"5"`, `5.0`, `5e0`, `-3`, `1500`, `" 5 "`, `"1_000"`, `"0x5"`, `9007199254740993`, `true`, `"true"`, `"TRUE"`, `false`, `"yes"`,
		`["abc","zzz"]`, `["zzz",5]`, `[]`, `[null]`, `[null,"abc"]`, `[["abc"]]`, `{"a":1}`, `{"a":"abc"}`, `{}`,
		`"10.0.0.1"`, `"10.255.255.255"`, `"11.0.0.0"`, `"10.0.0.256"`, `"10.0.0.1:80"`, `"010.0.0.1"`, `"2001:db8::1"`, `"2001:DB8:0:0:0:0:0:1"`, `"2001:db9::"`, `"::ffff:10.0.0.9"`, `"::ffff:a00:9"`, `"::"`, `"::1"`, `"fe80::1%eth0"`, `"1::2::3"`, `"12345::"`, `"2001:db8::10.0.0.1"`,
		`"2026-03-02T22:30:05Z"`, `"2026-03-02T22:30:05.123456Z"`, `"2026-03-02T22:30:05+02:00"`, `"2025-12-31T23:59:59Z"`, `"2024-12-30T00:00:00Z"`, `"2026-13-02T22:30:05Z"`,
		`"cmd -enc x"`, `"cmd /enc x"`, `"cmd –enc x"`, `"cmd-enc x"`, `"Ärger"`, `"ÄRGER"`, `"ärger"`,
		`"` + b64("abc") + `"`, `"` + b64("0abc0") + `"`, `"` + b64("00abc00") + `"`, `"` + b64("000abcd") + `"`, `"` + b64("a\x00b\x00c\x00") + `"`, `"` + b64("xa\x00b\x00c\x00y") + `"`,
	}
	var out []string
	for _, v := range values {
		out = append(out, `{"f":`+v+`,"g":"abc","o":{"p":`+v+`},"l":[{"p":`+v+`},{"q":1}]}`)
	}
	return append(out, `{"g":"abc"}`, `{"g":"ABC","f":"ab"}`, `{"o.p":"abc"}`, `{"o":{"p":"abc"},"l":{"p":"abc"}}`, `{"o":[[{"p":"abc"}]]}`, `{"o":"abc","l":[]}`)
}

// oddItems are fields with modifiers and values, as YAML.
func oddItems() []string {
	var out []string
	texts := []string{`abc`, `'a*c'`, `'a?c'`, `'a\*c'`, `'a\?c'`, `'a\\c'`, `'a\\*c'`, `'a\\\*c'`, `'a%c'`, `a_c`, `"'"`, `'"'`, `'*'`, `'?'`, `'*b*'`, `'?bc'`, `'ab?'`, `'*\nabc*'`, `ÄRGER`, `'5'`, `'true'`, `''`}
	for _, field := range []string{"f", "o.p", "l.p"} {
		all := []string{"", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|neq", "|startswith|neq", "|cased|endswith"}
		if field != "f" {
			all = []string{"", "|contains", "|neq", "|cased|endswith"} // the path is what differs
		}
		for _, mods := range all {
			for _, v := range texts {
				if field == "f" || v == "abc" || v == "'a*c'" {
					out = append(out, field+mods+": "+v)
				}
			}
			out = append(out,
				field+mods+": [abc, zzz]", field+mods+"|all: [abc, zzz]", field+mods+"|all: ['*a*', '*b*']", field+mods+": 5", field+mods+": [5, abc]",
			)
		}
		out = append(out,
			field+": null", field+"|neq: null", field+": [null, abc]", field+"|exists: true", field+"|exists: false", field+": true", field+": false", field+"|neq: true",
			field+": 5.0", field+": -3", field+": 1500", field+"|neq: 5", field+": [5, 1500]", field+"|neq: [5, 1500]",
			field+"|lt: 5", field+"|lte: 5", field+"|gt: 5", field+"|gte: 5", field+"|gt: -3.5", field+"|gte|neq: 5", field+"|lt: [0, 1000]", field+"|gt|all: [0, 10]",
			field+"|re: b", field+"|re: ^abc$", field+"|re|i: ^abc$", field+"|re|m: ^abc$", field+"|re|s: line.abc", field+"|re: line.abc", field+"|re|i|m|s: ^ABC.end$", field+"|re: [^x, c$]", field+"|re|all: [a, c$]", field+"|re|neq: a", field+"|re: \"'\"",
			field+"|cidr: 10.0.0.0/8", field+"|cidr: 10.0.0.1/32", field+"|cidr: 0.0.0.0/0", field+"|cidr: 2001:db8::/32", field+"|cidr: ::/0", field+"|cidr: ::1/128", field+"|cidr: [10.0.0.0/9, '2001:db9::/32']", field+"|cidr|neq: 10.0.0.0/8", field+"|cidr: 10.0.0.0/31",
			field+"|fieldref: g", field+"|fieldref|neq: g", field+"|fieldref|cased: g", field+"|fieldref|contains: g", field+"|fieldref|startswith: g", field+"|fieldref|endswith: g", field+"|fieldref: none",
			field+"|minute: 30", field+"|hour: 22", field+"|hour: 20", field+"|hour|gte: 22", field+"|lt|hour: 21", field+"|day: 2", field+"|week: 10", field+"|week: 1", field+"|month: 3", field+"|year: 2026", field+"|year|neq: 2026", field+"|month: [3, 12]",
			field+"|base64: abc", field+"|base64|contains: abc", field+"|base64offset|contains: abc", field+"|wide|base64offset|contains: abc", field+"|windash|contains: ' -enc'",
		)
	}
	return out
}

// suite runs rules over records of one case and returns which records each
// matches, by number from 0.
func suite(t *testing.T, records []string, rules []string) map[string][]int {
	t.Helper()
	c := casetest.Files(t, map[string]string{"log.jsonl": strings.Join(records, "\n") + "\n"})
	return suiteOn(t, c, rules)
}

func suiteOn(t *testing.T, c *casefile.Case, rules []string) map[string][]int {
	t.Helper()
	set := Parse("suite.yml", []byte(strings.Join(rules, "\n---\n")), nil)
	if len(set.Problems) > 0 {
		t.Fatal(set.Problems[0])
	}
	report, err := set.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Error(p)
	}
	got := map[string][]int{}
	for _, f := range report.Findings {
		for _, id := range f.Events {
			_, record, _ := strings.Cut(id, "-")
			n, err := strconv.Atoi(record)
			if err != nil {
				t.Fatal(err)
			}
			got[strings.TrimPrefix(f.Detector, "sigma.")] = append(got[strings.TrimPrefix(f.Detector, "sigma.")], n-1)
		}
	}
	for _, list := range got {
		slices.Sort(list)
	}
	return got
}

// testRule writes a rule with an id.
func testRule(id, detection string) string {
	return "title: t\nid: " + id + "\nlogsource: {product: jsonl}\ndetection:\n  " + strings.ReplaceAll(strings.TrimSpace(detection), "\n", "\n  ")
}

// evaluate runs the naive evaluator over records.
func evaluate(t *testing.T, records []string, detection, polish string) []int {
	t.Helper()
	var d map[string]any
	if err := yaml.Unmarshal([]byte(detection), &d); err != nil {
		t.Fatal(err)
	}
	var hits []int
	for i, r := range records {
		n := &naive{detection: d}
		dec := json.NewDecoder(strings.NewReader(r))
		dec.UseNumber()
		if err := dec.Decode(&n.record); err != nil {
			t.Fatal(err)
		}
		if ok, _ := n.holds(strings.Fields(polish)); ok {
			hits = append(hits, i)
		}
	}
	return hits
}

func TestConformanceItems(t *testing.T) {
	records := oddRecords()
	items := oddItems()
	var rules []string
	want := map[string][]int{}
	for i, it := range items {
		for n, form := range []struct{ detection, polish string }{
			{"s:\n  " + it + "\ncondition: s", "s"},
			{"s:\n  " + it + "\ncondition: not s", "not s"},
		} {
			id := fmt.Sprintf("r%d-%d", i, n)
			rules = append(rules, testRule(id, form.detection))
			if hits := evaluate(t, records, form.detection, form.polish); hits != nil {
				want[id] = hits
			}
		}
	}
	got := suite(t, records, rules)
	wrong := 0
	for i, it := range items {
		for n, word := range []string{"", "not "} {
			id := fmt.Sprintf("r%d-%d", i, n)
			if cmp.Equal(got[id], want[id]) {
				continue
			}
			if wrong++; wrong > 20 {
				t.Fatal("and more")
			}
			for k, r := range records {
				if a, b := slices.Contains(got[id], k), slices.Contains(want[id], k); a != b {
					t.Errorf("%s%s on %s: %v, want %v", word, it, r, a, b)
				}
			}
		}
	}
	t.Logf("%d items with and without not, over %d records", len(items), len(records))
}

// randomDetection writes a detection and its condition twice.
func randomDetection(r *rand.Rand) (detection, polish string) {
	items := []string{
		"a: x", "a: '*y*'", "a|contains: x", "a|neq: x", "b: null", "b|exists: true", "b: [1, 2]", "b|gt: 1", "c.d: x", "c.d|contains|all: [x, y]", "c.d|startswith: [x, z]",
		"e|re: '^[xy]+$'", "e|fieldref: a", "e|cased: X", "e: true", "a|endswith: z", "c|exists: false", "b|lte|neq: 1",
	}
	names := []string{"s1", "s2", "s3", "other", "_hidden"}
	var b strings.Builder
	for _, name := range names {
		used := map[string]bool{}
		b.WriteString(name + ":\n")
		indent := "  "
		list := r.IntN(3) == 0
		for range 1 + r.IntN(3) {
			it := items[r.IntN(len(items))]
			key, _, _ := strings.Cut(it, ":")
			if list {
				b.WriteString("  - " + it + "\n")
			} else if !used[key] {
				used[key] = true
				b.WriteString(indent + it + "\n")
			}
		}
	}
	infix, polish := randomCondition(r, 4)
	return b.String() + "condition: " + infix, polish
}

// randomCondition writes a condition with as few parentheses as precedence allows,
// and in Polish notation.
func randomCondition(r *rand.Rand, depth int) (infix, polish string) {
	names := []string{"s1", "s2", "s3", "other", "_hidden"}
	if depth == 0 || r.IntN(4) == 0 {
		switch r.IntN(7) {
		case 0:
			return "1 of s*", "or s1 or s2 s3"
		case 1:
			return "all of s*", "and s1 and s2 s3"
		case 2:
			return "1 of them", "or s1 or s2 or s3 other"
		case 3:
			return "all of them", "and s1 and s2 and s3 other"
		}
		n := names[r.IntN(len(names))]
		return n, n
	}
	a, pa := randomCondition(r, depth-1)
	b, pb := randomCondition(r, depth-1)
	wrap := func(s, around string) string {
		weak := strings.Contains(s, " or ") && !strings.HasPrefix(s, "(")
		if around == "not" && strings.Contains(s, " ") && !strings.HasPrefix(s, "not (") && !strings.Contains(s[:min(len(s), 7)], " of ") {
			return "(" + s + ")"
		}
		if weak {
			return "(" + s + ")"
		}
		return s
	}
	switch r.IntN(3) {
	case 0:
		if strings.Contains(a, " of ") && (strings.Contains(a, " and ") || strings.Contains(a, " or ")) {
			return "not (" + a + ")", "not " + pa
		}
		return "not " + wrap(a, "not"), "not " + pa
	case 1:
		if strings.Contains(a+b, "(") {
			return "(" + a + ") and (" + b + ")", "and " + pa + " " + pb
		}
		return wrap(a, "and") + " and " + wrap(b, "and"), "and " + pa + " " + pb
	}
	return a + " or " + b, "or " + pa + " " + pb
}

func TestConformanceRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	values := []string{`"x"`, `"y"`, `"xy"`, `"xyz"`, `"X"`, `null`, `1`, `2`, `"1"`, `true`, `["x","y"]`, `[]`, `[1,null]`, `""`}
	pick := func() string { return values[r.IntN(len(values))] }
	var records []string
	for range 150 {
		var parts []string
		for _, f := range []string{"a", "b", "e"} {
			if r.IntN(4) > 0 {
				parts = append(parts, `"`+f+`":`+pick())
			}
		}
		switch r.IntN(4) {
		case 0:
			parts = append(parts, `"c":{"d":`+pick()+`}`)
		case 1:
			parts = append(parts, `"c":[{"d":`+pick()+`},{"d":`+pick()+`}]`)
		case 2:
			parts = append(parts, `"c":`+pick())
		}
		records = append(records, "{"+strings.Join(append(parts, `"n":`+strconv.Itoa(len(records))), ",")+"}")
	}
	var rules, texts []string
	want := map[string][]int{}
	for i := range 300 {
		detection, polish := randomDetection(r)
		id := "r" + strconv.Itoa(i)
		rules, texts = append(rules, testRule(id, detection)), append(texts, detection+"\n"+polish)
		if hits := evaluate(t, records, detection, polish); hits != nil {
			want[id] = hits
		}
	}
	got := suite(t, records, rules)
	for i := range rules {
		id := "r" + strconv.Itoa(i)
		if diff := cmp.Diff(want[id], got[id]); diff != "" {
			t.Fatalf("%s\n(-want +got)\n%s", texts[i], diff)
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d of %d rules match anything", len(want), len(rules))
	}
}
