package features

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// TestTotals holds the tables against the calls that they are made of: each adds
// up to them, for every dimension.
func TestTotals(t *testing.T) {
	c := generated(t, drill.Config{Seed: 5, Days: 9, Calls: 1500, Words: [2]int{2, 5}}, nil)
	if err := NewSet(c).Need(t.Context(), Names()...); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, from, of string }{
		{"five minutes", "select dimension, sum(calls)::bigint as calls, sum(input_tokens)::bigint as tokens, sum(errors)::bigint as errors from feature_five", ""},
		{"hours", "select dimension, sum(calls)::bigint as calls, sum(input_tokens)::bigint as tokens, sum(errors)::bigint as errors from feature_hour", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, dimension := range []string{"actor", "person", "principal", "credential", "model", "app", "session"} {
				got := rows(t, c, tt.from+" where dimension = '"+dimension+"' group by dimension")
				want := rows(t, c, "select '"+dimension+"' as dimension, count(*) as calls, sum(input_tokens)::bigint as tokens, "+
					"count(*) filter (outcome = 'error') as errors from call where "+dimension+" is not null having count(*) > 0")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", dimension, diff)
				}
			}
		})
	}
	for _, q := range []string{
		"select * from feature_week where hour_of_week not between 0 and 167 or hours > 2 or calls < hours",
		"select dimension, sum(calls) from feature_week group by dimension except select dimension, sum(calls) from feature_hour group by dimension",
		"select * from feature_spread where models = 0 and addresses = 0",
		"select * from feature_value where first_at > last_at or calls < 1",
		"select * from feature_latency where with_latency > 0 and not latency_median_us <= latency_p90_us",
	} {
		if got := rows(t, c, q); len(got) > 0 {
			t.Errorf("%s: %v, want nothing", q, got[0])
		}
	}
	if got := rows(t, c, "select 1 from feature_week where hours = 2"); len(got) == 0 {
		t.Error("no hour of a week is seen twice in nine days")
	}
}

// TestNeed checks that a table that does not exist is refused, and that tables
// can be asked for again by another set.
func TestNeed(t *testing.T) {
	c := casetest.Files(t, map[string]string{
		"one.jsonl": `{"timestamp":"2026-03-02T10:00:00Z","requestId":"r-1","operation":"Converse","modelId":"model-a","schemaType":"ModelInvocationLog","schemaVersion":"1.0","accountId":"111122223333","region":"us-east-1","identity":{"arn":"arn:aws:iam::111122223333:user/ana"},"input":{"inputContentType":"application/json","inputTokenCount":7},"output":{"outputTokenCount":3}}` + "\n",
	})
	if err := NewSet(c).Need(t.Context(), "nothing"); err == nil {
		t.Error("a table that does not exist was made")
	}
	for range 2 {
		if err := NewSet(c).Need(t.Context(), Names()...); err != nil {
			t.Fatal(err)
		}
	}
	if got := rows(t, c, "select actor, input_tokens from call"); len(got) != 1 || got[0]["actor"] != "arn:aws:iam::111122223333:user/ana" {
		t.Errorf("calls are %v", got)
	}
}

func TestExpand(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing to repeat", "select 1;\n", "select 1;\n"},
		{"one word", "as\n{{each a of x}}\nselect {{a}}\n", "as\nselect x\n"},
		{
			"words within words", "as\n{{each a of x, y}}\n{{each b of p, q}}\nselect {{a}}, {{b}}\n",
			"as\nselect x, p\nunion all\nselect x, q\nunion all\nselect y, p\nunion all\nselect y, q\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, expand(tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
