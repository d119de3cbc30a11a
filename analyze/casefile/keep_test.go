package casefile_test

import (
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// TestKeep keeps what a SELECT gives, and nothing that does more than select.
func TestKeep(t *testing.T) {
	c := casetest.Files(t, map[string]string{"log.jsonl": `{"a":1}` + "\n"})
	if err := c.Keep(t.Context(), "kept", "select evidence_id from evidence"); err != nil {
		t.Fatal(err)
	}
	if err := c.Add(t.Context(), "kept", "select 'x'"); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"select 'x'; drop table temp.kept", "drop table temp.kept", "delete from temp.kept", "copy evidence to 'x.csv'", "select * from read_csv('/etc/passwd')", "",
	} {
		if err := c.Keep(t.Context(), "other", q); err == nil {
			t.Errorf("%q was kept", q)
		}
		if err := c.Add(t.Context(), "kept", q); err == nil {
			t.Errorf("%q was added", q)
		}
	}
	if err := c.Add(t.Context(), "evidence", "select * from evidence"); err == nil {
		t.Error("rows were added to a table of the case")
	}
	var n int
	if err := c.DB().QueryRowContext(t.Context(), "select count(*) from temp.kept").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows were kept, want 2: %v", n, err)
	}
}
