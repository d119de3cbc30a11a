package casefile

import (
	"database/sql"
	"strings"
	"testing"
)

// TestTakenForMany checks that DuckDB does not build a hash table of rows of which it
// expects few, with what [takenForMany] adds, and that it does without: what is not
// needed any more can go.
func TestTakenForMany(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // in memory
	many, err := takenForMany(1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "create table event as select range as v from range(5000); create table word as select range as v from range(4000); create table gone as select 1 as v"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, more string
		right      bool // the join is turned around
	}{{"without", "", true}, {"with", " union all " + many, false}} {
		var name, plan string
		join := "explain select * from (select v from event anti join gone using (v)" + tt.more + ") e left join word w on w.v = e.v"
		if err := db.QueryRowContext(t.Context(), join).Scan(&name, &plan); err != nil {
			t.Fatal(err)
		}
		if right := strings.Contains(plan, "RIGHT"); right != tt.right {
			t.Errorf("%s it: a right join is %t, want %t:\n%s", tt.name, right, tt.right, plan)
		}
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "select count(*) from (select v from event"+" union all "+many+")").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 5000 {
		t.Errorf("with it there are %d rows, want 5000", n)
	}
}
