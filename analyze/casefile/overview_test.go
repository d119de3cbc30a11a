package casefile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// mixedCase is a case of two loads with everything that makes counting hard:
// calls that one and two sources show, duplicates, a conflict, records that
// cannot be read, events without a time and with an impossible one, an input
// that is no log.
func mixedCase(t *testing.T) *casefile.Case {
	t.Helper()
	dir := t.TempDir()
	logs, more := filepath.Join(dir, "logs"), filepath.Join(dir, "more")
	_, err := drill.Generate(t.Context(), drill.Config{Seed: 7, Days: 1, Calls: 150, Dir: logs, Words: [2]int{3, 20}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(more, 0o700); err != nil {
		t.Fatal(err)
	}
	trail := trailLines(t, filepath.Join(logs, "cloudtrail.json"))
	conflict := strings.Replace(trail[5], `"eventTime":"2026`, `"eventTime":"2025`, 1)
	for name, text := range map[string]string{
		"again.json": `{"Records":[` + strings.Join(append(slices.Clone(trail[:20]), conflict), ",") + `]}`,
		"own.jsonl": `{"timestamp":"2026-03-02T08:00:00Z","model":"m1","user":"eve","prompt":"hi","response":"Straße \u001b[2J"}` + "\n" +
			`{"timestamp":"2099-01-01T00:00:00Z","model":"m1","user":"eve","prompt":"later","response":"no"}` + "\n" +
			`{"timestamp":"1970-01-01T00:00:01Z","user":"eve","message":"never set"}` + "\n" +
			`{"timestamp":"2026-03-02T08:01:00Z","model":"m1","user":"eve","error_message":"Quota of Heron used up"}` + "\n" +
			`{"user":"eve","message":"no time"}` + "\nnot json\n",
		"copy.jsonl": `{"timestamp":"2026-03-02T08:00:00Z","model":"m1","user":"eve","prompt":"hi","response":"Straße \u001b[2J"}` + "\n",
		"noise.bin":  "\x00\x01\x02",
	} {
		if err := os.WriteFile(filepath.Join(more, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return loadedCase(t, logs, more)
}

// trailLines takes the records of a CloudTrail file apart.
func trailLines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(data)), `{"Records":[`), `]}`)
	parts := strings.Split(body, "},{\"eventVersion\"")
	for i := range parts {
		if i > 0 {
			parts[i] = `{"eventVersion"` + parts[i]
		}
		if i < len(parts)-1 {
			parts[i] += "}"
		}
	}
	if len(parts) < 30 {
		t.Fatalf("%s has only %d records", path, len(parts))
	}
	return parts
}

// loadedCase loads each path as a load of its own.
func loadedCase(t *testing.T, paths ...string) *casefile.Case {
	t.Helper()
	key, err := ledger.CreateKey(filepath.Join(t.TempDir(), "key"), "examiner")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "mixed.case")
	for _, path := range paths {
		_, err := casefile.Load(t.Context(), &casefile.LoadOptions{
			Dir: dir, Paths: []string{path}, Key: key, Actor: "examiner", Tool: "exhibit test", Threads: 2, Memory: 1 << 30,
			Progress: new(casefile.Progress), Now: func() time.Time { return time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	c, err := casefile.Open(t.Context(), dir, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// counted is a result of counting things by name.
type counted map[string]int64

// count runs a query that yields names and a number last.
func count(t *testing.T, c *casefile.Case, query string) counted {
	t.Helper()
	out := counted{}
	for line := range strings.Lines(table(t, c, query)) {
		line = strings.TrimSuffix(line, "\n")
		at := strings.LastIndexByte(line, ' ')
		var n int64
		if _, err := fmt.Sscan(line[at+1:], &n); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out[line[:at]] = n
	}
	return out
}

// TestOverview holds each number of an overview against a query over the
// views, which count the segments.
func TestOverview(t *testing.T) {
	c := mixedCase(t)
	o, err := c.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]counted{}
	add := func(what, name string, n int64) {
		if got[what] == nil {
			got[what] = counted{}
		}
		if n != 0 {
			got[what][name] += n
		}
	}
	for _, s := range o.Sources {
		add("events", s.Format, s.Events)
		add("records", s.Format, s.Records)
		add("unparsed", s.Format, s.Unparsed)
		add("duplicates", s.Format, s.Duplicates)
		add("conflicts", s.Format, s.Conflicts)
		add("without_time", s.Format, s.WithoutTime)
		add("files", s.Format, s.Files)
		add("first", s.Format, s.FirstTS.UnixMicro())
		add("last", s.Format, s.LastTS.UnixMicro())
		add("problems", s.Format, int64(len(s.Problems)))
	}
	for _, p := range o.Planes {
		add("planes", p.Plane+" "+p.Kind, p.Events)
	}
	for _, n := range o.Calls {
		add("calls", fmt.Sprintf("%s %d", n.Planes, n.Events), n.Calls)
	}
	for _, column := range o.Coverage {
		for format, n := range column.Events {
			add("coverage "+column.Column, format, n)
		}
	}
	add("implausible", "before", o.Implausible.Before)
	add("implausible", "after", o.Implausible.After)

	want := map[string]string{
		"events":       `select format, count(*) from events_all group by 1`,
		"records":      `select i.format, count(*) from records r join evidence i on i.evidence_id = r.evidence_id where r.record is not null and r.raw is not null group by 1`,
		"unparsed":     `select format, count(*) from events_all where kind = 'unparsed' group by 1`,
		"duplicates":   `select format, count(*) from events_all where event_id not in (select event_id from events) group by 1`,
		"conflicts":    `select format, count(*) - 1 from (select distinct format, native_id, ts from events_all where native_id is not null) group by format, native_id having count(*) > 1`,
		"without_time": `select format, count(*) from events_all where ts is null group by 1`,
		"files":        `select format, count(distinct evidence_id) from events_all group by 1`,
		"first":        `select format, epoch_us(min(ts)) from events_all group by 1`,
		"last":         `select format, epoch_us(max(ts)) from events_all group by 1`,
		"problems":     `select format, least(5, count(*)) from events_all where kind = 'unparsed' group by 1`,
		"planes":       `select coalesce(plane, ''), kind, count(*) from events group by 1, 2`,
		"calls":        `select coalesce(planes, ''), events, count(*) from calls group by 1, 2`,
		"implausible":  `select case when ts < '2000-01-01' then 'before' else 'after' end, count(*) from events_all where ts < '2000-01-01' or ts > '2026-04-09 12:00:00' group by 1`,
	}
	for _, column := range o.Coverage {
		want["coverage "+column.Column] = `select format, n from (select format, count("` + column.Column + `") as n from events_all group by 1) where n > 0`
	}
	for what, query := range want {
		t.Run(what, func(t *testing.T) {
			expected := count(t, c, query)
			if len(expected) == 0 {
				expected = nil
			}
			if diff := cmp.Diff(expected, got[what]); diff != "" {
				t.Errorf("(-view +overview)\n%s", diff)
			}
		})
	}
	if o.Loads != 2 || len(o.NotLoaded) != 1 || o.NotLoaded[0].Status != casefile.StatusUnrecognised || len(o.Implausible.Examples) != 2 {
		t.Errorf("%d loads, not loaded %v, implausible %v", o.Loads, o.NotLoaded, o.Implausible.Examples)
	}
	if got["calls"]["access+content 2"] == 0 || got["duplicates"]["cloudtrail"] != 20 || got["conflicts"]["cloudtrail"] != 1 || got["duplicates"]["jsonl"] != 1 {
		t.Errorf("the case is not what it was made to be: %v", got)
	}
}

func TestNewest(t *testing.T) {
	c := mixedCase(t)
	newest, err := c.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := table(t, c, `select strftime(max(ts), '%Y-%m-%dT%H:%M:%SZ') from events_all where ts < '2099-01-01'`)
	if got := newest.Format(time.RFC3339) + "\n"; got != want {
		t.Errorf("the newest event is of %s, want %s", got, want)
	}
}
