package features

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

// TestFastTables compares the tables call and act that casefile makes with those that
// call.sql and act.sql select from the views of calls and events. They share types of
// words, so each is made first in some cases.
func TestFastTables(t *testing.T) {
	tampered := drill.Tampering{Removed: 20, Altered: 20, Duplicated: 20}
	clear, priced := map[string]string{}, map[string]string{
		casefile.EnrichNetworks: "198.51.100.0/24,office\n192.0.2.0/24,cloud\n",
		casefile.EnrichPrices: `{"us.anthropic.claude-sonnet-4-20250514-v1:0":{"input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05},` +
			`"gpt-4o":{"input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,"cache_read_input_token_cost":1e-06}}`,
		casefile.EnrichUsers: "person,value,role\nAna,arn:aws:iam::111122223333:user/dev-02,\nBob,dev-03,\n",
	}
	for _, tt := range []struct {
		name      string
		sources   []string
		tampering drill.Tampering
		enriched  map[string]string
	}{
		{"one source", []string{"bedrock"}, drill.Tampering{}, clear},
		{"two sources", []string{"cloudtrail", "bedrock"}, drill.Tampering{}, clear},
		{"two sources, tampered with", []string{"cloudtrail", "bedrock"}, tampered, priced},
		{"four sources", []string{"cloudtrail", "bedrock", "litellm", "otlp"}, drill.Tampering{}, clear},
		{"six sources, tampered with", drill.Sources(), tampered, priced},
	} {
		first, second := "call", "act"
		if len(tt.sources)%2 == 0 {
			first, second = second, first
		}
		t.Run(tt.name+", "+first+" first", func(t *testing.T) {
			c := generated(t, drill.Config{Seed: 3, Days: 2, Calls: 1500, Sources: tt.sources, Words: [2]int{2, 5}, Tampering: tt.tampering}, tt.enriched)
			if err := NewSet(c).Need(t.Context(), first, second); err != nil {
				t.Fatal(err)
			}
			if n := compare(t, c, "call"); n < 1500 {
				t.Fatalf("the case has %d calls, want more than 1500", n)
			}
			if n := compare(t, c, "act"); slices.Contains(tt.sources, "cloudtrail") && n < 100 {
				t.Fatalf("the case has %d acts, want more than 100", n)
			}
		})
	}
}

// TestFastTablesOfEmptyTexts does the same with events that say nothing in so many words,
// where another event of the call says more, with calls of all kinds that one event
// shows, and with acts.
func TestFastTablesOfEmptyTexts(t *testing.T) {
	said := []string{
		`"principal":"","credential_id":"AKIAEXAMPLE1","outcome":""`, `"principal":"ana","outcome":"success"`, `"end_user":"bob","app":""`,
		`"credential_id":"","end_user":"","app":"desk","src_ip":""`, `"src_ip":"198.51.100.7","model":"","model_response":"m-1"`,
		`"model":"m-2","outcome":"denied","session_id":"s"`, `"outcome":"error"`,
	}
	var log strings.Builder
	n := 0
	line := func(plane, kind, request, what string) { // a sequence makes pieces of one call
		n++
		fmt.Fprintf(&log, `{"event_id":"00000000-%d","ts":"2026-03-02T10:%02d:%02dZ","plane":%q,"kind":%q,"operation":"Do","provider":"aws","request_id":%q,%s}`+"\n",
			n, n/60, n%60, plane, kind, request, what)
	}
	for i, a := range said {
		line("content", "tool", fmt.Sprint("alone-", i), a)
		line("access", "admin", fmt.Sprint("act-", i), a)
		for j, b := range said {
			line("access", "inference", fmt.Sprint("r-", i, "-", j), `"sequence":1,`+a)
			line("content", "inference", fmt.Sprint("r-", i, "-", j), `"sequence":2,`+b)
		}
	}
	c := casetest.Files(t, map[string]string{"log.jsonl": log.String()})
	if len(rows(t, c, "select 1 from events where principal = ''")) == 0 {
		t.Fatal("the case keeps no empty texts")
	}
	if err := NewSet(c).Need(t.Context(), "call", "act"); err != nil {
		t.Fatal(err)
	}
	if got, want := compare(t, c, "call"), len(said)*(len(said)+1); got != want {
		t.Errorf("%d calls, want %d", got, want)
	}
	if got := compare(t, c, "act"); got != len(said) {
		t.Errorf("%d acts, want %d", got, len(said))
	}
}

// compare holds a table against what the statement of its name selects, and returns how
// many rows there are.
func compare(t *testing.T, c *casefile.Case, table string) int {
	t.Helper()
	text, err := files.ReadFile(table + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	slow := strings.Replace(string(text), "temp table "+table+" as", "temp table slow as", 1)
	if _, err := c.DB().ExecContext(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	const columns = "select column_name from (describe %s)"
	if diff := cmp.Diff(rows(t, c, fmt.Sprintf(columns, "slow")), rows(t, c, fmt.Sprintf(columns, table))); diff != "" {
		t.Errorf("columns of %s differ from those of its statement (-want +got):\n%s", table, diff)
	}
	want := rows(t, c, "select * from slow order by eid, at_us")
	if diff := cmp.Diff(want, rows(t, c, "select * from "+table+" order by eid, at_us")); diff != "" {
		t.Errorf("%s differs from what its statement selects (-want +got):\n%s", table, diff)
	}
	return len(want)
}

// generated makes a case of what a config generates, enriches it from the given
// texts of files by kind, and opens it.
func generated(t *testing.T, config drill.Config, enriched map[string]string) *casefile.Case {
	t.Helper()
	config.Dir = t.TempDir()
	if _, err := drill.Generate(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	dir, key := filepath.Join(t.TempDir(), "test.case"), casetest.Key(t)
	_, err := casefile.Load(t.Context(), &casefile.LoadOptions{
		Dir: dir, Paths: []string{config.Dir}, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(enriched) > 0 {
		texts := casetest.Write(t, enriched)
		paths := map[string]string{}
		for kind := range enriched {
			paths[kind] = filepath.Join(texts, kind)
		}
		_, err := casefile.Enrich(t.Context(), &casefile.EnrichOptions{
			Dir: dir, Files: paths, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock, Threads: 2, Memory: 1 << 30,
			Clock: []enrich.Correction{{Source: "bedrock", Add: 3 * time.Second, Reason: "a test"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return casetest.Open(t, dir)
}

// rows returns what a query yields, with the names of its columns.
func rows(t *testing.T, c *casefile.Case, query string) []map[string]any {
	t.Helper()
	r, err := c.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for r.Next() {
		values := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := r.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := map[string]any{}
		for i, name := range columns {
			if d, ok := values[i].(interface{ Float64() float64 }); ok {
				values[i] = d.Float64() // of a decimal, which holds a big.Int
			}
			row[name] = values[i]
		}
		out = append(out, row)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return slices.Clip(out)
}
