package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
