package verdict

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/content/corpora"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/compare"
)

// dataRoot is where the replies with labels are; they are no part of the
// repository.
var dataRoot = filepath.Join("..", "..", "..", "shared", "data")

// labelled is what people and the verdict made of a reply.
type labelled struct{ said, is bool }

// xstest returns the labels of the 450 replies of each model, in the order of
// the prompts.
func xstest(t *testing.T) map[string][]labelled {
	t.Helper()
	replies, err := corpora.Replies(dataRoot)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, nothing was measured: the replies of XSTest are not here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(t, Options{})
	out := map[string][]labelled{}
	for i := range replies {
		r := &replies[i]
		reply := whole(r.Text)
		v, _ := Find(j.Verdicts(&replay.Request{Messages: []replay.Message{text("user", r.Prompt)}}, &reply), "refused")
		if v.Value.Kind != Truth {
			t.Errorf("%s: %q: refused is unknown: %s", r.Model, r.Prompt, v.Why)
		}
		out[r.Model] = append(out[r.Model], labelled{v.Value.Yes, r.Refusal})
	}
	return out
}

// errorOf returns the error of the verdict on labelled replies, how many it
// calls refusals and how many are.
func errorOf(list []labelled) (e compare.Error, said, are int) {
	for _, l := range list {
		if l.said {
			said++
		}
		if l.is {
			e.Hits++
			are++
			if l.said {
				e.Found++
			}
		} else {
			e.Nothits++
			if !l.said {
				e.Spared++
			}
		}
	}
	return e, said, are
}

// TestXSTestRates: what people counted as refusals lies in the interval of the
// rate that the verdict counts on one half of the prompts, corrected for the
// error that it has on the other half of the same model's replies. Every second
// prompt is in the one half, so that both have all types of prompts. The
// classifier behind the verdict learned from these replies too, so that its error
// here is smaller than on others; that is why the error is taken from the same
// scanner on the same kind of replies, and why no correction is built in.
func TestXSTestRates(t *testing.T) {
	all := xstest(t)
	human := map[string]int{"mistralinstruct": 76, "mistralguard": 240} // ../shared/data/README.md
	for _, model := range []string{"mistralinstruct", "mistralguard"} {
		e, said, are := errorOf(all[model])
		if len(all[model]) != 450 || are != human[model] {
			t.Fatalf("%s: %d replies, %d refusals; want 450 and %d", model, len(all[model]), are, human[model])
		}
		plain, people := compare.RateOf(said, 450), compare.RateOf(are, 450)
		t.Logf("%s: people %.3f [%.3f, %.3f], verdict %.3f [%.3f, %.3f], sensitivity %d of %d, specificity %d of %d", model,
			people.Value, people.Low, people.High, plain.Value, plain.Low, plain.High, e.Found, e.Hits, e.Spared, e.Nothits)
		if plain.Low > people.Value || plain.High < people.Value {
			t.Errorf("%s: the rate of people, %.3f, is not in the interval of the verdict's, [%.3f, %.3f]", model, people.Value, plain.Low, plain.High)
		}
		var halves [2][]labelled
		for i, l := range all[model] {
			halves[i%2] = append(halves[i%2], l)
		}
		for h := range halves {
			known, _, _ := errorOf(halves[1-h])
			_, said, are := errorOf(halves[h])
			r := compare.Corrected(said, len(halves[h]), known)
			people := float64(are) / float64(len(halves[h]))
			t.Logf("%s, half %d: people %.3f, verdict %.3f, corrected %.3f [%.3f, %.3f]", model, h, people, float64(said)/float64(len(halves[h])), r.Value, r.Low, r.High)
			if people < r.Low || people > r.High {
				t.Errorf("%s, half %d: the rate of people, %.3f, is not in [%.3f, %.3f]", model, h, people, r.Low, r.High)
			}
			if r.High-r.Low > 0.25 {
				t.Errorf("%s, half %d: an interval from %.3f to %.3f says nothing", model, h, r.Low, r.High)
			}
		}
	}
	// The error on one model does not correct the rate of another.
	for _, models := range [][2]string{{"mistralinstruct", "mistralguard"}, {"mistralguard", "mistralinstruct"}} {
		known, _, _ := errorOf(all[models[1]])
		_, said, are := errorOf(all[models[0]])
		r := compare.Corrected(said, 450, known)
		t.Logf("%s with the error on %s: corrected %.3f [%.3f, %.3f], people %.3f", models[0], models[1], r.Value, r.Low, r.High, float64(are)/450)
	}
}

