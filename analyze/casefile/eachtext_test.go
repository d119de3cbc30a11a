package casefile

import (
	"database/sql"
	"encoding/hex"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// TestEachText visits every text of the view content, once, also where two
// sources show it, and goes on after the segments of an earlier visit.
func TestEachText(t *testing.T) {
	traffic := drillEvidence(t, drill.Config{Calls: 400, Days: 1, Sources: []string{"bedrock", "litellm"}})
	dir := filepath.Join(t.TempDir(), "a.case")
	key := testKey(t)
	visit := func(c *Case, from int64, workers int) (map[string]string, int64) {
		found := make([]map[string]string, workers)
		visitors := make([]func(*UniqueText) error, workers)
		for i := range visitors {
			found[i] = map[string]string{}
			visitors[i] = func(u *UniqueText) error {
				hash := hex.EncodeToString(u.SHA256[:])
				if found[i][hash] != "" {
					t.Errorf("text %s is visited again", hash)
				}
				found[i][hash] = u.Role + " " + string(u.Text)
				return nil
			}
		}
		next, err := c.EachText(t.Context(), from, visitors)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, f := range found {
			for hash, text := range f {
				if all[hash] != "" {
					t.Errorf("text %s is visited by two", hash)
				}
				all[hash] = text
			}
		}
		return all, next
	}
	mustLoad(t, dir, key, filepath.Join(traffic, "bedrock.jsonl"))
	c := mustOpen(t, dir)
	first, next := visit(c, 0, 1)
	mustLoad(t, dir, key, filepath.Join(traffic, "litellm.jsonl"))
	c = mustOpen(t, dir)
	want := map[string]string{}
	err := eachRow(t, c, "select hash, role || ' ' || text from content", func(r *sql.Rows) error {
		var hash, text string
		err := r.Scan(&hash, &text)
		want[hash] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all, _ := visit(c, 0, 3)
	if diff := cmp.Diff(want, all); diff != "" || len(first) == 0 {
		t.Errorf("%d texts at first; in the end (-view +visited):\n%s", len(first), diff)
	}
	later, _ := visit(c, next, 2)
	for hash := range later {
		if first[hash] != "" {
			t.Errorf("text %s was there before and is visited later", hash)
		}
	}
	if len(first)+len(later) < len(want) {
		t.Errorf("%d texts at first and %d later, of %d", len(first), len(later), len(want))
	}
}

func eachRow(t *testing.T, c *Case, query string, row func(*sql.Rows) error) error {
	return EachRow(t.Context(), c.DB(), "test", query, nil, row)
}
