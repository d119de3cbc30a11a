package casefile

import (
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
		"select * from calls order by call_id",
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

// TestOneIncidentFromSeveralSources loads the same traffic as one source saw
// it, as the other did, and as both did. It must be the same calls.
func TestOneIncidentFromSeveralSources(t *testing.T) {
	key := testKey(t)
	traffic := drillEvidence(t, drill.Config{Calls: 1000, Days: 2, Sources: []string{"cloudtrail", "bedrock"}})
	found, err := Walk([]string{traffic}, Select{}, "")
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	// The kind is left out: an access log calls an embedding an inference. An
	// access log cannot see a guardrail either: what it calls a success was
	// blocked for the other source, and the call says that they disagree.
	columns := []string{"outcome", "operation", "error_code", "principal", "model", "region", "request_id", "session_id", "input_tokens", "output_tokens"}
	calls := func(paths ...string) map[string][]string {
		dir := filepath.Join(t.TempDir(), "x.case")
		mustLoad(t, dir, key, paths...)
		out := map[string][]string{}
		withCase(t, dir, func(c *Case) {
			text := queryText(t, c, "select concat_ws('|', call_id, coalesce("+strings.Join(columns, "::varchar, ''), coalesce(")+"::varchar, ''), coalesce(disagreements, '')) from calls")
			for line := range strings.Lines(text) {
				fields := strings.Split(strings.TrimSuffix(line, "\n"), "|")
				if len(fields) != len(columns)+2 || out[fields[0]] != nil {
					t.Fatalf("call %q", line)
				}
				out[fields[0]] = fields[1:]
			}
		})
		return out
	}
	one, other, both := calls(found[0].Path), calls(found[1].Path), calls(found[0].Path, found[1].Path)
	if len(both) == 0 || len(one) == 0 || len(other) == 0 {
		t.Fatalf("%d, %d and %d calls", len(one), len(other), len(both))
	}
	seen := 0
	for id, call := range both {
		a, b := one[id], other[id]
		if a == nil && b == nil {
			t.Errorf("call %s is in neither source alone", id)
			continue
		}
		if a != nil && b != nil {
			seen++
		}
		blocked := call[0] == "blocked"
		if disagree := call[len(columns)]; disagree != "" && (!blocked || disagree != "outcome") {
			t.Errorf("call %s: the sources disagree on %s", id, call[len(columns)])
		}
		for i, name := range columns {
			for _, alone := range [][]string{a, b} {
				if alone != nil && alone[i] != "" && alone[i] != call[i] && (!blocked || name != "outcome") {
					t.Errorf("call %s: %s is %q from one source and %q from both", id, name, alone[i], call[i])
				}
			}
		}
	}
	for _, alone := range []map[string][]string{one, other} {
		for id := range alone {
			if both[id] == nil {
				t.Errorf("call %s is lost when both sources are loaded: %v", id, alone[id])
			}
		}
	}
	if seen < len(both)/2 {
		t.Errorf("only %d of %d calls are seen by both sources", seen, len(both))
	}
	t.Logf("%d calls, %d of them seen by both", len(both), seen)
}
