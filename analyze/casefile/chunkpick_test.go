package casefile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRows compares rows that are read straight from the segments with those that
// the database reads.
func TestRows(t *testing.T) {
	for name, dir := range map[string]string{"fixtures": searchCase(t), "order": orderCase(t, testKey(t))} {
		withCase(t, dir, func(c *Case) {
			o := mustOrder(t, c, OrderOptions{Duplicates: true})
			columns := []string{}
			for column := range storedTypes() {
				columns = append(columns, column)
			}
			slices.Sort(columns)
			var all []int64
			for pos := range o.Len() {
				all = append(all, o.Event(pos))
			}
			r := rand.New(rand.NewPCG(1, 2))
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for _, x := range []struct {
				name    string
				eids    []int64
				columns []string
				chars   int
			}{
				{"all", all, columns, 0},
				{"excerpts", all, columns, 3},
				{"one", all[:1], columns, 0},
				{"some, one twice", append(all[:9:9], all[3]), columns, 40},
				{"no columns", all[:5], nil, 0},
				{"none", nil, columns, 0},
				{"column twice", all[:5], []string{"model", "ts", "model"}, 0},
			} {
				want, err := c.Excerpts(t.Context(), x.eids, x.columns, x.chars)
				if err != nil {
					t.Fatal(err)
				}
				got, err := o.Rows(t.Context(), x.eids, x.columns, x.chars)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(shown(want), shown(got)); d != "" {
					t.Errorf("%s of %s (-want +got):\n%s", x.name, name, d)
				}
			}
			for _, bad := range []struct {
				eids    []int64
				columns []string
			}{{[]int64{1 << 40}, nil}, {[]int64{all[0] | 1<<27}, nil}, {all[:1], []string{"event_id"}}} {
				if _, err := o.Rows(t.Context(), bad.eids, bad.columns, 0); err == nil {
					t.Errorf("%v with %v is read", bad.eids, bad.columns)
				}
			}
		})
	}
}

// shown writes rows as text, with the types of their values.
func shown(rows []EventRow) []string {
	out := []string{}
	for _, r := range rows {
		line := fmt.Sprint(r.EID, " ", r.EventID, " ", r.EvidenceID, " ", r.Record, " ", r.Part, " ", r.correction)
		for _, v := range r.Values {
			if at, ok := v.(time.Time); ok {
				v = at.UTC().Format(time.RFC3339Nano)
			}
			line += fmt.Sprintf(" %T(%v)", v, v)
		}
		out = append(out, line)
	}
	return out
}

// TestMoney checks amounts of money as they are written.
func TestMoney(t *testing.T) {
	p := picker{typ: typeMoney}
	for v, want := range map[int64]string{0: "0", 1: "0.000000001", -1: "-0.000000001", 1_500_000_000: "1.5", -12_000_000_003: "-12.000000003"} {
		if got := fmt.Sprint(p.number(v)); got != want {
			t.Errorf("%d: %s, want %s", v, got, want)
		}
	}
}
