package reconcile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAbouts checks that every check says what it is, in order.
func TestAbouts(t *testing.T) {
	var got []string
	for _, a := range Abouts() {
		got = append(got, strings.TrimPrefix(a.ID, "reconcile."))
		if a.Version < 1 || a.Title == "" || a.Why == "" || a.Severity == 0 || len(a.Triage) == 0 || len(a.Collect) == 0 || len(a.FalsePositives) == 0 {
			t.Errorf("%s: something is not said: %+v", a.ID, a)
		}
	}
	if diff := cmp.Diff(Checks(), got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}
