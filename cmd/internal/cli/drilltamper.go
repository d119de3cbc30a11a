package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// tamperValue says what is done to generated logs: words such as removed=20,
// altered=20, duplicated=10, shift=litellm:+42s, with commas between. What is
// left out of a shift is drawn by the seed.
type tamperValue struct{ t *drill.Tampering }

func (tamperValue) Type() string { return "SPEC" }

func (v tamperValue) String() string {
	if v.t == nil {
		return ""
	}
	var words []string
	for _, c := range v.counts() {
		if *c.n > 0 {
			words = append(words, fmt.Sprintf("%s=%d", c.kind, *c.n))
		}
	}
	for _, s := range v.t.Shifts {
		words = append(words, fmt.Sprintf("shift=%s:%v", s.Source, s.By))
	}
	return strings.Join(words, ",")
}

type tamperCount struct {
	kind drill.TamperKind
	n    *int
}

func (v tamperValue) counts() []tamperCount {
	return []tamperCount{{drill.Removed, &v.t.Removed}, {drill.Altered, &v.t.Altered}, {drill.Duplicated, &v.t.Duplicated}}
}

func (v tamperValue) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		name, value, given := strings.Cut(word, "=")
		if name == "shift" {
			if err := v.shift(value, given); err != nil {
				return err
			}
			continue
		}
		counts := v.counts()
		i := slices.IndexFunc(counts, func(c tamperCount) bool { return string(c.kind) == name })
		n, err := strconv.ParseInt(value, 10, 31)
		if i < 0 || err != nil || n < 1 {
			return fmt.Errorf("%q is none of removed=N, altered=N, duplicated=N and shift=SOURCE:DURATION", word)
		}
		*counts[i].n = int(n)
	}
	return nil
}

// shift reads SOURCE, SOURCE:DURATION or nothing.
func (v tamperValue) shift(s string, given bool) error {
	name, by, long := strings.Cut(s, ":")
	if given && !slices.Contains(drill.Sources(), name) {
		return fmt.Errorf("%q is no source (known: %s)", name, strings.Join(drill.Sources(), ", "))
	}
	shift := drill.Shift{Source: name}
	if long {
		var err error
		if shift.By, err = time.ParseDuration(by); err != nil || shift.By == 0 {
			return fmt.Errorf("%q is no duration such as +42s or -1h30m", by)
		}
	}
	v.t.Shifts = append(v.t.Shifts, shift)
	return nil
}
