package casefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// attacks are statements that must neither change a byte of a case nor reach a
// file outside of it. {{segment}} is a live segment, {{dir}} the case, {{out}}
// a file outside of it.
func attacks() []string {
	return []string{
		"copy (select 1) to '{{segment}}'",
		"copy (select 1) to '{{segment}}' (format parquet, overwrite true)",
		"copy (select 1) to '{{segment}}' (use_tmp_file false)",
		"explain analyze copy (select 1) to '{{segment}}' (use_tmp_file false)",
		"copy (select 1) to '{{out}}'",
		"copy (select 1) to '{{dir}}/records/x.parquet'",
		"copy evidence from '{{out}}'",
		"export database '{{out}}'",
		"import database '{{dir}}'",
		"attach '{{out}}' as planted",
		"attach '{{dir}}/ledger.jsonl' as planted (type sqlite)",
		"detach derived",
		"install httpfs",
		"load httpfs",
		"load '{{out}}'",
		"set threads = 1",
		"set enable_external_access = true",
		"set allowed_paths = ['/']",
		"set lock_configuration = false",
		"set session timezone = 'Europe/Zurich'",
		"reset all",
		"reset lock_configuration",
		"pragma enable_profiling",
		"pragma database_list",
		"pragma version",
		"use memory",
		"select * from read_csv('/etc/passwd')",
		"select * from read_csv_auto('/etc/passwd')",
		"select * from '/etc/passwd'",
		"from '{{dir}}/ledger.jsonl'",
		"select * from read_text('/etc/passwd')",
		"select * from read_blob('{{dir}}/ledger.jsonl')",
		"select * from read_json('{{dir}}/ledger.jsonl')",
		"select * from read_ndjson_objects('{{dir}}/ledger.jsonl')",
		"select * from read_parquet('{{out}}')",
		"select * from read_parquet('{{dir}}/records/*.parquet')",
		"select * from read_duckdb('{{out}}')",
		"select * from glob('/etc/*')",
		"select * from sniff_csv('/etc/passwd')",
		"select * from parquet_metadata('{{out}}')",
		"select getenv('HOME')",
		"select 1; select 2",
		"select 1; copy (select 1) to '{{segment}}'",
		"copy (select 1) to '{{segment}}'; select 1",
		"create table t (a integer)",
		"create temp table t (a integer)",
		"create view v as select 1",
		"create or replace temp view events as select 1",
		"create macro f(x) as x",
		"create schema s",
		"create secret s (type s3)",
		"insert into evidence select * from evidence",
		"update evidence set path = 'x'",
		"delete from evidence",
		"drop view events",
		"drop table evidence",
		"alter table evidence rename to e",
		"truncate evidence",
		"checkpoint",
		"force checkpoint",
		"vacuum",
		"analyze",
		"begin transaction",
		"prepare p as copy (select 1) to '{{segment}}'",
		"execute p",
		"deallocate p",
		"call enable_logging()",
		"call pragma_version()",
		"explain analyze copy (select 1) to '{{segment}}'",
		"explain analyze copy (select 1) to '{{out}}'",
		"explain (analyze) copy (select 1) to '{{segment}}'",
		"explain (analyze, format json) copy (select 1) to '{{segment}}'",
		"EXPLAIN\tANALYZE\nCOPY (select 1) to '{{segment}}'",
		"/* /* */ select 1 -- */ explain analyze copy (select 1) to '{{segment}}'",
		"explain /* /* */ select 1 -- */ analyze copy (select 1) to '{{segment}}'",
		"explain (analyze /* ) select 1 -- */ ) copy (select 1) to '{{segment}}'",
		"explain analyze create table t (a integer)",
		"explain analyze insert into evidence select * from evidence",
		"explain analyze select * from enable_logging()",
		"with x as (copy (select 1) to '{{segment}}') select * from x",
		"with x as (insert into evidence select * from evidence returning 1) select * from x",
		"select * from query('copy (select 1) to ''{{segment}}''')",
		"select * from query('select * from enable_logging()')",
		"select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
		"select * from enable_logging(storage = 'file', storage_path = '{{out}}')",
		"select * from enable_logging(storage = 'file', storage_path = '{{segment}}')",
		"select * from ENABLE_LOGGING()",
		`select * from "enable_logging"()`,
		"select * from system.main.enable_logging()",
		"select * from enable_profiling(save_location = '{{segment}}')",
		"select (select count(*) from enable_logging())",
		"select * from (from enable_logging())",
		"with x as (select * from enable_logging()) select * from x",
		"select 1 union all select * from disable_logging()",
		"select * from checkpoint()",
		"select * from force_checkpoint()",
		"select * from truncate_duckdb_logs()",
		"select * from arrow_scan(1, 2, 3)",
		"select write_log('x')",
		"select main.write_log('x')",
		"",
		"-- nothing",
		"select",
		"select '",
		"select /*",
	}
}

