package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
	"github.com/exhibit-forensics/exhibit/replay/compare"
)

// Sides are the verdicts on the replies to one prompt on the two sides that are
// compared: logged and replayed, or two models. Each may be several samples.
type Sides struct {
	ID   string
	A, B [][]Verdict
}

// Comparison compares one verdict on two sides.
type Comparison struct {
	Name string
	Unit string // of a number
	// Unknown counts the replies of each side on which the verdict is unknown;
	// they are in no rate.
	UnknownA, UnknownB int
	Truth              *compare.Paired  // of a verdict that is true or false
	Number             *compare.Numbers // of a number
	Changed            []string         // prompts on which the sides differ, in their order; of a number none
	ByModel            bool             // a model said so
	// P is the probability of the comparison, were nothing changed, corrected for
	// Tests: the comparisons beside it, and itself, that could be evidence of a
	// change. It is that of Truth or Number where it could not.
	P     float64
	Tests int
}

// Compare compares all verdicts, in the order in which they are first met. A
// verdict that is unknown on all of a side is compared too: with no prompts, so
// that it is said. Where several could show a change, each has to show it so
// clearly that any of them does by chance in 5 of 100 comparisons only: see
// [compare.Holm]. Intervals are of 95 % each by itself. The same seed gives the
// same ones.
func Compare(prompts []Sides, seed uint64) []Comparison {
	var order []string
	kinds := map[string]Kind{}
	first := map[string]Verdict{}
	for _, p := range prompts {
		for _, side := range [][][]Verdict{p.A, p.B} {
			for _, list := range side {
				for _, v := range list {
					if _, ok := first[v.Name]; !ok {
						order, first[v.Name] = append(order, v.Name), v
					}
					kinds[v.Name] = max(kinds[v.Name], v.Value.Kind)
				}
			}
		}
	}
	var out []Comparison
	for _, name := range order {
		c := Comparison{Name: name, Unit: first[name].Unit, ByModel: first[name].ByModel}
		if kinds[name] == Number || kinds[name] == Unknown && c.Unit != "" {
			c.numbers(prompts, seed)
		} else {
			c.truths(prompts, seed)
		}
		out = append(out, c)
	}
	correct(out)
	return out
}

// correct puts the corrected probabilities to comparisons.
func correct(list []Comparison) {
	var tests []*Comparison
	var p []float64
	for i := range list {
		c, changes := &list[i], 0
		if c.Truth != nil {
			c.P, changes = c.Truth.P, len(c.Changed)
		} else {
			c.P, changes = c.Number.P, c.Number.Changes
		}
		if compare.CanShow(changes) {
			tests, p = append(tests, c), append(p, c.P)
		}
	}
	for i, corrected := range compare.Holm(p) {
		tests[i].P, tests[i].Tests = corrected, len(tests)
	}
}

// values returns what a verdict says of the replies to a prompt on one side, and
// on how many it is unknown.
func values(name string, side [][]Verdict) (known []Value, unknown int) {
	for _, list := range side {
		if v, _ := Find(list, name); v.Value.Kind != Unknown {
			known = append(known, v.Value)
		} else {
			unknown++
		}
	}
	return known, unknown
}

func (c *Comparison) truths(prompts []Sides, seed uint64) {
	truths := func(known []Value) []bool {
		var out []bool
		for _, v := range known {
			out = append(out, v.Yes)
		}
		return out
	}
	list := make([]compare.Prompt, len(prompts))
	for i, p := range prompts {
		a, ua := values(c.Name, p.A)
		b, ub := values(c.Name, p.B)
		c.UnknownA, c.UnknownB = c.UnknownA+ua, c.UnknownB+ub
		list[i] = compare.Prompt{ID: p.ID, A: truths(a), B: truths(b)}
	}
	paired := compare.Pair(list, seed)
	c.Truth = &paired
	changed := map[string]bool{}
	for _, id := range append(append([]string{}, paired.More...), paired.Fewer...) {
		changed[id] = true
	}
	for _, p := range prompts {
		if changed[p.ID] {
			c.Changed = append(c.Changed, p.ID)
		}
	}
}

// numbers compares the medians of the samples of each prompt.
func (c *Comparison) numbers(prompts []Sides, seed uint64) {
	middle := func(known []Value) float64 {
		var list []float64
		for _, v := range known {
			list = append(list, v.Number)
		}
		slices.Sort(list)
		return statistic.Quantile(list, 0.5)
	}
	var pairs [][2]float64
	for _, p := range prompts {
		a, ua := values(c.Name, p.A)
		b, ub := values(c.Name, p.B)
		c.UnknownA, c.UnknownB = c.UnknownA+ua, c.UnknownB+ub
		if len(a) > 0 && len(b) > 0 {
			pairs = append(pairs, [2]float64{middle(a), middle(b)})
		}
	}
	n := compare.PairNumbers(pairs, seed)
	c.Number = &n
}

// Evidence says what a comparison shows.
type Evidence string

// What a comparison can show. That nothing changed is none of it: too few
// prompts never show that.
const (
	More       Evidence = "more"               // more often, or more of it, on side B
	Less       Evidence = "less"               // less
	NoEvidence Evidence = "no evidence"        // of a change; one may have been missed
	Nothing    Evidence = "nothing to compare" // the verdict is known of no prompt on both sides
)

