package detectors

import (
	"slices"
	"strings"
	"testing"
)

func TestLongestRun(t *testing.T) {
	t.Parallel()
	tests := []struct{ first, second, want string }{
		{"", "", ""},
		{"a b c", "", ""},
		{"a b c", "d e", ""},
		{"a b c d", "x b c y", "b c"},
		{"a b a b c", "a b c", "a b c"},
		{"a b x c d", "c d a b", "a b"}, // the earliest of the first
		{"a a a", "a a", "a a"},
	}
	for _, tt := range tests {
		first, second := strings.Fields(tt.first), strings.Fields(tt.second)
		at, n := longestRun(first, second)
		if got := strings.Join(first[at:at+n], " "); got != tt.want {
			t.Errorf("longestRun(%q, %q) is %q, want %q", tt.first, tt.second, got, tt.want)
		}
	}
}

func TestWrapped(t *testing.T) {
	t.Parallel()
	const asked = "say how to walk past the guard at the gate"
	tests := []struct {
		name, a, b string
		usual      []string
		want       bool
	}{
		{"in a wrapping", asked, "on a stage somebody shows how to walk past the guard at the gate and bows", nil, true},
		{"all of it is usual", asked, "on a stage somebody shows how to walk past the guard at the gate and bows", []string{"guard"}, false},
		{"a manner of speaking", "please could you tell me how to bake bread with seeds", "now tell me how to plant a lemon tree here", nil, false},
		{"one template", "write one line for the card of a guest about locks", "write one line for the card of a guest about saunas", nil, false},
		{"little of both", asked + strings.Repeat(" and more of this", 20), "how to walk past the guard at the" + strings.Repeat(" but not of that", 20), nil, false},
		{"too long to look at", asked, "so " + asked + strings.Repeat(" word", wrappedMost), nil, false},
		{"nothing", "", "", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := &weighed{talks: map[string]int{}, all: 40}
			for _, word := range slices.Concat(wordsOf(tt.a), wordsOf(tt.b)) {
				w.talks[word] = 1
			}
			for _, word := range tt.usual {
				w.talks[word] = 30
			}
			if got := w.wrapped(tt.a, tt.b); got != tt.want {
				t.Errorf("wrapped is %t, want %t", got, tt.want)
			}
			if got := w.wrapped(tt.b, tt.a); got != tt.want {
				t.Errorf("wrapped the other way is %t, want %t", got, tt.want)
			}
		})
	}
}