func fillPlaces(text, dir, out string) string {
	segment := filepath.Join(dir, recordsDir, "000001.parquet")
	return strings.NewReplacer("{{segment}}", segment, "{{dir}}", dir, "{{out}}", out).Replace(text)
}

// TestLockedDown runs the attacks as statements of a user.
func TestLockedDown(t *testing.T) {
	dir := smallCase(t, testKey(t))
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, beside := readTree(t, dir), readTree(t, filepath.Dir(outside))
	c := mustOpen(t, dir)
	for _, a := range attacks() {
		rows, err := c.Query(t.Context(), fillPlaces(a, dir, outside))
		if err != nil {
			continue
		}
		// What may run must end in an error when it is read, or give nothing.
		n := 0
		for rows.Next() {
			n++
		}
		if rows.Err() == nil {
			t.Errorf("%s: it ran and gave %d rows", a, n)
		}
		_ = rows.Close()
	}
	if !readTree(t, dir).equal(before) {
		t.Error("the case has changed")
	}
	if !readTree(t, filepath.Dir(outside)).equal(beside) {
		t.Error("files outside the case have changed")
	}
	if got := queryText(t, c, "select count(*) from events"); got == "" {
		t.Error("the connection is of no use any more")
	}
	mustBeClean(t, dir)
}

// TestLockedDownConnection runs them on the connections themselves, which have the
// live segments and nothing else. Overwriting one of those in place, and the
// functions that end the process, are left to [Case.Query].
func TestLockedDownConnection(t *testing.T) {
	dir := smallCase(t, testKey(t))
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, beside := readTree(t, dir), readTree(t, filepath.Dir(outside))
	c := mustOpen(t, dir)
	for _, a := range attacks() {
		if strings.Contains(a, "use_tmp_file") || strings.Contains(strings.ToLower(a), "_logging") || strings.Contains(a, "profiling") {
			continue
		}
		for _, c := range []*Case{c, c.Beside()} {
			_, _ = c.DB().ExecContext(t.Context(), fillPlaces(a, dir, outside))
			if strings.HasPrefix(a, "begin") {
				_, _ = c.DB().ExecContext(t.Context(), "rollback")
			}
		}
	}
	if !readTree(t, dir).equal(before) {
		t.Error("the case has changed")
	}
	if !readTree(t, filepath.Dir(outside)).equal(beside) {
		t.Error("files outside the case have changed")
	}
}

func TestQueryAllows(t *testing.T) {
	c := mustOpen(t, smallCase(t, testKey(t)))
	for _, q := range []string{
		"select 1", "select 1;", " \n select 1 -- and a comment", "from events", "table calls", "values (1), (2)", "(select 1)",
		"with x as (select 1 as a) select * from x", "select * from range(3)", "select unnest([1, 2])", "describe events",
		"summarize calls", "show tables", "explain select * from events", "explain analyze select count(*) from events",
		"explain (format json) select 1", "EXPLAIN (select 1)", "select principal, count(*) from calls group by all order by all",
		"select * from events where prompt like '%enable_logging()%'", "select raw from records", "select count(*) from content_use",
		"select * from duckdb_columns()", "select list_transform([1], lambda x: x + 1)", "unpivot (select 1 as a) on a",
		"select json_extract(parameters, '$.seed') from events", "select regexp_matches(path, 'a') from evidence",
	} {
		rows, err := c.Query(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			t.Errorf("%s: %v", q, err)
		}
		_ = rows.Close()
	}
	rows, err := c.Query(t.Context(), "select $1::integer + 1", 41)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var n int
	if !rows.Next() || rows.Scan(&n) != nil || n != 42 {
		t.Errorf("a parameter gave %d", n)
	}
}

