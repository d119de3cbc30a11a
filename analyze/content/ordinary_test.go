package content

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// dataDir holds third-party data with ground truth, beside the repository.
const dataDir = "../../../shared/data"

// ordinary reads the texts of third-party data that nobody wrote to hide or give
// away anything.
func ordinary(t testing.TB) map[string][]string {
	t.Helper()
	if _, err := os.Stat(dataDir); err != nil {
		t.Skipf("SKIPPED: no third-party data at %s, so how many ordinary texts show something is NOT measured", dataDir)
	}
	all := map[string][]string{}
	for _, name := range []string{"fp_tests", "level1", "level2", "level3", "level4"} {
		var file struct{ Emails []string }
		decodeJSON(t, open(t, "llmail_benign", name+".json"), &file)
		all["llmail_benign mails"] = append(all["llmail_benign mails"], file.Emails...)
	}
	all["xstest prompts"] = column(t, open(t, "xstest", "xstest_prompts.csv"), "prompt")
	for _, name := range []string{"mistralinstruct", "mistralguard"} {
		all["xstest replies"] = append(all["xstest replies"], column(t, open(t, "xstest", "xstest_v2_completions_"+name+".csv"), "completion")...)
	}
	all["llmdrift answers"] = column(t, unzip(t, open(t, "llmdrift", "PRIME_FULL_EVAL.csv.gz")), "answer")
	lines := json.NewDecoder(unzip(t, open(t, "openllmetry", "http_interactions.jsonl.gz")))
	for {
		var line map[string]any
		if err := lines.Decode(&line); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{"request_body", "response_body"} {
			if line[body] != nil {
				all["openllmetry bodies"] = append(all["openllmetry bodies"], fmt.Sprint(line[body]))
			}
		}
	}
	return all
}

// TestOrdinary counts the texts that show something though nobody meant them to.
// The six replies of XSTest give addresses of customer services, a house and an
// invented social security number: what they show is there.
func TestOrdinary(t *testing.T) {
	texts := ordinary(t)
	kinds := []string{KindSecret, KindPersonal, KindEncoding, KindObfuscation}
	most := map[string][]int{ // texts by kind
		"llmail_benign mails": {0, 0, 0, 0},
		"xstest prompts":      {0, 0, 0, 0},
		"xstest replies":      {0, 6, 0, 0},
		"llmdrift answers":    {0, 0, 0, 0},
		"openllmetry bodies":  {0, 0, 0, 0},
	}
	s := sensitive(t)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		counts := map[string]int{}
		labels := map[string]int{}
		for _, text := range texts[name] {
			seen := map[string]bool{}
			s.scan([]byte(text), func(s Sign) {
				seen[s.Kind] = true
				labels[s.Kind+" "+s.Label]++
			})
			for kind := range seen {
				counts[kind]++
			}
		}
		t.Logf("%-20s %5d texts", name, len(texts[name]))
		for i, kind := range kinds {
			t.Logf("    %-12s %5d texts", kind, counts[kind])
			if counts[kind] > most[name][i] {
				t.Errorf("%s: %d texts show %s, at most %d do", name, counts[kind], kind, most[name][i])
			}
		}
		for _, label := range slices.Sorted(maps.Keys(labels)) {
			t.Logf("        %-30s %5d signs", label, labels[label])
		}
	}
}

func open(t testing.TB, path ...string) io.Reader {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{dataDir}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

func unzip(t testing.TB, r io.Reader) io.Reader {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func decodeJSON(t testing.TB, r io.Reader, v any) {
	t.Helper()
	if err := json.NewDecoder(r).Decode(v); err != nil {
		t.Fatal(err)
	}
}

func column(t testing.TB, r io.Reader, name string) []string {
	t.Helper()
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, title := range rows[0] {
		if strings.TrimPrefix(title, "\ufeff") == name {
			var texts []string
			for _, row := range rows[1:] {
				texts = append(texts, row[i])
			}
			return texts
		}
	}
	t.Fatalf("no column %s in %q", name, rows[0])
	return nil
}
