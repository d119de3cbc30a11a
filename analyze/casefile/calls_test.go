package casefile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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

// TestBatches checks that requests and replies of batches are joined by their
// custom_id where it is certain which files belong together, whatever the order
// in which these are loaded.
func TestBatches(t *testing.T) {
	request := func(id, text string) string {
		return `{"custom_id":"` + id + `","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[{"role":"user","content":"` + text + `"}]}}`
	}
	reply := func(id, text string) string {
		return `{"id":"batch_req_` + text + `","custom_id":"` + id + `","response":{"status_code":200,"request_id":"req_` + text + `","body":{"id":"chatcmpl-` + text +
			`","object":"chat.completion","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"` + text + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}},"error":null}`
	}
	files := [][]string{
		{request("r-1", "a"), request("r-2", "b")},
		{reply("r-1", "A"), reply("r-2", "B")},
		{request("r-1", "c"), request("r-3", "d")}, // r-1 again, of another batch
		{reply("r-3", "D"), reply("r-1", "C")},
	}
	const query = "select events, content_state, output_tokens, request_id from calls order by request_id nulls last, prompt_hash"
	want := "2 present 2 req_A\n2 present 2 req_B\n2 present 2 req_C\n2 present 2 req_D\n"
	// A third file of requests fits the replies of the first batch too: nobody
	// can say which of the two they answer.
	doubt := append(slices.Clone(files), []string{request("r-1", "e"), request("r-2", "f")})
	apart := "1 partial 2 req_A\n1 partial 2 req_B\n2 present 2 req_C\n2 present 2 req_D\n" + strings.Repeat("1 partial <nil> <nil>\n", 4)
	for _, c := range []struct {
		name  string
		files [][]string
		want  string
	}{{"certain", files, want}, {"doubtful", doubt, apart}} {
		t.Run(c.name, func(t *testing.T) {
			var paths []string
			for i, lines := range c.files {
				paths = append(paths, callLog(t, fmt.Sprintf("%d.jsonl", i), lines...))
			}
			key := testKey(t)
			for _, order := range []string{"at once", "one by one", "backwards"} {
				dir := filepath.Join(t.TempDir(), "batch.case")
				if order == "backwards" {
					slices.Reverse(paths)
				}
				if order == "at once" {
					mustLoad(t, dir, key, paths...)
				} else {
					for _, p := range paths {
						mustLoad(t, dir, key, p)
					}
				}
				if d := cmp.Diff(c.want, queryText(t, mustOpen(t, dir), query)); d != "" {
					t.Errorf("%s (-want +got):\n%s", order, d)
				}
				mustBeClean(t, dir)
			}
		})
	}
}

// TestChunks checks that what a log cut into chunks is put together, and stays
// as it is where a chunk is missing.
func TestChunks(t *testing.T) {
	row := func(n int, request, reply string) string {
		return fmt.Sprintf(`{"TimeGenerated":"2026-04-08T12:00:00Z","CorrelationId":"c-1","SequenceNumber":%d,"OperationName":"Microsoft.ApiManagement/GatewayLlmLogs","Category":"GatewayLlmLogs","Type":"ApiManagementGatewayLlmLog","DeploymentName":"d","ModelName":"m","PromptTokens":7,"CompletionTokens":9,"TotalTokens":16,"RequestMessages":%s,"ResponseMessages":%s}`, n, request, reply)
	}
	rows := []string{
		row(0, "null", "null"),
		row(1, `"[{\"role\":\"user\",\"content\":\"When does"`, "null"),
		row(2, `" the tide turn?\"}]"`, "null"),
		row(3, "null", `"{\"role\":\"assistant\",\"content\":\"At"`),
		row(4, "null", `" noon.\"}"`),
	}
	const query = "select events, content_state, input_tokens, (select text from content where hash = prompt_hash), (select text from content where hash = response_hash) from calls"
	for _, c := range []struct {
		name string
		rows []string
		want string
	}{
		{"whole", rows, "5 present 7 When does the tide turn? At noon.\n"},
		{"a chunk is missing", slices.Delete(slices.Clone(rows), 2, 3), "4 truncated 7 [{\"role\":\"user\",\"content\":\"When does  noon.\"}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := testKey(t)
			for _, order := range []string{"at once", "one by one"} {
				dir := filepath.Join(t.TempDir(), "chunks.case")
				if order == "at once" {
					mustLoad(t, dir, key, callLog(t, "rows.jsonl", c.rows...))
				} else {
					for i, r := range slices.Backward(c.rows) {
						mustLoad(t, dir, key, callLog(t, fmt.Sprintf("%d.jsonl", i), r))
					}
				}
				withCase(t, dir, func(k *Case) {
					if d := cmp.Diff(c.want, queryText(t, k, query)); d != "" {
						t.Errorf("%s (-want +got):\n%s", order, d)
					}
				})
				if err := os.RemoveAll(filepath.Join(dir, derivedDir)); err != nil {
					t.Fatal(err)
				}
				if r := mustRebuild(t, rebuildOptions(dir, key)); len(r.Changed) > 0 {
					t.Errorf("%s: a rebuild changed %v", order, r.Changed)
				}
				mustBeClean(t, dir)
			}
		})
	}
}
