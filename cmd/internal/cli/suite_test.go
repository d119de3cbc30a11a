package cli

import (
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/replay/suite"
)

// TestExpected wants for each detector either cases, or a reason of its own why
// its findings make none.
func TestExpected(t *testing.T) {
	all, err := assessment.All()
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, d := range all {
		if d.ID == "story" {
			continue // its parts make cases
		}
		ok, why := suite.Expected(d.ID)
		if ok {
			cases++
		}
		if strings.HasPrefix(why, "nothing is known") {
			t.Errorf("%s: nothing says whether its findings make cases", d.ID)
		}
	}
	if cases != 11 {
		t.Errorf("findings of %d detectors make cases, want 11: a name in the table of expectations is none of a detector", cases)
	}
}
