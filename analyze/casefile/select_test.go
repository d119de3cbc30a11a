package casefile_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // reads back what is written for other programs
	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// said is an event with all that was said in it, one text a part, read from
// the views.
type said struct {
	id    string
	texts []string
	raw   string
}

func everythingSaid(t *testing.T, c *casefile.Case, view string) []said {
	t.Helper()
	rows, err := c.DB().QueryContext(t.Context(), `
		select e.event_id, e.system_prompt, e.prompt, e.response, e.reasoning, e.tool_calls, e.retrieved, e.error_message,
			e.input_messages, e.output_messages, r.raw
		from `+view+` e join records r on r.evidence_id = e.evidence_id and r.record = e.record
		order by e.ts nulls last, e.evidence_id, e.record, e.part`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []said
	for rows.Next() {
		var s said
		texts := make([]*string, 7)
		var input, output *string
		var raw []byte
		into := []any{&s.id}
		for i := range texts {
			into = append(into, &texts[i])
		}
		if err := rows.Scan(append(into, &input, &output, &raw)...); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if text != nil {
				s.texts = append(s.texts, *text)
			}
		}
		for _, messages := range []*string{input, output} {
			if messages != nil {
				s.texts = append(s.texts, partTexts(t, *messages)...)
			}
		}
		s.raw = string(raw)
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// partTexts are the texts in the parts of messages.
func partTexts(t *testing.T, messages string) []string {
	t.Helper()
	var list []struct {
		Parts []struct {
			Type              string
			Content, Response any
		}
	}
	if err := json.Unmarshal([]byte(messages), &list); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range list {
		for _, p := range m.Parts {
			for _, v := range []any{p.Content, p.Response} {
				if s, ok := v.(string); ok {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// selected runs a query and returns the ids of its events.
func selected(t *testing.T, c *casefile.Case, q casefile.EventQuery) []string {
	t.Helper()
	q.Columns = []string{"event_id"}
	rows, err := c.SelectEvents(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	ids := []string{}
	for rows.Next() {
		ids = append(ids, rows.Values()[0].(string))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestSearch compares what a search finds with a search made here, text by
// text.
func TestSearch(t *testing.T) {
	c := mixedCase(t)
	contains := func(needle string) func(string) bool {
		return func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(needle)) }
	}
	tests := []struct {
		name  string
		query casefile.EventQuery
		fits  func(string) bool
		some  bool
	}{
		{"word", casefile.EventQuery{Contains: "THE "}, contains("the "), true},
		{"beyond ASCII", casefile.EventQuery{Contains: "STRAßE"}, contains("straße"), true},
		{"nothing special", casefile.EventQuery{Contains: "%"}, contains("%"), false},
		{"terminal escape", casefile.EventQuery{Contains: "\x1b[2J"}, contains("\x1b[2J"), true},
		{"quotes", casefile.EventQuery{Contains: `'; drop table evidence; --"`}, contains(`'; drop table evidence; --"`), false},
		{"regex", casefile.EventQuery{Regex: `(?i)\bthe \w+s\b`}, regexp.MustCompile(`(?i)\bthe \w+s\b`).MatchString, true},
		{"error message", casefile.EventQuery{Contains: "QUOTA of heron"}, contains("quota of heron"), true},
		{"raw", casefile.EventQuery{Contains: `"eventversion":`, Raw: true}, contains(`"eventversion":`), true},
		{"raw regex", casefile.EventQuery{Regex: `"(model|modelId)":"`, Raw: true}, regexp.MustCompile(`"(model|modelId)":"`).MatchString, true},
		{"raw only on request", casefile.EventQuery{Contains: `"eventversion":`}, contains(`"eventversion":`), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, duplicates := range []bool{false, true} {
				view := map[bool]string{false: "events", true: "events_all"}[duplicates]
				want := []string{}
				for _, s := range everythingSaid(t, c, view) {
					if slices.ContainsFunc(s.texts, tt.fits) || tt.query.Raw && tt.fits(s.raw) {
						want = append(want, s.id)
					}
				}
				tt.query.Duplicates = duplicates
				if diff := cmp.Diff(want, selected(t, c, tt.query)); diff != "" {
					t.Errorf("%s (-searched here +found)\n%s", view, diff)
				}
				if (len(want) > 0) != tt.some {
					t.Errorf("%s: %d events", view, len(want))
				}
			}
		})
	}
}

func TestSelectEvents(t *testing.T) {
	c := mixedCase(t)
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		query casefile.EventQuery
		where string // the same in SQL
	}{
		{"all", casefile.EventQuery{}, "true"},
		{"equal", casefile.EventQuery{Matches: []casefile.Match{{[]string{"operation"}, []string{"Converse", "InvokeModel"}}}}, "operation in ('Converse', 'InvokeModel')"},
		{"pattern", casefile.EventQuery{Matches: []casefile.Match{{[]string{"principal"}, []string{"*assumed-role/agent-*", "eve"}}}}, "principal like '%assumed-role/agent-%' or principal = 'eve'"},
		{"no other wildcard", casefile.EventQuery{Matches: []casefile.Match{{[]string{"principal"}, []string{"e.e", "*_*|*"}}}}, "false"},
		{"several columns", casefile.EventQuery{Matches: []casefile.Match{{[]string{"credential_id", "issued_credential_id"}, []string{"ASIA*"}}}}, "credential_id like 'ASIA%' or issued_credential_id like 'ASIA%'"},
		{"both", casefile.EventQuery{Matches: []casefile.Match{{[]string{"plane"}, []string{"access"}}, {[]string{"outcome"}, []string{"denied", "error"}}}}, "plane = 'access' and outcome in ('denied', 'error')"},
		{"range", casefile.EventQuery{From: noon, To: noon.Add(2 * time.Hour)}, "ts >= '2026-03-02 12:00:00' and ts < '2026-03-02 14:00:00'"},
		{"where", casefile.EventQuery{Where: "input_tokens > 10 -- and nothing else"}, "input_tokens > 10"},
		{"quotes", casefile.EventQuery{Matches: []casefile.Match{{[]string{"principal"}, []string{"' or true --"}}}}, "false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := strings.Fields(table(t, c, "select event_id from events where "+tt.where+" order by ts nulls last, evidence_id, record, part"))
			got := selected(t, c, tt.query)
			if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
				t.Errorf("(-SQL +query)\n%s", diff)
			}
			tt.query.Limit = 3
			if got := selected(t, c, tt.query); !slices.Equal(got, want[:min(3, len(want))]) {
				t.Errorf("limited: %v, want the first of %v", got, want)
			}
		})
	}
	byRecord := selected(t, c, casefile.EventQuery{ByRecord: true, Duplicates: true})
	want := strings.Fields(table(t, c, "select event_id from events_all order by evidence_id, record, part"))
	if !slices.Equal(byRecord, want) {
		t.Error("the order of records is not that of the evidence")
	}
}

func TestSelectEventsRefuses(t *testing.T) {
	c := mixedCase(t)
	for name, q := range map[string]casefile.EventQuery{
		"column":     {Columns: []string{"event_id", `ts" from evidence; --`}},
		"match":      {Columns: []string{"event_id"}, Matches: []casefile.Match{{[]string{"nope"}, []string{"x"}}}},
		"no columns": {},
		"regex":      {Columns: []string{"event_id"}, Regex: "("},
		"where":      {Columns: []string{"event_id"}, Where: "true) union (select 'x'"},
		"subclause":  {Columns: []string{"event_id"}, Where: "true limit 1"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := c.SelectEvents(t.Context(), q)
			if err == nil {
				t.Fatal("was run", rows.Close())
			}
			if wrongColumn := name == "column" || name == "match"; errors.Is(err, casefile.ErrNoColumn) != wrongColumn {
				t.Error(err)
			}
		})
	}
}

// TestWriteEvents reads a Parquet file back and compares it with the view.
func TestWriteEvents(t *testing.T) {
	c := mixedCase(t)
	var file, again bytes.Buffer
	about := map[string]string{"exhibit_head": "1:ab", "exhibit_case": "x"}
	n, err := c.WriteEvents(t.Context(), &file, casefile.EventQuery{Duplicates: true}, about)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteEvents(t.Context(), &again, casefile.EventQuery{Duplicates: true}, about); err != nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Errorf("writing twice gave different files (%v)", err)
	}
	path := filepath.Join(t.TempDir(), "events.parquet")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	const query = "select * %s from %s order by ts nulls last, evidence_id, record, part"
	want := table(t, c, fmt.Sprintf(query, "exclude (eid)", "events_all"))
	got := elsewhere(t, "set TimeZone = 'UTC'", fmt.Sprintf(query, "", "'"+path+"'"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-view +file)\n%s", diff)
	}
	if all := table(t, c, "select count(*) from events_all"); all != fmt.Sprintln(n) {
		t.Errorf("%d events were written of %s", n, all)
	}
	meta := elsewhere(t, "set threads = 1", "select decode(key), decode(value) from parquet_kv_metadata('"+path+"') where decode(key) like 'exhibit%' order by 1")
	if meta != "exhibit_case x\nexhibit_head 1:ab\n" {
		t.Errorf("metadata: %s", meta)
	}
}

// TestWriteParquet reads the rows of a query back from a Parquet file in another
// client: every type, names of the caller's choice, and numbers as they are.
func TestWriteParquet(t *testing.T) {
	c := mixedCase(t)
	rows, err := c.Select(t.Context(), `
		select 1::tinyint as a, -170141183460469231731687303715884::hugeint as a, 18446744073709551615::ubigint as u, 12.3456::decimal(20,4) as d,
			1.5::float as f, 0.1::double as g, true as b, 'x' as s, timestamptz '2026-03-04 10:00:00.000001+00' as t, [1, 2] as l, {'a': '<'} as m
		union all select null, null, null, null, null, null, null, null, null, null, null`)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	names := []string{"a", "a_2", "u", "d", "f", "g", "b", "s", "t", "l", "m"}
	n, err := casefile.WriteParquet(&file, rows, names, map[string]string{"exhibit_head": "1:ab"})
	if err = errors.Join(err, rows.Close()); err != nil || n != 2 {
		t.Fatalf("%d rows, %v", n, err)
	}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	got := elsewhere(t, "set TimeZone = 'UTC'", "select a, a_2::varchar, u::varchar, d::varchar, f, g, b, s, t::varchar, l, m from '"+path+"' where a is not null")
	want := "1 -170141183460469231731687303715884 18446744073709551615 12.3456 1.5 0.1 true x 2026-03-04 10:00:00.000001+00 [1,2] {\"a\":\"<\"}\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := elsewhere(t, "set threads = 1", "select typeof(a_2), typeof(u), typeof(d), typeof(f), count(*) from '"+path+"' where a is null group by all"); got != "DECIMAL(38,0) DECIMAL(38,0) DECIMAL(38,4) DOUBLE 1\n" {
		t.Errorf("NULL came back as %s", got)
	}
}

// TestWriteParquetRefuses checks that a number that no file can hold is no other
// number in the file.
func TestWriteParquetRefuses(t *testing.T) {
	c := mixedCase(t)
	rows, err := c.Select(t.Context(), "select 170141183460469231731687303715884105727::hugeint as n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := casefile.WriteParquet(io.Discard, rows, nil, nil); err == nil || !strings.Contains(err.Error(), "38 digits") {
		t.Errorf("39 digits: %v", err)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
}

// elsewhere runs statements in a DuckDB that has nothing to do with the case.
func elsewhere(t *testing.T, setup, query string) string {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	return tableOf(t, db, query)
}

// TestOpenScript runs the script in another client and asks it.
func TestOpenScript(t *testing.T) {
	c := mixedCase(t)
	script, err := c.OpenScript()
	if err != nil {
		t.Fatal(err)
	}
	const query = `
		select 'events', count(*), count(distinct event_id) from events
		union all select 'all', count(*), count(prompt) from events_all
		union all select 'calls', count(*), sum(events) from calls
		union all select 'content', count(*), sum(length(text)) from content
		union all select 'uses', count(*), count(distinct hash) from content_use
		union all select 'records', count(*), count(raw) from records
		union all select 'identifiers', count(*), count(distinct value) from identifiers
		order by 1`
	if diff := cmp.Diff(table(t, c, query), elsewhere(t, script, query)); diff != "" {
		t.Errorf("(-here +elsewhere)\n%s", diff)
	}
}

func TestSelect(t *testing.T) {
	c := mixedCase(t)
	tests := []struct{ name, query, want string }{
		{"names", "select 1 as a, 2 as a, 3", `a=1 a=2 3=3`},
		{"null and empty", "select null as n, '' as e", `n=<nil> e=`},
		{"exact", "select 1.10::decimal(18,9) as d, 170141183460469231731687303715884105727::hugeint as h, 18446744073709551615::ubigint as u", `d=1.1 h=170141183460469231731687303715884105727 u=18446744073709551615`},
		{"JSON", `select '{"z":1,"a":12345678901234567890}'::json as j`, `j={"z":1,"a":12345678901234567890}`},
		{"nested", "select [1, null] as l, {'b': 1, 'a': [x]} as s, map{'k': 1.50} as m, union_value(k := 1) as u from (select 'q' as x)", `l=[1,null] s={"b":1,"a":["q"]} m={"k":1.5} u={"k":1}`},
		{"map with keys of bytes", "select map{'a'::blob: [1]} as m", `m={"a":[1]}`},
		{"bytes", "select '\\xFF\\x00'::blob as b, '101'::bit as i", `b=ff00 i=101`},
		{"times", "select date '2026-01-02' as d, timestamp '2026-01-02 03:04:05.6' as t, time '03:04:05' as c, interval '-1 day 1.5 second' as i", `d=2026-01-02 t=2026-01-02T03:04:05.6 c=03:04:05 i=P-1DT1.5S`},
		{"instant", "select timestamptz '2026-01-02 03:04:05+01' as t", `t=2026-01-02 02:04:05 +0000 UTC`},
		{"uuid", "select uuid '00000000-0000-4000-8000-000000000001' as u, [uuid '00000000-0000-4000-8000-000000000001'] as l", `u=00000000-0000-4000-8000-000000000001 l=["00000000-0000-4000-8000-000000000001"]`},
		{"semicolon", "select [1] as l ;\n ", `l=[1]`},
		{"comment", "select [1] as l -- done", `l=[1]`},
		{"comment behind a semicolon", "select 1 as l; -- done", `l=1`},
		{"order of nested rows", "select string_agg(x, '') as a from (select x from (values ('c', [1]), ('a', [2]), ('b', [3])) v(x, l) order by x)", `a=abc`},
		{"with", "with q as (select 1 as a) from q", `a=1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := c.Select(t.Context(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var got []string
			for rows.Next() {
				for i, v := range rows.Values() {
					if raw, ok := v.(json.RawMessage); ok {
						v = string(raw)
					}
					got = append(got, fmt.Sprintf("%s=%v", rows.Columns()[i].Name, v))
				}
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
	for _, query := range []string{"select 1; select 2", "", "select [1]; -- done", "drop table evidence", "select 'a' where false; copy evidence to 'x'"} {
		if rows, err := c.Select(t.Context(), query); err == nil {
			t.Error("was run:", query, rows.Close())
		}
	}
}

// TestSelectKeepsOrder checks that rows with nested values stay in the order of
// the query.
func TestSelectKeepsOrder(t *testing.T) {
	c := mixedCase(t)
	rows, err := c.Select(t.Context(), "select x, [x] as l from range(200000) r(x) order by x % 1000, x desc")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	last, n := [2]int64{-1, 0}, 0
	for ; rows.Next(); n++ {
		x := rows.Values()[0].(int64)
		if x%1000 < last[0] || x%1000 == last[0] && x >= last[1] {
			t.Fatalf("row %d is out of order", n)
		}
		last = [2]int64{x % 1000, x}
	}
	if err := rows.Err(); err != nil || n != 200000 {
		t.Fatal(n, err)
	}
}

// tableOf runs a query of any database as [table] does.
func tableOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out.WriteString(strings.TrimSuffix(fmt.Sprintln(values...), "\n") + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
