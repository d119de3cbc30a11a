package casefile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// withCase opens a case for one function: DuckDB shares an open database
// in a process.
func withCase(t *testing.T, dir string, use func(c *Case)) {
	t.Helper()
	c, err := Open(t.Context(), dir, OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	use(c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// surface are queries over every view whose rows must not depend on the order
// of loading. What counts loads or places in segments is left out.
func surface() []string {
	return []string{
		"select * exclude (eid) from events order by event_id",
		"select * exclude (eid) from events_all order by event_id",
		"select * exclude (eid) from calls order by call_id",
		"select hash, role, text, first_event from content order by hash",
		"select * from content_use order by all",
		"select * from identifiers order by all",
		"select * exclude (segment, row) from records order by evidence_id, byte_offset, record",
		"select * exclude (evidence, load) from evidence where evidence is not null order by evidence_id",
	}
}

// TestLoadOrder loads the same evidence in two orders: in one load, and one by
// one from the last to the first.
func TestLoadOrder(t *testing.T) {
	key := testKey(t)
	small, traffic := smallEvidence(t), drillEvidence(t, drill.Config{Calls: 300, Days: 2})
	copyTo(t, filepath.Join(small, "a", "lines.jsonl"), filepath.Join(small, "a", "again.jsonl"), "\n")
	found, err := Walk([]string{small, traffic}, Select{}, "")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, in := range found {
		paths = append(paths, in.Path)
	}
	backwards := slices.Clone(paths)
	slices.Reverse(backwards)
	var want map[string]string
	for _, order := range []struct {
		name  string
		loads [][]string
	}{
		{"at once", [][]string{paths}},
		{"backwards", each1(backwards)},
	} {
		dir := filepath.Join(t.TempDir(), "x.case")
		for _, load := range order.loads {
			mustLoad(t, dir, key, load...)
		}
		mustBeClean(t, dir)
		got := map[string]string{}
		withCase(t, dir, func(c *Case) {
			for _, q := range surface() {
				got[q] = queryText(t, c, q)
			}
		})
		if want == nil {
			want = got
			continue
		}
		for _, q := range surface() {
			if diff := cmp.Diff(strings.Split(want[q], "\n"), strings.Split(got[q], "\n")); diff != "" {
				t.Errorf("%s: %s differs from loading at once (-want +got):\n%.2000s", order.name, q, diff)
			}
		}
	}
}

func each1(paths []string) [][]string {
	var out [][]string
	for _, p := range paths {
		out = append(out, []string{p})
	}
	return out
}

// callColumns are the columns of the calls of a case, by call and name. NULL is
// left out.
type callColumns map[string]map[string]string

// callsOf loads evidence into a new case and returns its calls.
func callsOf(t *testing.T, paths ...string) callColumns {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "x.case")
	mustLoad(t, dir, testKey(t), paths...)
	out := callColumns{}
	withCase(t, dir, func(c *Case) {
		rows, err := c.Query(t.Context(), "select * exclude (eid) from calls")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, at := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				at[i] = &values[i]
			}
			if err := rows.Scan(at...); err != nil {
				t.Fatal(err)
			}
			call := map[string]string{}
			for i, v := range values {
				if v != nil {
					call[names[i]] = fmt.Sprint(v)
				}
			}
			if out[call["call_id"]] != nil {
				t.Fatalf("two calls %s", call["call_id"])
			}
			out[call["call_id"]] = call
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	})
	if len(out) == 0 {
		t.Fatalf("no calls in %v", paths)
	}
	return out
}

// mustOnlyAdd checks that every call is there when more sources are loaded, and
// that what was known of it is the same.
func mustOnlyAdd(t *testing.T, fewer, more callColumns, except func(column string, call map[string]string) bool) {
	t.Helper()
	told := 0
	for id, call := range fewer {
		if more[id] == nil {
			t.Errorf("call %s is lost when more sources are loaded: %v", id, call)
			continue
		}
		for column, value := range call {
			switch column {
			case "events", "planes", "roles", "disagreements": // say which sources there are
				continue
			case "ts_end": // of whoever saw the call longest
				continue
			}
			if got := more[id][column]; got != value && !except(column, more[id]) {
				if told++; told <= 20 {
					t.Errorf("call %s: %s is %q from fewer sources and %q from more", id, column, value, got)
				}
			}
		}
	}
}

// sameCalls checks that two cases have the same calls.
func sameCalls(t *testing.T, one, other callColumns) {
	t.Helper()
	for id := range other {
		if one[id] == nil {
			t.Errorf("call %s is there only when more sources are loaded: %v", id, other[id])
		}
	}
	if len(one) != len(other) {
		t.Errorf("%d calls from fewer sources and %d from more", len(one), len(other))
	}
}

// never says that no column may change.
func never(string, map[string]string) bool { return false }

// TestOneIncidentFromSeveralSources loads the same traffic as one source saw it,
// as two did, four, and five. It must be the same calls: a source that joins
// them adds what it alone knows and changes nothing.
func TestOneIncidentFromSeveralSources(t *testing.T) {
	names := []string{"cloudtrail.json", "bedrock.jsonl", "litellm.jsonl", "otlp.jsonl", "langfuse.jsonl"}
	traffic := drillEvidence(t, drill.Config{Calls: 700, Days: 2, Sources: []string{"cloudtrail", "bedrock", "litellm", "otlp", "langfuse"}})
	for i := range names {
		names[i] = filepath.Join(traffic, names[i])
	}
	access, one, two := callsOf(t, names[0]), callsOf(t, names[1]), callsOf(t, names[:2]...)
	four, five := callsOf(t, names[:4]...), callsOf(t, names...)
	// An access log calls an embedding an inference, and it cannot see a
	// guardrail: what it calls a success was blocked for the other source.
	mustOnlyAdd(t, access, two, func(column string, call map[string]string) bool {
		return column == "kind" && call["kind"] == "embedding" || column == "outcome" && call["outcome"] == "blocked" ||
			column == "event_id" || column == "ts" || column == "content_state"
	})
	for _, step := range [][2]callColumns{{one, two}, {two, four}, {four, five}, {one, five}} {
		mustOnlyAdd(t, step[0], step[1], never)
		sameCalls(t, step[0], step[1])
	}
	// What the provider's logs do not say comes from the others.
	for _, call := range five {
		if call["roles"] != "access+content+gateway+trace" || call["events"] != "5" || call["cost_usd"] == "" || call["latency_us"] == "" || call["trace_id"] == "" {
			t.Errorf("a call does not show what five sources saw: %v", call)
		}
	}
	for _, cased := range []callColumns{two, four, five} {
		checkDisagreements(t, cased)
	}
}

// checkDisagreements allows the sources to differ in the outcome of what a
// guardrail blocked: an audit log calls it a success.
func checkDisagreements(t *testing.T, calls callColumns) {
	t.Helper()
	for id, call := range calls {
		for column := range strings.SplitSeq(call["disagreements"], ",") {
			switch {
			case column == "" || column == "outcome" && call["outcome"] == "blocked":
			default:
				t.Errorf("call %s: the sources disagree on %s", id, column)
			}
		}
	}
}

// TestOneIncidentWithoutAnAuditLog is the same for a provider whose calls were
// recorded on the way. The gateway sees calls of other providers as well.
func TestOneIncidentWithoutAnAuditLog(t *testing.T) {
	traffic := drillEvidence(t, drill.Config{Calls: 1000, Days: 2, Words: [2]int{5, 60}, Sources: []string{"openai", "litellm", "otlp", "langfuse"}})
	at := func(name string) string { return filepath.Join(traffic, name+".jsonl") }
	one, two := callsOf(t, at("openai")), callsOf(t, at("openai"), at("litellm"))
	traced, all := callsOf(t, at("openai"), at("langfuse")), callsOf(t, at("openai"), at("litellm"), at("otlp"), at("langfuse"))
	mustOnlyAdd(t, one, two, never)
	mustOnlyAdd(t, one, traced, never)
	mustOnlyAdd(t, two, all, never)
	sameCalls(t, two, all)
	sameCalls(t, traced, all)
	for id := range one {
		if call := all[id]; call["roles"] != "content+gateway+trace" || call["events"] != "4" {
			t.Errorf("a call of OpenAI does not show what four sources saw: %v", call)
		}
	}
}
