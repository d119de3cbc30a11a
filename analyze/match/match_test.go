package match

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/analyze/indicator"
)

// event is what brute force knows of an event: the values of its columns and
// texts, and its hashes.
type event struct {
	values      map[string][]string // by place
	identifiers []string
	sums        []string
	known       map[indicator.Term]bool
}

// bruteForce reads every value of every event through the views.
func bruteForce(t *testing.T, c *casefile.Case) map[int64]*event {
	t.Helper()
	events := map[int64]*event{}
	at := func(eid int64) *event {
		if events[eid] == nil {
			events[eid] = &event{values: map[string][]string{}, known: map[indicator.Term]bool{}}
		}
		return events[eid]
	}
	for _, p := range casefile.SearchPlaces() {
		switch p.Name {
		case "messages", "evidence", "record", "raw":
			continue
		}
		rows(t, c, "select eid, "+casefile.QuoteIdent(p.Name)+", '' from events where "+casefile.QuoteIdent(p.Name)+" is not null", func(eid int64, v, _ string) {
			if strings.HasSuffix(p.Name, "_id") && !strings.Contains(p.Name, "credential") {
				at(eid).identifiers = append(at(eid).identifiers, v)
				return
			}
			at(eid).values[p.Name] = append(at(eid).values[p.Name], v)
		})
	}
	rows(t, c, `select e.eid, x.text, u.hash from content_use u join content x on x.hash = u.hash join events e on e.event_id = u.event_id`, func(eid int64, v, sum string) {
		at(eid).values["messages"] = append(at(eid).values["messages"], v)
		at(eid).sums = append(at(eid).sums, sum)
	})
	rows(t, c, `select eid, record_sha256, evidence_id from events`, func(eid int64, record, evidence string) {
		at(eid).sums = append(at(eid).sums, record, evidence)
	})
	for _, column := range []string{"tool_call_ids", "other_ids"} {
		for _, e := range events { // identifiers, which are compared as wholes
			for _, v := range e.values[column] {
				for _, m := range regexp.MustCompile(`"(?:value":")?([^"]*)"`).FindAllStringSubmatch(v, -1) {
					e.identifiers = append(e.identifiers, m[1])
				}
			}
			delete(e.values, column)
		}
	}
	return events
}

func rows(t *testing.T, c *casefile.Case, query string, row func(eid int64, a, b string)) {
	t.Helper()
	r, err := c.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var eid int64
		var a, b string
		if err := r.Scan(&eid, &a, &b); err != nil {
			t.Fatal(err)
		}
		row(eid, a, b)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
}

const wordClass = `\w\-\x{80}-\x{10FFFF}`

// naive returns what reports whether a value holds a term, slowly and by other
// means.
func naive(term indicator.Term) func(v string) bool {
	switch term.Type {
	case indicator.Text:
		return func(v string) bool { return strings.Contains(strings.ToLower(v), strings.ToLower(term.Value)) }
	case indicator.Address, indicator.Network:
		return func(v string) bool { return naiveAddress(term, v) }
	}
	values := regexp.QuoteMeta(strings.ToLower(term.Value))
	if term.Type == indicator.Key {
		values += "|" + indicator.KeySum(term.Value)
	}
	before := `(?:^|[^` + wordClass + `])`
	if term.Type == indicator.Email {
		before = `(?:^|[^.+%` + wordClass + `])`
	}
	form := regexp.MustCompile(before + `(?:` + values + `)(?:$|[^.` + wordClass + `]|\.(?:$|[^` + wordClass + `]))`)
	return func(v string) bool { return form.MatchString(strings.ToLower(v)) }
}

