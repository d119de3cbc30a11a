package casefile

import (
	"database/sql"
	"slices"
	"testing"
)

// TestEventPages checks that events come the same in one batch and in many.
func TestEventPages(t *testing.T) {
	c, err := Open(t.Context(), smallCase(t, testKey(t)), OpenOptions{Threads: 1, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	q := EventQuery{Columns: []string{"event_id"}, Duplicates: true}
	s, err := c.eventStatement(t.Context(), &q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.text(&q)
	if err != nil {
		t.Fatal(err)
	}
	read := func(most int) (ids []string, pages int) {
		p := eventPager{c: c, columns: s.columns[0], byTime: true, most: most}
		if err := p.find(t.Context(), text, s.args); err != nil {
			t.Fatal(err)
		}
		rows, err := newPages(func() (*sql.Rows, error) { pages++; return p.page(t.Context()) })
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			ids = append(ids, rows.Values()[0].(string))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		return ids, pages
	}
	want, _ := read(maxPageEvents)
	if len(want) < 4 {
		t.Fatalf("only %d events", len(want))
	}
	for _, most := range []int{1, 2, 3, len(want)} {
		got, pages := read(most)
		if !slices.Equal(got, want) {
			t.Errorf("%d in a batch: %v, want %v", most, got, want)
		}
		if least := len(want) / most; pages < least {
			t.Errorf("%d in a batch: %d batches for %d events", most, pages, len(want))
		}
	}
}
