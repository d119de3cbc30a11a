package correlation

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

const (
	alice   = "arn:aws:iam::111122223333:user/alice"
	app     = "arn:aws:sts::111122223333:assumed-role/app/web"
	session = "7c3f9a52-1d84-4e0b-9b60-2f5d8e1a4c77"
	claudeU = "user_0123456789abcdef_account__session_" + session
)

// incident is a session of two calls, seen by CloudTrail and the invocation
// log, made with a credential that alice obtained and used for more.
func incident() []file {
	first := says("user", "look up the order")
	call := object{"type": "tool_use", "id": "toolu_01", "name": "lookup", "input": object{"q": "order"}}
	result := says("user", []object{{"type": "tool_result", "tool_use_id": "toolu_01", "content": "42"}})
	return []file{
		{"trail.json", []object{
			issue("000000000001", "2026-01-01T10:00:00Z", "q-sts", alice, "AKIAEXAMPLEALICE0001", "ASIAEXAMPLEAPP000001"),
			trail("000000000002", "2026-01-01T10:00:05Z", "InvokeModel", "q-1", app, "ASIAEXAMPLEAPP000001", nil),
			trail("000000000003", "2026-01-01T10:00:20Z", "InvokeModel", "q-2", app, "ASIAEXAMPLEAPP000001", nil),
			trail("000000000004", "2026-01-01T10:01:00Z", "GetObject", "q-3", app, "ASIAEXAMPLEAPP000001", object{"eventSource": "s3.amazonaws.com", "eventCategory": "Data"}),
			trail("000000000005", "2026-01-01T10:02:00Z", "ListUsers", "q-4", alice, "AKIAEXAMPLEALICE0001", object{"eventSource": "iam.amazonaws.com"}),
		}},
		{"bedrock.json", []object{
			invocation("2026-01-01T10:00:06Z", "q-1", app, claude(claudeU, first), reply("msg_1", call)),
			invocation("2026-01-01T10:00:21Z", "q-2", app, claude(claudeU, first, says("assistant", []object{call}), result), reply("msg_2", text("It is 42."))),
			invocation("2026-01-01T10:30:00Z", "q-9", app, claude("", says("user", "unrelated")), reply("msg_9", text("ok"))),
		}},
	}
}