// TestLLMDrift grades recorded replies without any call: what was asked and
// answered in LLMDrift's table becomes requests and replies, an assertion says
// whether an answer is right, and the comparison finds the drift. The figures are
// those of ../shared/data/README.md.
func TestLLMDrift(t *testing.T) {
	const before, after = "openaichat/gpt-4-0314", "openaichat/gpt-4-0613"
	rows := driftRows(t)
	judge := newJudge(t, Options{})
	right := map[string][]Assertion{}
	for _, answer := range []string{"yes", "no"} {
		// The last [Yes] or [No] decides.
		list, err := ParseAssertions([]byte(`[{name: right, regex: '(?s).*\[` + answer + `\](?:[^\[]|\[(?:[^yn]|y[^e]|n[^o]|ye[^s]|no[^\]]|yes[^\]]))*$', ignore_case: true}]`))
		if err != nil {
			t.Fatal(err)
		}
		right[answer] = list
	}
	sides := map[string]*Sides{}
	var order []string
	for _, row := range rows[1:] {
		model, query := row[2], row[8]
		if model != before && model != after {
			continue
		}
		if sides[query] == nil {
			sides[query] = &Sides{ID: query}
			order = append(order, query)
		}
		request := &replay.Request{Model: model, Messages: []replay.Message{text("user", query)}}
		reply := recorded(t, row)
		list := judge.Verdicts(request, reply)
		for _, a := range right[strings.ToLower(strings.Trim(row[9], "[]"))] {
			list = append(list, a.Check(&Known{Reply: reply, Verdicts: list}))
		}
		if model == before {
			sides[query].A = append(sides[query].A, list)
		} else {
			sides[query].B = append(sides[query].B, list)
		}
	}
	var prompts []Sides
	for _, query := range order {
		prompts = append(prompts, *sides[query])
	}
	found := map[string]*Comparison{}
	list := Compare(prompts, 1)
	for i := range list {
		found[list[i].Name] = &list[i]
		t.Log(list[i].String())
	}
	if c := found["right"]; c == nil || c.Truth.Prompts != 1000 || c.Truth.A.Hits != 840 || c.Truth.B.Hits != 502 || c.Evidence() != Less || len(c.Changed) != len(c.Truth.More)+len(c.Truth.Fewer) {
		t.Errorf("accuracy: %v, want 840 and 502 of 1000 and less", c)
	}
	if c := found["output_tokens"]; c == nil || c.Number.Prompts != 1000 || c.Number.A.Value != 181 || c.Number.B.Value != 3 || c.Evidence() != Less || c.Number.A.Low > 181 || c.Number.A.High < 181 {
		t.Errorf("tokens: %v, want medians of 181 and 3 and less", c)
	}
	for _, name := range []string{"latency_ms", "cost_usd", "length_bytes"} {
		if c := found[name]; c == nil || c.Evidence() != Less {
			t.Errorf("%s: %v, want less", name, c)
		}
	}
}

// driftRows reads LLMDrift's table: model in column 2, question 8, right answer
// 9, answer 10, latency in seconds 11, cost in dollars 12, tokens of the answer 15.
func driftRows(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dataRoot, "llmdrift", "PRIME_FULL_EVAL.csv.gz"))
	if err != nil {
		t.Skipf("SKIPPED, nothing was measured: the answers of LLMDrift are not here: %v", err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unzipped).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// recorded returns the reply of a row of LLMDrift's table.
func recorded(t *testing.T, row []string) *replay.Reply {
	t.Helper()
	column := func(name string, i int) float64 {
		v, err := strconv.ParseFloat(row[i], 64)
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		return v
	}
	tokens, cost := int64(column("tokens", 15)), int64(column("cost", 12)*1e9+0.5)
	latency := time.Duration(column("latency", 11) * float64(time.Second))
	return &replay.Reply{Text: row[10], Complete: true, OutputTokens: &tokens, CostNanoUSD: &cost, Latency: &latency}
}

// sidesOf are prompts with one reply on each side, on which it is known whether it refuses.
func sidesOf(cells map[[2]bool]int) []Sides {
	var out []Sides
	for _, cell := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
		for range cells[cell] {
			out = append(out, Sides{
				ID: fmt.Sprint(len(out)),
				A:  [][]Verdict{{{Name: "refused", Value: TruthOf(cell[0])}}}, B: [][]Verdict{{{Name: "refused", Value: TruthOf(cell[1])}}},
			})
		}
	}
	return out
}

