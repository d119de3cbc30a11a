package rules

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

func TestJoinStretches(t *testing.T) {
	tests := []struct {
		name string
		list []stretch
		most int
		want []stretch
	}{
		{"nothing", nil, 2, nil},
		{"one", []stretch{{5, 9}}, 2, []stretch{{5, 9}}},
		{"out of order and over each other", []stretch{{20, 30}, {5, 9}, {7, 12}, {8, 10}}, 2, []stretch{{5, 12}, {20, 30}}},
		{"too many", []stretch{{0, 1}, {10, 11}, {12, 13}, {100, 101}}, 2, []stretch{{0, 13}, {100, 101}}},
		{"gaps that are as wide", []stretch{{0, 1}, {3, 4}, {6, 7}}, 2, []stretch{{0, 7}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, joinStretches(tt.list, tt.most), cmp.AllowUnexported(stretch{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestWithin checks that halving says of every time what a look at each stretch does.
func TestWithin(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var list []stretch
	for i := range int64(maxStretches) {
		list = append(list, stretch{10 * i, 10*i + i%9})
	}
	for n := 1; n <= len(list); n += 7 {
		var want []int64
		for at := int64(-2); at < 10*int64(n)+12; at++ {
			if slices.ContainsFunc(list[:n], func(s stretch) bool { return s.from <= at && at <= s.to }) {
				want = append(want, at)
			}
		}
		query := "select epoch_us(ts_corrected) from (select make_timestamp(unnest(range(-2, 10 * $1::bigint + 12))) as ts_corrected) e where " + within(list[:n]) + " order by 1"
		var got []int64
		err := casefile.EachRow(t.Context(), db, "within", query, []any{n}, func(rows *sql.Rows) error {
			var at int64
			err := rows.Scan(&at)
			got = append(got, at)
			return err
		})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("of %d stretches: %v (-want +got)\n%s", n, err, diff)
		}
	}
}
