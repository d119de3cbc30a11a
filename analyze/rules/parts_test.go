package rules

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// inRecords are rules that look into records, beside one that reads columns.
const inRecords = `title: A member
id: 00000000-0000-4000-8000-000000000001
logsource: {category: genai}
detection:
  s: {raw.depth.n|startswith: "1"}
  condition: s
---
title: A word
id: 00000000-0000-4000-8000-000000000002
logsource: {product: jsonl}
detection:
  s: [needle]
  condition: s
---
title: A column
id: 00000000-0000-4000-8000-000000000003
logsource: {category: genai}
detection:
  s: {user_agent: probe}
  condition: s
`

// TestParts checks that rules find in every part of a case what they look for in
// records, and that no part is read twice.
func TestParts(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "parts.case"), casetest.Key(t)
	const loads = 8 // each has a segment of its own
	for i := range loads {
		line := func(n int, word string) string {
			return fmt.Sprintf(`{"time":"2026-03-02T08:%02d:0%dZ","model":"m","user_agent":"probe","depth":{"n":"%d%d"},"w":%q}`, i, n, n, i, word)
		}
		casetest.LoadInto(t, dir, key, casetest.Write(t, map[string]string{"log.jsonl": line(0, "hay") + "\n" + line(1, "a needle") + "\n" + line(2, "hay") + "\n"}))
	}
	set, err := Load([]string{filepath.Join(casetest.Write(t, map[string]string{"rules.yml": inRecords}), "rules.yml")}, nil)
	if err != nil || set.Problems != nil {
		t.Fatal(err, set.Problems)
	}
	c := casetest.Open(t, dir)
	var segments int
	if err := c.DB().QueryRowContext(t.Context(), "select count(distinct segment) from records").Scan(&segments); err != nil || segments != loads {
		t.Fatalf("%d segments, want %d (%v)", segments, loads, err)
	}
	report, err := set.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range report.Rules {
		got = append(got, fmt.Sprint(k.Title, " ", k.Matches, k.NotApplicable))
	}
	if want := fmt.Sprintf("A member %d, A word %d, A column %d", loads, loads, 3*loads); strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
}

// TestPages checks that matches that fill more than a page are all told.
func TestPages(t *testing.T) {
	var b strings.Builder
	const matches = pageSize + 5
	for i := range matches {
		fmt.Fprintf(&b, `{"time":"2026-03-02T08:%02d:%02dZ","model":"m","user_agent":"probe"}`+"\n", i/60%60, i%60)
	}
	set, err := Load([]string{filepath.Join(casetest.Write(t, map[string]string{"rules.yml": inRecords}), "rules.yml")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	report, err := set.Run(t.Context(), casetest.Files(t, map[string]string{"log.jsonl": b.String()}))
	if err != nil {
		t.Fatal(err)
	}
	told := int64(0)
	for i := range report.Findings {
		told += report.Findings[i].EventCount
	}
	if told != matches {
		t.Errorf("findings tell of %d events, want %d", told, matches)
	}
}
