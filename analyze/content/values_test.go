package content

import "testing"

// TestAppendValues checks which statements are of the same thing, and which say the same
// number.
func TestAppendValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, a, b      string
		sameOf, sameNum bool
	}{
		{"two ways to say it", "As of May the notice period is 30 days.", "Notice period: 45 days", true, false},
		{"thousands", "The fine is set at 1,250 euros", "the fine is set at 1250 euros", true, true},
		{"another unit", "the notice period is 30 days", "the notice period is 30 hours", false, true},
		{"another thing", "the opening budget is 30 crates", "the notice period is 30 crates", false, true},
		{"next sentence", "the notice period. It is 30 days", "the notice period is 30 days", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := AppendValues(nil, []byte(tt.a)), AppendValues(nil, []byte(tt.b))
			if len(a) != 1 || len(b) != 1 {
				t.Fatalf("%d and %d values, want one each", len(a), len(b))
			}
			if got := a[0].Of == b[0].Of; got != tt.sameOf {
				t.Errorf("of the same thing: %v, want %v", got, tt.sameOf)
			}
			if got := a[0].Number == b[0].Number; got != tt.sameNum {
				t.Errorf("the same number: %v, want %v", got, tt.sameNum)
			}
		})
	}
	if got := AppendValues(nil, []byte("TK-2043 of 2026-03-02, item 7, v2x9")); len(got) != 0 {
		t.Errorf("identifiers, dates and small numbers are %d values, want none", len(got))
	}
}
