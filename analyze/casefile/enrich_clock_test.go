package casefile

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

const clockColumns = "ts kind plane request_id sequence prompt response"

// clockCase loads four logs, a load each. Calls: q-1 is in the audit log and in
// the invocation log, q-2 in the latter alone, q-3 is in two pieces of which
// only the second has a time, and q-4 has none.
func clockCase(t *testing.T, key *ledger.Key) (dir string, evidence []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "x.case")
	const invocation = `{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"%s","accountId":"111122223333","region":"eu-west-1","requestId":"%s","operation":"InvokeModel","modelId":"model-a","identity":{"arn":"arn:aws:iam::111122223333:user/ana"}}`
	mustLoad(t, dir, key, callLog(t, "trail.jsonl", `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana"},`+
		`"eventTime":"2026-03-04T05:00:00Z","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel","awsRegion":"eu-west-1","requestID":"q-1","eventID":"e-1","eventType":"AwsApiCall"}`))
	mustLoad(t, dir, key, callLog(t, "bedrock.jsonl", fmt.Sprintf(invocation, "2026-03-04T05:10:01.5Z", "q-1"), fmt.Sprintf(invocation, "2026-03-04T05:10:02Z", "q-2")))
	loadMapped(t, dir, key, clockColumns, callLog(t, "a.jsonl",
		`{"kind":"inference","plane":"content","request_id":"q-3","sequence":1,"prompt":"d"}`,
		`{"kind":"inference","plane":"content","request_id":"q-4","prompt":"e"}`))
	loadMapped(t, dir, key, clockColumns, callLog(t, "b.jsonl", `{"ts":"2026-03-04T05:20:03Z","kind":"inference","plane":"content","request_id":"q-3","sequence":2,"response":"c"}`))
	withCase(t, dir, func(c *Case) {
		for _, it := range c.Items() {
			evidence = append(evidence, it.SHA256)
		}
	})
	return dir, evidence
}

// correct sets corrections, or takes all away when there are none.
func correct(t *testing.T, dir string, key *ledger.Key, list ...enrich.Correction) *EnrichReport {
	t.Helper()
	o := enrichOptions(t, dir, nil)
	o.Key, o.Clock = key, list
	if len(list) == 0 {
		o.Without = []string{EnrichClock}
	}
	r, err := Enrich(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEnrichClock(t *testing.T) {
	key := testKey(t)
	dir, evidence := clockCase(t, key)
	check := func(events, calls string) {
		t.Helper()
		withCase(t, dir, func(c *Case) {
			for _, q := range []struct{ view, want string }{{"events", events}, {"events_all", events}, {"calls", calls}} {
				query := "select request_id, ts_corrected::varchar, (ts_corrected - ts)::varchar from " + q.view + " order by request_id, ts nulls last"
				if d := cmp.Diff(q.want, queryText(t, c, query)); d != "" {
					t.Errorf("%s (-want +got):\n%s", q.view, d)
				}
			}
		})
		mustBeClean(t, dir)
	}
	const first = "q-1 2026-03-04 05:00:00+00 00:00:00\n"
	loggedCalls := "q-1 2026-03-04 05:10:01.5+00 00:00:00\nq-2 2026-03-04 05:10:02+00 00:00:00\nq-3 2026-03-04 05:20:03+00 00:00:00\nq-4 <nil> <nil>\n"
	logged := first + strings.Replace(loggedCalls, "q-4", "q-3 <nil> <nil>\nq-4", 1)
	check(logged, loggedCalls)

	// Evidence goes before its format, and 0 says that its clock was right. A
	// call has the time of the event that its time is from.
	r := correct(t, dir, key,
		enrich.Correction{Source: "bedrock", Add: -90 * time.Second, Reason: "the host, by its boot log"},
		enrich.Correction{Source: "jsonl", Add: time.Hour},
		enrich.Correction{Source: evidence[2]},
		enrich.Correction{Source: strings.ToUpper(evidence[3][:10]), Add: 250 * time.Millisecond})
	correctedCalls := "q-1 2026-03-04 05:08:31.5+00 -00:01:30\nq-2 2026-03-04 05:08:32+00 -00:01:30\nq-3 2026-03-04 05:20:03.25+00 00:00:00.25\nq-4 <nil> <nil>\n"
	corrected := first + strings.Replace(correctedCalls, "q-4", "q-3 <nil> <nil>\nq-4", 1)
	check(corrected, correctedCalls)
	if len(r.Sources) != 1 || r.Sources[0].Kind != EnrichClock || !strings.Contains(r.Sources[0].Note, "bedrock -1m30s the host, by its boot log") {
		t.Errorf("%+v", r.Sources)
	}
	checkClockInput(t, dir, r.Sources[0].Input, evidence)
	withCase(t, dir, func(c *Case) {
		o, err := c.Enrichment(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][2]int64{}
		for _, x := range o.Clocks {
			got[x.Source] = [2]int64{x.Evidence, x.Events}
		}
		if d := cmp.Diff(map[string][2]int64{"bedrock": {1, 2}, "jsonl": {0, 0}, evidence[2]: {0, 0}, evidence[3]: {1, 1}}, got); d != "" {
			t.Errorf("overview (-want +got):\n%s", d)
		}
	})

	// A rebuild and a later load correct as well.
	if err := os.RemoveAll(filepath.Join(dir, derivedDir)); err != nil {
		t.Fatal(err)
	}
	if r := mustRebuild(t, &RebuildOptions{Dir: dir, Key: key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 2, Memory: 1 << 30}); len(r.Changed) > 0 {
		t.Errorf("a rebuild changed %v", r.Changed)
	}
	check(corrected, correctedCalls)
	loadMapped(t, dir, key, clockColumns, callLog(t, "more.jsonl", `{"ts":"2026-03-04T06:00:00Z","kind":"inference","plane":"content","request_id":"q-9"}`))
	more := "q-9 2026-03-04 07:00:00+00 01:00:00\n"
	check(corrected+more, correctedCalls+more)

	// A new correction leaves the others; 0 takes that of a format away.
	correct(t, dir, key, enrich.Correction{Source: "jsonl"}, enrich.Correction{Source: evidence[3], Add: time.Second})
	withCase(t, dir, func(c *Case) {
		list, err := c.Corrections()
		if err != nil || len(list) != 3 {
			t.Errorf("%+v, %v", list, err)
		}
		if got := queryText(t, c, "select count(*) from events where ts_corrected <> ts"); got != "3\n" {
			t.Errorf("%s events are corrected", got)
		}
	})
	correct(t, dir, key)
	more = "q-9 2026-03-04 06:00:00+00 00:00:00\n"
	check(logged+more, loggedCalls+more)
}

// checkClockInput checks that what the case keeps can be read by people.
func checkClockInput(t *testing.T, dir, sum string, evidence []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, inputsDir, sum))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range rows {
		got[r[0]] = strings.Join(r[1:], " ")
	}
	want := map[string]string{"source": "add reason", "bedrock": "-1m30s the host, by its boot log", "jsonl": "+1h0m0s ", evidence[2]: "+0s ", evidence[3]: "+250ms "}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the input (-want +got):\n%s", d)
	}
}

