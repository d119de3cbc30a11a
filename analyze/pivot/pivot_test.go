package pivot

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// tally is what brute force counts of a value.
type tally struct {
	Units, Events, People, Failed int64
	First, Last                   int64
}

// bruteForce counts every value from the rows of the events.
func bruteForce(t *testing.T, c *casefile.Case) map[string]tally {
	t.Helper()
	type row struct {
		eid, unit, rank, ts int64
		failed              bool
		values              []sql.NullString
	}
	var all []row
	r, err := c.DB().QueryContext(t.Context(), `
		select e.eid, coalesce(c.call, e.eid), coalesce(c.who, 0), epoch_us(e.ts), coalesce(e.outcome in ('denied', 'blocked', 'throttled', 'error'), false), e.`+
		strings.Join(Kinds(), ", e.")+` from events e left join call_event c on c.eid = e.eid order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		x := row{values: make([]sql.NullString, len(Kinds()))}
		into := []any{&x.eid, &x.unit, &x.rank, &x.ts, &x.failed}
		for i := range x.values {
			into = append(into, &x.values[i])
		}
		if err := r.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	who, best := map[int64]string{}, map[int64]int64{}
	principal := slices.Index(Kinds(), "principal")
	for _, x := range all {
		if rank, ok := best[x.unit]; x.values[principal].Valid && (!ok || x.rank < rank) {
			best[x.unit], who[x.unit] = x.rank, x.values[principal].String
		}
	}
	out := map[string]tally{}
	seen := map[string]bool{}
	for _, x := range all {
		for i, v := range x.values {
			if v.String == "" {
				continue
			}
			name := Kinds()[i] + "=" + v.String
			n, ok := out[name]
			if !ok {
				n.First, n.Last = math.MaxInt64, math.MinInt64
			}
			n.Events++
			n.First, n.Last = min(n.First, x.ts), max(n.Last, x.ts)
			count := func(to *int64, what string, counts bool) {
				if key := name + "\x00" + what; counts && !seen[key] {
					seen[key] = true
					*to++
				}
			}
			count(&n.Units, fmt.Sprint("unit", x.unit), true)
			count(&n.Failed, fmt.Sprint("failed", x.unit), x.failed)
			count(&n.People, "who"+who[x.unit], who[x.unit] != "")
			out[name] = n
		}
	}
	return out
}

func TestAgainstBruteForce(t *testing.T) {
	logs := t.TempDir() + "/logs"
	_, err := drill.Generate(t.Context(), drill.Config{
		Seed: 9, Days: 2, Calls: 200, Dir: logs, Words: [2]int{3, 6}, Sources: []string{"cloudtrail", "bedrock", "litellm", "otlp"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := casetest.Open(t, casetest.Load(t, logs))
	want := bruteForce(t, c)
	report, err := Run(t.Context(), c, Options{Newest: newest(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]tally{}
	r, err := c.DB().QueryContext(t.Context(), "select kind, value, units, events, people, failed, epoch_us(first), epoch_us(last) from pivot_value")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var kind int
		var value string
		var n tally
		if err := r.Scan(&kind, &value, &n.Units, &n.Events, &n.People, &n.Failed, &n.First, &n.Last); err != nil {
			t.Fatal(err)
		}
		got[Kinds()[kind]+"="+value] = n
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, v := range report.Values {
		if len(v.Why) == 0 || v.Score == 0 || i > 0 && v.Score > report.Values[i-1].Score {
			t.Errorf("value %d: %+v", i, v)
		}
	}
}

func newest(t *testing.T, c *casefile.Case) time.Time {
	t.Helper()
	at, err := c.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// incident is two weeks of three people with an address and a key each, a key
// that two of them use, an address that comes late, and a user who is denied.
func incident(t *testing.T) *casefile.Case {
	var lines strings.Builder
	line := func(day, n int, user, ip, key, status string) {
		at := time.Date(2026, 3, 1+day, 9, n, 0, 0, time.UTC).Format(time.RFC3339)
		fmt.Fprintf(&lines, `{"timestamp":%q,"model":"m-1","user":%q,"src_ip":%q,"api_key_id":%q,"status":%q,"request_id":"%s-%d-%d"}`+"\n", at, user, ip, key, status, user, day, n)
	}
	for day := range 14 {
		for n := range 16 {
			for i, user := range []string{"ann", "bob", "cid", "dan", "eva"} {
				line(day, n, user, fmt.Sprintf("198.51.100.%d", i+1), "key-"+user, "success")
			}
		}
	}
	line(7, 30, "ann", "198.51.100.1", "key-bob", "success")
	line(13, 40, "cid", "203.0.113.9", "key-cid", "success")
	for n := range 12 {
		line(8, 45+n, "mal", "198.51.100.66", "key-mal", "denied")
	}
	return casetest.Files(t, map[string]string{"a.jsonl": lines.String()})
}

func TestRanking(t *testing.T) {
	c := incident(t)
	find := func(r *Report, value string) *Value {
		for i := range r.Values {
			if r.Values[i].Value == value {
				return &r.Values[i]
			}
		}
		return &Value{}
	}
	report, err := Run(t.Context(), c, Options{Newest: newest(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	for value, why := range map[string]string{
		"key-bob":       "shared by 2 principals, of whom some share no other credential",
		"203.0.113.9":   "rare: 1 of 1134 calls that have one",
		"mal":           "failed or denied: 12 of 12 calls",
		"198.51.100.66": "failed or denied: 12 of 12 calls",
	} {
		if v := find(report, value); !slices.Contains(v.Why, why) {
			t.Errorf("%s: %+v", value, v)
		}
	}
	if v := find(report, "m-1"); v.Score != 0 {
		t.Errorf("what all have is ranked: %+v", v)
	}

	report, err = Run(t.Context(), c, Options{Value: "mal", Newest: newest(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range report.Values {
		got = append(got, v.Value)
	}
	if diff := cmp.Diff([]string{"key-mal", "198.51.100.66", "mal", "m-1"}, got); diff != "" {
		t.Errorf("from a value (-want +got):\n%s", diff)
	}
	if report.Started != 12 {
		t.Errorf("%d calls to start from", report.Started)
	}

	if _, err := Run(t.Context(), c, Options{Value: "nobody"}); !errors.Is(err, ErrNoStart) {
		t.Errorf("from nothing: %v", err)
	}
}

func TestFindings(t *testing.T) {
	c := incident(t)
	var id string
	if err := c.DB().QueryRowContext(t.Context(), "select event_id from events where request_id = 'cid-13-40'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), c, Options{Newest: newest(t, c), Limit: 1, Findings: []analyze.Finding{
		{ID: "f-1", Severity: analyze.SeverityHigh, Events: []string{id}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if v := report.Values[0]; v.Value != "203.0.113.9" || v.Why[0] != "in finding f-1 (high): 1 of 1 call in any" || report.More == 0 {
		t.Errorf("%+v, %d more", v, report.More)
	}
}

func TestLog2(t *testing.T) {
	for _, tt := range []struct{ of, by, want int64 }{{0, 1, 0}, {1, 1, 0}, {3, 2, 0}, {4, 2, 1}, {1000, 1, 9}, {1024, 1, 10}, {5, 0, 0}, {1, 2, 0}} {
		if got := log2(tt.of, tt.by); got != tt.want {
			t.Errorf("log2(%d / %d) is %d instead of %d", tt.of, tt.by, got, tt.want)
		}
	}
}
