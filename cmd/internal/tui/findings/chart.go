package findings

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// Detectors name what they saw and what they expected in a few ways: calls and
// calls_expected, count and expected, uses and earlier_uses, and shares as two
// counts beside the rate of the time before.

// pair is something that was seen beside what was expected of it.
type pair struct {
	name, against  string
	seen, expected float64
	share          bool // of 1
}

// number writes a value of the pair.
func (p *pair) number(v float64) string {
	switch {
	case p.share:
		return strconv.FormatFloat(100*v, 'f', 1, 64) + " %"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return list.Number(int64(v))
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// pairs finds what can be compared among facts, and returns the other facts.
func pairs(facts []analyze.Fact) (found []pair, rest []analyze.Fact) {
	used := map[string]bool{}
	at := func(name string) (float64, bool) {
		i := slices.IndexFunc(facts, func(f analyze.Fact) bool { return f.Name == name })
		if i < 0 {
			return 0, false
		}
		return amount(facts[i].Value)
	}
	for _, f := range facts {
		seen, ok := amount(f.Value)
		if !ok {
			continue
		}
		for _, e := range []struct{ name, against string }{{f.Name + "_expected", "expected"}, {"expected", "expected"}, {"earlier_" + f.Name, "earlier"}} {
			if want, ok := at(e.name); ok && (e.name != "expected" || f.Name == "count") {
				found = append(found, pair{name: words(f.Name), against: e.against, seen: seen, expected: want})
				used[f.Name], used[e.name] = true, true
			}
		}
	}
	if before, ok := at("rate_before"); ok {
		for _, r := range [][2]string{{"calls", "of"}, {"refused", "conversations"}} {
			n, ok := at(r[0])
			of, all := at(r[1])
			if ok && all && of > 0 {
				found = append(found, pair{name: fmt.Sprintf("share, %s of %s", list.Number(int64(n)), list.Number(int64(of))), against: "before", seen: n / of, expected: before, share: true})
				used[r[0]], used[r[1]], used["rate_before"] = true, true, true
			}
		}
	}
	for _, f := range facts {
		if !used[f.Name] && f.Name != "tags" { // they are said as techniques
			rest = append(rest, f)
		}
	}
	return found, rest
}

func amount(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return 0, false
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// chart adds the numbers of a finding: what can be compared as bars, the rest as
// words.
func (b *builder) chart(facts []analyze.Fact) {
	found, rest := pairs(facts)
	if len(found)+len(rest) == 0 {
		return
	}
	b.head("Numbers")
	for i := range found {
		b.bars(&found[i])
	}
	for _, f := range rest {
		text := fmt.Sprint(f.Value)
		if n, ok := f.Value.(int64); ok {
			text = list.Number(n)
		}
		b.field(words(f.Name), text)
	}
}

// maxBar is how long the longer bar of a pair is at most, in cells.
const maxBar = 40

// bars adds two bars of one scale with their numbers. For screen readers it is a
// sentence.
func (b *builder) bars(p *pair) {
	if b.v.env.Styles.Plain {
		b.field(p.name, p.number(p.seen)+", "+p.against+" "+p.number(p.expected))
		return
	}
	width := max(4, min(maxBar, b.width-b.label-14))
	top := max(p.seen, p.expected)
	for _, x := range []struct {
		kind  kind
		name  string
		value float64
	}{{seen, p.name, p.seen}, {expected, p.against, p.expected}} {
		text := b.screen.Bar(x.value, top, width) + " " + p.number(x.value)
		b.lines = append(b.lines, line{kind: x.kind, label: x.name, text: b.screen.Clean(text, max(1, b.width-b.label-1))})
	}
}
