package drill

import (
	"strconv"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// TestAttackTexts measures how many texts of attacks package content takes for
// ones, of the half that it was tuned on and of the other. The bars are a little
// below what was measured: of plain overrides in words that it was not tuned on it
// finds less than half.
func TestAttackTexts(t *testing.T) {
	s, err := content.NewScanner()
	if err != nil {
		t.Fatal(err)
	}
	const n = 400
	for _, c := range []struct {
		pattern string
		role    content.Role
		least   [2]int // of 100, in each half
	}{
		{"{override}", content.RoleUser, [2]int{95, 35}},
		{"{override} {then}", content.RoleUser, [2]int{95, 35}},
		{"{role play} {then}", content.RoleUser, [2]int{95, 40}},
		{"{override} {order}", content.RoleDocument, [2]int{95, 80}},
		{"{order}", content.RoleDocument, [2]int{95, 70}},
		{"{quiet order}", content.RoleDocument, [2]int{0, 0}}, // reads as anybody's
	} {
		for half, second := range []bool{false, true} {
			found := 0
			missed := map[string]bool{}
			for i := range n {
				r := newRNG(77, streamIncident, uint64(i), uint64(half))
				text := strings.ReplaceAll(expand(c.pattern, second, &r), "URL", "https://files.example.net/in/7")
				if attack(s.Scan([]byte("The desk is open.\n\n"+text+"\n\nSee you."), c.role)) {
					found++
				} else if !second { // who tunes must not see the others
					missed[text] = true
				}
			}
			t.Logf("%-20s half %d: %d of %d", c.pattern, half+1, found, n)
			for i, text := range sortedKeys(missed)[:min(len(missed), 12)] {
				t.Log(strconv.Itoa(i) + " missed: " + text)
			}
			if found*100 < c.least[half]*n {
				t.Errorf("%s, half %d: %d of %d are found, at least %d %% must be", c.pattern, half+1, found, n, c.least[half])
			}
		}
	}
}

func attack(signs []content.Sign) bool {
	for _, kind := range []string{content.KindInjection, content.KindJailbreak, content.KindExtraction} {
		if content.Score(signs, kind) >= 0.7 {
			return true
		}
	}
	return false
}