func timeline(t *testing.T, c *casefile.Case, o Options) *Result {
	t.Helper()
	r, err := Timeline(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTimeline(t *testing.T) {
	c := openCase(t, 2, incident()...)
	calls := `cloudtrail:AssumeRole@10:00:00 issued_credential=ASIAEXAMPLEAPP000001 issued cloudtrail:InvokeModel@10:00:05
cloudtrail:InvokeModel@10:00:05 request=q-1 shares bedrock:InvokeModel@10:00:06 under cloudtrail:AssumeRole@10:00:00 by credential
bedrock:InvokeModel@10:00:06 session=` + session + ` under cloudtrail:InvokeModel@10:00:05 by call
cloudtrail:InvokeModel@10:00:20 request=q-2 shares bedrock:InvokeModel@10:00:21 under cloudtrail:AssumeRole@10:00:00 by credential
bedrock:InvokeModel@10:00:21 session=` + session + ` under cloudtrail:InvokeModel@10:00:20 by call
`
	chain := func(link string) string {
		return `cloudtrail:AssumeRole@10:00:00 ` + link + `
cloudtrail:InvokeModel@10:00:05 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
bedrock:InvokeModel@10:00:06 request=q-1 shares cloudtrail:InvokeModel@10:00:05 under cloudtrail:InvokeModel@10:00:05 by call
cloudtrail:InvokeModel@10:00:20 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
bedrock:InvokeModel@10:00:21 request=q-2 shares cloudtrail:InvokeModel@10:00:20 under cloudtrail:InvokeModel@10:00:20 by call
cloudtrail:GetObject@10:01:00 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
`
	}
	for _, test := range []struct {
		name string
		o    Options
		want string
	}{
		{"session, from content to access and up to who issued the credential", Options{Start: []string{session}}, calls},
		{"issuing event, down to all uses of the credential", Options{Start: []string{"q-sts"}}, chain("request=q-sts")},
		{
			"depth bounds the steps",
			Options{Start: []string{session}, Depth: 1},
			strings.NewReplacer(
				"cloudtrail:AssumeRole@10:00:00 issued_credential=ASIAEXAMPLEAPP000001 issued cloudtrail:InvokeModel@10:00:05\n", "",
				" under cloudtrail:AssumeRole@10:00:00 by credential", "").Replace(calls),
		},
		{
			"depth goes down from an issuer that was reached",
			Options{Start: []string{"q-3"}, Depth: 2},
			`cloudtrail:AssumeRole@10:00:00 issued_credential=ASIAEXAMPLEAPP000001 issued cloudtrail:GetObject@10:01:00
cloudtrail:InvokeModel@10:00:05 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
cloudtrail:InvokeModel@10:00:20 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
cloudtrail:GetObject@10:01:00 request=q-3 under cloudtrail:AssumeRole@10:00:00 by credential
`,
		},
		{
			"a long-term credential is followed only from the start",
			Options{Start: []string{"q-4"}},
			"cloudtrail:ListUsers@10:02:00 request=q-4\n",
		},
		{
			"principal selects and its issued credentials are followed",
			Options{Principal: alice, Depth: 1},
			`cloudtrail:AssumeRole@10:00:00 principal=` + alice + `
cloudtrail:InvokeModel@10:00:05 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
cloudtrail:InvokeModel@10:00:20 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
cloudtrail:GetObject@10:01:00 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
cloudtrail:ListUsers@10:02:00 principal=` + alice + `
`,
		},
		{
			"the window alone selects",
			Options{Around: at("10:30:00"), Window: time.Minute},
			"bedrock:InvokeModel@10:30:00 time=\n",
		},
		{
			"the window limits what is followed",
			Options{Start: []string{"q-sts"}, Around: at("10:00:00"), Window: 10 * time.Second},
			`cloudtrail:AssumeRole@10:00:00 request=q-sts
cloudtrail:InvokeModel@10:00:05 credential=ASIAEXAMPLEAPP000001 used cloudtrail:AssumeRole@10:00:00 under cloudtrail:AssumeRole@10:00:00 by credential
bedrock:InvokeModel@10:00:06 request=q-1 shares cloudtrail:InvokeModel@10:00:05 under cloudtrail:InvokeModel@10:00:05 by call
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := timeline(t, c, test.o)
			if diff := cmp.Diff(test.want, describe(r)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func at(clock string) time.Time {
	ts, err := time.Parse(time.RFC3339, "2026-01-01T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return ts
}

func TestTimelineFromEventID(t *testing.T) {
	c := openCase(t, 2, incident()...)
	from := timeline(t, c, Options{Start: []string{"q-sts"}})
	for _, digits := range []int{4, 8, 64} {
		id := casefile.EventID(from.Entries[0].EvidenceID[:digits], from.Entries[0].Record, 0)
		r := timeline(t, c, Options{Start: []string{id}})
		if got := r.Starts[0].Kinds; !slices.Equal(got, []string{kindEventID}) {
			t.Errorf("%s was found as %v", id, got)
		}
		if len(r.Entries) != len(from.Entries) {
			t.Errorf("%s leads to %d entries, its request id to %d", id, len(r.Entries), len(from.Entries))
		}
	}
}

// TestSymmetry checks that from every event of a thread of strong request
// level identifiers the same thread is found.
func TestSymmetry(t *testing.T) {
	c := openCase(t, 2, incident()...)
	want := timeline(t, c, Options{Start: []string{"q-1"}})
	for i := range want.Entries {
		if want.Entries[i].Text("operation") == "AssumeRole" {
			continue // credentials are followed up from a use, and down from the start
		}
		got := timeline(t, c, Options{Start: []string{want.Entries[i].EventID}})
		if diff := cmp.Diff(ids(want), ids(got)); diff != "" {
			t.Errorf("from %s (-want +got)\n%s", want.Entries[i].EventID, diff)
		}
	}
}

func ids(r *Result) []string {
	var out []string
	for i := range r.Entries {
		out = append(out, r.Entries[i].EventID)
	}
	return out
}

// TestRepeatable checks that neither the order of loads nor the number of
// threads changes anything.
func TestRepeatable(t *testing.T) {
	files := append(incident(), elsewhere())
	again := file{"again.json", files[0].records[1:3]}
	want := map[string]*Result{}
	for _, threads := range []int{1, 8} {
		for _, list := range [][]file{{files[0], files[1], files[2], again}, {again, files[2], files[1], files[0]}} {
			c := openCase(t, threads, list...)
			for _, start := range []string{session, "q-sts"} {
				got := timeline(t, c, Options{Start: []string{start}})
				if want[start] == nil {
					want[start] = got
				}
				if diff := cmp.Diff(want[start], got, cmpopts.IgnoreUnexported(Entry{})); diff != "" {
					t.Errorf("%d threads, %s first (-want +got)\n%s", threads, list[0].name, diff)
				}
			}
		}
	}
}

// elsewhere are calls of others, enough of them that more than one thread reads
// them: what does not compress is as large in the segments.
func elsewhere() file {
	f := file{name: "others.json"}
	for i := range 3000 {
		sum := sha256.Sum256([]byte{byte(i >> 8), byte(i)})
		said := hex.EncodeToString(sum[:])
		f.records = append(f.records, invocation("2026-01-02T10:30:00Z", "r-"+said[:12], app, claude("", says("user", said+said)), reply("msg_"+said[:12], text(said))))
	}
	return f
}

func TestDuplicatesAreCounted(t *testing.T) {
	files := incident()
	again := file{"again.json", files[0].records[:3]}
	c := openCase(t, 2, append(files, again)...)
	r := timeline(t, c, Options{Start: []string{session}})
	if r.Duplicates != 3 || len(r.Entries) != 5 {
		t.Errorf("got %d entries and %d duplicates, want 5 and 3", len(r.Entries), r.Duplicates)
	}
	hidden := 0
	for _, evidence := range evidenceOf(t, c, "cloudtrail") {
		for record := 1; record <= 3; record++ {
			from := timeline(t, c, Options{Start: []string{fmt.Sprintf("%s-%d", evidence, record)}})
			if same := from.Starts[0].Same; same != "" {
				hidden++
				if !slices.Contains(ids(from), same) {
					t.Errorf("%s stands for %s and is not shown", same, from.Starts[0].Value)
				}
			}
		}
	}
	if hidden != 3 {
		t.Errorf("%d events are shown by another one, want 3", hidden)
	}
}

// evidenceOf returns the hashes of the evidence of a format.
func evidenceOf(t *testing.T, c *casefile.Case, format string) []string {
	t.Helper()
	var joined string
	row := c.DB().QueryRowContext(t.Context(), "select string_agg(evidence_id, ' ' order by evidence_id) from evidence where format = $1", format)
	if err := row.Scan(&joined); err != nil {
		t.Fatal(err)
	}
	return strings.Fields(joined)
}

func TestWeakIdentifiers(t *testing.T) {
	var shared, zeros, many []object
	for i := range 6 {
		who := fmt.Sprintf("arn:aws:iam::111122223333:user/u%d", i)
		ts := fmt.Sprintf("2026-01-01T10:00:%02dZ", i)
		shared = append(shared, trail(fmt.Sprintf("1000000000%02d", i), ts, "InvokeModel", "same-for-all", who, fmt.Sprintf("AKIAEXAMPLE%09d", i), nil))
		zeros = append(zeros, trail(fmt.Sprintf("2000000000%02d", i), ts, "InvokeModel", "00000000-0000-0000-0000-000000000000", alice, "AKIAEXAMPLEALICE0001", nil))
		many = append(many, trail(fmt.Sprintf("3000000000%02d", i), ts, "InvokeModel", "batch", alice, "AKIAEXAMPLEALICE0001", nil))
	}
	c := openCase(t, 2, file{"trail.json", slices.Concat(shared, zeros, many)})
	evidence := timeline(t, c, Options{Start: []string{"same-for-all"}}).Entries[0].EvidenceID
	for _, test := range []struct {
		name   string
		from   int // record
		o      Options
		kind   string
		want   Weak
		events int
	}{
		{"many principals", 1, Options{}, kindRequest, Weak{Events: 6, Principals: 6, Reason: ReasonPrincipals}, 1},
		{"placeholder", 7, Options{}, kindRequest, Weak{Events: 6, Principals: -1, Reason: ReasonPlaceholder}, 1},
		{"many events", 13, Options{Weak: Thresholds{Events: 5}}, kindRequest, Weak{Events: 6, Principals: -1, Reason: ReasonEvents}, 1},
		{"as many events as allowed", 13, Options{Weak: Thresholds{Events: 6}}, kindCredential, Weak{Events: 12, Principals: -1, Reason: ReasonCredential}, 6},
		{"as many principals as allowed", 1, Options{Weak: Thresholds{Principals: 6}}, "", Weak{}, 6},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := test.o
			o.Start = []string{fmt.Sprintf("%s-%d", evidence, test.from)}
			r := timeline(t, c, o)
			if len(r.Entries) != test.events {
				t.Errorf("got %d entries, want %d", len(r.Entries), test.events)
			}
			i := slices.IndexFunc(r.Weak, func(w Weak) bool { return w.Kind == test.kind })
			if i < 0 {
				if test.kind != "" {
					t.Fatalf("%s is not reported as weak: %+v", test.kind, r.Weak)
				}
				return
			}
			got := r.Weak[i]
			got.Identifier = casefile.Identifier{}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("as the start it is shown and not followed", func(t *testing.T) {
		r := timeline(t, c, Options{Start: []string{"same-for-all"}})
		if len(r.Entries) != 6 || !r.Starts[0].Weak {
			t.Errorf("got %d entries, start %+v", len(r.Entries), r.Starts[0])
		}
	})
}

func TestMissing(t *testing.T) {
	const other = "arn:aws:sts::111122223333:assumed-role/other/x"
	trails := []object{
		trail("000000000001", "2026-01-01T09:00:00Z", "InvokeModel", "q-0", app, "ASIAEXAMPLEAPP000001", nil),
		trail("000000000002", "2026-01-01T10:00:00Z", "InvokeModel", "q-1", app, "ASIAEXAMPLEAPP000001", nil),
		trail("000000000003", "2026-01-01T10:05:00Z", "InvokeModel", "q-2", app, "ASIAEXAMPLEAPP000001", nil),
		trail("000000000004", "2026-01-01T10:06:00Z", "InvokeModel", "q-3", app, "ASIAEXAMPLEAPP000001", object{"awsRegion": "us-east-1"}),
		trail("000000000005", "2026-01-01T10:07:00Z", "InvokeModel", "q-4", app, "ASIAEXAMPLEAPP000001", object{"errorCode": "AccessDenied"}),
		trail("000000000006", "2026-01-01T10:08:00Z", "InvokeAgent", "q-5", app, "ASIAEXAMPLEAPP000001", nil),
		trail("000000000007", "2026-01-01T10:20:00Z", "ListFoundationModels", "q-6", app, "ASIAEXAMPLEAPP000001", nil),
	}
	logs := []object{
		invocation("2026-01-01T10:00:01Z", "q-1", app, claude("", says("user", "a")), reply("m1", text("b"))),
		invocation("2026-01-01T10:05:02Z", "x-2", app, claude("", says("user", "c")), reply("m2", text("d"))),
		invocation("2026-01-01T10:05:03Z", "x-3", other, claude("", says("user", "e")), reply("m3", text("f"))),
		invocation("2026-01-01T10:10:00Z", "x-4", app, claude("", says("user", "g")), reply("m4", text("h"))),
	}
	both := openCase(t, 2, file{"trail.json", trails}, file{"bedrock.json", logs})
	alone := openCase(t, 2, file{"trail.json", trails})
	for _, test := range []struct {
		name     string
		c        *casefile.Case
		start    string
		want     []Absence
		probable int
	}{
		{"both sides are there", both, "q-1", nil, 0},
		{"no content, but a candidate close in time", both, "q-2", []Absence{{planeContent, WhyMissing, 1}}, 1},
		{"no access, but a candidate close in time", both, "x-2", []Absence{{planeAccess, WhyMissing, 1}}, 1},
		{"no access and no candidate", both, "x-4", []Absence{{planeAccess, WhyMissing, 1}}, 0},
		{"before the other source begins", both, "q-0", []Absence{{planeContent, WhyNotCovered, 1}}, 0},
		{"in another region", both, "q-3", []Absence{{planeContent, WhyNotCovered, 1}}, 0},
		{"a denied call has no content", both, "q-4", nil, 0},
		{"an agent writes no invocation log of its own", both, "q-5", nil, 0},
		{"no source at all", alone, "q-2", []Absence{{planeContent, WhyNoSource, 1}}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := timeline(t, test.c, Options{Start: []string{test.start}})
			if diff := cmp.Diff(test.want, r.Absences); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(r.Probable) != test.probable {
				t.Errorf("got %d probable entries, want %d", len(r.Probable), test.probable)
			}
			for i := range r.Probable {
				if e := &r.Probable[i]; e.Link.Relation != RelationNear || slices.Contains(ids(r), e.EventID) {
					t.Errorf("probable entry %+v", e.Link)
				}
			}
			if want := len(test.want) > 0 && test.want[0].Why == WhyMissing; (r.Entries[0].Missing != "") != want {
				t.Errorf("the entry says that %q is missing", r.Entries[0].Missing)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	var records []object
	for i := range 20 {
		records = append(records, trail(fmt.Sprintf("1000000000%02d", i), fmt.Sprintf("2026-01-01T10:00:%02dZ", 59-i), "GetObject", fmt.Sprintf("q-%d", i), app, "ASIAEXAMPLEAPP000001", nil))
	}
	records = append(records, issue("000000000001", "2026-01-01T10:00:00Z", "q-sts", alice, "AKIAEXAMPLEALICE0001", "ASIAEXAMPLEAPP000001"))
	c := openCase(t, 2, file{"trail.json", records})
	for _, test := range []struct {
		name  string
		start string
		limit int
		last  string
		cut   *Cut
	}{
		{"in the front", "q-sts", 5, "10:00:43", &Cut{5, 16}},
		{"at the start", "ASIAEXAMPLEAPP000001", 5, "10:00:43", &Cut{5, 16}},
		{"reading too", "ASIAEXAMPLEAPP000001", 2, "10:00:40", &Cut{2, 19}},
		{"not reached", "q-sts", 21, "10:00:59", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := timeline(t, c, Options{Start: []string{test.start}, Limit: test.limit})
			if diff := cmp.Diff(test.cut, r.Cut); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if len(r.Entries) != test.limit {
				t.Errorf("got %d entries", len(r.Entries))
			}
			if got := clock(r.Entries[len(r.Entries)-1].TS); got != test.last {
				t.Errorf("the last entry is of %s, want %s", got, test.last)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	c := openCase(t, 2, incident()...)
	var missing *NotFoundError
	for _, test := range []struct {
		name string
		o    Options
		want bool // a NotFoundError
	}{
		{"nothing to start from", Options{}, false},
		{"empty identifier", Options{Start: []string{""}}, false},
		{"negative depth", Options{Start: []string{"x"}, Depth: -1}, false},
		{"unknown identifier", Options{Start: []string{"no-such"}}, true},
		{"unknown record", Options{Start: []string{"0-999"}}, true},
		{"quotes and zero bytes", Options{Start: []string{"'; drop table evidence; --\x00"}}, true},
		{"unknown principal", Options{Principal: "nobody"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Timeline(t.Context(), c, test.o)
			if err == nil || errors.As(err, &missing) != test.want {
				t.Errorf("got %v", err)
			}
		})
	}
	r := timeline(t, c, Options{Start: []string{"no-such", "q-4"}})
	if len(r.Entries) != 1 || r.Starts[0].Kinds != nil || r.Starts[1].Kinds == nil {
		t.Errorf("got %d entries, starts %+v", len(r.Entries), r.Starts)
	}
}

// TestToolCalls checks that a tool call ties the turns of a conversation that
// has no other identifier, and that the result stands under the call.
func TestToolCalls(t *testing.T) {
	logs := incident()[1].records[:2]
	for _, r := range logs {
		body := r["input"].(object)["inputBodyJson"].(object)
		delete(body, "metadata")
	}
	c := openCase(t, 2, file{"bedrock.json", logs})
	want := `bedrock:InvokeModel@10:00:06 request=q-1
bedrock:InvokeModel@10:00:21 tool_call=toolu_01 shares bedrock:InvokeModel@10:00:06 under bedrock:InvokeModel@10:00:06 by tool_call
`
	if diff := cmp.Diff(want, describe(timeline(t, c, Options{Start: []string{"q-1"}}))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
