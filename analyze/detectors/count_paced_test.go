package detectors

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWorst checks that several days with a little each count together, that a full
// day counts alone, and that days too far back are not in it.
func TestWorst(t *testing.T) {
	t.Parallel()
	d := &rareCount{span: day, paced: 3}
	group := &past{capped: 10, spans: 400}
	on := func(at, n int64) tally { return tally{used: used{atUS: at * day}, n: n} }
	tests := []struct {
		name   string
		now    tally
		recent []tally
		seen   int
		n      int64
		spans  int
		from   int64
	}{
		{"alone", on(20, 9), nil, 10, 9, 1, 20},
		{"a little each day", on(20, 4), []tally{on(18, 4), on(19, 4)}, 10, 12, 3, 18},
		{"a full day after little", on(20, 12), []tally{on(19, 0)}, 10, 12, 1, 20},
		{"nothing today", on(20, 0), []tally{on(19, 9)}, 10, 0, 1, 20},
		{"too long ago", on(20, 4), []tally{on(17, 4)}, 10, 4, 1, 20},
		{"too new before", on(20, 4), []tally{on(18, 4), on(19, 4)}, 4, 4, 1, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			own := &past{spans: 8, seen: tt.seen, at: tt.now.atUS}
			for _, r := range tt.recent {
				own.sum += float64(r.n) * math.Exp2(-float64(tt.now.atUS-r.atUS)/halfLife)
			}
			x := d.worst(tt.now, tt.recent, own, group)
			got, want := []int64{x.n, int64(x.spans), x.fromUS / day}, []int64{tt.n, int64(tt.spans), tt.from}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("count, spans, begin (-want +got):\n%s", diff)
			}
			if x.p <= 0 || x.p > 1 {
				t.Errorf("p is %v", x.p)
			}
		})
	}
}

func TestApart(t *testing.T) {
	t.Parallel()
	of := func(actor string, from, to int64, p float64) spanned {
		return spanned{used: used{actor: actor, atUS: to * day}, fromUS: from * day, spans: int(to - from + 1), p: p}
	}
	tests := []struct {
		name string
		list []spanned
		want []int64 // days at the end
	}{
		{"nothing", nil, nil},
		{"single days stay", []spanned{of("a", 1, 1, 0.01), of("a", 2, 2, 0.01)}, []int64{1, 2}},
		{"the least likely span", []spanned{of("a", 1, 2, 0.01), of("a", 1, 3, 0.001), of("a", 2, 4, 0.02)}, []int64{3}},
		{"what a day says", []spanned{of("a", 1, 1, 0.001), of("a", 1, 2, 0.01)}, []int64{1}},
		{"more than a day says", []spanned{of("a", 1, 1, 0.01), of("a", 1, 2, 0.001)}, []int64{1, 2}},
		{"others", []spanned{of("a", 1, 2, 0.01), of("b", 1, 2, 0.001)}, []int64{2, 2}},
		{"apart", []spanned{of("a", 1, 2, 0.01), of("a", 3, 4, 0.001)}, []int64{2, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []int64
			for _, x := range apart(tt.list) {
				got = append(got, x.atUS/day)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
