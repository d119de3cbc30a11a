package corpora

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content/classify"
)

// Folds is into how many parts samples are split to measure on one what was
// learned from the others.
const Folds = 5

// Fold says in which part a group is.
func Fold(group string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(group)) // writes to memory cannot fail
	return int(h.Sum32()>>8) % Folds
}

// Learn learns from samples.
func Learn(samples []Sample, o classify.Options) *classify.Model {
	examples := make([]classify.Example, len(samples))
	for i, s := range samples {
		examples[i] = s.Example
	}
	return classify.Learn(examples, o)
}

// Without returns the samples that are in another fold, and of which keep holds.
func Without(samples []Sample, fold int, keep func(*Sample) bool) []Sample {
	var rest []Sample
	for i := range samples {
		if s := &samples[i]; Fold(s.Group) != fold && keep(s) {
			rest = append(rest, *s)
		}
	}
	return rest
}

// HeldOut measures a class on samples that were not learned from, in a table by
// source.
func HeldOut(samples []Sample, o classify.Options) string {
	type count struct{ right, of int }
	counts := map[string]*count{}
	for fold := range Folds {
		model := Learn(Without(samples, fold, func(*Sample) bool { return true }), o)
		for i := range samples {
			s := &samples[i]
			if Fold(s.Group) != fold {
				continue
			}
			name := fmt.Sprintf("%s (class: %t)", s.Source, s.Is)
			if counts[name] == nil {
				counts[name] = &count{}
			}
			counts[name].of++
			if (model.Score(s.Features) >= 0.5) == s.Is {
				counts[name].right++
			}
		}
	}
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		c := counts[name]
		fmt.Fprintf(&b, "  %-40s right %5d of %5d (%.4f)\n", name, c.right, c.of, float64(c.right)/float64(c.of))
	}
	return b.String()
}