// Evidence returns what the comparison shows.
func (c *Comparison) Evidence() Evidence {
	prompts, changed, by := 0, false, 0.0
	if c.Truth != nil {
		// The sign is that of the prompts that changed, which is what was tested.
		prompts, changed, by = c.Truth.Prompts, c.Truth.Changed() && c.P < compare.Alpha, float64(len(c.Truth.More)-len(c.Truth.Fewer))
	} else {
		prompts, changed, by = c.Number.Prompts, c.Number.Changed() && c.P < compare.Alpha, c.Number.Change.Value
	}
	switch {
	case prompts == 0:
		return Nothing
	case !changed:
		return NoEvidence
	case by > 0:
		return More
	}
	return Less
}

// String says the comparison in a sentence: both sides with their intervals of
// 95 %, the difference, and what it is evidence of. Where it is of nothing, it
// says how large a change may have been missed.
func (c *Comparison) String() string {
	var b strings.Builder
	b.WriteString(c.Name)
	if c.ByModel {
		b.WriteString(" (judged by a model)")
	}
	b.WriteString(": ")
	switch evidence := c.Evidence(); {
	case evidence == Nothing:
		b.WriteString("nothing to compare: it is known of no prompt on both sides")
	case c.Truth != nil:
		c.sayTruth(&b, evidence)
	default:
		c.sayNumber(&b, evidence)
	}
	if c.UnknownA+c.UnknownB > 0 {
		fmt.Fprintf(&b, "; unknown and not counted: %s, then %d", countedReplies(c.UnknownA), c.UnknownB)
	}
	return b.String()
}

func (c *Comparison) sayTruth(b *strings.Builder, evidence Evidence) {
	p := c.Truth
	fmt.Fprintf(b, "%s, then %s of %s: ", rateText(p.A), rateText(p.B), counted(p.Prompts, "prompt"))
	fmt.Fprintf(b, "%+.1f points (%+.1f to %+.1f)", 100*p.Difference, 100*p.Low, 100*p.High)
	switch {
	case evidence == NoEvidence && !compare.CanShow(p.Prompts):
		fmt.Fprintf(b, ", no evidence of a change: %s too few for any (%d that change alike are the fewest), and one of any size may have been missed",
			areCounted(p.Prompts, "prompt"), compare.Fewest())
	case evidence == NoEvidence:
		missed := max(math.Abs(p.Low), math.Abs(p.High))
		if missed == 0 { // resamples of prompts that are alike are alike
			missed = compare.RateOf(0, p.Prompts).High
		}
		fmt.Fprintf(b, ", no evidence of a change (p %s): one of %.1f points may have been missed", c.pText(p.P), 100*missed)
	default:
		fmt.Fprintf(b, ", evidence of a change (p %s)", c.pText(p.P))
	}
	fmt.Fprintf(b, "; changed on %s", counted(len(c.Changed), "prompt"))
	switch more, fewer := len(p.More), len(p.Fewer); {
	case more > 0 && fewer > 0:
		fmt.Fprintf(b, ": %d to yes or more often, %d to no or less often", more, fewer)
	case more > 0:
		b.WriteString(", to yes or more often")
	case fewer > 0:
		b.WriteString(", to no or less often")
	}
}

func (c *Comparison) sayNumber(b *strings.Builder, evidence Evidence) {
	n := c.Number
	fmt.Fprintf(b, "median %s, then %s %s of %s: by %s", intervalText(n.A), intervalText(n.B), c.Unit, counted(n.Prompts, "prompt"), intervalText(n.Change))
	missed := max(math.Abs(n.Change.Low), math.Abs(n.Change.High))
	switch {
	case evidence != NoEvidence:
		fmt.Fprintf(b, ", evidence of a change (p %s)", c.pText(n.P))
	case math.IsNaN(missed):
		b.WriteString(", no evidence of a change: these are too few prompts for an interval, and one of any size may have been missed")
	case missed == 0: // resamples of prompts that are alike are alike
		b.WriteString(", no evidence of a change: half of these prompts or more show none, and what others show is not known")
	default:
		fmt.Fprintf(b, ", no evidence of a change: one of %s may have been missed", numberText(missed))
	}
}

// counted writes a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprint(n) + " " + thing + "s"
}

func areCounted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing + " is"
	}
	return counted(n, thing) + " are"
}

func countedReplies(n int) string {
	if n == 1 {
		return "1 reply"
	}
	return fmt.Sprint(n) + " replies"
}

func rateText(r compare.Rate) string {
	return fmt.Sprintf("%.1f %% (%.1f to %.1f; %d of %d)", 100*r.Value, 100*r.Low, 100*r.High, r.Hits, r.Of)
}

func intervalText(i compare.Interval) string {
	if math.IsNaN(i.Low) {
		return numberText(i.Value)
	}
	return fmt.Sprintf("%s (%s to %s)", numberText(i.Value), numberText(i.Low), numberText(i.High))
}

// numberText writes a number with up to four digits that count.
func numberText(n float64) string { return fmt.Sprintf("%.4g", n) }

// pText writes the probability of a comparison by itself, and corrected.
func (c *Comparison) pText(alone float64) string {
	if c.Tests < 2 {
		return pText(alone)
	}
	return fmt.Sprintf("%s alone, %s corrected for %d verdicts", pText(alone), pText(c.P), c.Tests)
}

// pText writes a probability; of very small ones only that they are.
func pText(p float64) string {
	if p < 0.0001 {
		return "below 0.0001"
	}
	return fmt.Sprintf("%.2g", p)
}