func TestCheckWhere(t *testing.T) {
	dir := smallCase(t, testKey(t))
	c := mustOpen(t, dir)
	before := readTree(t, dir)
	segment := filepath.Join(dir, recordsDir, "000001.parquet")
	tests := []struct {
		expr string
		ok   bool
	}{
		{"true", true},
		{"model = 'm' and prompt is not null", true},
		{"model = 'm' or model = 'n'", true},
		{"model = 'm' -- and a comment", true},
		{"prompt like '%) or (%'", true},
		{"(model = 'm') or (model = 'n')", true},
		{"exists (select 1 from evidence where records > 0)", true},
		{"ts > '2026-01-01'::timestamptz", true},
		{"model in ('m', 'n') /* both */", true},
		{"not model = 'm'", true},
		{"case when model = 'm' then true end", true},
		{`"model" = 'm;'`, true},
		{"", false},
		{"-- nothing", false},
		{"model =", false},
		{"'", false},
		{"/*", false},
		{"1) or (1", false},
		{"1) and (1", false},
		{"1) = (1", false},
		{"1) union all select (2", false},
		{"true) order by (1", false},
		{"true) limit (1", false},
		{"true) group by (1", false},
		{"true) -- ", false},
		{"true) window w as (order by 1", false},
		{"true); select (1", false},
		{"true; select 1", false},
		{"true, true", true}, // a row value: refused when it is used
		{"1); copy (select 1) to '" + segment + "' --", false},
		{"1); copy (select 1) to '" + segment + "'; select (1", false},
		{"1); drop view events; select (1", false},
		{"(select count(*) from enable_logging()) > 0", false},
		{"write_log('x') is null", false},
		{"exists (from read_text('/etc/passwd'))", false},
		{"{{where}}", false},
	}
	for _, tt := range tests {
		err := c.CheckWhere(t.Context(), tt.expr)
		if (err == nil) != tt.ok {
			t.Errorf("CheckWhere(%q) = %v", tt.expr, err)
		}
		if err != nil {
			continue
		}
		rows, err := c.Query(t.Context(), Where("select * from events", tt.expr))
		if err != nil {
			if tt.expr != "true, true" {
				t.Errorf("%s: %v", tt.expr, err)
			}
			continue
		}
		for rows.Next() {
		}
		_ = rows.Close()
	}
	if !readTree(t, dir).equal(before) {
		t.Error("the case has changed")
	}
}

// TestPlantedMacros opens a case in whose derived database macros stand in for
// functions that the views use.
func TestPlantedMacros(t *testing.T) {
	dir := smallCase(t, testKey(t))
	whole := mustOpen(t, dir)
	want := queryText(t, whole, "select event_id, lower(model), record_sha256 from events order by all")
	if err := whole.Close(); err != nil { // DuckDB opens a file in one way at a time
		t.Fatal(err)
	}
	generation := filepath.Join(dir, derivedDir, stateOf(t, dir).generation)
	for _, m := range []string{"lower(x) as 'planted'", "hex(x) as '00'", "substr(a, b, c) as 'planted'", "read_parquet(x) as table select 1"} {
		alterDatabase(t, generation, "create macro "+m)
	}
	c := mustOpen(t, dir)
	if got := queryText(t, c, "select event_id, lower(model), record_sha256 from events order by all"); got != want {
		t.Errorf("planted macros were used:\n%s", got)
	}
}
