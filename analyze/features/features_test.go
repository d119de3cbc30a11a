package features

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// TestActorOfRandomSessions checks that a role whose sessions have random names is one
// actor, by the fast way and by the view, for calls and for acts.
func TestActorOfRandomSessions(t *testing.T) {
	const role = "arn:aws:sts::111122223333:assumed-role/app"
	wants := map[string]string{ // by session
		"botocore-session-1772445600": role, "1772445600000000000": role, "aws-go-sdk-1772445600000000000": role, "i-0123456789abcdef0": role,
		"01234567-89ab-cdef-0123-456789abcdef": role, "ana": role + "/ana", "ana@example.com": role + "/ana@example.com", "worker-12": role + "/worker-12",
	}
	var log strings.Builder
	n := 0
	for _, session := range slices.Sorted(maps.Keys(wants)) {
		for _, kind := range []string{"inference", "admin"} {
			n++
			fmt.Fprintf(&log, `{"event_id":"00000000-%d","ts":"2026-03-02T10:00:%02dZ","plane":"access","kind":%q,"operation":"Do","outcome":"success","provider":"aws","principal":%q,"session_id":%q}`+"\n",
				n, n, kind, role+"/"+session, session)
		}
	}
	c := casetest.Files(t, map[string]string{"log.jsonl": log.String()})
	if err := NewSet(c).Need(t.Context(), "call", "act"); err != nil {
		t.Fatal(err)
	}
	check := func(table string) {
		t.Helper()
		list := rows(t, c, "select split_part(principal, '/', -1) as session, actor from "+table)
		if len(list) != len(wants) {
			t.Fatalf("%s has %d rows, want %d", table, len(list), len(wants))
		}
		for _, row := range list {
			if session := row["session"].(string); row["actor"] != wants[session] {
				t.Errorf("%s: %s is %v, want %s", table, session, row["actor"], wants[session])
			}
		}
	}
	check("call")
	check("act")
	compare(t, c, "call")
	compare(t, c, "act")
}