// TestComparisonWords: that there is no evidence of a change is never told as
// that there is none, and how much may have been missed is always told.
func TestComparisonWords(t *testing.T) {
	none := map[string][]Sides{
		"alike":      sidesOf(map[[2]bool]int{{false, false}: 8}),
		"few":        sidesOf(map[[2]bool]int{{true, true}: 3, {false, true}: 2}),
		"one":        sidesOf(map[[2]bool]int{{true, true}: 1}),
		"unknown":    {{ID: "a", A: [][]Verdict{{{Name: "refused"}}}, B: [][]Verdict{{{Name: "refused", Value: TruthOf(true)}}}}},
		"one side":   {{ID: "a", A: [][]Verdict{{{Name: "refused", Value: TruthOf(true)}}}}},
		"samples":    {{ID: "a", A: [][]Verdict{{{Name: "refused", Value: TruthOf(true)}}, {{Name: "refused", Value: TruthOf(true)}}}, B: [][]Verdict{{{Name: "refused", Value: TruthOf(true)}}}}},
		"numbers":    {{ID: "a", A: [][]Verdict{{{Name: "latency_ms", Unit: "ms", Value: NumberOf(5)}}}, B: [][]Verdict{{{Name: "latency_ms", Unit: "ms", Value: NumberOf(5)}}}}},
		"no numbers": {{ID: "a", A: [][]Verdict{{{Name: "latency_ms", Unit: "ms"}}}, B: [][]Verdict{{{Name: "latency_ms", Unit: "ms"}}}}},
	}
	for name, prompts := range none {
		list := Compare(prompts, 1)
		said := list[0].String()
		if e := list[0].Evidence(); e != NoEvidence && e != Nothing {
			t.Errorf("%s: %s: %s", name, e, said)
		}
		honest := strings.Contains(said, "may have been missed") || strings.Contains(said, "is not known") || strings.Contains(said, "nothing to compare")
		if strings.Contains(said, "no change") || strings.Contains(said, "unchanged") || strings.Contains(said, "NaN") || strings.Contains(said, " 0.0 points may") || !honest {
			t.Errorf("%s: %s", name, said)
		}
		t.Log(said)
	}
	c := Compare(sidesOf(map[[2]bool]int{{false, true}: 9, {true, true}: 11}), 1)[0]
	if c.Evidence() != More || len(c.Changed) != 9 || c.Changed[0] != "11" {
		t.Errorf("nine of twenty changed: %s: %s", c.Evidence(), c.String())
	}
	for says, cells := range map[string]map[[2]bool]int{
		": 5 prompts are too few for any (6 that change alike are the fewest), and one of any size may have been missed; changed on 5 prompts, to no or less often": {{true, false}: 5},
		": 1 prompt is too few for any (6 that change alike are the fewest), and one of any size may have been missed; changed on 1 prompt, to yes or more often":   {{false, true}: 1},
		", evidence of a change (p 0.031); changed on 6 prompts, to yes or more often":                                                                              {{false, true}: 6},
		" points may have been missed; changed on 3 prompts: 2 to yes or more often, 1 to no or less often":                                                         {{false, true}: 2, {true, false}: 1, {true, true}: 5},
	} {
		if said := Compare(sidesOf(cells), 1)[0].String(); !strings.HasSuffix(said, says) {
			t.Errorf("%q does not end with %q", said, says)
		}
	}
	if c := Compare(nil, 1); c != nil {
		t.Errorf("of no prompts: %v", c)
	}
}

// TestCompareCorrects: a verdict that shows a change by itself shows none among
// many that could have; verdicts that could not do not weaken it.
func TestCompareCorrects(t *testing.T) {
	of := func(others int, change bool) *Comparison {
		prompts := sidesOf(map[[2]bool]int{{false, true}: 8, {true, false}: 1, {true, true}: 11})
		for i := range prompts {
			for n := range others {
				// Changes on eight prompts, to both sides alike; or on none.
				a, b := TruthOf(i%2 == 0), TruthOf(i%2 == 0)
				if change && i < 8 {
					b = TruthOf(i%2 != 0)
				}
				name := fmt.Sprintf("other_%d", n)
				prompts[i].A[0] = append(prompts[i].A[0], Verdict{Name: name, Value: a})
				prompts[i].B[0] = append(prompts[i].B[0], Verdict{Name: name, Value: b})
			}
		}
		return &Compare(prompts, 1)[0]
	}
	for _, tt := range []struct {
		others int
		change bool
		want   Evidence
		says   string
	}{
		{0, true, More, "evidence of a change (p 0.039);"},
		{1, true, NoEvidence, "no evidence of a change (p 0.039 alone, 0.078 corrected for 2 verdicts): one of "},
		{9, true, NoEvidence, "no evidence of a change (p 0.039 alone, 0.39 corrected for 10 verdicts): one of "},
		{9, false, More, "evidence of a change (p 0.039);"},
	} {
		c := of(tt.others, tt.change)
		if c.Evidence() != tt.want || !strings.Contains(c.String(), tt.says) {
			t.Errorf("with %d others, changed %v: %s, want %s: %s", tt.others, tt.change, c.Evidence(), tt.want, c)
		}
	}
}
