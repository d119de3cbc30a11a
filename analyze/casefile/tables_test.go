package casefile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats"
)

// TestTablesAndWrappedLines loads a table of several segments, and the lines of
// two container runtimes with a text in parts: the case keeps how they were
// read, so that all of it can be decoded and derived again.
func TestTablesAndWrappedLines(t *testing.T) {
	var table, cri, docker strings.Builder
	table.WriteString("ts;user;model;prompt;input_tokens\r\n")
	for i := range segmentRecords + 5 {
		fmt.Fprintf(&table, "2026-03-04T05:06:07Z;user-%d;m;\"a\r\nb; \"\"%d\"\"\";%d\r\n", i%3, i, i%10)
	}
	for i := range 5 {
		at := fmt.Sprintf("2026-03-04T05:06:0%dZ", i)
		fmt.Fprintf(&cri, "%s stdout P {\"model\":\"c\",\n%s stdout F \"prompt\":\"%d\"}\n", at, at, i)
		fmt.Fprintf(&docker, `{"log":"{\"model\":\"d\",","stream":"stdout","time":"%s"}`+"\n"+`{"log":"\"prompt\":\"%d\"}\n","stream":"stdout","time":"%s"}`+"\n", at, i, at)
	}
	evidence := t.TempDir()
	for name, text := range map[string]string{"a.csv": table.String(), "b.log": cri.String(), "c-json.log": docker.String()} {
		if err := os.WriteFile(filepath.Join(evidence, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := testKey(t)
	dir := filepath.Join(t.TempDir(), "x.case")
	r := mustLoad(t, dir, key, evidence)
	var framings []formats.Framing
	for _, it := range r.Items {
		framings = append(framings, it.framing())
	}
	if d := cmp.Diff([]formats.Framing{
		{Kind: formats.FrameTable, Comma: ';', Header: "ts;user;model;prompt;input_tokens"},
		{Wrapper: formats.WrapperCRI},
		{Wrapper: formats.WrapperDocker},
	}, framings); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	c := mustOpen(t, dir)
	for _, q := range []struct{ query, want string }{
		{
			"select format, model, count(*), sum(input_tokens), min(record), max(record) from events group by all order by 1, 2",
			"jsonl c 5 <nil> 1 5\njsonl d 5 <nil> 1 5\n" + fmt.Sprintf("table m %d %d 2 %d\n", segmentRecords+5, tokens(segmentRecords+5), segmentRecords+6),
		},
		{"select prompt, principal from events where record = 131074 or record = 2 and format = 'table' order by record", "a\r\nb; \"0\" user-0\na\r\nb; \"131072\" user-2\n"},
		{"select distinct ts_source, strftime(ts, '%H:%M:%S') from events where prompt = '4' order by 1", "time (cri) 05:06:04\ntime (docker) 05:06:04\n"},
	} {
		if d := cmp.Diff(q.want, queryText(t, c, q.query)); d != "" {
			t.Errorf("%s (-want +got)\n%s", q.query, d)
		}
	}
	o := rebuildOptions(dir, key)
	o.Redecode = true
	if again := mustRebuild(t, o); again.Redecoded || again.Entry || again.Events.Events != segmentRecords+15 {
		t.Errorf("decoding again: %+v", again)
	}
	report := mustVerify(t, dir, VerifyOptions{Evidence: []string{evidence}})
	if !report.OK() || report.Originals != 3 {
		t.Errorf("verify: %d originals, %v, %v", report.Originals, report.Problems, report.Notes)
	}
}

// tokens is the sum of the last digits of the first n numbers.
func tokens(n int) int {
	sum := 0
	for i := range n {
		sum += i % 10
	}
	return sum
}
