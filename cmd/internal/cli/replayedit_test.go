package cli

import (
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/replay/request"
)

// FuzzReplayEdits reads whatever stands behind the flags of what-if changes. What
// the check lets through can be read, but for its files.
func FuzzReplayEdits(f *testing.F) {
	for _, seed := range []string{"1", "+1", "01", "99999999999999999999", "2=file", "temperature=0", "a=b=c", "=", "system:text", "user:", "system:user:x", "@", "\xff=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		edits := map[string]replayEdits{
			"drop": {Drop: []string{s}}, "param": {Params: []string{s}}, "prefix": {Prefix: []string{s}}, "suffix": {Suffix: []string{s}}, "swap": {Swap: []string{s}},
		}
		for what, o := range edits {
			err := o.check()
			if err != nil || what == "swap" || strings.Contains(s, "@") {
				continue
			}
			list, err := o.read()
			if err != nil || len(list) != 1 {
				t.Errorf("--%s %q: %d edits, %v", what, s, len(list), err)
			}
		}
		to, text, err := mitigation(s)
		if err == nil && (to != request.ToUser && to != request.ToSystem || !strings.HasSuffix(s, text) && !strings.Contains(s, "@")) {
			t.Errorf("%q is %q for %q", s, text, to)
		}
		var amount dollarValue
		if err := amount.Set(s); err == nil && amount <= 0 {
			t.Errorf("%q is the amount %d", s, amount)
		}
		var seed seedValue
		if err := seed.Set(s); (err == nil) != (seed.pointer() != nil) {
			t.Errorf("%q is the seed %v, %v", s, seed.pointer(), err)
		}
	})
}
