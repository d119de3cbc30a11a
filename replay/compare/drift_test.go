package compare

import (
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDrift compares the two versions of gpt-4 of LLMDrift on its 1,000
// questions about primes: the figures are those of ../shared/data/README.md.
func TestDrift(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "llmdrift", "PRIME_FULL_EVAL.csv.gz")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("SKIPPED: the real answers of LLMDrift are missing: %v", err)
	}
	defer func() { _ = f.Close() }()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(unzipped).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const before, after = "openaichat/gpt-4-0314", "openaichat/gpt-4-0613"
	verdict := regexp.MustCompile(`(?i)\[(yes|no)\]`)
	correct := map[string]map[string]bool{before: {}, after: {}}
	tokens := map[string]map[string]float64{before: {}, after: {}}
	var order []string
	for _, row := range rows[1:] {
		model, query, answer := row[2], row[8], row[10]
		if correct[model] == nil {
			continue
		}
		if model == before {
			order = append(order, query)
		}
		all := verdict.FindAllStringSubmatch(answer, -1)
		correct[model][query] = len(all) > 0 && strings.EqualFold(all[len(all)-1][1], row[9])
		if tokens[model][query], err = strconv.ParseFloat(row[15], 64); err != nil {
			t.Fatal(err)
		}
	}
	var prompts []Prompt
	var pairs [][2]float64
	for _, query := range order {
		prompts = append(prompts, Prompt{ID: query, A: []bool{correct[before][query]}, B: []bool{correct[after][query]}})
		pairs = append(pairs, [2]float64{tokens[before][query], tokens[after][query]})
	}
	p := Pair(prompts, 1)
	if p.Prompts != 1000 || p.A.Hits != 840 || p.B.Hits != 502 || !p.Changed() {
		t.Errorf("%d prompts, %d and %d correct, p %g; want 1000, 840, 502 and a change", p.Prompts, p.A.Hits, p.B.Hits, p.P)
	}
	t.Logf("accuracy %.3f [%.3f, %.3f] then %.3f [%.3f, %.3f], change %.3f [%.3f, %.3f], p %.2g", p.A.Value, p.A.Low, p.A.High, p.B.Value, p.B.Low, p.B.High, p.Difference, p.Low, p.High, p.P)
	n := PairNumbers(pairs, 1)
	if n.A.Value != 181 || n.B.Value != 3 || !n.Changed() {
		t.Errorf("median tokens %v then %v, want 181 and 3", n.A, n.B)
	}
	t.Logf("median tokens %v then %v, change %v", n.A, n.B, n.Change)
}