// TestClockLookup checks what looks events up by corrected times.
func TestClockLookup(t *testing.T) {
	key := testKey(t)
	dir, evidence := clockCase(t, key)
	correct(t, dir, key, enrich.Correction{Source: evidence[0], Add: time.Hour})
	c, err := Open(t.Context(), dir, OpenOptions{Threads: 2, Memory: 1 << 30, Lookup: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	micros := func(text string) *int64 {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		n := at.UnixMicro()
		return &n
	}
	for _, tt := range []struct {
		clock    Clock
		from, to string
		want     []string
	}{
		{ClockLogged, "2026-03-04T05:00:00Z", "2026-03-04T05:10:02Z", []string{"q-1", "q-1", "q-2"}},
		{ClockCorrected, "2026-03-04T05:00:00Z", "2026-03-04T06:00:00Z", []string{"q-1", "q-2", "q-3", "q-1"}},
	} {
		eids, _, err := c.FindEvents(t.Context(), EventFilter{From: micros(tt.from), To: micros(tt.to), Clock: tt.clock}, 10)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := c.Keys(t.Context(), eids)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, k := range keys {
			got = append(got, k.RequestID)
			if i > 0 && keys[i-1].CompareBy(tt.clock, k) >= 0 {
				t.Errorf("%v: %s is not before %s", tt.clock, keys[i-1].EventID, k.EventID)
			}
			want := *k.TS
			if k.EvidenceID == evidence[0] {
				want += time.Hour.Microseconds()
			}
			if *k.Corrected != want {
				t.Errorf("%s is corrected to %d, want %d", k.EventID, *k.Corrected, want)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", tt.clock, d)
		}
	}
	spans, err := c.PlaneSpans(t.Context(), "access", ClockCorrected)
	if err != nil || len(spans) != 1 || *spans[0].First != *micros("2026-03-04T06:00:00Z") {
		t.Errorf("%+v, %v", spans, err)
	}
	eids, _, err := c.FindCalls(t.Context(), "access", []string{"nobody"}, 0, 1, ClockCorrected, 1)
	if err != nil || len(eids) > 0 {
		t.Errorf("%v, %v", eids, err)
	}
}

// TestEnrichClockFails checks that what names nothing changes nothing.
func TestEnrichClockFails(t *testing.T) {
	key := testKey(t)
	dir, evidence := clockCase(t, key)
	head := stateOf(t, dir).head
	for _, source := range []string{"moon", evidence[0][:7], strings.Repeat("0", 64), "", "'%"} {
		o := enrichOptions(t, dir, nil)
		o.Key, o.Clock = key, []enrich.Correction{{Source: source, Add: time.Second}}
		if _, err := Enrich(t.Context(), o); err == nil {
			t.Errorf("%q names a source", source)
		}
	}
	if got := stateOf(t, dir).head; got != head {
		t.Errorf("the ledger went from %v to %v", head, got)
	}
}
