package casefile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// callLog writes lines to a file of its own and returns its path.
func callLog(t *testing.T, name string, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// loadMapped loads a file whose members are the named columns.
func loadMapped(t *testing.T, dir string, key *ledger.Key, columns, path string) {
	t.Helper()
	var text strings.Builder
	for _, name := range strings.Fields(columns) {
		if name == "cost_usd" {
			fmt.Fprintf(&text, "%s: {path: %s, unit: usd}\n", name, name)
			continue
		}
		fmt.Fprintf(&text, "%s: %s\n", name, name)
	}
	o := loadOptions(dir, key, path)
	var err error
	if o.Map, err = formats.ParseMap("columns.yml", []byte(text.String())); err != nil {
		t.Fatal(err)
	}
	o.MapFile = []byte(text.String())
	if _, err := Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// TestCallsInPieces checks that records which make up one call are one call
// with the columns of all of them, and that records which only share an id are
// not.
func TestCallsInPieces(t *testing.T) {
	const logged = "ts plane kind outcome request_id trace_id span_id sequence input_tokens output_tokens prompt response content_state"
	const columns = "select call_id is not null, events, planes, roles, kind, outcome, content_state, ts::varchar, input_tokens, output_tokens, prompt_hash is not null, response_hash is not null, disagreements from calls order by ts"
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"pieces", []string{
			`{"ts":"2026-03-04T05:06:09Z","plane":"content","kind":"inference","request_id":"r-1","sequence":3,"input_tokens":7,"output_tokens":9,"outcome":"success"}`,
			`{"ts":"2026-03-04T05:06:07Z","plane":"content","kind":"inference","request_id":"r-1","sequence":1,"prompt":"why","content_state":"partial"}`,
			`{"ts":"2026-03-04T05:06:08Z","plane":"content","kind":"inference","request_id":"r-1","sequence":2,"response":"because","content_state":"partial","output_tokens":4}`,
		}, "true 3 content content inference success present 2026-03-04 05:06:07+00 7 9 true true <nil>\n"},
		{"messages belong to the call they share a span with", []string{
			`{"ts":"2026-03-04T05:06:07Z","plane":"content","kind":"inference","trace_id":"t-1","span_id":"s-1","outcome":"success","input_tokens":3,"output_tokens":4}`,
			`{"ts":"2026-03-04T05:06:07Z","plane":"content","kind":"message","trace_id":"t-1","span_id":"s-1","sequence":1,"prompt":"why"}`,
			`{"ts":"2026-03-04T05:06:08Z","plane":"content","kind":"message","trace_id":"t-1","span_id":"s-1","sequence":2,"response":"because"}`,
			`{"ts":"2026-03-04T05:06:08Z","plane":"content","kind":"message","trace_id":"t-1","span_id":"s-2","sequence":1,"response":"lost"}`,
		}, "true 3 content content inference success present 2026-03-04 05:06:07+00 3 4 true true <nil>\n"},
		{"equal ids are not pieces", []string{
			`{"ts":"2026-03-04T05:06:07Z","plane":"content","kind":"inference","request_id":"r-1","outcome":"success","output_tokens":1}`,
			`{"ts":"2026-03-04T05:06:08Z","plane":"content","kind":"inference","request_id":"r-1","outcome":"error","output_tokens":2}`,
		}, "true 1 content content inference success not_logged 2026-03-04 05:06:07+00 <nil> 1 false false <nil>\n" +
			"true 1 content content inference error not_logged 2026-03-04 05:06:08+00 <nil> 2 false false <nil>\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pieces.case")
			loadMapped(t, dir, testKey(t), logged, callLog(t, "all.jsonl", c.lines...))
			all := queryText(t, mustOpen(t, dir), columns)
			if d := cmp.Diff(c.want, all); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			mustBeClean(t, dir)

			// The same, a record a load.
			dir, key := filepath.Join(t.TempDir(), "grown.case"), testKey(t)
			for _, line := range c.lines {
				loadMapped(t, dir, key, logged, callLog(t, "one.jsonl", line))
			}
			if d := cmp.Diff(all, queryText(t, mustOpen(t, dir), columns)); d != "" {
				t.Errorf("loaded one by one (-at once +one by one):\n%s", d)
			}
			mustBeClean(t, dir)
		})
	}
}