var (
	addressForm   = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){3}`)
	addressBefore = regexp.MustCompile(`[0-9A-Za-z.]$`)
	addressAfter  = regexp.MustCompile(`^\.*[0-9A-Za-z]`)
)

func naiveAddress(term indicator.Term, v string) bool {
	for i := range v {
		m := addressForm.FindStringIndex(v[i:])
		if m == nil || addressBefore.MatchString(v[:i]) || addressAfter.MatchString(v[i+m[1]:]) {
			continue
		}
		a, err := netip.ParseAddr(v[i : i+m[1]])
		if err != nil {
			continue
		}
		if p, err := netip.ParsePrefix(term.Value); err == nil && p.Contains(a) || a.String() == term.Value {
			return true
		}
	}
	return false
}

func (e *event) has(term indicator.Term, holds func(string) bool) bool {
	if slices.Contains(e.identifiers, term.Value) || term.Type == indicator.SHA256 && slices.Contains(e.sums, term.Value) {
		return true
	}
	for place, list := range e.values {
		for _, v := range list {
			if holds(v) {
				return true
			}
			switch place {
			case "tool_calls", "tool_definitions", "retrieved", "parameters":
				unescaped := strings.NewReplacer(`\n`, " ", `\"`, `"`, `\\`, `\`).Replace(v)
				if holds(unescaped) {
					return true
				}
			}
		}
	}
	return false
}

func (e *event) holds(in *indicator.Indicator) bool {
	return slices.ContainsFunc(in.Any, func(all []indicator.Literal) bool {
		return !slices.ContainsFunc(all, func(l indicator.Literal) bool { return e.known[l.Term] == l.Not })
	})
}

// sample takes some values of the case as indicators, and some that are not
// there.
func sample(events map[int64]*event) string {
	rng := rand.New(rand.NewPCG(1, 2))
	by := map[string][]string{}
	for _, e := range events {
		for place, list := range e.values {
			by[place] = append(by[place], list...)
		}
		by["identifier"] = append(by["identifier"], e.identifiers...)
		by["sum"] = append(by["sum"], e.sums...)
	}
	var list strings.Builder
	for _, place := range slices.Sorted(func(yield func(string) bool) {
		for p := range by {
			if !yield(p) {
				return
			}
		}
	}) {
		values := by[place]
		slices.Sort(values)
		values = slices.Compact(values)
		for range 3 {
			v := strings.Join(strings.Fields(values[rng.IntN(len(values))]), " ")
			if strings.Contains(v, `\`) || len(v) < 3 || len(v) > 300 {
				continue
			}
			list.WriteString(v + "\n")
			if words := strings.Fields(v); len(words[0]) > 3 {
				fmt.Fprintf(&list, "principal: %s\ntext: %s\nmodel: %s\n", v, v[1:len(v)-1], words[0])
			}
		}
	}
	return list.String() + "192.0.2.0/24\n198.51.100.10\n203.0.113.250\namazonaws.com\nnot.example\n" + strings.Repeat("ab", 32) + "\n"
}

func TestMatchAgainstBruteForce(t *testing.T) {
	logs := t.TempDir() + "/logs"
	_, err := drill.Generate(t.Context(), drill.Config{
		Seed: 5, Days: 1, Calls: 50, Dir: logs, Words: [2]int{3, 12}, Sources: []string{"cloudtrail", "bedrock", "litellm", "otlp"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := casetest.Open(t, casetest.Load(t, logs))
	events := bruteForce(t, c)
	list, err := indicator.Parse([]byte(sample(events)), indicator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := list.Indicators
	in = append(in, combine(in)...)
	report, err := Run(t.Context(), c, in, Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Hits) < 40 || len(report.Missed) < 3 {
		t.Fatalf("the sample says little: %d hits, %d misses", len(report.Hits), len(report.Missed))
	}
	for i := range in {
		term := in[i].Any[0][0].Term
		holds := naive(term)
		for _, e := range events {
			if in[i].Type != indicator.Pattern {
				e.known[term] = e.has(term, holds)
			}
		}
	}
	seen := map[int][]int64{}
	rows(t, c, "select distinct eid, indicator::varchar, '' from match_seen order by eid", func(eid int64, n, _ string) {
		var i int
		if _, err := fmt.Sscan(n, &i); err != nil {
			t.Fatal(err)
		}
		seen[i] = append(seen[i], eid)
	})
	for i := range in {
		var want []int64
		for eid, e := range events {
			if e.holds(&in[i]) {
				want = append(want, eid)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, seen[i]); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", in[i].Type, in[i].Value, diff)
		}
	}
	for _, h := range report.Hits {
		if len(h.Events) != int(min(h.EventCount, listedEvents)) || h.First.After(h.Last) || h.Calls > h.EventCount {
			t.Errorf("%s: %+v", h.Indicator.Value, h)
		}
	}
}

// combine makes patterns of pairs of indicators.
func combine(list []indicator.Indicator) (out []indicator.Indicator) {
	for i := 0; i+1 < len(list); i += 2 {
		a, b := list[i].Any[0][0], list[i+1].Any[0][0]
		not := b
		not.Not = true
		for j, any := range [][][]indicator.Literal{{{a, b}}, {{a, not}}, {{a}, {b}}, {{a, b}, {b}}, {{a, b, a}}} {
			out = append(out, indicator.Indicator{Type: indicator.Pattern, Value: fmt.Sprintf("pattern %d.%d", i, j), Any: any})
		}
	}
	return out
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func TestMatch(t *testing.T) {
	const record = `{"timestamp":"2026-01-02T03:04:05Z","model":"m-1","user":"eve@example.com","src_ip":"198.51.100.7","request_id":"Q-1","prompt":"see http:\/\/evil.example\/x","response":"hello","api_key_hash":"HASH","unknown":"needle in raw"}`
	text := strings.ReplaceAll(record, "HASH", indicator.KeySum("sk-test-1234567890"))
	dir := casetest.Write(t, map[string]string{"a.jsonl": text + "\n" + strings.ReplaceAll(text, "Q-1", "Q-2") + "\n"})
	c := casetest.Open(t, casetest.Load(t, dir))
	tests := []struct {
		name, list string
		raw        bool
		places     string
		events     int64
	}{
		{"address", "198.51.100.7", false, "src_ip", 2},
		{"e-mail", "eve@example.com", false, "principal", 2},
		{"domain that is not there", "nope.example", false, "", 0},
		{"domain of a text and a user", "evil.example", false, "prompt", 2},
		{"URL", "hxxp://evil[.]example/x", false, "prompt", 2},
		{"request", "Q-1", false, "request_id", 1},
		{"request in lower case", "q-1", false, "", 0},
		{"key", "sk-test-1234567890", false, "credential_id", 2},
		{"hash of the reply", sum("hello"), false, "response", 2},
		{"MD5 of the reply", "5d41402abc4b2a76b9719d911017c592", false, "response", 2},
		{"hash of a record", sum(text), false, "record", 1},
		{"hash of the evidence", sum(text + "\n" + strings.ReplaceAll(text, "Q-1", "Q-2") + "\n"), false, "evidence", 2},
		{"MD5 of a record", "ffffffffffffffffffffffffffffffff", true, "", 0},
		{"not in a column", "text: needle in raw", false, "", 0},
		{"in the raw records", "text: needle in raw", true, "raw", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, err := indicator.Parse([]byte(tt.list), indicator.Options{})
			if err != nil {
				t.Fatal(err)
			}
			report, err := Run(t.Context(), c, list.Indicators, Options{Raw: tt.raw, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			var places []string
			var events int64
			for _, h := range report.Hits {
				events = h.EventCount
				for _, p := range h.Places {
					places = append(places, *p.Value)
				}
			}
			if got := strings.Join(places, " "); got != tt.places || events != tt.events {
				t.Errorf("%d events in %q instead of %d in %q", events, got, tt.events, tt.places)
			}
		})
	}
}

func TestMatchDuplicates(t *testing.T) {
	line := `{"timestamp":"2026-01-02T03:04:05Z","model":"m-1","user":"eve","prompt":"a needle"}` + "\n"
	c := casetest.Open(t, casetest.Load(t, casetest.Write(t, map[string]string{"a.jsonl": line, "b.jsonl": " " + line})))
	list, err := indicator.Parse([]byte("text: needle\nprincipal: eve"), indicator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), c, list.Indicators, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range report.Hits {
		if h.EventCount != 1 || h.Calls != 1 {
			t.Errorf("%s: %d events and %d calls instead of 1", h.Indicator.Value, h.EventCount, h.Calls)
		}
	}
}

func TestMatchInterrupted(t *testing.T) {
	c := casetest.Files(t, map[string]string{"a.jsonl": `{"timestamp":"2026-01-02T03:04:05Z","model":"m-1"}` + "\n"})
	list, err := indicator.Parse([]byte("text: needle"), indicator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Run(ctx, c, list.Indicators, Options{Threads: 2}); err == nil {
		t.Error("an interrupted search ended well")
	}
	var n sql.NullInt64
	if err := c.DB().QueryRowContext(t.Context(), "select count(*) from events").Scan(&n); err != nil || n.Int64 != 1 {
		t.Errorf("the case is not usable after it: %v, %v", n, err)
	}
}

// TestMatchJoined finds what the chunks of a call say only together.
func TestMatchJoined(t *testing.T) {
	c := casetest.Open(t, casetest.Load(t, "../../testdata/formats/apim-llm/log-analytics.in.jsonl"))
	var text string
	if err := c.DB().QueryRowContext(t.Context(), "select response from joined_text where length(response) > 20 order by call limit 1").Scan(&text); err != nil {
		t.Fatal(err)
	}
	for _, term := range []indicator.Term{{Type: indicator.Text, Value: text}, {Type: indicator.SHA256, Value: sum(text)}} {
		list := []indicator.Indicator{{Type: term.Type, Value: term.Value, Any: [][]indicator.Literal{{{Term: term}}}}}
		report, err := Run(t.Context(), c, list, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Hits) != 1 || *report.Hits[0].Places[0].Value != "response" {
			t.Errorf("%s: %+v", term.Type, report.Hits)
		}
	}
}

// TestMatchManyValues looks through a column with more different values than
// have a dictionary.
func TestMatchManyValues(t *testing.T) {
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, `{"timestamp":"2026-01-02T03:04:05Z","model":"m-1","user_agent":"client/%d %s"}`+"\n", i, strings.Repeat("x", 100))
	}
	c := casetest.Files(t, map[string]string{"a.jsonl": lines.String()})
	list, err := indicator.Parse([]byte("user-agent: client/19999\nuser-agent: client/20000\ntext: xxx\n"), indicator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), c, list.Indicators, Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range report.Hits {
		got = append(got, fmt.Sprintf("%s %d", h.Indicator.Value, h.EventCount))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"client/19999 1", "xxx 20000"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
