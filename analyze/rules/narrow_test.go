package rules

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// TestSomeCalls wants of every event the calls that it is part of, as the view calls
// has them, and no other.
func TestSomeCalls(t *testing.T) {
	c := casetest.Files(t, map[string]string{"log.jsonl": eventLines(
		`"ts":"2026-03-02T10:00:00Z","plane":"access","kind":"inference","outcome":"success","principal":"ana","src_ip":"198.51.100.1","provider":"aws","tenant":"111122223333","region":"us-east-1","request_id":"r1"`,
		`"ts":"2026-03-02T10:00:01Z","plane":"content","kind":"inference","outcome":"blocked","model":"m","provider":"aws","tenant":"111122223333","region":"us-east-1","request_id":"r1","input_tokens":7`,
		`"ts":"2026-03-02T10:00:02Z","plane":"content","kind":"inference","outcome":"success","model":"n","provider":"aws","tenant":"111122223333","region":"us-east-1","request_id":"r2","input_tokens":9`,
		`"ts":"2026-03-02T10:00:03Z","plane":"access","kind":"auth","outcome":"success","principal":"bo"`,
		`"plane":"access","kind":"embedding","outcome":"denied","principal":"bo","provider":"aws","tenant":"111122223333","region":"us-east-1","request_id":"r4"`,
	)})
	columns := []string{"principal", "src_ip", "outcome", "model", "input_tokens", "request_id"}
	seen := func(query string) (list []string) {
		err := casefile.EachRow(t.Context(), c.DB(), "test", query, nil, func(rows *sql.Rows) error {
			var s string
			err := rows.Scan(&s)
			list = append(list, s)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	const row = "select [event_id, ts_corrected::varchar, principal, src_ip, outcome, model, input_tokens::varchar, request_id]::varchar from "
	calls := 0
	for n := range 5 {
		if err := c.Keep(t.Context(), "chosen", fmt.Sprintf("select eid from events_all where record = %d", n+2)); err != nil {
			t.Fatal(err)
		}
		if err := c.MakeSomeCalls(t.Context(), "chosen", columns); err != nil {
			t.Fatal(err)
		}
		all := seen(row + "calls where eid in (select eid from chosen union select m.eid from call_event e join call_event m on m.call = e.call where e.eid in (select eid from chosen)) order by event_id")
		if diff := cmp.Diff(all, seen(row+casefile.SomeCalls+" order by event_id")); diff != "" {
			t.Errorf("event %d (-want +got)\n%s", n, diff)
		}
		calls += len(all)
	}
	if calls != 4 { // one for each event but that of a sign-in
		t.Errorf("%d calls, want those of four events", calls)
	}
}
