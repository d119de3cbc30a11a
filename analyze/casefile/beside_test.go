package casefile

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// TestBeside checks that two goroutines can use a case at once, each with temporary
// tables and views of its own, and that both see the same case.
func TestBeside(t *testing.T) {
	c := mustOpen(t, smallCase(t, testKey(t)))
	b := c.Beside()
	want := strings.TrimSpace(queryText(t, c, "select count(*) from calls"))
	var run errgroup.Group
	for i, of := range []*Case{c, b} {
		run.Go(func() error {
			for n := range 20 {
				if err := of.Keep(t.Context(), "own", fmt.Sprintf("select %d as who, count(*) as n from calls", i)); err != nil {
					return err
				}
				var who, calls int
				if err := of.DB().QueryRowContext(t.Context(), "select who, n from own").Scan(&who, &calls); err != nil {
					return err
				}
				if who != i || fmt.Sprint(calls) != want {
					return fmt.Errorf("round %d of %d: table of %d says %d calls, want %s", n, i, who, calls, want)
				}
			}
			return nil
		})
	}
	if err := run.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"TimeZone", "memory_limit", "threads", "temp_directory", "search_path", "lock_configuration"} {
		q := "select current_setting('" + setting + "')::varchar"
		if one, two := queryText(t, c, q), queryText(t, b, q); one != two {
			t.Errorf("%s is %s, and %s beside it", setting, one, two)
		}
	}
}

// TestBesideLookup checks that a case for looking up has no second connection.
func TestBesideLookup(t *testing.T) {
	c, err := Open(t.Context(), smallCase(t, testKey(t)), OpenOptions{Threads: 1, Memory: 1 << 30, Lookup: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Beside() != nil {
		t.Error("there is a second connection")
	}
}
